"""Anonymous garbage is counted, sampled and bounded; its counts become one entry."""

from __future__ import annotations

import asyncio

import pytest

from hub.access_log.entry import Kind
from hub.access_log.security import SecurityLog
from hub.access_log.store import Filter
from hub.access_log.sweep import Sweep
from hub.access_log.upkeep import Upkeep
from hub.access_log.writer import AccessLog
from hub.errors import RecordingFailed
from tests.hub.access_log.conftest import asked
from tests.waiting import until


async def test_the_file_stays_within_its_bound_whatever_arrives(clock, tmp_path) -> None:
    security = SecurityLog(tmp_path / "s" / "security.log", clock=clock, largest=2000, keep=2)
    for _ in range(50):
        for _ in range(20):
            security.note("TOKEN_MISSING", address="10.0.0.0/8")
        await security.flush()
    files = sorted(path.name for path in (tmp_path / "s").iterdir())
    assert files == ["security.log", "security.log.1", "security.log.2"]
    assert all(path.stat().st_size <= 2000 for path in (tmp_path / "s").iterdir())


async def test_a_flood_is_counted_but_only_a_sample_is_written(log: AccessLog, clock, tmp_path) -> None:
    security = SecurityLog(tmp_path / "security.log", clock=clock, sample=10)
    for number in range(5000):
        security.note("MALFORMED" if number % 2 else "TOKEN_MISSING")
    for number in range(200):
        security.note(f"KIND_{number}")
    clock.advance(60)
    await security.summarise(log)
    assert len((tmp_path / "security.log").read_bytes().splitlines()) == 10
    entry = (await log.store.query(Filter(kind=Kind.SECURITY_SUMMARY))).entries[0]
    about = entry.parts()[1]["about"]
    assert about["counts"]["MALFORMED"] == 2500
    assert len(about["counts"]) == 65
    assert about["counts"]["OTHER"] == 138
    assert about["since"] == "2026-11-23T09:00:00+08:00"
    assert await security.summarise(log) is None


async def test_counts_survive_a_log_that_is_down(log: AccessLog, clock, tmp_path, owner) -> None:
    security = SecurityLog(tmp_path / "security.log", clock=clock)
    security.note("MALFORMED")
    await owner.execute("REVOKE INSERT ON log_entry FROM hub_log")
    with pytest.raises(RecordingFailed):
        await security.summarise(log)
    await owner.execute("GRANT INSERT ON log_entry TO hub_log")
    security.note("MALFORMED")
    appended = await security.summarise(log)
    assert (await log.store.entry(appended.id)).parts()[1]["about"]["counts"] == {"MALFORMED": 2}


async def test_upkeep_drains_sweeps_and_summarises_by_itself(log: AccessLog, log_pool, clock, owner, tmp_path) -> None:
    await log.append(asked(0))
    clock.advance(500)
    await owner.execute("INSERT INTO outbox (kind, body, at) VALUES ('LETTER_REVOKED', '{}', now())")
    security = SecurityLog(tmp_path / "security.log", clock=clock)
    security.note("MALFORMED")
    upkeep = Upkeep(log, Sweep(log, log_pool), security, every=0.01, sweep_every=0.01, summary_every=0.01)
    upkeep.start()

    async def four() -> list[str]:
        kinds = [entry.kind for entry in (await log.store.query(Filter())).entries]
        return kinds if len(kinds) >= 4 else []

    kinds = await until(four)
    await upkeep.stop()
    assert sorted(kinds) == ["CHANGE", "INTENT", "OUTCOME", "SECURITY_SUMMARY"]


@pytest.mark.parametrize("turns", range(5))
async def test_stopped_at_the_moment_it_is_woken_the_upkeep_ends(log, log_pool, tmp_path, clock, turns: int):
    """A wake and an end so many turns of the loop apart; under CPython 3.11 `wait_for` lost the end."""
    upkeep = Upkeep(log, Sweep(log, log_pool), SecurityLog(tmp_path / "security.log", clock=clock))
    upkeep.start()
    await until(lambda: upkeep._due._waiters)  # the task is at its wait
    upkeep.wake()
    for _ in range(turns):
        await asyncio.sleep(0)
    async with asyncio.timeout(30) as limit:
        await upkeep.stop()
    assert not limit.expired()
