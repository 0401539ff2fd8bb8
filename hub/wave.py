"""A wave: pieces of work under way together, each let go of at its own limit, whether or not it heeds that."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Piece = TypeVar("Piece")
Told = TypeVar("Told")


class Waves(Generic[Piece, Told]):
    """Makes waves, and keeps hold of what was let go of until it has ended."""

    def __init__(self) -> None:
        """Nothing is under way."""
        self._lingering: set[asyncio.Task[None]] = set()

    async def run(self, pieces: Sequence[Piece], work: Callable[[Piece], Awaitable[Told]], limits: Sequence[float]) -> list[Told | None]:
        """What came of each piece, None for one that had not ended after its `limits` seconds. Raises what a piece raised; then, and when
        who waits goes away, the rest is let go of.
        """
        loop = asyncio.get_running_loop()
        wave = _Wave[Told](len(pieces), loop.create_future())
        tasks = [loop.create_task(_within(wave, number, work(piece))) for number, piece in enumerate(pieces)]
        timers = [loop.call_later(limit, self._expire, wave, tasks, limits, limit) for limit in set(limits)]
        try:
            await wave.over
            return wave.told
        finally:
            for timer in timers:
                timer.cancel()
            for number in wave.open:
                self._let_go(tasks[number])

    def _expire(self, wave: _Wave[Told], tasks: Sequence[asyncio.Task[None]], limits: Sequence[float], limit: float) -> None:
        for number in [number for number in wave.open if limits[number] == limit]:
            self._let_go(tasks[number])
            wave.tell(number, None)

    def _let_go(self, task: asyncio.Task[None]) -> None:
        task.cancel()
        self._lingering.add(task)
        task.add_done_callback(self._lingering.discard)


class _Wave(Generic[Told]):
    """What each piece told, None for one that was let go of; `open` are those still expected."""

    __slots__ = ("open", "over", "told")

    def __init__(self, pieces: int, over: asyncio.Future[None]) -> None:
        self.told: list[Told | None] = [None] * pieces
        self.open = set(range(pieces))
        self.over = over

    def tell(self, number: int, told: Told | None) -> None:
        """What became of one piece. Who was let go of is no longer heard."""
        if number in self.open:
            self.told[number] = told
            self.open.discard(number)
            if not self.open and not self.over.done():
                self.over.set_result(None)

    def fail(self, error: Exception) -> None:
        """The wave is over."""
        if not self.over.done():
            self.over.set_exception(error)


async def _within(wave: _Wave[Told], number: int, work: Awaitable[Told]) -> None:
    try:
        wave.tell(number, await work)
    except Exception as error:  # noqa: BLE001 (a bug of ours: the road says so, once, to whoever waits for the wave)
        wave.fail(error)
