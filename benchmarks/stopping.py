"""How long after a revocation's commit answer any worker still tells: every worker is asked about what is revoked until it refuses, and
once more when the published time is over.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter as Counts
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiohttp
import orjson

from benchmarks.withdrawals import TOLD, Counter, Target
from hub.authorizations.watch import STOP_TIME

AGAIN = STOP_TIME + 0.15
"""When every worker is asked once more: then nothing may be told."""


@dataclass(slots=True)
class Seen:
    """What a part of the run saw: seconds from commit to the last telling by kind, how much was told after the published time, the load."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    told: int = 0
    late: int = 0
    answers: Counts[int] = field(default_factory=Counts)
    began: float = 0.0
    took: float = 0.0

    def all(self) -> list[float]:
        """Every sample."""
        return sorted(second for several in self.seconds.values() for second in several)


class Load:
    """Questions at a rate, spread over workers and live cases; each answer after a revocation is held against it."""

    def __init__(self, counter: Counter, targets: Sequence[Target], rate: float) -> None:
        """`rate` in questions a second."""
        self._counter = counter
        self._targets = targets
        self._rate = rate
        self._revoked: dict[str, float] = {}
        self._last: dict[str, float] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._asking: asyncio.Task[None] | None = None
        self.seen = Seen()

    async def run(self, revoked: Sequence[Target], every: float) -> Seen:
        """Revoke one target every so many seconds under the load."""
        self.start()
        ended = []
        for target in revoked:
            ended.append(asyncio.create_task(self._end(target)))
            await asyncio.sleep(every)
        await asyncio.gather(*ended)
        await self.stop()
        for target in revoked:
            after = max(0.0, self._last.get(target.case, 0.0) - self._revoked[target.case])
            self.seen.seconds.setdefault(target.kind, []).append(after)
        return self.seen

    def start(self) -> None:
        """Begin to ask at the rate."""
        self.seen.began = time.perf_counter()
        self._asking = asyncio.create_task(self._steadily())

    async def stop(self) -> None:
        """Ask no more; what is under way is waited for."""
        if self._asking is not None:
            self._asking.cancel()
        await asyncio.gather(*self._under_way)
        self.seen.took = time.perf_counter() - self.seen.began

    async def ask(self, target: Target, worker: str) -> bool:
        """One question; whether it told anything of the target."""
        headers = {"Authorization": f"Bearer {target.token}", "Content-Type": "application/json"}
        body = orjson.dumps({"query": TOLD, "variables": {"id": target.case}})
        try:
            async with self._counter.session.post(f"{worker}/graphql", data=body, headers=headers) as reply:
                raw, status = await reply.read(), reply.status
        except aiohttp.ClientError:
            raw, status = b"", 0
        at = time.perf_counter()
        self.seen.answers[status] += 1
        told = target.told(status, raw)
        if told:
            self.seen.told += 1
            self._last[target.case] = at
            if at - self._revoked.get(target.case, at) > STOP_TIME:
                self.seen.late += 1
        return told

    async def _steadily(self) -> None:
        workers, number = self._counter.workers, 0
        while True:
            self._keep(self.ask(self._targets[number % len(self._targets)], workers[number // len(self._targets) % len(workers)]))
            number += 1
            await asyncio.sleep(max(0.0, self.seen.began + number / self._rate - time.perf_counter()))

    async def _end(self, target: Target) -> None:
        before = [asyncio.create_task(self.ask(target, worker)) for worker in self._counter.workers]  # under way when it is revoked
        await self._counter.revoke(target)
        self._revoked[target.case] = at = time.perf_counter()
        await asyncio.gather(*[self._until_refused(target, worker) for worker in self._counter.workers], *before)
        await asyncio.sleep(max(0.0, at + AGAIN - time.perf_counter()))
        await asyncio.gather(*[self.ask(target, worker) for worker in self._counter.workers])

    async def _until_refused(self, target: Target, worker: str) -> None:
        while await self.ask(target, worker):
            pass

    def _keep(self, question: object) -> None:
        task = asyncio.ensure_future(question)  # type: ignore[call-overload]
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
