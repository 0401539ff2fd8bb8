"""From an incident's span to its questions, and from pseudonyms of the log to people: reads over the records, nothing is changed.

Rules of this file:
- A question belongs to the span by when it was asked or when it was told; both of its entries are read, wherever they stand.
- Bodies are read from the bytes the tree commits to, page by page; the table's columns only find them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

import asyncpg

from hub.access_log.store import Stored, stored
from hub.incidents.span import Span
from hub.incidents.touched import Question, question
from hub.people.vault import Vault

_PAGE = 1000
_OF_SPAN = """
SELECT idx, id, kind, body, leaf_hash, question FROM log_entry
WHERE at >= $1 AND at < $2 AND kind = ANY($3::text[]) AND idx > $4 ORDER BY idx LIMIT $5
"""
_BY_ID = "SELECT idx, id, kind, body, leaf_hash FROM log_entry WHERE id = ANY($1::text[]) AND kind = 'INTENT' ORDER BY idx"
_OUTCOMES = """
SELECT idx, id, kind, body, leaf_hash, question FROM log_entry WHERE question = ANY($1::text[]) AND kind = 'OUTCOME' ORDER BY idx
"""
_PLATFORM_CASES = "SELECT id FROM matter_case WHERE platform = ANY($1::text[])"
_PEOPLE = "SELECT id, log_key FROM person WHERE log_key IS NOT NULL AND id > $1 ORDER BY id LIMIT $2"
_OF_CASES = """
SELECT DISTINCT p.id, p.log_key FROM person p JOIN member m ON m.person_id = p.id JOIN household h ON h.id = m.household_id
WHERE h.case_id = ANY($1::text[]) AND p.log_key IS NOT NULL
"""
_REACHED = """
SELECT m.person_id, c.id, c.platform, c.reference, c.organisations FROM member m JOIN household h ON h.id = m.household_id
JOIN matter_case c ON c.id = h.case_id WHERE m.person_id = ANY($1::uuid[]) ORDER BY c.opened_at, c.id
"""


@dataclass(frozen=True, slots=True)
class Traced:
    """The questions of an incident, oldest first, and how many requests of its senders were refused: those told nothing."""

    questions: tuple[Question, ...]
    refused: int


@dataclass(frozen=True, slots=True)
class Place:
    """A case a person belongs to: where an office reaches them."""

    case: str
    platform: str
    reference: str
    organisations: tuple[str, ...]


class Tracing:
    """Over `pool` (records)."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], vault: Vault) -> None:
        self._pool = pool
        self._vault = vault

    async def trace(self, span: Span) -> Traced:
        """Every question the span touches. Raises `leaf.Unreadable` where bytes of the log are not an entry."""
        if span.platforms:
            rows = await self._pool.fetch(_PLATFORM_CASES, sorted(span.platforms))
            span = replace(span, platform_cases=frozenset(row["id"] for row in rows))
        named: dict[str, None] = {}
        refused = 0
        async for entry, closes in self._entries(span):
            if not span.touches(*entry.parts()):
                continue
            if entry.kind.value == "REFUSAL":
                refused += 1
            else:
                named[closes or entry.id] = None
        return Traced(tuple(await self._questions(list(named))), refused)

    async def people(self, questions: Collection[Question]) -> Mapping[str, UUID]:
        """Who the pseudonyms are: first among the people of the cases, else among everybody. Whose log key was destroyed is not found."""
        sought = {person for one in questions for person in one.people}
        cases = sorted({case for one in questions for case in one.cases})
        found = self._named(await self._pool.fetch(_OF_CASES, cases), sought)
        last = UUID(int=0)
        while sought - found.keys():
            rows = await self._pool.fetch(_PEOPLE, last, _PAGE)
            if not rows:
                break
            found |= self._named(rows, sought)
            last = rows[-1]["id"]
        return found

    async def places(self, people: Collection[UUID]) -> Mapping[UUID, tuple[Place, ...]]:
        """The cases each belongs to, oldest first."""
        found: dict[UUID, tuple[Place, ...]] = {}
        for row in await self._pool.fetch(_REACHED, list(people)):
            place = Place(row["id"], row["platform"], row["reference"], tuple(row["organisations"]))
            found[row["person_id"]] = (*found.get(row["person_id"], ()), place)
        return found

    def _named(self, rows: Collection[asyncpg.Record], sought: Collection[str]) -> dict[str, UUID]:
        named = {self._vault.log_subject(row["id"], bytes(row["log_key"])): row["id"] for row in rows}
        return {subject: person for subject, person in named.items() if subject in sought}

    async def _entries(self, span: Span) -> AsyncIterator[tuple[Stored, str]]:
        after = -1
        while True:
            rows = await self._pool.fetch(_OF_SPAN, span.since, span.until, ["INTENT", "OUTCOME", "REFUSAL"], after, _PAGE)
            for row in rows:
                yield stored(row), row["question"] or ""
            if len(rows) < _PAGE:
                return
            after = rows[-1]["idx"]

    async def _questions(self, ids: list[str]) -> list[Question]:
        found: list[Question] = []
        for start in range(0, len(ids), _PAGE):
            page = ids[start : start + _PAGE]
            outcomes: dict[str, list[Stored]] = {}
            for row in await self._pool.fetch(_OUTCOMES, page):
                outcomes.setdefault(row["question"], []).append(stored(row))
            several = [question(intent, outcomes.get(intent.id, [])) for intent in map(stored, await self._pool.fetch(_BY_ID, page))]
            found += [one for one in several if one is not None]
        return found
