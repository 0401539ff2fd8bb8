"""`hub migrate` on a given and on an embedded database, and what other commands do where it was not run."""

from __future__ import annotations

import re

import asyncpg

from hub.keys import KeyRing
from hub.migrate import head
from tests.hub.cli.conftest import Desk


def test_an_empty_database_is_migrated_and_keys_are_made(desk: Desk, empty_database_url, tmp_path) -> None:
    away = {"HUB_DATABASE_URL": empty_database_url, "HUB_DIRECTORY": str(tmp_path / "new")}
    assert "run `hub migrate`" in desk.run("client", "list", code=1, env=away)
    said = desk.run("migrate", env=away)
    assert f"from empty to {head()}" in said
    assert "keys made" in said
    KeyRing.load(tmp_path / "new" / "keys")
    said = desk.run("migrate", env=away)
    assert "nothing to do" in said
    assert "keys made" not in said
    assert "no client enrolled" in desk.run("client", "list", env=away)


def test_the_login_replicas_run_under_is_made_beside_the_schema_and_runs_a_hubs_commands(desk: Desk) -> None:
    login = "hub_cli_" + desk.url.rpartition("_")[2]
    run_url = re.sub(r"//[^@]*@", f"//{login}:of-its-own@", desk.url)
    assert f"login {login} may run a hub" in desk.run("migrate", "--login-of", desk.file("database_url", run_url + "\n"))
    assert "no client enrolled" in desk.run("client", "list", env={"HUB_DATABASE_URL": run_url})
    assert re.search(r"ok +login: owns nothing of the log", desk.run("doctor", code=1, env={"HUB_DATABASE_URL": run_url}))
    refused = desk.run("migrate", "--login-of", desk.file("owner_url", desk.url), code=1)
    assert "must be one of its own" in refused
    assert "of-its-own" not in refused

    async def gone() -> None:
        owner = await asyncpg.connect(desk.url)
        await owner.execute(f"DROP OWNED BY {login}; DROP ROLE {login}")
        await owner.close()

    desk.await_(gone)


def test_a_database_that_refuses_is_told_without_its_password(desk: Desk) -> None:
    wrong = desk.url.replace("://", "://nobody:topsecret@", 1).replace("@hub:", "@", 1)
    said = desk.run("migrate", code=1, env={"HUB_DATABASE_URL": wrong})
    assert "topsecret" not in said


def test_a_command_there_is_none_of_ends_with_2(desk: Desk) -> None:
    desk.run("dance", code=2)
    assert "verify-log" in desk.run("--help")


def test_a_command_in_a_directory_without_a_hub_says_that_it_made_a_new_database(desk: Desk, tmp_path) -> None:
    away = {"HUB_DATABASE_URL": "", "HUB_DIRECTORY": str(tmp_path / "mistyped")}
    assert f"there was no database in {tmp_path / 'mistyped'} (HUB_DIRECTORY)" in desk.run("hold", "list", env=away)
    assert "there was no database" not in desk.run("hold", "list", env=away)
