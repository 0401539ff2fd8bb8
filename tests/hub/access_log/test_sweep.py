"""Intents without an outcome are closed once, by whoever comes first, and never while they may still be running."""

from __future__ import annotations

import asyncio

import pytest

from hub.access_log.entry import NOT_DELIVERED
from hub.access_log.store import Filter
from hub.access_log.sweep import Sweep
from hub.access_log.writer import AccessLog
from hub.errors import RecordingFailed
from tests.hub.access_log.conftest import OpenLog, asked, told


async def closings(log: AccessLog) -> list[str]:
    page = await log.store.query(Filter(), limit=1000)
    heads = [entry.parts()[0] for entry in page.entries]
    return sorted(str(head["question"]) for head in heads if head.get("code") == NOT_DELIVERED)


async def test_an_old_open_intent_is_closed_and_a_young_or_closed_one_is_not(log: AccessLog, log_pool, clock) -> None:
    lost = await log.append(asked(0))
    done = await log.append(asked(0))
    await log.append(told(done.id, 1))
    young = await log.append(asked(60))
    sweep = Sweep(log, log_pool, older_than=120)
    clock.advance(121)
    assert await sweep.round() == 1
    assert await closings(log) == [lost.id]
    assert await sweep.round() == 0
    clock.advance(60)
    assert await sweep.round() == 1
    assert await closings(log) == sorted([lost.id, young.id])
    closing = (await log.store.closing(lost.id))[0].parts()[0]
    assert (closing["organisation"], closing["decision"], closing["case"]) == ("mz-hd-500152", "DENY", "case_1")


async def test_processes_that_sweep_at_once_close_each_intent_once(open_log: OpenLog, log_pool, clock) -> None:
    logs = [await open_log() for _ in range(3)]
    appended = await asyncio.gather(*(logs[0].append(asked(0)) for _ in range(150)))
    clock.advance(500)
    closed = await asyncio.gather(*(Sweep(log, log_pool).round() for log in logs))
    assert sum(closed) == 150
    assert await closings(logs[0]) == sorted(entry.id for entry in appended)


async def test_an_outcome_that_arrives_in_that_moment_is_not_closed_over(open_log: OpenLog, log_pool, clock) -> None:
    logs = [await open_log() for _ in range(2)]
    appended = await asyncio.gather(*(logs[0].append(asked(0)) for _ in range(60)))
    clock.advance(500)
    sweep = asyncio.create_task(Sweep(logs[1], log_pool).round())
    await asyncio.gather(*(logs[0].append(told(entry.id, 400)) for entry in appended))
    closed = await sweep
    for entry in appended:
        kinds = [stored.parts()[0].get("code") for stored in await logs[0].store.closing(entry.id)]
        # An outcome may still follow a closing; a closing never follows an outcome.
        assert kinds in ([None], [NOT_DELIVERED, None])
    assert len(await closings(logs[0])) == closed


async def test_a_sweep_of_a_stopped_log_says_so(open_log: OpenLog, log_pool, clock, owner) -> None:
    log = await open_log()
    await log.append(asked(0))
    clock.advance(500)
    sweep = Sweep(log, log_pool)
    await owner.execute("REVOKE INSERT ON log_entry FROM hub_log")
    with pytest.raises(RecordingFailed):
        await sweep.round()
    await owner.execute("GRANT INSERT ON log_entry TO hub_log")
    assert await sweep.round() == 1
