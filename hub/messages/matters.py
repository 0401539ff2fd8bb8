"""Which case a message belongs to, and the stage it moves it to; on a connection of the inbox's, inside its transaction."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.authorizations.reasons import Flaw, Refused
from hub.authorizations.revocation import tell_workers
from hub.messages.envelope import Envelope
from hub.messages.kinds import SORTS, Bound, Kind
from hub.messages.stages import ENDED, NOTHING, REFUSED, may_follow
from hub.tables import Case, Household, Member, Message


@dataclass(frozen=True, slots=True)
class Found:
    """The case of a message; `id` None where it is not registered (yet). `region` is where the matter lies."""

    id: str | None
    region: str
    stage: str


async def find(connection: AsyncConnection, envelope: Envelope, person: UUID | None) -> Found:
    """Raises `Refused` where the kind needs a case and there is none, or none this person belongs to."""
    bound = SORTS[envelope.kind].bound
    if bound is Bound.NOTHING:
        return Found(None, "", NOTHING)
    if bound is Bound.RECIPIENT:
        return await _of_recipient(connection, envelope, person)
    query = select(Case.id, Case.region, Case.stage).where(Case.platform == envelope.of, Case.reference == envelope.reference)
    row = (await connection.execute(query)).one_or_none()
    if bound is Bound.REGISTERED:
        if row is None:
            raise Refused(Flaw.CASE_UNKNOWN, "no case is registered under this reference")
        if person is None or not await _belongs(connection, row.id, person):
            if envelope.of != envelope.platform:  # else a department could find out whose household somebody is of, and that they applied
                raise Refused(Flaw.CASE_UNKNOWN, "no case is registered under this reference")
            raise Refused(Flaw.PERSON_NOT_OF_CASE, "the person is no member of this case's household")
    if row is not None:
        return Found(row.id, row.region, row.stage)
    return Found(None, "", await _last_stage(connection, envelope))


async def move(connection: AsyncConnection, envelope: Envelope, found: Found) -> None:
    """Follow an application or its progress to its stage, or note since when the applicant is watched, or was. Raises `Refused` where the
    stage cannot follow the current one.
    """
    if envelope.kind is Kind.MONITORING:
        await _watched(connection, envelope, found)
        return
    if envelope.kind is Kind.APPLICATION:
        stage = "SUBMITTED"
    elif envelope.kind is Kind.PROGRESS:
        stage = envelope.body["stage"]
    else:
        return
    if not may_follow(stage, found.stage):
        raise Refused(Flaw.STAGE_NOT_REACHABLE, f"{stage} does not follow {found.stage}")
    if found.id is None:
        return
    changed = {"stage": stage} | ({"closed_at": envelope.occurred_at} if stage in ENDED else {})
    changed |= {"refused_at": envelope.occurred_at} if stage == REFUSED else {}
    await connection.execute(update(Case).where(Case.id == found.id).values(changed))
    await tell_workers(connection, "CASE", found.id, at=envelope.occurred_at)


async def _watched(connection: AsyncConnection, envelope: Envelope, found: Found) -> None:
    """Monitoring that ended does not begin again: letters that lasted until then have run out, and a new inclusion is a new matter."""
    if found.id is None:
        raise Refused(Flaw.CASE_UNKNOWN, "no case is registered under this reference")
    row = (await connection.execute(select(Case.monitored_from, Case.monitored_to).where(Case.id == found.id))).one()
    included = envelope.body["state"] == "INCLUDED"
    if row.monitored_to is not None or included is (row.monitored_from is not None):
        raise Refused(Flaw.STAGE_NOT_REACHABLE, "monitoring has begun already, has not begun, or has ended")
    changed = {"monitored_from" if included else "monitored_to": envelope.occurred_at}
    await connection.execute(update(Case).where(Case.id == found.id).values(changed))
    await tell_workers(connection, "CASE", found.id, at=envelope.occurred_at)


async def application_receiver(connection: AsyncConnection, envelope: Envelope) -> str | None:
    """Whom the application of this reference was for: they too may tell its progress."""
    query = select(Message.receiver).where(
        Message.of == envelope.of, Message.reference == envelope.reference, Message.kind == Kind.APPLICATION, Message.state == "ACCEPTED",
    )
    return (await connection.execute(query.order_by(Message.received_at.desc(), Message.number.desc()).limit(1))).scalars().first()


async def _last_stage(connection: AsyncConnection, envelope: Envelope) -> str:
    query = select(Message.kind, Message.record).where(
        Message.of == envelope.of, Message.reference == envelope.reference, Message.state == "ACCEPTED",
        Message.kind.in_((Kind.APPLICATION, Kind.PROGRESS)),
    )
    row = (await connection.execute(query.order_by(Message.received_at.desc(), Message.number.desc()).limit(1))).one_or_none()
    if row is None:
        return NOTHING
    return "SUBMITTED" if row.kind == Kind.APPLICATION else str(row.record["stage"])


async def _of_recipient(connection: AsyncConnection, envelope: Envelope, person: UUID | None) -> Found:
    """The newest live case of the person for this kind of assistance: a payment platform knows no reference of ours."""
    query = (
        select(Case.id, Case.region, Case.stage)
        .join(Household, Household.case_id == Case.id).join(Member, Member.household_id == Household.id)
        .where(
            Member.person_id == person, Member.role == "MEMBER", Case.assistance_type == envelope.body["assistanceType"],
            Case.closed_at.is_(None),
        )
    )  # fmt: skip
    row = (await connection.execute(query.order_by(Case.opened_at.desc(), Case.id.desc()).limit(1))).one_or_none()
    if row is None:
        raise Refused(Flaw.CASE_UNKNOWN, "no live case of this person and kind of assistance")
    return Found(row.id, row.region, row.stage)


async def _belongs(connection: AsyncConnection, case: str, person: UUID) -> bool:
    query = select(Member.person_id).join(Household, Household.id == Member.household_id).where(
        Household.case_id == case, Member.person_id == person, Member.role == "MEMBER",
    )
    return (await connection.execute(query)).first() is not None
