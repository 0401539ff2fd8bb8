"""The approvals in the hub's records: asked, decided, withdrawn; each change with its row for the log, in one transaction.

What opens or closes something is told to every worker as a revocation is: the case is read anew before the next question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.actor import Actor
from hub.approvals.second_person import ApprovalRefused, Asked, First, may_ask, may_decide
from hub.authorizations.revocation import tell_workers
from hub.authorizations.standing import Standing
from hub.changes import UNSAID
from hub.keys import Random
from hub.signatures import key_set
from hub.tables import Approval, Client, Outbox
from hub.ulid import new_id
from policies.approvals import ApprovalKind, ApprovalRule

Decode = Callable[[str, Standing], UUID | None]
"""A caller's handle to a person's id."""
Encode = Callable[[str, Standing], str]
"""A person's id to the caller's handle."""
STANDING = ("ASKED", "APPROVED")


class NoSuchApproval(ApprovalRefused):
    """No approval of this number in this case, or nobody of this handle: to a stranger both look alike."""

    status = 404

    def __init__(self, text: str) -> None:
        """`text` is shown to the caller."""
        super().__init__(text, code="APPROVAL_NOT_FOUND")


class Approvals:
    """The approvals of one hub."""

    def __init__(
        self, engine: AsyncEngine, rules: Mapping[ApprovalKind, ApprovalRule], *, decode: Decode, encode: Encode,
        clock: Callable[[], datetime], random: Random,
    ) -> None:  # fmt: skip
        """`rules` are the region's."""
        self._engine = engine
        self._rules = rules
        self._decode = decode
        self._encode = encode
        self._clock = clock
        self._random = random

    async def ask(self, standing: Standing, asked: Asked) -> dict[str, Any]:
        """One officer's request. Raises `ApprovalRefused`."""
        caller, now = standing.caller, self._clock()
        people = self._people(standing, asked)
        may_ask(asked, people, standing, self._rules.get(asked.kind), now)
        row = {
            "id": new_id("apr", now, self._random(10)), "case_id": caller.case, "kind": asked.kind.value, "purpose": caller.purpose,
            "fact_groups": list(asked.groups), "people": sorted(people), "sample": asked.sample, "organisation": caller.organisation,
            "officer": caller.officer, "reason": asked.reason, "asked_at": now, "state": "ASKED", "decided_by": "",
            "client": caller.client, "officer_proof": caller.officer_proof, "decided_client": "", "decided_proof": "", "decided_organisation": "",
            "decided_at": None, "valid_until": asked.valid_until, "ended_by": "", "ended_at": None,
        }
        async with self._engine.begin() as connection:
            made = Approval(**row)
            await connection.execute(insert(Approval).values(row))
            await _note(connection, "APPROVAL_ASKED", made, caller.officer, now)
        return self._told(standing, made)

    async def decide(self, standing: Standing, approval: str, *, approve: bool) -> dict[str, Any]:
        """The second person's word. Raises `ApprovalRefused`."""
        caller, now = standing.caller, self._clock()
        async with self._engine.begin() as connection:
            found = await self._found(connection, standing, approval)
            kind, first = ApprovalKind(found.kind), First(found.officer, found.organisation, found.client, found.officer_proof)
            shared = await _share_a_key(connection, first.client, caller.client)
            may_decide(kind, first, standing, self._rules.get(kind), share_a_key=shared)
            if found.state != "ASKED":
                raise ApprovalRefused("it has been decided, or withdrawn", code="APPROVAL_DECIDED")
            if found.valid_until <= now:
                raise ApprovalRefused("what was asked for has ended meanwhile", code="APPROVAL_TERM")
            state = "APPROVED" if approve else "REFUSED"
            said = {"state": state, "decided_by": caller.officer, "decided_organisation": caller.organisation, "decided_at": now}
            said |= {"decided_client": caller.client, "decided_proof": caller.officer_proof}
            await _change(connection, found, said, caller.officer, now)
        return self._told(standing, found)

    async def withdraw(self, standing: Standing, approval: str) -> dict[str, Any]:
        """An officer of who asked or decided takes it back. Raises `ApprovalRefused`."""
        caller, now = standing.caller, self._clock()
        async with self._engine.begin() as connection:
            found = await self._found(connection, standing, approval)
            if caller.organisation not in (found.organisation, found.decided_organisation):
                raise NoSuchApproval("no such approval in this case")
            if found.state not in STANDING:
                raise ApprovalRefused("it does not stand", code="APPROVAL_DECIDED")
            await _change(connection, found, _withdrawn(caller.officer, now), caller.officer, now)
        return self._told(standing, found)

    async def of_case(self, standing: Standing) -> list[dict[str, Any]]:
        """Those of the caller's case and purpose, the newest last."""
        mine = (Approval.case_id == standing.caller.case, Approval.purpose == standing.caller.purpose)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(select(Approval).where(*mine).order_by(Approval.id))).all()
        return [self._told(standing, Approval(**row._mapping)) for row in rows]  # noqa: SLF001 - the row's public mapping

    def _people(self, standing: Standing, asked: Asked) -> frozenset[str]:
        known = standing.matter.people() if standing.matter is not None else {}
        people = {str(self._decode(handle, standing)) for handle in asked.people}
        if not people <= known.keys():
            raise NoSuchApproval("somebody is not of this case")
        return frozenset(people)

    async def _found(self, connection: AsyncConnection, standing: Standing, approval: str) -> Approval:
        mine = (Approval.id == approval, Approval.case_id == standing.caller.case, Approval.purpose == standing.caller.purpose)
        row = (await connection.execute(select(Approval).where(*mine).with_for_update())).one_or_none()
        if row is None:
            raise NoSuchApproval("no such approval in this case")
        return Approval(**row._mapping)  # noqa: SLF001 - the row's public mapping

    def _told(self, standing: Standing, one: Approval) -> dict[str, Any]:
        return {
            "id": one.id, "kind": one.kind, "purpose": one.purpose, "groups": one.fact_groups, "sample": one.sample or None,
            "people": [self._encode(person, standing) for person in one.people], "organisation": one.organisation, "officer": one.officer,
            "reason": one.reason, "askedAt": one.asked_at.isoformat(), "validUntil": one.valid_until.isoformat(), "state": one.state,
            "decidedBy": one.decided_by or None,
        }


async def _share_a_key(connection: AsyncConnection, one: str, other: str) -> bool:
    """Whether one key may speak for both systems: enrolled twice it makes no second one. Of a system known by its certificate no key is
    kept here; its officers prove themselves anyway.
    """
    rows = (await connection.execute(select(Client.jwks).where(Client.id.in_((one, other))))).scalars().all()
    known = [{key.thumbprint() for key in key_set(jwks).keys} for jwks in rows if jwks.get("keys")]
    return one == other or len(known) != 2 or not known[0].isdisjoint(known[1])


async def withdraw(engine: AsyncEngine, approval: str, *, by: Actor, at: datetime) -> bool:
    """The operator takes an approval back, for whoever told them to, proven or as stated; False where it does not stand."""
    async with engine.begin() as connection:
        row = (await connection.execute(select(Approval).where(Approval.id == approval).with_for_update())).one_or_none()
        if row is None or row.state not in STANDING:
            return False
        one, known = Approval(**row._mapping), {"proof": by.proof, "operator": by.operator}  # noqa: SLF001 - the row's public mapping
        await _change(connection, one, _withdrawn(by.name, at), by.name, at, known)
    return True


def _withdrawn(by: str, at: datetime) -> dict[str, Any]:
    return {"state": "WITHDRAWN", "ended_by": by, "ended_at": at}


async def _change(
    connection: AsyncConnection, one: Approval, said: Mapping[str, Any], officer: str, at: datetime, known: Mapping[str, str] = UNSAID,
) -> None:
    await connection.execute(update(Approval).where(Approval.id == one.id).values(said))
    for name, value in said.items():
        setattr(one, name, value)
    await _note(connection, f"APPROVAL_{one.state}", one, officer, at, known)
    await tell_workers(connection, "CASE", one.case_id, at=at)


async def _note(
    connection: AsyncConnection, kind: str, one: Approval, officer: str, at: datetime, known: Mapping[str, str] = UNSAID,
) -> None:
    body: dict[str, Any] = {
        "approval": one.id, "case": one.case_id, "organisation": one.organisation, "officer": officer, "kind": one.kind,
        "purpose": one.purpose, "groups": one.fact_groups, "reason": one.reason, "askedBy": [one.client, one.officer_proof],
    } | ({"decidedBy": [one.decided_client, one.decided_proof]} if one.decided_client else {}) | dict(known)
    await connection.execute(insert(Outbox).values(kind=kind, body=body, at=at))
