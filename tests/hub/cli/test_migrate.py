"""`hub migrate` on a given and on an embedded database, and what other commands do where it was not run."""

from __future__ import annotations

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


def test_a_database_that_refuses_is_told_without_its_password(desk: Desk) -> None:
    wrong = desk.url.replace("://", "://nobody:topsecret@", 1).replace("@hub:", "@", 1)
    said = desk.run("migrate", code=1, env={"HUB_DATABASE_URL": wrong})
    assert "topsecret" not in said


def test_a_command_there_is_none_of_ends_with_2(desk: Desk) -> None:
    desk.run("dance", code=2)
    assert "verify-log" in desk.run("--help")
