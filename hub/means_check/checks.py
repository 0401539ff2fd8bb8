"""Having a household checked: asked for under its letters, followed until the report stands, the report told to its check body alone.

Each step that reaches a means-check system, and each telling of a report, stands under an intent that is durable before it; the outcome
is durable before a byte of the answer leaves. What came of a check the hub does not judge: the township decides (promise 9).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from connectors.interface import DepartmentError
from connectors.means_check import Checked, MeansCheckSystem, Order
from hub.access_log.entry import Decision
from hub.access_log.questions import intent, outcome
from hub.access_log.receipt import salted_digest
from hub.access_log.writer import AccessLog
from hub.authorizations.recheck import Recheck
from hub.authorizations.standing import Standing
from hub.case_file.supervision import supervises
from hub.errors import CallerError, Forbidden, Malformed
from hub.keys import Random
from hub.means_check.entitlement import Entitled, entitled, on_file
from hub.means_check.register import FINISHED, Register
from hub.operations.allowances import Allow
from hub.operations.letter_uses import Within
from hub.tables import MeansCheck
from hub.ulid import new_id
from policies.verdict import BasisKind

_SALT = 16
Handle = Callable[[str, Standing], str]
"""A person's id as the caller's handle."""


class NoSuchCheck(CallerError):
    """No check of this number of this organisation in this case: whether there is another's shows nowhere."""

    status = 404
    code = "CHECK_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class Told:
    """What a check body is told: the state, and, once there is one and it was asked for, the report with its receipt."""

    data: Mapping[str, Any]
    receipt: Mapping[str, Any] | None = None


class MeansChecks:
    """Checks of one hub. `systems` by platform id; most hubs have one."""

    def __init__(
        self, register: Register, systems: Mapping[str, MeansCheckSystem], log: AccessLog, recheck: Recheck, *, handle: Handle,
        clock: Callable[[], datetime], random: Random, allow: Allow | None = None, within: Within | None = None,
    ) -> None:
        """`recheck` is asked before a report is told, `allow` before a check is made, `within`
        counts it against the letters.
        """
        self._register = register
        self._systems = systems
        self._log = log
        self._recheck = recheck
        self._handle = handle
        self._clock = clock
        self._random = random
        self._allow = allow
        self._within = within

    async def request(self, standing: Standing, *, system: str, income_from: str, income_to: str) -> Told:
        """Submit a check of everybody covered; it counts as a question about them. Raises `CallerError`, `RecordingFailed`."""
        may = entitled(standing)
        if system not in self._systems:
            raise Malformed("no such means-check system is connected here", code="SYSTEM_UNKNOWN")
        if not self._register.keeps_reports:
            raise Forbidden("the region states no retention for check reports", code="RETENTION_MISSING")
        caller, now = standing.caller, self._clock()
        if self._allow is not None:
            await self._allow(caller, len(may.people), now)
        standing, may = await self._counted(standing, may, now)
        row = MeansCheck(
            id=new_id("mc", now, self._random(10)), case_id=may.matter.case, system=system, ticket=None, requested_by=caller.organisation,
            officer=caller.officer, purpose=caller.purpose, income_from=income_from, income_to=income_to,
            people=[member.person.id for member in may.people], whole=may.whole, status="REQUESTED", requested_at=now,
        )
        columns = {column.name: getattr(row, column.name) for column in MeansCheck.__table__.columns}
        await self._register.add(columns, now)
        await self._follow(row, standing, may)
        return Told(_state(row))

    async def _counted(self, standing: Standing, may: Entitled, now: datetime) -> tuple[Standing, Entitled]:
        """What is left of whom a check may be made of, once it was counted against letters that say how often they may be used."""
        while self._within is not None:
            left = await self._within(standing, [one.id for one in may.letters], now)
            if left is standing:
                break
            standing, may = left, entitled(left)
        return standing, may

    async def state(self, standing: Standing, check: str) -> Told:
        """How a check stands; its system is asked where that is not known yet. Raises `CallerError`, `RecordingFailed`."""
        row, may = await self._mine(standing, check)
        await self._follow(row, standing, may)
        return Told(_state(row))

    async def report(self, standing: Standing, check: str) -> Told:
        """The report, in the words of `connectors.means_check`, people as handles. Raises `CallerError`, `RecordingFailed`."""
        row, may = await self._filed(standing, check) if standing.caller.basis.kind is BasisKind.FILE else await self._due(standing, check)
        intended = await self._intend(standing, may, row, "report")
        if row.sealed is None:
            await self._fetch(row, intended, standing, may)
        report = self._register.opened(row)
        await self._stands(standing, row)
        lines = [{**line, "person": self._handle(row.people[line["person"] - 1], standing)} for line in report["lines"]]
        data = _state(row) | {"report": report | {"lines": lines}}
        salt = self._random(_SALT)
        digest = salted_digest(salt, orjson.dumps(data))
        appended = await self._log.append(self._outcome(standing, may, intended, digest))
        await self._stands(standing, row)  # the log may be slower than a revocation
        return Told(data, self._log.receipt(appended, salt=salt).as_json())

    async def _due(self, standing: Standing, check: str) -> tuple[MeansCheck, Entitled]:
        """A check whose report may be fetched and told now: each of its people still covered."""
        row, may = await self._mine(standing, check)
        _still_covered(row, may)
        await self._follow(row, standing, may)
        if row.status not in FINISHED:
            raise CallerError("the report does not stand yet", code="CHECK_PENDING", status=409)
        return row, may

    async def _filed(self, standing: Standing, check: str) -> tuple[MeansCheck, Entitled]:
        """A check whose report was issued, read where it lies: in its case, by who asked for it or supervises. Nothing is fetched for the file."""
        asked_by = None if supervises(standing) else standing.caller.organisation
        row = await self._register.of(check, case=standing.caller.case, organisation=asked_by)
        may = on_file(standing, row.people if row is not None else ())
        if row is None or row.sealed is None:
            raise NoSuchCheck("no report of such a check lies in this case's file")
        return row, may

    async def _stands(self, standing: Standing, row: MeansCheck) -> None:
        """Sources and doubts of a report are the household's together: with one of its people gone it cannot be told in part."""
        await self._recheck.settled()
        if self._recheck(standing, row.people):
            raise Forbidden("an authorisation fell meanwhile", code="AUTH_REVOKED")

    async def _mine(self, standing: Standing, check: str) -> tuple[MeansCheck, Entitled]:
        may = entitled(standing)
        row = await self._register.of(check, case=may.matter.case, organisation=standing.caller.organisation)
        if row is None:
            raise NoSuchCheck("no such check in this case")
        return row, may

    async def _follow(self, row: MeansCheck, standing: Standing, may: Entitled) -> None:
        """Submit what its system has not taken yet, or ask how it stands. A system that is down changes nothing: asked again later."""
        if row.status not in {"REQUESTED", "QUEUED"} or row.system not in self._systems:
            return
        if row.ticket is None:
            _still_covered(row, may)
        system, status = self._systems[row.system], "OK"
        intended = await self._intend(standing, may, row, "submit" if row.ticket is None else "state")
        try:
            if row.ticket is None:
                await self._stands(standing, row)
                ticket = await system.submit(_order(row, may, intended))
                await self._register.settle(row, self._clock(), status="QUEUED", ticket=ticket)
            elif (state := await system.state(row.ticket, intent=intended)) != "PENDING":
                await self._register.settle(row, self._clock(), status=state)
        except DepartmentError as error:
            status = error.code
        except Forbidden:
            await self._log.append(self._outcome(standing, may, intended, "", status="NOT_AUTHORIZED"))
            raise
        await self._log.append(self._outcome(standing, may, intended, "", status=status))

    async def _fetch(self, row: MeansCheck, intended: str, standing: Standing, may: Entitled) -> None:
        try:
            report = await self._systems[row.system].report(
                row.ticket or "", reference=row.id, people=len(row.people), intent=intended,
            )
        except (DepartmentError, KeyError) as error:
            code = getattr(error, "code", "SOURCE_ERROR")
            await self._log.append(self._outcome(standing, may, intended, "", status=code))
            raise CallerError("the means-check system gave no report now; ask again later", code=code, status=502) from None
        try:
            await self._stands(standing, row)  # what was issued before a withdrawal is kept; what came after it never was
            await self._register.keep(row, report, self._clock())
        except Forbidden:
            await self._log.append(self._outcome(standing, may, intended, "", status="NOT_AUTHORIZED"))
            raise

    async def _intend(self, standing: Standing, may: Entitled, row: MeansCheck, step: str) -> str:
        operation = hashlib.sha256(f"means-check {row.system} {step}".encode()).hexdigest()
        appended = await self._log.append(intent(
            standing.caller, at=self._clock(), operation=operation, plan="", policy="", subjects=_pseudonyms(may),
            fields=[f"{row.system}: means check {row.id}, {step}"], letters=[letter.id for letter in may.letters], approvals=may.approvals,
        ))  # fmt: skip
        return appended.id

    def _outcome(self, standing: Standing, may: Entitled, intended: str, answer: str, *, status: str = "OK") -> Any:
        return outcome(
            standing.caller, at=self._clock(), question=intended, decision=Decision.ALLOW if may.whole else Decision.PARTIAL, answer=answer,
            subjects=_pseudonyms(may), letters=[letter.id for letter in may.letters], statuses={"meansCheck": status},
            approvals=may.approvals,
        )


def _still_covered(row: MeansCheck, may: Entitled) -> None:
    """A check is submitted, and its report told, while each of its people is covered: who withdrew is in it, kept or not. A second
    attempt submits the same people or nobody: the system knows the reference, and takes its first people for the check's.
    """
    if row.frozen_at is not None or not set(row.people) <= {member.person.id for member in may.people}:
        raise Forbidden("the letters of this check changed since it was asked for: ask for a new one", code="CHECK_OUTDATED")


def _order(row: MeansCheck, may: Entitled, intended: str) -> Order:
    people = {member.person.id: member for member in may.people}
    return Order(
        reference=row.id, organisation=row.requested_by, purpose=row.purpose, assistance=may.matter.assistance_type,
        income_from=row.income_from, income_to=row.income_to, intent=intended,
        people=tuple(
            Checked(people[one].person.id_number, people[one].person.name, people[one].relation, people[one].role) for one in row.people
        ),
        letters=tuple((letter.number, letter.hash) for letter in may.letters),
    )


def _pseudonyms(may: Entitled) -> Sequence[str]:
    return [member.person.log_subject for member in may.people]


def _state(row: MeansCheck) -> dict[str, Any]:
    return {
        "id": row.id, "system": row.system, "checkNo": row.ticket, "status": row.status, "whole": row.whole, "people": len(row.people),
        "requestedAt": row.requested_at.isoformat(),
    }
