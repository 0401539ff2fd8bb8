"""The login a hub runs under: it does a hub's work, and whoever takes it over cannot touch what the log holds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote, urlsplit

import asyncpg
import pytest
import pytest_asyncio

from hub.migrate import head, revision_of
from hub.postgres.connection import pool
from hub.postgres.errors import LoginRefused
from hub.postgres.run_login import ensure_run_login, owns_the_log

ENTRY = "INSERT INTO log_entry (idx, leaf_hash, body, id, kind, at, subjects) VALUES (0, '', 'leaf', 'e0', 'INTENT', now(), '{}')"
ATTACKS = (
    "UPDATE log_entry SET body = 'x'", "DELETE FROM log_entry", "TRUNCATE log_entry", "TRUNCATE log_entry CASCADE", "DROP TABLE log_entry",
    "ALTER TABLE log_entry DISABLE TRIGGER ALL", "ALTER TABLE log_entry DISABLE TRIGGER log_entry_append_only",
    "DROP TRIGGER log_entry_append_only ON log_entry", "ALTER TABLE log_entry ADD COLUMN x int", "DROP FUNCTION log_is_append_only CASCADE",
    "CREATE OR REPLACE FUNCTION log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "CREATE RULE quiet AS ON INSERT TO log_entry DO INSTEAD NOTHING", "SET session_replication_role = replica", "CREATE TABLE mine (id int)",
    "UPDATE log_checkpoint SET note = 'x'", "DELETE FROM log_checkpoint", "DELETE FROM log_head", "DELETE FROM outbox",
    "UPDATE outbox SET kind = 'x'", "UPDATE alembic_version SET version_num = '0'", "ALTER TABLE log_entry OWNER TO CURRENT_USER",
    "ALTER ROLE CURRENT_USER SUPERUSER", "ALTER ROLE hub_log CREATEROLE", "CREATE ROLE other LOGIN",
)


def under(url: str, login: str, password: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{quote(login)}:{quote(password, safe='')}@{parts.netloc.rpartition('@')[2]}").geturl()


@pytest_asyncio.fixture
async def run_url(database_url) -> AsyncIterator[str]:
    login = "hub_run_" + database_url.rpartition("_")[2]
    url = under(database_url, login, "p@ss/wörd:'%")
    assert await ensure_run_login(database_url, url) == login
    yield url
    owner = await asyncpg.connect(database_url)
    await owner.execute(f"DROP OWNED BY {login}; DROP ROLE {login}")
    await owner.close()


@pytest.mark.parametrize("role", [None, "hub_app", "hub_log"])
async def test_whoever_takes_a_hub_over_alters_deletes_truncates_and_unguards_nothing(database_url, run_url, role) -> None:
    owner, taken = await asyncpg.connect(database_url), await asyncpg.connect(run_url)
    await owner.execute(ENTRY)
    await owner.execute("INSERT INTO outbox (kind, body, at) VALUES ('X', '{}', now())")
    user = await owner.fetchval("SELECT session_user")
    if role:
        await taken.execute(f"SET ROLE {role}")
    for attack in (*ATTACKS, f"SET ROLE {user}", f"SET SESSION AUTHORIZATION {user}"):
        try:
            await taken.execute(attack)
        except asyncpg.InsufficientPrivilegeError:
            continue
        pytest.fail(f"not refused: {attack}")
    await taken.execute("GRANT ALL ON log_entry TO CURRENT_USER")  # PostgreSQL only warns: nothing is granted
    assert await taken.fetchval("SELECT has_table_privilege('log_entry', 'UPDATE, DELETE, TRUNCATE, TRIGGER')") is False
    assert await owner.fetchval("SELECT body FROM log_entry") == b"leaf"
    enabled = await owner.fetchval("SELECT tgenabled FROM pg_trigger WHERE tgname = 'log_entry_append_only'")
    assert enabled == b"A"
    assert (await owns_the_log(owner), await owns_the_log(taken)) == (True, False)
    await taken.close()
    await owner.close()


async def test_it_does_a_hubs_work_under_both_roles(run_url) -> None:
    assert await revision_of(run_url) == head()
    for role, statement in (
        ("hub_log", ENTRY), ("hub_log", "UPDATE log_head SET size = 1"), ("hub_app", "INSERT INTO outbox (kind, body, at) VALUES ('X', '{}', now())"),
        ("hub_app", "INSERT INTO revocation (kind, ref, at) VALUES ('TOKEN', 't', now())"), ("hub_app", "SELECT * FROM log_entry"),
    ):
        working = await pool(run_url, role=role, max_size=1)
        await working.execute(statement)
        working.terminate()


async def test_made_again_it_gets_its_new_password_and_loses_what_it_was_given(database_url, run_url) -> None:
    login = run_url.partition("//")[2].partition(":")[0]
    owner = await asyncpg.connect(database_url)
    await owner.execute(f"ALTER ROLE {login} CREATEDB CREATEROLE")
    again = under(database_url, login, "another")
    await ensure_run_login(database_url, again)
    taken = await asyncpg.connect(again)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await taken.execute("CREATE ROLE other LOGIN")
    await taken.close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(run_url)
    await owner.close()


async def test_a_login_that_is_more_than_it_should_be_is_refused(database_url, run_url) -> None:
    login = run_url.partition("//")[2].partition(":")[0]
    owner = await asyncpg.connect(database_url)
    user = await owner.fetchval("SELECT session_user")
    for url, why in {
        database_url: "one of its own", under(database_url, "hub_log", "x"): "one of its own",
        "postgresql://127.0.0.1/hub": "no login", "postgresql://x@127.0.0.1/hub": "no login",
    }.items():
        with pytest.raises(LoginRefused, match=why):
            await ensure_run_login(database_url, url)
    await owner.execute(f"GRANT {user} TO {login}")
    with pytest.raises(LoginRefused, match="member of more"):
        await ensure_run_login(database_url, run_url)
    await owner.execute(f"REVOKE {user} FROM {login}; CREATE TABLE theirs (id int); ALTER TABLE theirs OWNER TO {login}")
    with pytest.raises(LoginRefused, match="owns something"):
        await ensure_run_login(database_url, run_url)
    await owner.close()
