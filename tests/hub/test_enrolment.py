"""Enrolling: each of the operator's acts changes a record and leaves a row for the log in one transaction, or does neither."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from hub.changes import changing
from hub.enrolment import (
    allow_operation,
    enrol_client,
    enrol_console_user,
    enrol_organisation,
    enrol_platform,
    import_agreement,
    publish_catalogue_entry,
    withdraw_operation,
)

KEY = {"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


async def outbox(engine) -> list[tuple[str, str]]:
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text("SELECT kind, body->>'ref' FROM outbox ORDER BY id"))]


async def rows(engine, statement: str) -> list[tuple]:
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(statement))]


@pytest.fixture
async def organisation(engine, clock) -> str:
    await enrol_organisation(
        engine, code="o", name="核对中心", department="MZ-HD", region="500152000000", role="CHECK_OPERATOR", at=clock(), aliases=["旧名"],
    )
    return "o"


async def test_every_act_leaves_its_row_for_the_log(engine, clock, organisation):
    at, day = clock(), date(2026, 7, 1)
    await enrol_client(engine, client_id="c", organisation="o", name="n", jwks={"keys": [KEY]}, purposes=["DIBAO_REVIEW"], at=at)
    await enrol_platform(engine, platform="p", name="n", jwks={"keys": [KEY]}, at=at)
    await publish_catalogue_entry(
        engine, entry="e", fact_group="tax", name="税", provider="SW", attribute="CONDITIONAL", departments=["MZ-HD"],
        purposes=["DIBAO_REVIEW"], legal_basis="SAL §41", valid_from=day, at=at,
    )
    await import_agreement(engine, code="a", document=b"{}", signatures={"x": "y"}, valid_from=day, valid_to=date(2027, 1, 1), at=at)
    await enrol_console_user(engine, name="u", password_phc="$argon2id$…", organisation="o", at=at)
    assert await outbox(engine) == [
        ("ORGANISATION_ENROLLED", "o"), ("CLIENT_ENROLLED", "c"), ("PLATFORM_ENROLLED", "p"), ("CATALOGUE_PUBLISHED", "e"),
        ("AGREEMENT_IMPORTED", "a"), ("CONSOLE_USER_ENROLLED", "u"),
    ]


async def test_enrolling_again_changes_and_says_so_again(engine, clock, organisation):
    await enrol_organisation(
        engine, code="o", name="居民核对中心", department="MZ-HD", region="500152000000", role="CHECK_OPERATOR", at=clock(),
    )
    assert await rows(engine, "SELECT code, name FROM organisation") == [("o", "居民核对中心")]
    assert len(await outbox(engine)) == 2


async def test_a_private_key_is_never_taken(engine, clock, organisation):
    with pytest.raises(ValueError, match="private"):
        await enrol_client(engine, client_id="c", organisation="o", name="n", jwks={"keys": [{**KEY, "d": "x"}]}, purposes=[], at=clock())
    assert await rows(engine, "SELECT id FROM client") == []


async def test_what_fails_leaves_neither_record_nor_row(engine, clock):
    with pytest.raises(IntegrityError):
        await enrol_client(engine, client_id="c", organisation="nobody", name="n", jwks={"keys": [KEY]}, purposes=[], at=clock())
    with pytest.raises(RuntimeError):
        async with changing(engine, kind="X", ref="y", at=clock()):
            raise RuntimeError
    assert await outbox(engine) == []


async def test_operations_on_a_clients_list_come_and_go_with_their_rows(engine, clock, organisation):
    await enrol_client(engine, client_id="c", organisation="o", name="n", jwks={"keys": [KEY]}, purposes=[], at=clock(), allow_list_only=True)
    digest = "a" * 64
    with pytest.raises(IntegrityError):
        await allow_operation(engine, client="c", digest=digest, at=clock())
    async with engine.begin() as connection:
        await connection.execute(
            text("INSERT INTO persisted_operation (hash, document, registered_by, registered_at) VALUES (:h, '{a}', 'c', :at)"),
            {"h": digest, "at": clock()},
        )
    for _ in range(2):
        await allow_operation(engine, client="c", digest=digest, at=clock())
    assert await rows(engine, "SELECT client_id, hash FROM client_operation") == [("c", digest)]
    await withdraw_operation(engine, client="c", digest=digest, at=clock())
    assert await rows(engine, "SELECT client_id FROM client_operation") == []
    assert (await outbox(engine))[-1] == ("OPERATION_WITHDRAWN", f"c {digest}")
