"""For how many different people each platform vouched lately, over all workers: what bounds whoever stole a platform's key.

Rules of this file:
- Everybody an assertion names is counted before anybody is looked for: a number the hub does not know costs as much as one it knows.
- One platform's counts are taken one after the other, by a lock of the database, so that no window is passed by however many ask at once.
- Who was counted before in a window may come again; a person is counted in as many windows as the region states.
- What is kept of a person is a hash of their blind index and the platform, until the longest window is over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from hub.citizens.assertion import CitizenFlaw, CitizenRefused
from hub.people.vault import Vault

Windows = Sequence[tuple[int, int]]
"""(minutes, most): so many different people within so many minutes."""

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('vouching ' || $1, 0))"
_FULL = """
SELECT w.minutes FROM unnest($3::int[], $4::int[]) AS w (minutes, most) WHERE cardinality($2::bytea[]) + (
    SELECT count(*) FROM vouched_person WHERE platform = $1 AND at > $5::timestamptz - make_interval(mins => w.minutes) AND person <> ALL($2)
) > w.most ORDER BY 1 LIMIT 1
"""
_COUNT = """
INSERT INTO vouched_person (platform, person, at) SELECT $1, unnest($2::bytea[]), $3
ON CONFLICT (platform, person) DO UPDATE SET at = excluded.at
"""
_FORGET = "DELETE FROM vouched_person WHERE at <= $1"
_SPOKEN = """
SELECT p.platform, w.minutes, w.most, count(*) AS people
FROM vouched_person p JOIN unnest($1::int[], $2::int[]) AS w (minutes, most) ON p.at > $3::timestamptz - make_interval(mins => w.minutes)
GROUP BY 1, 2, 3 ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Spoken:
    """For how many people a platform vouched within so many minutes, of how many it may."""

    platform: str
    minutes: int
    most: int
    people: int


class Vouched:
    """The counts in the hub's records."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], vault: Vault) -> None:
        """`pool` of records."""
        self._pool = pool
        self._vault = vault

    async def count(self, platform: str, numbers: Collection[str], windows: Windows, now: datetime) -> None:
        """Count the people of one assertion. Raises `CitizenRefused`, and counts none, past a window; asyncpg's errors."""
        people = sorted({self._counted(platform, number) for number in numbers})
        minutes, most = _columns(windows)
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_LOCK, platform)
            full = await connection.fetchval(_FULL, platform, people, minutes, most, now)
            if full is None:
                await connection.execute(_COUNT, platform, people, now)
        if full is not None:
            raise CitizenRefused(CitizenFlaw.PLATFORM_RATE, f"the platform vouched for as many people as it may within {full} minutes")

    def _counted(self, platform: str, number: str) -> bytes:
        return hashlib.sha256(b"vouched" + platform.encode() + b"\0" + self._vault.blind_index(number)).digest()


async def spoken(session: asyncpg.Connection[asyncpg.Record], windows: Windows, now: datetime) -> Sequence[Spoken]:
    """What each platform's windows hold by now, by platform and length."""
    rows = await session.fetch(_SPOKEN, *_columns(windows), now)
    return [Spoken(row["platform"], row["minutes"], row["most"], row["people"]) for row in rows]


async def forget(pool: asyncpg.Pool[asyncpg.Record], windows: Windows, now: datetime) -> None:
    """A chore of the upkeep: drop whom no window counts any more."""
    longest = max((minutes for minutes, _ in windows), default=0)
    await pool.execute(_FORGET, now - timedelta(minutes=longest))


def _columns(windows: Windows) -> tuple[list[int], list[int]]:
    return [minutes for minutes, _ in windows], [most for _, most in windows]
