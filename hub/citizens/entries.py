"""The log as one person may see it: what was asked about them, what was refused in their cases, and how much of it the law hides.

Rules of this file:
- Every statement names one person's pseudonym and their own cases; there is no other way to ask here, and no count but of what is hidden.
- What a hold hides is left out by the statement itself, before anything is read.
- A refusal reached nobody, so it names nobody: it is shown to the people of the case it was refused in. What somebody was refused about
  themself is nobody else's business. Nor is it a near relative's of the dead: the case goes on for the living.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from hub.access_log.store import Page, Stored, stored
from policies.purposes import PURPOSES
from policies.verdict import BasisKind

OWN = sorted(code for code, purpose in PURPOSES.items() if BasisKind.SELF in purpose.bases)
"""Purposes under which people ask about themselves."""

# A question over several cases is held for the people of the case a hold names, and shown to those of the others.
_HELD = """
SELECT h.article, h.until FROM access_hold h
WHERE h.lifted_at IS NULL AND h.until > $5 AND (h.case_id IS NULL OR h.case_id = e.case_id
  OR (h.case_id = ANY($2::text[]) AND h.case_id = ANY(string_to_array(e.case_id, ' '))))
  AND (h.organisation IS NULL OR h.organisation = e.organisation) AND (h.purpose IS NULL OR h.purpose = e.purpose)
ORDER BY h.until DESC, h.id LIMIT 1
"""
# Two statements joined, not one with OR: each is found by its own index.
_MINE = """
SELECT * FROM (
    SELECT idx, id, kind, body, leaf_hash, at, case_id, organisation, purpose FROM log_entry
    WHERE subjects @> ARRAY[$1::text] AND (kind <> 'OUTCOME' OR question IS NULL)
    UNION ALL
    SELECT idx, id, kind, body, leaf_hash, at, case_id, organisation, purpose FROM log_entry
    WHERE NOT $7::boolean AND kind = 'REFUSAL' AND string_to_array(case_id, ' ') && $2::text[] AND NOT subjects @> ARRAY[$1::text] AND purpose <> ALL($6::text[])
) e WHERE ($3::timestamptz IS NULL OR e.at >= $3) AND ($4::timestamptz IS NULL OR e.at < $4)
"""
_PAGE = f"{_MINE} AND NOT EXISTS ({_HELD}) AND ($8::bigint IS NULL OR e.idx < $8) ORDER BY e.idx DESC LIMIT $9"
_SHOWS = f"SELECT EXISTS ({_MINE} AND e.id = $8 AND NOT EXISTS ({_HELD}))"
_HIDDEN = f"""
SELECT held.article, count(*) AS many, max(held.until) AS until FROM ({_MINE}) e CROSS JOIN LATERAL ({_HELD}) held
GROUP BY held.article ORDER BY held.article
"""  # noqa: S608 (constants)
_OUTCOMES = """
SELECT idx, id, kind, body, leaf_hash, question FROM log_entry WHERE question = ANY($1::text[]) AND kind = 'OUTCOME' ORDER BY idx
"""
_LOOKS = """
SELECT at FROM log_entry WHERE subjects @> ARRAY[$1::text] AND kind = 'INTENT' AND purpose = 'SUBJECT_ACCESS' AND case_id IS NULL AND at > $2
ORDER BY at DESC LIMIT $3
"""
_CASES = """
SELECT h.case_id FROM member m JOIN household h ON h.id = m.household_id WHERE m.person_id = $1 AND m.role <> 'EXCLUDED' ORDER BY h.case_id
"""
_REFERENCES = "SELECT id, reference FROM matter_case WHERE id = ANY($1::text[])"
_NAMES = "SELECT code, name FROM organisation WHERE code = ANY($1::text[]) UNION ALL SELECT id, name FROM platform WHERE id = ANY($1::text[])"
_ERASED = "SELECT at, ground FROM log_erasure WHERE person_id = $1 ORDER BY at DESC, id"


@dataclass(frozen=True, slots=True)
class Period:
    """From `since`, included, to `until`, not included; None: open. `named`: entries that name the person alone, as a near relative sees."""

    since: datetime | None
    until: datetime | None
    named: bool = False


@dataclass(frozen=True, slots=True)
class Withheld:
    """How many entries one article hides, and until when the last of them."""

    article: str
    count: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Erased:
    """When the person was erased from the log, and on which ground: what it says of before then can be tied to nobody."""

    at: datetime
    ground: str


class PersonalEntries:
    """Reads over `pool` (records)."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        self._pool = pool

    async def cases(self, person: str) -> tuple[str, ...]:
        """Ids of the cases a person (id) belongs to."""
        return tuple(row["case_id"] for row in await self._pool.fetch(_CASES, person))

    async def page(
        self, subject: str, cases: Sequence[str], period: Period, *, now: datetime, after: int | None, limit: int,
    ) -> Page:
        """Questions and refusals, newest first, those a hold hides left out."""
        rows = await self._pool.fetch(_PAGE, subject, list(cases), period.since, period.until, now, OWN, period.named, after, limit + 1)
        entries = tuple(map(stored, rows[:limit]))
        return Page(entries, entries[-1].index if len(rows) > limit else None)

    async def shows(self, entry: str, subject: str, cases: Sequence[str], *, now: datetime, named: bool) -> bool:
        """Whether an entry (id) is one of those a page of this person's would have, `named` as in `Period`."""
        return bool(await self._pool.fetchval(_SHOWS, subject, list(cases), None, None, now, OWN, named, entry))

    async def withheld(self, subject: str, cases: Sequence[str], period: Period, *, now: datetime) -> tuple[Withheld, ...]:
        """What is hidden of a period, counted by article."""
        rows = await self._pool.fetch(_HIDDEN, subject, list(cases), period.since, period.until, now, OWN, period.named)
        return tuple(Withheld(row["article"], row["many"], row["until"]) for row in rows)

    async def erased(self, person: str) -> tuple[Erased, ...]:
        """Every time a person (id) was erased from the log, the newest first."""
        return tuple(Erased(row["at"], row["ground"]) for row in await self._pool.fetch(_ERASED, person))

    async def outcomes(self, questions: Sequence[str]) -> Mapping[str, tuple[Stored, ...]]:
        """The outcomes of questions by their ids, oldest first."""
        found: dict[str, tuple[Stored, ...]] = {}
        for row in await self._pool.fetch(_OUTCOMES, list(questions)):
            found[row["question"]] = (*found.get(row["question"], ()), stored(row))
        return found

    async def looks(self, subject: str, *, now: datetime, within: timedelta, most: int) -> tuple[datetime, ...]:
        """When this person's own records were asked for lately, newest first, at most `most`."""
        return tuple(row["at"] for row in await self._pool.fetch(_LOOKS, subject, now - within, most))

    async def references(self, cases: Sequence[str]) -> Mapping[str, str]:
        """The platforms' own numbers of cases, by id."""
        return {row["id"]: row["reference"] for row in await self._pool.fetch(_REFERENCES, list(cases))}

    async def names(self, organisations: Sequence[str]) -> Mapping[str, str]:
        """Names of organisations and platforms by code."""
        return {row["code"]: row["name"] for row in await self._pool.fetch(_NAMES, list(organisations))}
