"""Fair use over all workers without asking the database for a question: what was asked is counted here, and carried in the background.

Rules of this file:
- A worker decides by what it last read of the total and what it counted since. It carries what it counted every 0.2 s, in one statement for
  all that changed, which tells it the totals.
- What is not carried is bounded: past a twentieth of a ceiling a question waits until it is. So no ceiling is passed by more than that
  twentieth, or by one question where that is more, for each worker beside the first. One worker alone passes none.
- Where counts cannot be carried nothing is served (503): a ceiling nobody can count to is none.
- A worker that ends carries what it has; one that is killed forgets as much as it may keep.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

import asyncpg

from hub.authorizations.officers import folded
from hub.background import Background
from hub.caller import Caller
from hub.errors import Overloaded, TooMany
from policies.calendar import CHINA
from policies.fair_use import Ceilings

EVERY = 0.2
"""Seconds between two carries."""
UNCARRIED = 20
"""What part of a ceiling a worker may count and not have carried: one in so many."""
KEPT = timedelta(days=1)
"""How long after its end a period's counts stay, for the privacy officer."""
HELD = 20_000
"""Counts kept in one worker; past it those with nothing to carry are forgotten, and read again."""

CASE_DAY, OFFICER_HOUR = "CASE_DAY", "OFFICER_HOUR"

_CARRY = """
INSERT INTO allowance AS held (kind, ref, period, used, refused, ends_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::int[], $5::int[], $6::timestamptz[]) ORDER BY 1, 2, 3
ON CONFLICT (kind, ref, period) DO UPDATE SET used = held.used + excluded.used, refused = held.refused + excluded.refused
RETURNING kind, ref, period, used
"""
_FORGET = "DELETE FROM allowance WHERE ends_at < $1"

_MET = """
SELECT kind, ref, period, used, refused FROM allowance WHERE refused > 0 AND kind IN ('CASE_DAY', 'OFFICER_HOUR') ORDER BY period DESC, refused DESC
LIMIT 200
"""

_Key = tuple[str, str, datetime]


@dataclass(frozen=True, slots=True)
class Met:
    """A ceiling that refused somebody. `since` is when its hour or day began (ISO 8601); `of` the case or the officer."""

    kind: str
    purpose: str
    organisation: str
    of: str
    since: str
    used: int
    refused: int


async def met(pool: asyncpg.Pool[asyncpg.Record]) -> Sequence[Met]:
    """Which ceilings were met since yesterday, newest first. Raises asyncpg's errors."""
    found = []
    for row in await pool.fetch(_MET):
        purpose, organisation, of = row["ref"].split(" ", 2)
        found.append(Met(row["kind"], purpose, organisation, of, row["period"].isoformat(), row["used"], row["refused"]))
    return found


@dataclass(slots=True)
class _Count:
    """One ceiling's count. `total` as last read; `used` and `refused` not carried yet."""

    ends_at: datetime
    total: int = 0
    used: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class _Wanted:
    key: _Key
    ends: datetime
    amount: int
    ceiling: int


class FairUse:
    """One worker's. One event loop's thread only."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], ceilings: Mapping[str, Ceilings]) -> None:
        """`pool` of records; `ceilings` by purpose. A purpose without any tells no facts and is not counted."""
        self._pool = pool
        self._ceilings = ceilings
        self._counts: dict[_Key, _Count] = {}
        self._carrying = asyncio.Lock()
        self._changed = asyncio.Event()
        self._broken = False
        self._background = Background("fair use", self._turn, rest=0)

    def start(self) -> None:
        """Carry in the background until stopped."""
        self._background.start()

    async def stop(self) -> None:
        """Carry what is left, and end."""
        await self._background.stop()
        with self._background.chore:
            await self.carry()

    async def take(self, caller: Caller, people: int, now: datetime) -> None:
        """Count one question about so many people. Raises TooMany past a ceiling, and counts the refusal; Overloaded where it cannot be counted."""
        ceilings = self._ceilings.get(caller.purpose)
        if ceilings is None:
            return
        wanted = _wanted(caller, people, ceilings, now)
        counts = [self._counts.setdefault(one.key, _Count(one.ends + KEPT)) for one in wanted]
        if self._broken or any(_to_be_carried(count, one) for count, one in zip(counts, wanted, strict=True)):
            await self.carry()
        for count, one in zip(counts, wanted, strict=True):
            if count.total + count.used + one.amount > one.ceiling:
                count.refused += 1
                self._changed.set()
                raise TooMany(
                    f"fair use: {one.ceiling} {_OF[one.key[0]]} under this purpose", retry_after=max(1, ceil((one.ends - now).total_seconds())),
                    code="FAIR_USE",
                )
        for count, one in zip(counts, wanted, strict=True):
            count.used += one.amount
        self._changed.set()

    async def carry(self) -> None:
        """Bring what was counted to the database and read the totals. Raises Overloaded."""
        async with self._carrying:
            changed = [(key, one, one.used, one.refused) for key, one in self._counts.items() if one.used or one.refused]
            try:
                rows = await self._pool.fetch(_CARRY, *_columns(changed)) if changed else []
            except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError):
                self._broken = True
                raise Overloaded(retry_after=1) from None
            self._broken = False
            totals = {(row["kind"], row["ref"], row["period"]): row["used"] for row in rows}
            for key, one, used, refused in changed:
                one.total, one.used, one.refused = totals[key], one.used - used, one.refused - refused

    async def forget(self, now: datetime) -> None:
        """Drop what no period needs any more, here and in the database."""
        await self._pool.execute(_FORGET, now)
        self._shed(now)

    def _shed(self, now: datetime) -> None:
        idle = [key for key, one in self._counts.items() if not one.used and not one.refused]
        spare = len(self._counts) - HELD
        for number, key in enumerate(idle):
            if number < spare or self._counts[key].ends_at - KEPT <= now:
                del self._counts[key]

    async def _turn(self) -> None:
        await self._changed.wait()
        await asyncio.sleep(EVERY)
        self._changed.clear()
        try:
            await self.carry()
        except Exception:
            self._changed.set()  # it is still to be carried
            raise


_OF = {CASE_DAY: "questions about one case a day", OFFICER_HOUR: "people asked about by one officer an hour"}


def _wanted(caller: Caller, people: int, ceilings: Ceilings, now: datetime) -> Sequence[_Wanted]:
    """Whom a question counts against: each case of its token with the asking organisation, its officer. Periods are those of China's clock."""
    here = now.astimezone(CHINA)
    hour = here.replace(minute=0, second=0, microsecond=0)
    day = hour.replace(hour=0)
    wanted = []
    for case in caller.cases or ((caller.case,) if caller.case else ()):
        key = (CASE_DAY, f"{caller.purpose} {caller.organisation} {case}", day)
        wanted.append(_Wanted(key, day + timedelta(days=1), 1, ceilings.questions_a_case))
    if caller.officer and people:
        # By the folded id: blanks and capitals make no second officer with an hour of their own.
        key = (OFFICER_HOUR, f"{caller.purpose} {caller.organisation} {folded(caller.officer) or caller.officer}", hour)
        wanted.append(_Wanted(key, hour + timedelta(hours=1), people, ceilings.people_an_officer))
    return wanted


def _to_be_carried(count: _Count, one: _Wanted) -> bool:
    return bool(count.used) and count.used + one.amount > max(1, one.ceiling // UNCARRIED)


def _columns(changed: Sequence[tuple[_Key, _Count, int, int]]) -> tuple[list[object], ...]:
    rows = [(*key, used, refused, one.ends_at) for key, one, used, refused in changed]
    return tuple([list(column) for column in zip(*rows, strict=True)])
