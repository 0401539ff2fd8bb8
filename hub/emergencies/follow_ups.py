"""补办手续: an emergency opens a duty to complete the papers (SAL §50); a covering letter meets it, an officer closes it, time escalates it.

Rules of this file:
- One duty is open per case and organisation; asking again in the same emergency opens no second one.
- Each change is committed together with its row for the log; what opens the purpose again is told to the workers.
- Escalation says that papers are missing. It decides nothing about anybody's assistance.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub import metrics
from hub.authorizations.conditions import Conditions
from hub.authorizations.coverage import by_letters
from hub.authorizations.matter import Matter
from hub.authorizations.matters import as_it_stands
from hub.authorizations.reasons import Reason
from hub.authorizations.revocation import tell_workers
from hub.caller import Caller
from hub.keys import Random
from hub.people.store import People
from hub.tables import FollowUp, Organisation, Outbox
from hub.ulid import new_id
from policies.calendar import CHINA
from policies.emergency import EmergencyRule

_READ_ON_A_LETTER = "civilAssistance"
"""What an emergency tells that no statute opens: existing benefits. Identity is the platform's own, confirmations are shared (SAL §42)."""


class FollowUps:
    """The duties of one hub."""

    def __init__(self, engine: AsyncEngine, rule: EmergencyRule | None, *, random: Random) -> None:
        """`rule` is the region's; without one check 5 lets no emergency come this far."""
        self._engine = engine
        self._rule = rule
        self._random = random

    async def open(self, caller: Caller, at: datetime) -> None:
        """The duty of an emergency whose token is about to be issued. Nothing where it is open already."""
        if self._rule is None:
            raise ValueError("a region without a deadline has no emergencies")
        identifier = new_id("fup", at, self._random(10))
        row = {
            "id": identifier, "case_id": caller.case, "organisation": caller.organisation,
            "officer": caller.officer, "reason": caller.basis.reason.strip(), "opened_at": at, "due": self._rule.due(at), "state": "OPEN",
            "escalated_at": None, "letter": "", "closed_by": "", "closed_reason": "", "ended_at": None,
        }
        opening = insert(FollowUp).values(row).on_conflict_do_nothing(
            index_elements=["case_id", "organisation"], index_where=FollowUp.state == "OPEN",
        )
        async with self._engine.begin() as connection:
            if (await connection.execute(opening)).rowcount:
                await _note(connection, "FOLLOW_UP_OPENED", identifier, caller.case, caller.organisation, at, officer=caller.officer)

    async def close(self, follow_up: str, *, by: str, reason: str, at: datetime) -> bool:
        """An officer closes a duty that no letter will meet, and says why; False where it is not open."""
        ended = {"state": "CLOSED", "closed_by": by, "closed_reason": reason, "ended_at": at}
        async with self._engine.begin() as connection:
            return await _end(connection, follow_up, ended, "FOLLOW_UP_CLOSED", at, officer=by)


async def escalate(engine: AsyncEngine, at: datetime) -> int:
    """A chore of the upkeep: note every duty whose last day has passed, once, and count what is open; how many were noted."""
    late = update(FollowUp).where(
        FollowUp.state == "OPEN", FollowUp.escalated_at.is_(None), FollowUp.due < at.astimezone(CHINA).date(),
    ).values(escalated_at=at).returning(FollowUp.id, FollowUp.case_id, FollowUp.organisation)
    async with engine.begin() as connection:
        rows = (await connection.execute(late)).all()
        for row in rows:
            await _note(connection, "FOLLOW_UP_ESCALATED", row.id, row.case_id, row.organisation, at)
            await tell_workers(connection, "CASE", row.case_id, at=at)
    today = at.astimezone(CHINA).date()
    owed = await open_duties(engine)
    overdue = sum(one.due < today for one in owed)
    metrics.FOLLOW_UPS.labels("OVERDUE").set(overdue)
    metrics.FOLLOW_UPS.labels("OPEN").set(len(owed) - overdue)
    return len(rows)


async def open_duties(engine: AsyncEngine) -> Sequence[FollowUp]:
    """Every open duty, those escalated first, then the nearest day."""
    query = select(FollowUp).where(FollowUp.state == "OPEN").order_by(FollowUp.escalated_at.is_(None), FollowUp.due, FollowUp.id)
    async with engine.connect() as connection:
        rows = (await connection.execute(query)).all()
    return [FollowUp(**row._mapping) for row in rows]  # noqa: SLF001 - the row's public mapping


async def papers_came(
    connection: AsyncConnection, people: People, case: str, brought: Collection[str], at: datetime, conditions: Conditions,
) -> None:
    """A registration may bring (letters by id) what an emergency left open: letters that, as they stand now, let its organisation be told
    existing benefits of every living member of the household. Part of the registration's own transaction, which tells the workers.
    """
    owed = select(FollowUp.id, FollowUp.organisation, Organisation.region).join(
        Organisation, Organisation.code == FollowUp.organisation,
    ).where(FollowUp.case_id == case, FollowUp.state == "OPEN")
    duties = (await connection.execute(owed)).all()
    held = await as_it_stands(connection, people, case, conditions) if duties else None
    if held is None:
        return
    for duty in duties:
        letter = _papers(held, brought, duty.organisation, duty.region, at)
        if letter:
            await _end(connection, duty.id, {"state": "MET", "letter": letter, "ended_at": at}, "FOLLOW_UP_MET", at)


def _papers(held: Matter, brought: Collection[str], organisation: str, region: str, at: datetime) -> str:
    """One of the letters that cover everybody by check 6, under one purpose; "" where none do. What rests, fell or was withdrawn in part is
    brought again too, and is no consent.
    """
    members = [one.person.id for one in held.members if one.role == "MEMBER"]
    for purpose in sorted({purpose for one in held.letters if one.id in brought for purpose in one.purposes}):
        covered = by_letters(held, brought, purpose=purpose, organisation=organisation, region=region, at=at)
        living = [covered[one] for one in members if covered[one].code != Reason.SUBJECT_DECEASED]
        if living and all(one.covered and (one.groups is None or _READ_ON_A_LETTER in one.groups) for one in living):
            return living[0].letters[0]
    return ""


async def _end(
    connection: AsyncConnection, follow_up: str, ended: Mapping[str, object], kind: str, at: datetime, *, officer: str = "",
) -> bool:
    changed = update(FollowUp).where(FollowUp.id == follow_up, FollowUp.state == "OPEN").values(ended)
    row = (await connection.execute(changed.returning(FollowUp.case_id, FollowUp.organisation))).one_or_none()
    if row is None:
        return False
    await _note(connection, kind, follow_up, row.case_id, row.organisation, at, officer=officer, letter=str(ended.get("letter", "")))
    await tell_workers(connection, "CASE", row.case_id, at=at)
    return True


async def _note(
    connection: AsyncConnection, kind: str, follow_up: str, case: str, organisation: str, at: datetime, **more: str,
) -> None:
    body = {"followUp": follow_up, "case": case, "organisation": organisation} | {name: value for name, value in more.items() if value}
    await connection.execute(insert(Outbox).values(kind=kind, body=body, at=at))
