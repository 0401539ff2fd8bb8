"""The log's own loops (writer, keeper, upkeep) go on after an error nobody expected."""

from __future__ import annotations

import asyncio

import pytest

from hub import metrics
from hub.access_log import keeper as keeper_module
from hub.access_log import upkeep as upkeep_module
from hub.access_log.note import Checkpoint
from hub.access_log.security import SecurityLog
from hub.access_log.store import Filter
from hub.access_log.sweep import Sweep
from hub.access_log.upkeep import Upkeep
from hub.access_log.writer import AccessLog
from hub.errors import RecordingFailed
from tests.hub.access_log.conftest import MORNING, ORIGIN, asked
from tests.hub.access_log.test_writer import whole_tree
from tests.hub.slips import Slip, slips_once
from tests.waiting import until


async def test_a_slip_of_the_writer_fails_its_batch_and_the_next_stands(log: AccessLog, owner, monkeypatch) -> None:
    slips_once(monkeypatch, log.tree, "append")
    with pytest.raises(RecordingFailed):
        await log.append(asked())
    assert log._writer.chore.failing == "Slip"
    assert (await log.append(asked())).index == 0
    await whole_tree(owner)


async def test_who_was_recorded_is_told_so_also_where_the_counting_of_it_slips(log: AccessLog, monkeypatch) -> None:
    with monkeypatch.context() as slipping:
        slipping.setattr(metrics, "counted", lambda *_: 1 / 0)
        assert (await log.append(asked())).index == 0
    assert (await log.append(asked())).index == 1


async def test_a_slip_of_the_keeper_keeps_no_later_checkpoint_from_being_kept(log: AccessLog, owner, monkeypatch) -> None:
    ends = slips_once(monkeypatch, log._keeper, "flush")
    monkeypatch.setattr(log._keeper._background, "_rest", 0)
    appended = await log.append(asked())

    async def kept() -> bool:
        return await owner.fetchval("SELECT max(size) FROM log_checkpoint") == appended.size

    await until(kept)
    await until(lambda: len(ends) >= 2)
    assert ends[:2] == ["slip", "well"]


async def test_a_checkpoint_that_comes_while_others_are_written_is_written_too(log: AccessLog, owner, monkeypatch) -> None:
    """Also where so many came that the oldest left meanwhile."""
    await log._keeper._background.stop()
    monkeypatch.setattr(keeper_module, "_PENDING", 2)
    keeper, keep = log._keeper, log._keeper._file.keep
    await keeper.flush()
    notes = {size: Checkpoint(ORIGIN, size, bytes(32)).sign(log._signer) for size in (1, 2, 3, 4)}
    for size in (1, 2):
        keeper.add(size, notes[size], MORNING)

    def slow(note: str) -> None:
        keep(note)
        for size in (3, 4):
            keeper.add(size, notes[size], MORNING)
        monkeypatch.setattr(keeper._file, "keep", keep)

    monkeypatch.setattr(keeper._file, "keep", slow)
    await keeper.flush()
    await keeper.flush()
    assert {row["size"] for row in await owner.fetch("SELECT size FROM log_checkpoint WHERE size > 0")} == {1, 2, 3, 4}


async def test_a_chore_that_slips_keeps_no_other_from_being_done_and_is_done_again(log, log_pool, tmp_path, clock, owner, monkeypatch) -> None:
    done, again = [], asyncio.Event()

    async def slipping() -> None:
        done.append("slipping")
        if done.count("slipping") == 1:
            raise Slip
        again.set()

    async def other() -> None:
        done.append("other")

    sweep = Sweep(log, log_pool)
    swept = slips_once(monkeypatch, sweep, "round")
    upkeep = Upkeep(
        log, sweep, SecurityLog(tmp_path / "security.log", clock=clock), every=0.01, sweep_every=0.01,
        chores={"slipping": slipping, "other": other},
    )
    await owner.execute("INSERT INTO outbox (kind, body, at) VALUES ('LETTER_REVOKED', '{}', now())")
    upkeep.start()
    async with asyncio.timeout(30):
        await again.wait()
    await upkeep.stop()
    assert done[:3] == ["slipping", "other", "slipping"]
    assert swept[:2] == ["slip", "well"]
    assert [entry.kind for entry in (await log.store.query(Filter())).entries] == ["CHANGE"]


async def test_an_outbox_that_slips_is_carried_at_the_next_round(log, log_pool, tmp_path, clock, owner, monkeypatch) -> None:
    await owner.execute("INSERT INTO outbox (kind, body, at) VALUES ('LETTER_REVOKED', '{}', now())")
    upkeep = Upkeep(log, Sweep(log, log_pool), SecurityLog(tmp_path / "security.log", clock=clock), every=0.01)
    ends = slips_once(monkeypatch, upkeep_module, "drain")
    upkeep.start()
    await until(lambda: len(ends) >= 2)
    await upkeep.stop()
    assert await owner.fetchval("SELECT count(*) FROM outbox WHERE logged_index IS NULL") == 0


async def test_what_slips_at_the_end_is_no_reason_not_to_end(log, log_pool, tmp_path, clock, monkeypatch) -> None:
    upkeep = Upkeep(log, Sweep(log, log_pool), SecurityLog(tmp_path / "security.log", clock=clock))
    slips_once(monkeypatch, upkeep_module, "drain")
    await upkeep.stop()
