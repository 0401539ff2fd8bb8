"""Persisted operations: registered only if they would be served, run by hash, listed per client."""

from __future__ import annotations

import asyncio
from hashlib import sha256

import pytest

from hub.errors import CallerError, Forbidden, Malformed, TooMany
from hub.operation import Documents
from hub.operations.limits import Limits
from hub.operations.persisted import REGISTERED, PersistedOperations
from schema import SCHEMA

TEXT = "query Who($id: ID!) { person(id: $id) { id } }"
HASH = sha256(TEXT.encode()).hexdigest()


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
async def persisted(pool, clock, seconds) -> PersistedOperations:
    await pool.execute(
        "INSERT INTO organisation (code, name, aliases, department, region, role, active) VALUES ('o', 'O', '{}', 'JY', '500152000000', 'DEPT_SYSTEM', true)",
    )
    for client in ("c", "d"):
        await pool.execute(
            "INSERT INTO client (id, organisation, name, jwks, purposes, allow_list_only, look_ups_per_day, active, created_at, officer_identity)"
            " VALUES ($1, 'o', 'C', '{}', '{}', true, 1, true, $2, 'asserted')", client, clock(),
        )
    return fresh(pool, seconds)


def fresh(pool, seconds) -> PersistedOperations:
    return PersistedOperations(pool, Documents(SCHEMA, Limits()), seconds=seconds)


async def test_what_was_registered_runs_by_its_hash_in_every_worker(persisted, pool, clock, seconds) -> None:
    assert await persisted.register(TEXT, by="officer", at=clock()) == HASH
    assert await persisted.register(TEXT, by="another", at=clock()) == HASH
    other_worker = fresh(pool, seconds)
    assert await other_worker.text_for(None, HASH.upper(), client="c", allow_list_only=False) == TEXT
    await pool.close()
    assert await other_worker.text_for(None, HASH, client="c", allow_list_only=False) == TEXT


async def test_a_client_cannot_fill_the_database_with_documents(persisted, pool, clock) -> None:
    await pool.execute(
        "INSERT INTO persisted_operation (hash, document, registered_by, registered_at)"
        " SELECT lpad(to_hex(n), 64, '0'), 'x', 'greedy', $1 FROM generate_series(1, $2) AS n", clock(), REGISTERED,
    )
    with pytest.raises(TooMany) as refused:
        await persisted.register(TEXT, by="greedy", at=clock())
    assert refused.value.code == "OPERATIONS"
    assert await persisted.register(TEXT, by="another", at=clock()) == HASH


async def test_two_registrations_at_once_cannot_both_be_the_last(persisted, pool, clock) -> None:
    await pool.execute(
        "INSERT INTO persisted_operation (hash, document, registered_by, registered_at)"
        " SELECT lpad(to_hex(n), 64, '0'), 'x', 'greedy', $1 FROM generate_series(1, $2) AS n", clock(), REGISTERED - 1,
    )
    texts = [TEXT.replace("Who", f"Who{number}") for number in range(4)]
    came = await asyncio.gather(*(persisted.register(text, by="greedy", at=clock()) for text in texts), return_exceptions=True)
    assert sorted(type(one).__name__ for one in came) == ["TooMany", "TooMany", "TooMany", "str"]
    assert await pool.fetchval("SELECT count(*) FROM outbox WHERE kind = 'OPERATION_REGISTERED'") == 1


@pytest.mark.parametrize("text", [
    "{", "{ nothing }", '{ person(id: "51990119900101002X") { id } }', "{ a: __typename " * 30, "{ __schema { queryType { name } } }", "mutation { x }", "", "{ \ud800 }",
])
async def test_what_would_not_be_served_is_not_registered(persisted, pool, clock, text) -> None:
    with pytest.raises(CallerError):
        await persisted.register(text, by="officer", at=clock())
    assert await pool.fetchval("SELECT count(*) FROM persisted_operation") == 0


async def test_an_unknown_hash_and_one_that_is_none_are_refused(persisted) -> None:
    for digest, code in (("0" * 64, "PERSISTED_QUERY_NOT_FOUND"), ("x", "PERSISTED_QUERY_HASH"), ("", "PERSISTED_QUERY_HASH")):
        with pytest.raises(Malformed) as refused:
            await persisted.text_for(None, digest, client="c", allow_list_only=False)
        assert refused.value.code == code


async def test_a_client_in_allow_list_mode_runs_its_list_and_nothing_else(persisted, clock) -> None:
    await persisted.register(TEXT, by="officer", at=clock())
    await persisted.permit("c", HASH)
    await persisted.permit("c", HASH)
    assert await persisted.text_for(None, HASH, client="c", allow_list_only=True) == TEXT
    answers = []
    for document, digest, client in ((None, HASH, "d"), (None, "0" * 64, "d"), (TEXT, None, "c")):
        with pytest.raises(Forbidden) as refused:
            await persisted.text_for(document, digest, client=client, allow_list_only=True)
        answers.append((refused.value.code, str(refused.value)))
    assert answers[0] == answers[1]
    assert {code for code, _ in answers} == {"OPERATION_NOT_LISTED"}
    assert await persisted.text_for(TEXT, None, client="c", allow_list_only=False) == TEXT


async def test_what_was_taken_off_the_list_stops_at_once_here_and_within_seconds_elsewhere(persisted, pool, clock, seconds) -> None:
    await persisted.register(TEXT, by="officer", at=clock())
    await persisted.permit("c", HASH)
    elsewhere = fresh(pool, seconds)
    await elsewhere.text_for(None, HASH, client="c", allow_list_only=True)
    await persisted.text_for(None, HASH, client="c", allow_list_only=True)
    await persisted.withdraw("c", HASH)
    with pytest.raises(Forbidden):
        await persisted.text_for(None, HASH, client="c", allow_list_only=True)
    seconds.now = 5.0
    with pytest.raises(Forbidden):
        await elsewhere.text_for(None, HASH, client="c", allow_list_only=True)


async def test_only_a_registered_operation_is_put_on_a_list(persisted) -> None:
    with pytest.raises(Malformed) as refused:
        await persisted.permit("c", "0" * 64)
    assert refused.value.code == "PERSISTED_QUERY_NOT_FOUND"


async def test_a_text_that_was_changed_under_its_hash_is_not_run(persisted, pool, clock) -> None:
    await pool.execute("INSERT INTO persisted_operation VALUES ($1, $2, 'x', $3)", HASH, "{ __typename }", clock())
    with pytest.raises(Malformed) as refused:
        await persisted.text_for(None, HASH, client="c", allow_list_only=False)
    assert refused.value.code == "PERSISTED_QUERY_NOT_FOUND"
