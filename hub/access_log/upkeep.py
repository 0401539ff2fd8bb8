"""What the access log needs done while nobody asks: carry state changes in, close open intents, summarise anonymous garbage."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from hub.access_log.outbox import drain
from hub.access_log.security import SecurityLog
from hub.access_log.sweep import Sweep
from hub.access_log.writer import AccessLog
from hub.background import Background, woken
from hub.chore import Chore

_NONE: Mapping[str, Callable[[], Awaitable[object]]] = MappingProxyType({})


class Upkeep:
    """Runs beside the log; every process of a hub may run one. What fails is tried again when it is due next, and keeps nothing else waiting."""

    def __init__(
        self,
        log: AccessLog,
        sweep: Sweep,
        security: SecurityLog,
        *,
        every: float = 0.5,
        sweep_every: float = 15.0,
        summary_every: float = 300.0,
        chores: Mapping[str, Callable[[], Awaitable[object]]] = _NONE,
    ) -> None:
        """Seconds between rounds: of the outbox, of the sweep, of the security summary. `chores`, by name, are done with each sweep."""
        self._log = log
        self._sweep = sweep
        self._security = security
        self._every = every
        self._sweep_every = sweep_every
        self._summary_every = summary_every
        self._outbox, self._notes, self._sweeping, self._summing = map(Chore, ("outbox", "security notes", "sweep", "security summary"))
        self._chores = [(Chore(name), do) for name, do in chores.items()]
        self._due = asyncio.Event()
        self._swept = self._summarised = float("-inf")
        self._background = Background("access log upkeep", self._turn)

    def start(self) -> None:
        """Begin in the background."""
        self._summarised = asyncio.get_running_loop().time()
        self._background.start()

    def wake(self) -> None:
        """A change was committed to the outbox: carry it now."""
        self._due.set()

    async def stop(self) -> None:
        """End, with a last round of outbox and summary; call before the log stops."""
        await self._background.stop()
        with self._outbox:
            await drain(self._log)
        with self._summing:
            await self._security.summarise(self._log)

    async def _turn(self) -> None:
        now = asyncio.get_running_loop().time
        with self._outbox:
            await drain(self._log)
        with self._notes:
            await self._security.flush()
        if now() - self._swept >= self._sweep_every:
            self._swept = now()
            with self._sweeping:
                await self._sweep.round()
            for chore, do in self._chores:
                with chore:
                    await do()
        if now() - self._summarised >= self._summary_every:
            self._summarised = now()
            with self._summing:
                await self._security.summarise(self._log)
        await woken(self._due, self._every)
        self._due.clear()
