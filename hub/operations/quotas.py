"""Quotas: who is served how often, so that one client cannot take the hub from the others.

    InFlight       requests at once in this worker; past it 503, before anything of the request is read
    ClientQuota    per client and worker: requests a minute (moving window), requests at once; past it 429
    LookUps        per client over all workers and replicas: people looked up by ID number a day, counted in PostgreSQL; past it 429. Of a
                   hub above, which asks for many regions, also per asking region: one of them does not use up what the others need

Rate and concurrency are kept in memory, so a client's ceiling is the setting times the number of workers. The look-up quota is exact,
because guessing ID numbers is an attack on people and not on the machine; the day is that of Asia/Shanghai.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from math import ceil

import asyncpg

from hub.bounded import Bounded
from hub.caller import Caller
from hub.errors import Overloaded, TooMany
from policies.calendar import CHINA

_ASKING = re.compile(r"([0-9]{6})[^/]*/.", re.ASCII)
_WINDOW = 60.0
_CLIENTS = 10_000

_TAKE = """
INSERT INTO look_up_count AS held (client_id, day, count) VALUES ($1, $2, $3)
ON CONFLICT (client_id, day) DO UPDATE SET count = held.count + $3 WHERE held.count + $3 <= $4
RETURNING count
"""


class InFlight:
    """Requests being answered in this worker."""

    __slots__ = ("_limit", "now")

    def __init__(self, limit: int) -> None:
        """`limit` requests at once."""
        self._limit = limit
        self.now = 0

    def __enter__(self) -> None:
        """A place among them for as long as the context lasts; Overloaded if there is none."""
        if self.now >= self._limit:
            raise Overloaded(retry_after=1)
        self.now += 1

    def __exit__(self, *_: object) -> None:
        self.now -= 1


class _Place:
    """One request of a client among those running, as a context."""

    __slots__ = ("_client", "_running")

    def __init__(self, running: Counter[str], client: str) -> None:
        self._running = running
        self._client = client

    def __enter__(self) -> None:
        self._running[self._client] += 1

    def __exit__(self, *_: object) -> None:
        self._running[self._client] -= 1
        if not self._running[self._client]:
            del self._running[self._client]


class ClientQuota:
    """Rate and concurrency of each client in this worker."""

    def __init__(self, *, rate_per_minute: int, concurrency: int, seconds: Callable[[], float]) -> None:
        """`seconds` is a clock that never goes back."""
        self._rate = rate_per_minute
        self._concurrency = concurrency
        self._seconds = seconds
        self._served: Bounded[str, deque[float]] = Bounded(_CLIENTS)
        self._running: Counter[str] = Counter()

    def taken(self, client: str) -> _Place:
        """A place for one request of the client; TooMany, with the seconds to wait, if it has none left."""
        if self._running[client] >= self._concurrency:
            raise TooMany("too many requests at once", retry_after=1, code="CONCURRENCY")
        self._count(client)
        return _Place(self._running, client)

    def _count(self, client: str) -> None:
        now = self._seconds()
        served = self._served.get(client)
        if served is None:
            served = self._served.put(client, deque())
        while served and served[0] <= now - _WINDOW:
            served.popleft()
        if len(served) >= self._rate:
            raise TooMany("too many requests in a minute", retry_after=max(1, ceil(served[0] + _WINDOW - now)), code="RATE")
        served.append(now)


def placed(quota: ClientQuota | None, client: str) -> AbstractContextManager[None]:
    """A place under a client's own quota; None counts nothing: whoever calls bounds them."""
    return quota.taken(client) if quota is not None else nullcontext()


class LookUps:
    """How many people a client may look up by ID number a day, over all workers."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        """`pool` under the hub's own role."""
        self._pool = pool

    async def take(self, client: str, number: int, *, per_day: int, now: datetime, share: tuple[str, int] | None = None) -> int:
        """Count `number` look-ups and say how many of the day are used; TooMany, and none counted, if they would pass `per_day`, or the
        part of it (asking region, most) that is counted beside. They are counted before the person is searched: a miss costs as much as a hit.
        """
        here = now.astimezone(CHINA)
        wanted = [(client, per_day)] + ([(f"{client} {share[0]}", share[1])] if share is not None else [])
        async with self._pool.acquire() as connection:
            counting = connection.transaction()
            await counting.start()
            used = [
                await connection.fetchval(_TAKE, name, here.date(), number, most) if number <= most else None for name, most in wanted
            ]
            await (counting.rollback() if None in used else counting.commit())
        if None in used:
            midnight = (here + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
            raise TooMany("the day's look-ups by ID number are used up", retry_after=ceil((midnight - here).total_seconds()), code="LOOK_UPS")
        return int(used[0] or 0)


def asking_region(caller: Caller, own: str) -> str | None:
    """Six digits of the region a hub above asks for, as its signed assertion names who asks ("500152-MZ-HD/HD-0107"); None where the caller's
    region is not above our `own`, or names none of its own below it.
    """
    above = caller.region.rstrip("0")
    above += "0" * (len(above) % 2)
    named = _ASKING.match(caller.officer)
    if named is None or len(above) >= 6 or not own.startswith(above):
        return None
    return named[1] if named[1].startswith(above) else None
