"""What deferred jobs need done while nobody asks. Every worker makes rounds; what one has in hand the others pass over.

    fallen       a letter was withdrawn, a case closed, a system shut out: job and kept answer are destroyed, and the log says so
    settled      an answer taken over by a worker that died is gone, or free again, as the log says
    not taken    submitted again, under the same number
    open         polled
    overdue      closed: told as SOURCE_TIMEOUT to who asks again; what comes later is refused
    out of time  a kept answer nobody fetched is destroyed

A round that fails is made again. Nothing here waits while a row is locked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import asyncpg
import structlog

from connectors.deferred import DeferredConnector
from connectors.interface import DepartmentError
from hub import metrics
from hub.background import Background, woken
from hub.chore import Chore
from hub.deferred import statements
from hub.deferred.ledger import AGAIN, JobLedger

EVERY = 5.0
"""Seconds between rounds; a revocation wakes them at once."""
AT_ONCE = 100
"""Jobs of one department taken in hand in one round."""
GRACE = timedelta(minutes=1)
"""After which a question that took over an answer is looked for in the log: no worker needs so long from there to its answer."""
STATES = ("ASKED", "OPEN", "KEPT", "CLOSED")

_log = structlog.get_logger("hub.deferred")


class Rounds:
    """One worker's."""

    def __init__(
        self, ledger: JobLedger, departments: Mapping[str, DeferredConnector], *, pool: asyncpg.Pool[asyncpg.Record],
        clock: Callable[[], datetime], every: float = EVERY,
    ) -> None:
        """`departments` by code, those that answer later; `every` in seconds."""
        self._ledger = ledger
        self._departments = departments
        self._pool = pool
        self._clock = clock
        self._every = every
        self._due = asyncio.Event()
        self._asking = {code: Chore(f"deferred jobs of {code}") for code in departments}
        self._round = Chore("deferred rounds")
        self._background = Background("deferred jobs", self._turn)

    def start(self) -> None:
        """Begin in the background."""
        self._background.start()

    def wake(self, _kind: str = "", _ref: str = "") -> None:
        """Something was revoked: make a round now."""
        self._due.set()

    async def stop(self) -> None:
        """End; what is under way is taken up by the next round of any worker."""
        await self._background.stop()

    async def round(self) -> None:
        """One round. Raises asyncpg's errors."""
        await self._pool.execute(statements.DESTROY, self._clock())
        await self._pool.execute(statements.UNTOLD)
        await self._pool.execute(statements.SETTLED, self._clock() - GRACE)
        for code, department in self._departments.items():
            with self._asking[code]:  # one department's slip keeps no other's jobs waiting
                await self._asked(department)
        await self._pool.execute(statements.OVERDUE, self._clock())
        await self._pool.execute(statements.ENDED, self._clock())
        self._ledger.wake()
        await self._counted()

    async def _turn(self) -> None:
        self._due.clear()
        with self._round:
            await self.round()
        await woken(self._due, self._every)

    async def _asked(self, department: DeferredConnector) -> None:
        try:
            await self._submit(department)
            await self._poll(department)
        except DepartmentError as error:
            metrics.DEPARTMENTS.labels(department.department, error.code).inc()
            _log.warning("department failed", department=department.department, status=error.code, kind=type(error).__name__)

    async def _submit(self, department: DeferredConnector) -> None:
        jobs = await self._in_hand(department, "ASKED", AGAIN)
        if jobs:
            await department.submit_again(await self._ledger.jobs(department.department, jobs))

    async def _poll(self, department: DeferredConnector) -> None:
        jobs = await self._in_hand(department, "OPEN", timedelta(seconds=department.terms.poll_seconds))
        if jobs:
            for code in await department.poll(await self._ledger.jobs(department.department, jobs)):
                metrics.DEFERRED_ANSWERS.labels(department.department, "POLL", code).inc()

    async def _in_hand(self, department: DeferredConnector, state: str, until_next: timedelta) -> list[str]:
        now = self._clock()
        rows = await self._pool.fetch(statements.DUE, now, department.department, state, now + until_next, AT_ONCE)
        return [row["id"] for row in rows]

    async def _counted(self) -> None:
        counts = {(row["department"], row["state"]): row["number"] for row in await self._pool.fetch(statements.COUNTS, self._clock())}
        for department in self._departments:
            for state in STATES:
                metrics.DEFERRED_JOBS.labels(department, state).set(counts.get((department, state), 0))
