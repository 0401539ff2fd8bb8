"""What the access log needs done while nobody asks: carry state changes in, close open intents, summarise anonymous garbage."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from hub.access_log.outbox import drain
from hub.access_log.security import SecurityLog
from hub.access_log.sweep import Sweep
from hub.access_log.writer import AccessLog
from hub.errors import RecordingFailed


class Upkeep:
    """Runs beside the log; every process of a hub may run one. A round that fails is tried again at the next."""

    def __init__(
        self,
        log: AccessLog,
        sweep: Sweep,
        security: SecurityLog,
        *,
        every: float = 0.5,
        sweep_every: float = 15.0,
        summary_every: float = 300.0,
        chore: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        """Seconds between rounds: of the outbox, of the sweep, of the security summary. `chore` is done with each sweep."""
        self._log = log
        self._sweep = sweep
        self._security = security
        self._every = every
        self._sweep_every = sweep_every
        self._summary_every = summary_every
        self._chore = chore
        self._due = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin in the background."""
        self._task = asyncio.create_task(self._run(), name="access log upkeep")

    def wake(self) -> None:
        """A change was committed to the outbox: carry it now."""
        self._due.set()

    async def stop(self) -> None:
        """End, with a last round of outbox and summary; call before the log stops."""
        if self._task is None:
            return
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self._task = None
        with suppress(RecordingFailed):
            await drain(self._log)
            await self._security.summarise(self._log)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        swept, summarised = loop.time() - self._sweep_every, loop.time()
        while True:
            with suppress(RecordingFailed, OSError):
                await drain(self._log)
                await self._security.flush()
                if loop.time() - swept >= self._sweep_every:
                    await self._sweep.round()
                    if self._chore is not None:
                        await self._chore()
                    swept = loop.time()
                if loop.time() - summarised >= self._summary_every:
                    await self._security.summarise(self._log)
                    summarised = loop.time()
            with suppress(TimeoutError):  # not wait_for: that loses a cancellation which comes as it is woken, and `stop` would wait for ever (CPython 3.11)
                async with asyncio.timeout(self._every):
                    await self._due.wait()
            self._due.clear()
