"""Each state change becomes one entry, in order, whoever drains, and nothing a row holds can stop the others."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from hub.access_log.entry import Kind
from hub.access_log.outbox import drain
from hub.access_log.store import Filter
from hub.access_log.writer import AccessLog
from hub.errors import RecordingFailed
from tests.hub.access_log.conftest import MORNING, OpenLog


async def changed(owner, *bodies: object, kind: str = "LETTER_REVOKED") -> None:
    rows = [(kind, orjson.dumps(body).decode(), MORNING) for body in bodies]
    await owner.executemany("INSERT INTO outbox (kind, body, at) VALUES ($1, $2, $3)", rows)


async def abouts(log: AccessLog) -> list[object]:
    page = await log.store.query(Filter(kind=Kind.CHANGE), limit=1000)
    return [entry.parts()[1]["about"] for entry in reversed(page.entries)]


async def test_changes_become_entries_in_their_order_and_are_marked_with_them(log: AccessLog, owner) -> None:
    await changed(owner, *({"letter": f"let_{number}", "organisation": "mz", "case": "case_1"} for number in range(130)))
    assert await drain(log) == 130
    assert await drain(log) == 0
    assert [about["letter"] for about in await abouts(log)] == [f"let_{number}" for number in range(130)]
    marks = await owner.fetch("SELECT o.id, e.idx, e.organisation, e.case_id FROM outbox o JOIN log_entry e ON e.idx = o.logged_index ORDER BY o.id")
    assert [row["idx"] for row in marks] == list(range(130))
    assert {(row["organisation"], row["case_id"]) for row in marks} == {("mz", "case_1")}


async def test_processes_that_drain_at_once_carry_each_change_once(open_log: OpenLog, owner) -> None:
    logs = [await open_log() for _ in range(3)]
    await changed(owner, *({"number": number} for number in range(300)))
    await asyncio.gather(*(drain(log) for log in logs))
    await drain(logs[0])
    assert sorted(about["number"] for about in await abouts(logs[0])) == list(range(300))


async def test_a_row_no_entry_can_hold_is_carried_as_text_or_digest(log: AccessLog, owner) -> None:
    await changed(owner, {"ratio": 1.5}, {"低保": "x"}, {"long": "x" * 2_000_000}, {"organisation": "x" * 999}, [1, 2], {"fine": 1})
    assert await drain(log) == 6
    said = await abouts(log)
    assert said[0] == {"json": '{"ratio": 1.5}'}
    assert said[1] == {"json": '{"低保": "x"}'}
    assert set(said[2]) == {"sha256"}
    assert orjson.loads(said[3]["json"]) == {"organisation": "x" * 999}
    assert said[4] == {"json": "[1, 2]"}
    assert said[5] == {"fine": 1}


async def test_while_the_log_takes_nothing_changes_wait(open_log: OpenLog, owner) -> None:
    log = await open_log()
    await changed(owner, {"letter": "let_1"})
    await owner.execute("REVOKE INSERT ON log_entry FROM hub_log")
    with pytest.raises(RecordingFailed):
        await drain(log)
    assert await owner.fetchval("SELECT count(*) FROM outbox WHERE logged_index IS NULL") == 1
    await owner.execute("GRANT INSERT ON log_entry TO hub_log")
    assert await drain(log) == 1
