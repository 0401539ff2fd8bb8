"""What runs beside the questions of a worker, from its opening to its close: turn after turn, whatever a turn ends with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from hub.chore import Chore

REST = 1.0
"""Seconds after a turn that failed."""


class Background:
    """One task. A turn does its own waiting; one that raises is told as a chore that fails, and another follows."""

    def __init__(self, name: str, turn: Callable[[], Awaitable[object]], *, rest: float = REST) -> None:
        """`name` as of a chore; `rest` in seconds. Nothing runs before `start`."""
        self.chore = Chore(name)
        self._turn = turn
        self._rest = rest
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name=self.chore.name)

    async def stop(self) -> None:
        """End; when this returns the task is over. Nothing where it was never started, or is over."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def _run(self) -> None:
        task = asyncio.current_task()
        # Asked, not only raised: a cancellation that comes as an awaited call is done may be lost in it (CPython 3.11).
        while task is not None and not task.cancelling():
            with self.chore:
                await self._turn()
            if self.chore.failing:
                await asyncio.sleep(self._rest)


async def woken(event: asyncio.Event, seconds: float) -> None:
    """Wait until it is set, no longer than so many seconds."""
    with suppress(TimeoutError):  # not wait_for: that loses a cancellation which comes as it is woken, and its task would go on for ever (CPython 3.11)
        async with asyncio.timeout(seconds):
            await event.wait()
