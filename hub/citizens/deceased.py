"""Whether the dead may be asked about by a near relative (PIPL §49): the death is known here, and nothing they arranged stands against it.

Rules of this file:
- A death is what a platform declared of its own case (`deathOn`), and every live case agrees: one that still has the person alive, or a
  look they took at their own records since, and nobody is answered.
- An arrangement made in life closes the records to every relative. What it says in detail is read at the counter.
- All of it is looked at again for every question of the token.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg

from hub.citizens.assertion import CitizenFlaw, CitizenRefused
from hub.citizens.declarations import counting, declared, died_on
from hub.people.vault import Vault
from policies.calendar import CHINA

_LOOKED_SINCE = """
SELECT EXISTS (
    SELECT 1 FROM log_entry WHERE subjects @> ARRAY[$1::text] AND subjects = ARRAY[$1::text] AND kind = 'INTENT'
    AND purpose = 'SUBJECT_ACCESS' AND case_id IS NULL AND at >= $2
)
"""
_ARRANGED = "SELECT EXISTS (SELECT 1 FROM arrangement WHERE person_id = $1 AND lifted_at IS NULL)"


class Deceased:
    """Reads over `pool` (records)."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], vault: Vault) -> None:
        self._pool = pool
        self._vault = vault

    async def admit(self, person: UUID, subject: str, now: datetime) -> None:
        """Nothing where a relative of the dead may be answered; `subject` is their pseudonym. Raises CitizenRefused."""
        died = await self._died(person, now)
        day_after = datetime.combine(died + timedelta(days=1), datetime.min.time(), CHINA)
        if await self._pool.fetchval(_LOOKED_SINCE, subject, day_after):
            raise CitizenRefused(CitizenFlaw.DEATH_CONTESTED, "the person asked for themself after the day of death")
        if await self.arranged(person):
            raise CitizenRefused(CitizenFlaw.ARRANGED_OTHERWISE, "the person closed their records to relatives in life (PIPL §49)")

    async def arranged(self, person: UUID) -> bool:
        """Whether an arrangement of theirs stands."""
        return bool(await self._pool.fetchval(_ARRANGED, person))

    async def _died(self, person: UUID, now: datetime) -> date:
        """The latest day any case declares: what happened before it happened in life."""
        live, closed = counting(await declared(self._pool, person), now)
        days = {"live": [died_on(row, person, self._vault) for row in live], "closed": [died_on(row, person, self._vault) for row in closed]}
        known = [day for several in days.values() for day in several if day is not None]
        if not known:
            raise CitizenRefused(CitizenFlaw.DEATH_NOT_KNOWN, "no case of this person says that they died")
        if None in days["live"]:
            raise CitizenRefused(CitizenFlaw.DEATH_CONTESTED, "a live case has this person alive")
        return max(known)
