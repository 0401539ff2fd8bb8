"""从日志中去除: a person erased from the access log once nothing needs them to be found there (PIPL §47). The log itself is not touched.

Rules of this file:
- Records of use are kept at least three years (GDS §29): while an entry about the person or their cases is younger, nobody is erased.
- While a case, a duty or a question of theirs is open, or the law keeps entries from them for a while, nobody is erased: what is still owed
  to them could not be shown afterwards.
- Two officers answer for it, and an entry says so: on which ground, by whom, how many entries. It does not say of whom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.authorizations.officers import folded, same_officer
from hub.authorizations.revocation import tell_workers
from hub.disposal.duties import caught_up
from hub.keys import Random
from hub.people.store import People
from hub.tables import LogErasure, Outbox
from hub.ulid import new_id
from policies.calendar import CHINA
from policies.retention import Retention, log_kept_until

GROUNDS = tuple(f"PIPL §47({number})" for number in range(1, 6))
"""处理目的已实现, 保存期限已届满, 撤回同意, 违法处理, 法律、行政法规规定的其他情形."""

_CASES = """
SELECT h.case_id FROM member m JOIN household h ON h.id = m.household_id WHERE m.person_id = :person OR :text = ANY(m.guardians)
UNION SELECT l.case_id FROM signer s JOIN letter l ON l.id = s.letter_id WHERE s.person_id = :person OR :text = ANY(s.covers)
"""
_OPEN: Mapping[str, str] = {
    "a case of theirs is open": "SELECT 1 FROM matter_case WHERE id = ANY(CAST(:cases AS text[])) AND (closed_at IS NULL OR closed_at > :at)",
    "a case of theirs is monitored": """SELECT 1 FROM matter_case WHERE id = ANY(CAST(:cases AS text[]))
        AND monitored_from IS NOT NULL AND (monitored_to IS NULL OR monitored_to > :at)""",
    "the papers of an emergency are still to come": "SELECT 1 FROM follow_up WHERE case_id = ANY(CAST(:cases AS text[])) AND state = 'OPEN'",
    "somebody has not disposed of what they were told (GDS §27)":
        "SELECT 1 FROM disposal_duty WHERE case_id = ANY(CAST(:cases AS text[])) AND state <> 'DISPOSED'",
    "they may still object to a record of dishonesty": "SELECT 1 FROM credit_record WHERE person_id = :person AND state = 'NOTICED'",
    "a department has still to answer about them": "SELECT 1 FROM deferred_job WHERE person_id = :person OR case_id = ANY(CAST(:cases AS text[]))",
    "a report about them is kept": "SELECT 1 FROM means_check WHERE case_id = ANY(CAST(:cases AS text[])) AND sealed IS NOT NULL",
    "a message about them waits for its receiver": """SELECT 1 FROM message
        WHERE (person_id = :person OR case_id = ANY(CAST(:cases AS text[]))) AND sealed IS NOT NULL""",
    "an incident may have touched them and is open (PIPL §57)": """SELECT 1 FROM incident i JOIN log_entry e
        ON e.subjects @> ARRAY[CAST(:subject AS text)] AND e.at >= i.since AND e.at < i.until WHERE i.closed_at IS NULL""",
    "a correction is under way (GDS §26)": """SELECT 1 FROM correction_request c JOIN log_entry e ON e.id = c.question
        WHERE c.state = 'OPEN' AND (e.subjects @> ARRAY[CAST(:subject AS text)] OR string_to_array(e.case_id, ' ') && CAST(:cases AS text[]))""",
    "an explanation is under way (PIPL §48)": """SELECT 1 FROM explanation_request x JOIN log_entry e ON e.id = x.question
        WHERE x.state = 'OPEN' AND e.subjects @> ARRAY[CAST(:subject AS text)]""",
    "the law keeps entries from them until a day (PIPL §45)": """SELECT 1 FROM access_hold h
        WHERE h.lifted_at IS NULL AND h.until > :at AND (h.case_id = ANY(CAST(:cases AS text[])) OR (h.case_id IS NULL AND EXISTS (
            SELECT 1 FROM log_entry e WHERE e.subjects @> ARRAY[CAST(:subject AS text)] AND e.organisation = h.organisation)))""",
}
"""What stands in the way, and what finds it."""
_STANDING = "\nUNION ALL ".join(f"SELECT {number} AS number WHERE EXISTS ({found})" for number, found in enumerate(_OPEN.values()))
_NAMED = "SELECT count(*) AS many FROM log_entry WHERE subjects @> ARRAY[CAST(:subject AS text)]"
_LAST = """
SELECT max(at) FROM (SELECT at FROM log_entry WHERE subjects @> ARRAY[CAST(:subject AS text)]
UNION ALL SELECT at FROM log_entry WHERE string_to_array(case_id, ' ') && CAST(:cases AS text[])) e
"""


class ErasureRefused(ValueError):
    """Nobody was erased; the text says everything that stands in the way, and nothing about the person beside it."""


@dataclass(frozen=True, slots=True)
class Order:
    """On which ground, and which two officers answer for it, as their own log-ins proved them."""

    ground: str
    by: str
    second: str

    def __post_init__(self) -> None:
        if self.ground not in GROUNDS:
            raise ErasureRefused(f"a ground is one of {', '.join(GROUNDS)}")
        if not folded(self.by) or not folded(self.second) or same_officer(self.by, self.second):
            raise ErasureRefused("two officers answer for it, and these are one")


@dataclass(frozen=True, slots=True)
class Erasure:
    """The changes of one hub's log keys. `retentions` are the region's."""

    engine: AsyncEngine
    people: People
    retentions: Mapping[str, Retention]
    random: Random

    async def erase(self, id_number: str, order: Order, *, at: datetime) -> int:
        """Erase the person of this (normalised) number; how many entries named them. Raises `ErasureRefused`."""
        async with self.engine.begin() as connection:
            person = await self.people.find(connection, id_number)
            if person is None:
                raise ErasureRefused("nobody of this number is known here")
            await connection.execute(text("SELECT 1 FROM person WHERE id = :person FOR UPDATE"), {"person": person})
            await caught_up(connection)  # duties follow the log: what was told a moment ago is owed too
            known = (await self.people.by_ids(connection, [person]))[person]
            cases = await _cases(connection, person)
            told = {"person": person, "subject": known.log_subject, "cases": cases, "at": at}
            await self._refuse_what_is_owed(connection, told, at)
            many = (await connection.execute(text(_NAMED), {"subject": known.log_subject})).scalar_one()
            await connection.execute(text("DELETE FROM told_fields WHERE subject = :subject"), {"subject": known.log_subject})
            await self.people.destroy_log_key(connection, person)
            await self._record(connection, person, order, many, at)
            for case in cases:
                await tell_workers(connection, "CASE", case, at=at)
        return int(many)

    async def _refuse_what_is_owed(self, connection: AsyncConnection, told: Mapping[str, object], at: datetime) -> None:
        standing = set((await connection.execute(text(_STANDING), told)).scalars())
        found = [what for number, what in enumerate(_OPEN) if number in standing]
        last = (await connection.execute(text(_LAST), {name: told[name] for name in ("subject", "cases")})).scalar_one()
        until = log_kept_until(last.astimezone(CHINA).date(), self.retentions) if last is not None else None
        if until is not None and at.astimezone(CHINA).date() < until:
            found.append(f"what the log says of them is kept until {until} (GDS §29)")
        if found:
            raise ErasureRefused("; ".join(found))

    async def _record(self, connection: AsyncConnection, person: UUID, order: Order, entries: int, at: datetime) -> None:
        row = {"id": new_id("era", at, self.random(10)), "person_id": person, "at": at, "ground": order.ground, "by": order.by, "second": order.second}
        await connection.execute(insert(LogErasure).values(row))
        body = {"erasure": row["id"], "ground": order.ground, "officers": [order.by, order.second], "entries": entries}
        await connection.execute(insert(Outbox).values(kind="PERSON_ERASED_FROM_LOG", body=body, at=at))


async def _cases(connection: AsyncConnection, person: UUID) -> list[str]:
    """Those they belong to, or signed, guard or are covered in."""
    found = await connection.execute(text(_CASES), {"person": person, "text": str(person)})
    return sorted(row.case_id for row in found)
