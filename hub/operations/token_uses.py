"""How often a token may be used, exactly, over all workers and replicas: one statement that counts or refuses.

    maxUses      questions one token may ask; the count is the token's
    frequency    questions in an hour, a day or a month (China's) under one purpose about one case by one organisation, whichever token asks

Only for tokens that carry one: every other question costs no look into the database.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product
from math import ceil

import asyncpg

from hub.caller import Caller
from hub.errors import Overloaded, TooMany, Unauthenticated
from policies.calendar import CHINA

TAKE = """
INSERT INTO allowance AS held (kind, ref, period, used, refused, ends_at) VALUES ($1, $2, $3, 1, 0, $4)
ON CONFLICT (kind, ref, period) DO UPDATE SET used = held.used + 1 WHERE held.used < $5
RETURNING used
"""
_USED = "SELECT used FROM allowance WHERE kind = 'TOKEN' AND ref = $1"
BEGINNING = datetime(2026, 1, 1, tzinfo=CHINA)
"""A token has one period: its own life."""


class UsedUp(Unauthenticated):
    """The token was used as often as it may be (domain C4, check 2)."""

    code = "TOKEN_REPLAYED"


class TokenUses:
    """Counts uses of tokens that carry a limit."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        """`pool` of records."""
        self._pool = pool

    async def take(self, caller: Caller, now: datetime) -> None:
        """Count one question. Raises UsedUp, TooMany with the seconds to wait, Overloaded where it cannot be counted; then none is counted."""
        if caller.max_uses is None and not caller.frequency:
            return
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                await self._frequency(connection, caller, now)
                if caller.max_uses is not None:
                    ends = caller.expires_at + timedelta(minutes=1)
                    if await connection.fetchval(TAKE, "TOKEN", caller.token, BEGINNING, ends, caller.max_uses) is None:
                        raise UsedUp(f"the token was good for {caller.max_uses} questions")
        except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError):
            raise Overloaded(retry_after=1) from None

    async def left(self, token: str, max_uses: int) -> int:
        """How many questions a token may still ask. Raises asyncpg's errors."""
        used = await self._pool.fetchval(_USED, token)
        return max(0, max_uses - (used or 0))

    async def _frequency(self, connection: asyncpg.pool.PoolConnectionProxy[asyncpg.Record], caller: Caller, now: datetime) -> None:
        for case, (per, times) in product(sorted(caller.cases) or (caller.case,), sorted(caller.frequency.items())):
            began, ends = period(per, now)
            ref = f"{per} {caller.purpose} {caller.organisation} {case}"
            if await connection.fetchval(TAKE, "FREQUENCY", ref, began, ends, times) is None:
                raise TooMany(
                    f"{times} questions a {per.lower()} are granted about this case", retry_after=max(1, ceil((ends - now).total_seconds())),
                    code="FREQUENCY_EXCEEDED",
                )


def period(per: str, now: datetime) -> tuple[datetime, datetime]:
    """Beginning and end of the hour, day or month a moment lies in."""
    hour = now.astimezone(CHINA).replace(minute=0, second=0, microsecond=0)
    if per == "HOUR":
        return hour, hour + timedelta(hours=1)
    day = hour.replace(hour=0)
    if per == "DAY":
        return day, day + timedelta(days=1)
    month = day.replace(day=1)
    return month, (month + timedelta(days=32)).replace(day=1)
