"""The migrations: there, back, there again; equal to the models; and what they make PostgreSQL refuse."""

from __future__ import annotations

import asyncio
import hashlib

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hub.migrate import configuration, downgrade, head, migrate, revision_of
from hub.postgres import connection
from hub.tables import Base
from tests.waiting import PATIENCE

ENTRY = (
    "INSERT INTO log_entry (idx, leaf_hash, body, id, kind, at, subjects) "
    "VALUES (0, sha256('leaf'), 'leaf', 'e0', 'INTENT', now(), '{}')"
)


async def tables_of(url: str) -> set[str]:
    database = await asyncpg.connect(url)
    try:
        rows = await database.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {row["tablename"] for row in rows}
    finally:
        await database.close()


async def test_up_down_and_up_again_end_where_they_began(empty_database_url) -> None:
    await migrate(empty_database_url)
    full = await tables_of(empty_database_url)
    assert full == set(Base.metadata.tables) | {"alembic_version"}
    await downgrade(empty_database_url, "base")
    assert await tables_of(empty_database_url) == {"alembic_version"}
    assert await revision_of(empty_database_url) is None
    await migrate(empty_database_url)
    assert await tables_of(empty_database_url) == full
    assert await revision_of(empty_database_url) == head()


async def test_each_revision_can_be_left_and_entered_alone(empty_database_url) -> None:
    revisions = [script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()][::-1]
    for revision in revisions:
        await migrate(empty_database_url, revision)
    for revision in [*revisions[:-1][::-1], "base"]:
        await downgrade(empty_database_url, revision)
    assert await tables_of(empty_database_url) == {"alembic_version"}


async def test_nothing_is_left_behind_in_the_database_by_a_way_there_and_back(empty_database_url) -> None:
    await migrate(empty_database_url)
    await downgrade(empty_database_url, "base")
    database = await asyncpg.connect(empty_database_url)
    functions = await database.fetchval("SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
    defaults = await database.fetchval("SELECT count(*) FROM pg_default_acl")
    await database.close()
    assert (functions, defaults) == (0, 0)


async def test_the_migrated_schema_equals_the_models(database_url) -> None:
    database = connection.engine(database_url, role=None)
    async with database.connect() as used:
        different = await used.run_sync(
            lambda sync: compare_metadata(
                MigrationContext.configure(sync, opts={"compare_type": True, "compare_server_default": True}), Base.metadata
            )
        )
    await database.dispose()
    assert different == []


def test_the_file_head_names_the_one_head() -> None:
    assert ScriptDirectory.from_config(configuration()).get_heads() == [head()]


async def test_replicas_that_migrate_at_once_do_not_disturb_each_other(empty_database_url) -> None:
    await asyncio.gather(*(migrate(empty_database_url) for _ in range(3)))
    assert await revision_of(empty_database_url) == head()


async def test_the_log_begins_as_the_empty_tree(pool) -> None:
    row = await pool.fetchrow("SELECT * FROM log_head")
    assert (row["id"], row["size"], row["frontier"], row["root"]) == (1, 0, b"", hashlib.sha256(b"").digest())


@pytest.mark.parametrize("statement", ["UPDATE log_entry SET body = ''", "DELETE FROM log_entry", "TRUNCATE log_entry"])
async def test_nobody_changes_a_log_entry_not_even_the_owner(database_url, statement) -> None:
    owner = await asyncpg.connect(database_url)
    await owner.execute(ENTRY)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await owner.execute(statement)
    await owner.execute("SET session_replication_role = replica")  # switches ordinary triggers off
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await owner.execute(statement)
    assert await owner.fetchval("SELECT body FROM log_entry") == b"leaf"
    await owner.close()


@pytest.mark.parametrize(
    "statement", ["UPDATE log_checkpoint SET note = ''", "DELETE FROM log_checkpoint", "TRUNCATE log_checkpoint"]
)
async def test_nobody_changes_a_checkpoint(database_url, statement) -> None:
    owner = await asyncpg.connect(database_url)
    await owner.execute("INSERT INTO log_checkpoint VALUES (1, 'note', now())")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await owner.execute(statement)
    await owner.close()


async def test_the_log_writer_appends_and_reads_and_nothing_else(database_url) -> None:
    writer = await connection.pool(database_url, role="hub_log", max_size=1)
    await writer.execute(ENTRY)
    await writer.execute("INSERT INTO log_checkpoint VALUES (1, 'note', now())")
    await writer.execute("UPDATE log_head SET size = 1")
    await writer.execute("UPDATE outbox SET logged_index = 0")
    for refused in (
        "DELETE FROM log_entry", "UPDATE log_entry SET kind = 'X'", "TRUNCATE log_entry", "DELETE FROM log_head",
        "INSERT INTO log_head VALUES (1, 0, '', '')", "UPDATE outbox SET kind = 'X'", "DELETE FROM outbox", "SELECT * FROM person", "SELECT * FROM letter",
        "ALTER TABLE log_entry DISABLE TRIGGER ALL", "DROP TABLE log_entry",
    ):  # fmt: skip
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await writer.execute(refused)
    writer.terminate()


async def test_the_app_keeps_records_and_reads_the_log_and_never_writes_it(pool) -> None:
    await pool.execute("INSERT INTO platform (id, name, active) VALUES ('p', 'name', true)")
    await pool.execute("INSERT INTO outbox (kind, body, at) VALUES ('X', '{}', now())")
    assert await pool.fetch("SELECT * FROM log_entry") == []
    for refused in (
        ENTRY, "UPDATE log_entry SET kind = 'X'", "DELETE FROM log_entry", "TRUNCATE log_entry", "UPDATE log_head SET size = 9",
        "INSERT INTO log_checkpoint VALUES (1, 'note', now())", "UPDATE outbox SET kind = 'X'", "DELETE FROM outbox",
        "UPDATE alembic_version SET version_num = 'x'", "CREATE TABLE mine (id int)",
    ):  # fmt: skip
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(refused)


@pytest.mark.parametrize("statement", [
    "UPDATE approval SET people = '{p}'", "UPDATE approval SET valid_until = now()", "UPDATE approval SET fact_groups = '{tax}'",
    "UPDATE impact_assessment SET valid_until = now()", "UPDATE access_hold SET until = now()", "UPDATE platform_key SET jwk = '{}'",
    "UPDATE disposal_report SET outcome = 'DISPOSED'",
    *(f"DELETE FROM {table}" for table in (
        "approval", "impact_assessment", "access_hold", "platform_key", "disposal_report", "disposal_duty", "follow_up", "second_look",
    )),
])
async def test_the_app_changes_what_guards_only_as_it_may_change_and_deletes_none_of_it(pool, statement) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(statement)


async def test_the_role_holds_for_the_engine_too(engine) -> None:
    async with engine.connect() as used:
        assert (await used.execute(text("SELECT current_user"))).scalar_one() == "hub_app"
        with pytest.raises(DBAPIError, match="permission denied"):
            await used.execute(text("DELETE FROM log_entry"))


async def test_a_revocation_is_heard_by_who_listens(pool) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    async with pool.acquire() as listener, pool.acquire() as speaker:
        await listener.add_listener("hub_revocation", lambda *message: heard.put_nowait(message[-1]))
        seq = await speaker.fetchval("INSERT INTO revocation (kind, ref, at) VALUES ('LETTER', 'l1', now()) RETURNING seq")
        assert await asyncio.wait_for(heard.get(), PATIENCE) == str(seq)
        await listener.reset()


async def test_a_log_with_entries_is_not_migrated_away(database_url) -> None:
    owner = await asyncpg.connect(database_url)
    await owner.execute("UPDATE log_head SET size = 1")
    await owner.close()
    with pytest.raises(RuntimeError, match="destroy"):
        await downgrade(database_url, "0001")
    assert await revision_of(database_url) == head()


async def test_an_ordinary_database_owner_without_the_right_to_make_roles_can_migrate_and_work(
    postgres, empty_database_url
) -> None:
    """The roles exist by then (the template's migration made them); the administrator granted them."""
    server, _ = postgres
    admin = await asyncpg.connect(server)
    name = "hub_plain_" + empty_database_url.rpartition("_")[2]
    await admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'plain' ")
    await admin.execute(f"GRANT hub_app, hub_log TO {name}")
    database = empty_database_url.rpartition("/")[2]
    await admin.execute(f'ALTER DATABASE "{database}" OWNER TO {name}')
    try:
        address = empty_database_url.rpartition("@")[2]
        url = f"postgresql://{name}:plain@{address}"
        await migrate(url)
        app = await connection.pool(url)
        assert await app.fetchval("SELECT current_user") == "hub_app"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(ENTRY)
        app.terminate()
    finally:
        await admin.execute(f'ALTER DATABASE "{database}" OWNER TO CURRENT_USER')
        there = await asyncpg.connect(empty_database_url)
        await there.execute(f"REASSIGN OWNED BY {name} TO CURRENT_USER; DROP OWNED BY {name}")
        await there.close()
        await admin.execute(f"DROP ROLE {name}")
        await admin.close()


async def test_two_clients_of_one_certificate_name_are_named_before_it_stands_for_one(empty_database_url) -> None:
    await migrate(empty_database_url, "0028")
    database = await asyncpg.connect(empty_database_url)
    await database.execute("INSERT INTO organisation (code, name, aliases, department, region, role, active) VALUES ('o', 'o', '{}', 'MZ', '500152000000', 'DEPT_SYSTEM', true)")
    names = {
        "one": '{"tls_client_auth_san_dns": "hd.test"}', "two": '{"tls_client_auth_san_dns": "HD.test"}',
        "three": '{"tls_client_auth_subject_dn": "CN=h\\\\64,O=x"}',
    }
    for name, certificate in names.items():
        await database.execute(
            "INSERT INTO client (id, organisation, name, jwks, purposes, allow_list_only, look_ups_per_day, active, created_at, tls_client_auth) "
            """VALUES ($1, 'o', $1, '{"keys": []}', '{}', false, 0, true, now(), $2)""", name, certificate,
        )
    with pytest.raises(ValueError, match="one, two"):
        await migrate(empty_database_url)
    assert await revision_of(empty_database_url) == "0028"
    await database.execute("UPDATE client SET active = false WHERE id = 'two'")
    await migrate(empty_database_url)
    with pytest.raises(asyncpg.UniqueViolationError):
        await database.execute("UPDATE client SET active = true WHERE id = 'two'")
    assert await database.fetchval("SELECT tls_client_auth ->> 'tls_client_auth_subject_dn' FROM client WHERE id = 'three'") == "CN=hd,O=x"
    await database.close()
