"""The writer and its tree at the edges: a turn that looks and leaves, a head that moves, a receipt of an older entry, an append cancelled."""

from __future__ import annotations

import asyncio

import pytest

from hub.access_log.note import Checkpoint
from hub.access_log.receipt import verify_receipt
from hub.access_log.tree import Tree, TreeBroken
from hub.access_log.writer import AccessLog, Appended, _give_up
from hub.errors import RecordingFailed
from tests.hub.access_log.conftest import OpenLog, asked
from tests.waiting import held_up, until


async def test_a_turn_extends_the_tree_once_and_one_that_only_looks_changes_nothing(log: AccessLog) -> None:
    await log.append(asked(0))
    async with log.tree.turn() as turn:
        assert (await turn.lock()).size == (await turn.lock()).size == 1
    assert turn.grown is None
    one, two = [log.seal(asked(1))], [log.seal(asked(2))]
    with pytest.raises(TreeBroken, match="once"):  # noqa: PT012 - the turn is what fails
        async with log.tree.turn() as turn:
            await turn.extend(one)
            await turn.extend(two)
    assert (await log.store.head()).size == 1, "the whole turn is undone"
    assert (await log.append(asked(3))).index == 1


async def test_a_head_that_moves_under_its_lock_is_not_built_upon(log: AccessLog) -> None:
    await log.append(asked(0))
    with pytest.raises(TreeBroken, match="moved"):  # noqa: PT012 - the turn is what fails
        async with log.tree.turn() as turn:
            await turn.lock()
            await turn.connection.execute("UPDATE log_head SET size = size + 7")
            await turn.extend([log.seal(asked(1))])
    assert (await log.append(asked(2))).index == 1
    assert log.now() == log._clock()


async def test_a_tree_nobody_used_is_closed_all_the_same(log_pool) -> None:
    await Tree(log_pool, wait=1.0).close()


async def test_any_entry_has_its_receipt_against_the_newest_checkpoint_any_process_stored(open_log: OpenLog, tmp_path) -> None:
    one, other = await open_log(), await open_log(path=tmp_path / "other")
    first = await one.append(asked(0))
    for number in range(5):
        await other.append(asked(number))
    await other.stop()
    receipt = await one.receipt_of(first.id)
    assert receipt is not None
    verify_receipt(receipt, one.verifiers)
    assert Checkpoint.open(receipt.checkpoint, one.verifiers).size == 6, "the other process's"
    assert [(await one.append(asked(number))).index for number in range(2)] == [6, 7], "its own head is old: it queues for the lock"
    assert await one.receipt_of("log_none") is None


async def test_where_no_checkpoint_is_large_enough_the_head_is_signed(log: AccessLog) -> None:
    async with log.tree.turn() as turn:
        await turn.extend([log.seal(asked(0))])
    assert Checkpoint.open(await log.checkpoint(at_least=1), log.verifiers).size == 1


async def test_an_append_in_flight_when_the_log_must_end_fails_and_who_left_is_told_nothing(open_log: OpenLog, owner) -> None:
    log = await open_log()
    async with owner.transaction():
        await owner.fetchrow("SELECT * FROM log_head FOR UPDATE")
        gone, waiting = (asyncio.create_task(log.append(asked(number))) for number in range(2))
        await until(lambda: held_up(owner))
        gone.cancel()
        await asyncio.sleep(0)
        await log._writer.stop()
        with pytest.raises(RecordingFailed):
            await waiting
        assert gone.cancelled()
    log._wait = 0  # its end has nothing to wait for


async def test_whoever_was_told_already_is_not_told_again_that_it_took_too_long() -> None:
    done: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
    done.cancel()
    _give_up(done)
    assert done.cancelled()


async def test_what_nobody_waits_for_any_more_is_not_written(log: AccessLog) -> None:
    gone = asyncio.create_task(log.append(asked(0)))
    await asyncio.sleep(0)
    gone.cancel()  # queued, and the writer has not had its turn yet
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert (await log.append(asked(1))).index == 0
