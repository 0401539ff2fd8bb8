"""解释说明请求: a person has the rules explained by which they were asked about (PIPL §48): one question, one of their letters, or a purpose.

Rules of this file:
- Only what the person is shown can be named: of an entry that is another's, hidden or none, and of another's letter, one answer is given.
- The request names the log entry it was filed under; whom it is about stands there and is written down nowhere else.
- The law names no days. Where the region names none either, a request is taken all the same and owed by no day: a right does not wait for a number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

import asyncpg
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.caller import Caller
from hub.changes import changing
from hub.citizens.entries import PersonalEntries
from hub.citizens.explaining import OPEN, REFUSED
from hub.citizens.letters import MatterOf, letters_named
from hub.citizens.oneself import Oneself
from hub.citizens.remedies import remedies
from hub.errors import CallerError, Malformed
from hub.tables import ExplanationRequest
from hub.ulid import new_id
from policies.calendar import CHINA
from policies.citizens import CitizenRules
from policies.purposes import PURPOSES

_KINDS = {"entry": "ENTRY", "letter": "LETTER", "purpose": "PURPOSE"}
# Of the dead each relative sees what they asked themself: neither what the dead asked in life, nor what another relative did.
_THEIRS = """
FROM log_entry l JOIN explanation_request x ON x.question = l.id
WHERE l.subjects @> ARRAY[CAST({subject} AS text)] AND l.subjects[1] = {subject} AND ({relative} = '' OR l.subjects[2] = {relative})
  AND l.purpose = 'SUBJECT_ACCESS' AND l.kind = 'INTENT'
"""
_MINE = f"SELECT x.* {_THEIRS.format(subject='$1', relative='$2')} ORDER BY x.filed_at DESC, x.id DESC LIMIT 200"
_OPEN = text(f"SELECT count(*) {_THEIRS.format(subject=':subject', relative=':relative')} AND x.state = 'OPEN'")
_ONE_BY_ONE = text("SELECT 1 FROM person WHERE id = CAST(:id AS uuid) FOR NO KEY UPDATE")


class PersonalExplanations:
    """Files for a person and shows what became of it."""

    def __init__(
        self, pool: asyncpg.Pool[asyncpg.Record], engine: AsyncEngine, matter_of: MatterOf, rules: CitizenRules | None, random: Callable[[int], bytes],
    ) -> None:
        """`pool` of records; `rules` the region's."""
        self._pool = pool
        self._engine = engine
        self._entries = PersonalEntries(pool)
        self._matter_of = matter_of
        self._term = rules.explaining if rules is not None else None
        self._tells_officer = rules is not None and rules.officer
        self._remedies = remedies(rules)
        self._random = random

    async def file(self, caller: Caller, person: Oneself, given: Mapping[str, object], *, intent: str, now: datetime) -> dict[str, object]:
        """A request under the question's own intent. Raises Malformed for none or several things named, CallerError for one that is not theirs,
        and where they have as many open as the region lets one.
        """
        kind, about = _named(given)
        if not await self._theirs(kind, about, person, now):
            raise CallerError("this person is shown nothing of that name", code="EXPLANATION_UNKNOWN", status=404)
        identifier, due = new_id("exp", now, self._random(10)), self._term.due(now.astimezone(CHINA).date()) if self._term is not None else None
        async with changing(self._engine, kind="EXPLANATION_ASKED", ref=identifier, organisation=caller.organisation, at=now) as connection:
            await connection.execute(_ONE_BY_ONE, {"id": person.id})  # two at once are counted one after the other
            many = (await connection.execute(_OPEN, {"subject": person.subject, "relative": person.relative})).scalar_one()
            if self._term is not None and many >= self._term.open_at_most:
                raise CallerError(f"{many} requests of this person are open; one is answered first", code="EXPLANATIONS_OPEN", status=409)
            await connection.execute(insert(ExplanationRequest).values(
                id=identifier, requester=caller.organisation, question=intent, kind=kind, about=about, statement=str(given.get("text") or ""),
                state=OPEN, filed_at=now, due=due,
            ))
        return {"id": identifier, "state": OPEN, "due": due}

    async def of(self, person: Oneself, now: datetime) -> list[dict[str, object]]:
        """The requests filed by or for the person, newest first; of the dead those the relative who asks filed."""
        today = now.astimezone(CHINA).date()
        return [self._told(row, today) for row in await self._pool.fetch(_MINE, person.subject, person.relative)]

    async def _theirs(self, kind: str, about: str, person: Oneself, now: datetime) -> bool:
        if not (about.isascii() and about.isprintable() and len(about) <= 80):
            return False
        if kind == "PURPOSE":
            return about in PURPOSES
        if kind == "LETTER":  # a relative of the dead is shown no letters, which speak of the living too
            return not person.dead and about in await letters_named(person.id, person.cases, self._matter_of)
        return await self._entries.shows(about, person.subject, person.cases, now=now, named=person.dead)

    def _told(self, row: asyncpg.Record, today: date) -> dict[str, object]:
        refused, due = row["state"] == REFUSED, row["due"]
        return {
            "id": row["id"], "kind": row["kind"], "about": row["about"], "text": row["statement"] or None, "state": row["state"],
            "filedAt": row["filed_at"], "due": due, "overdue": row["state"] == OPEN and due is not None and today > due,
            "answeredAt": row["answered_at"], "answer": row["answer"] or None, "article": row["article"] or None,
            "officer": row["answered_by"] or None if self._tells_officer else None, "remedies": self._remedies if refused else (),
        }


def _named(given: Mapping[str, object]) -> tuple[str, str]:
    named = [(kind, str(given[name])) for name, kind in _KINDS.items() if given.get(name) is not None]
    if len(named) != 1:
        raise Malformed("one thing is explained at a time: an entry, a letter or a purpose", code="EXPLANATION_ABOUT")
    return named[0]
