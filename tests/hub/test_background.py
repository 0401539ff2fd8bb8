"""What runs beside the questions goes on whatever a turn ends with, says so once, and ends when it is told to."""

from __future__ import annotations

import asyncio
import time

import pytest
import structlog

from hub.background import Background, woken
from hub.chore import Chore
from hub.metrics import exposition


class Turns:
    """A loop whose turns end as they are told to: an exception is raised, None goes well; past the last it waits."""

    def __init__(self, *ends: BaseException | None) -> None:
        self.ends = list(ends)
        self.made = 0
        self.waiting = asyncio.Event()

    async def turn(self) -> None:
        await asyncio.sleep(0)
        if self.made == len(self.ends):
            self.waiting.set()
            await asyncio.Event().wait()
        self.made += 1
        if (end := self.ends[self.made - 1]) is not None:
            raise end


async def run(turns: Turns, name: str = "of a test") -> Background:
    background = Background(name, turns.turn, rest=0)
    background.start()
    async with asyncio.timeout(30):
        await turns.waiting.wait()
    return background


async def test_whatever_a_turn_ends_with_another_follows() -> None:
    turns = Turns(KeyError("x"), None, RecursionError(), asyncio.CancelledError(), None)
    await (await run(turns)).stop()
    assert turns.made == 5


async def test_what_fails_is_said_once_a_class_and_once_when_it_is_over_and_nothing_of_its_words() -> None:
    with structlog.testing.capture_logs() as said:
        background = await run(Turns(KeyError("51099919900307101X"), KeyError("again"), ValueError("other"), None, None))
        await background.stop()
    assert [(one["event"], one.get("kind")) for one in said] == [
        ("chore failed", "KeyError"), ("chore failed", "ValueError"), ("chore done again", None),
    ]  # fmt: skip
    assert said[0]["at"].startswith("tests.hub.test_background:")
    assert "51099919900307101X" not in str(said)


async def test_the_metrics_say_which_fails_now_and_how_often() -> None:
    background = await run(Turns(KeyError(), KeyError()), "failing in a test")
    assert background.chore.failing == "KeyError"
    assert b'hub_chore_failing{chore="failing in a test"} 1.0' in exposition()
    assert b'hub_chore_failures_total{chore="failing in a test"} 2.0' in exposition()
    await background.stop()
    with background.chore:
        pass
    assert background.chore.failing == ""
    assert b'hub_chore_failing{chore="failing in a test"} 0.0' in exposition()


async def test_stopped_it_is_over_and_may_begin_again() -> None:
    turns = Turns()
    background = Background("of a test", turns.turn)
    await background.stop()
    for _ in range(2):
        background.start()
        async with asyncio.timeout(30):
            await turns.waiting.wait()
        await background.stop()
        turns.waiting.clear()
    assert [one.get_name() for one in asyncio.all_tasks()].count("of a test") == 0


async def test_a_cancellation_lost_in_a_call_still_ends_it() -> None:
    at_it = asyncio.Event()

    async def turn() -> None:
        at_it.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return  # as a library may

    background = Background("of a test", turn)
    background.start()
    await at_it.wait()
    async with asyncio.timeout(30) as limit:
        await background.stop()
    assert not limit.expired()


async def test_the_end_of_the_task_passes_a_chore_and_is_no_failure() -> None:
    chore = Chore("of a test")

    async def doing() -> None:
        with chore:
            await asyncio.Event().wait()

    task = asyncio.create_task(doing())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(SystemExit), chore:
        raise SystemExit
    assert chore.failing == ""


async def test_who_waits_is_woken_or_goes_on_after_so_long() -> None:
    event = asyncio.Event()
    began = time.monotonic()
    await woken(event, 0.01)
    assert time.monotonic() - began >= 0.01
    event.set()
    async with asyncio.timeout(30) as limit:
        await woken(event, 3600)
    assert not limit.expired()
