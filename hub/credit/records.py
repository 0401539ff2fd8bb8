"""The records: notified, objected to, filed; each change a row for the log, each call to the platform under a durable intent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.credit import CreditPlatform, Filing
from connectors.interface import DepartmentError, DepartmentRefused
from hub.access_log.entry import Decision
from hub.access_log.questions import intent, outcome
from hub.access_log.writer import AccessLog
from hub.authorizations.matter import Member
from hub.authorizations.standing import Standing
from hub.credit.due_process import Notified, NotYet, last_day, may_file, may_record
from hub.errors import CallerError
from hub.keys import Random
from hub.tables import CreditRecord, Outbox
from hub.ulid import new_id
from policies.calendar import CHINA
from policies.objection import ObjectionPeriod

Decode = Callable[[str, Standing], UUID | None]
"""A caller's handle to a person's id."""


class NoSuchRecord(CallerError):
    """No record of this number, or nobody of this handle, in this case of this organisation."""

    status = 404
    code = "CREDIT_RECORD_NOT_FOUND"


class CreditRecords:
    """Records of one hub that a social-credit platform is connected to."""

    def __init__(
        self, engine: AsyncEngine, platform: CreditPlatform, log: AccessLog, *, period: ObjectionPeriod | None, decode: Decode,
        clock: Callable[[], datetime], random: Random,
    ) -> None:
        """`period` is the region's time to object; None: not stated."""
        self._engine = engine
        self._platform = platform
        self._log = log
        self._period = period
        self._decode = decode
        self._clock = clock
        self._random = random

    async def notify(self, standing: Standing, notified: Notified) -> dict[str, Any]:
        """Keep a decision its person was told of; the officer is the token's. Raises `CallerError`."""
        may_record(standing)
        caller, now = standing.caller, self._clock()
        person = self._decode(notified.person, standing)
        if person is None or str(person) not in _people(standing):
            raise NoSuchRecord("nobody of this handle in this case")
        row: dict[str, Any] = {
            "id": new_id("crd", now, self._random(10)), "case_id": caller.case, "person_id": person, "organisation": caller.organisation,
            "decision": notified.decision, "decided_on": notified.decided_on, "decided_by": caller.officer, "reason": notified.reason,
            "noticed_on": notified.noticed_on, "objection_until": last_day(notified.noticed_on, self._period), "state": "NOTICED",
        }
        try:
            async with self._engine.begin() as connection:
                await connection.execute(insert(CreditRecord).values(row))
                await connection.execute(insert(Outbox).values(kind="CREDIT_NOTICED", body=_about(row), at=now))
        except IntegrityError:
            raise CallerError("this decision is recorded already", code="CREDIT_RECORD_EXISTS", status=409) from None
        return {"id": row["id"], "state": "NOTICED", "objectionUntil": row["objection_until"].isoformat()}

    async def object(self, standing: Standing, record: str) -> dict[str, Any]:
        """The person objected: nothing is filed of this decision any more. Raises `CallerError`."""
        row = await self._mine(standing, record)
        if row.state != "OBJECTED" and not await self._settle(row, {"state": "OBJECTED"}, standing, unsent=True):
            raise CallerError("it was sent; its correction is the platform's matter", code="CREDIT_RECORD_FILED", status=409)
        return {"id": row.id, "state": "OBJECTED"}

    async def file(self, standing: Standing, record: str) -> dict[str, Any]:
        """Send the record out, once due process is done. Raises `CallerError`, `RecordingFailed`; filed again it is the same record."""
        row, now = await self._mine(standing, record), self._clock()
        if row.state == "FILED":
            return {"id": row.id, "state": "FILED", "receipt": row.receipt}
        may_file(row, now.astimezone(CHINA).date())
        member = _people(standing)[str(row.person_id)]
        intended = await self._intend(standing, row, member)
        if not await self._sending(row, standing.caller.officer):
            await self._close(standing, member, intended, "OBJECTION_STANDS")
            raise NotYet("an objection stands: a new decision is needed", code="OBJECTION_STANDS")
        try:
            receipt = await self._platform.submit(_filing(row, member, intended))
        except DepartmentError as error:
            if isinstance(error, DepartmentRefused):  # any other failure may have come after the record was taken
                await self._sending(row, None)
            await self._close(standing, member, intended, error.code)
            raise CallerError("the credit platform did not take it now; file it again later", code=error.code, status=502) from None
        await self._settle(row, {"state": "FILED", "filed_at": now, "filed_by": standing.caller.officer, "receipt": receipt}, standing)
        await self._close(standing, member, intended, "OK")
        return {"id": row.id, "state": "FILED", "receipt": receipt}

    async def _mine(self, standing: Standing, record: str) -> CreditRecord:
        may_record(standing)
        mine = (CreditRecord.id == record, CreditRecord.case_id == standing.caller.case, CreditRecord.organisation == standing.caller.organisation)
        async with self._engine.connect() as connection:
            row = (await connection.execute(select(CreditRecord).where(*mine))).one_or_none()
        if row is None or str(row.person_id) not in _people(standing):
            raise NoSuchRecord("no such record in this case")
        return CreditRecord(**row._mapping)  # noqa: SLF001 - the row's public mapping

    async def _sending(self, row: CreditRecord, officer: str | None) -> bool:
        """Note who sends the record out, before it leaves: from then on an objection comes too late to stop it, and says so. False
        where one came first.
        """
        async with self._engine.begin() as connection:
            noticed = update(CreditRecord).where(CreditRecord.id == row.id, CreditRecord.state == "NOTICED")
            return bool((await connection.execute(noticed.values(filed_by=officer))).rowcount)

    async def _settle(self, row: CreditRecord, changed: dict[str, Any], standing: Standing, *, unsent: bool = False) -> bool:
        """Whether the record was still NOTICED, and `unsent` where that is asked: of an objection and a filing that meet, one counts."""
        async with self._engine.begin() as connection:
            noticed = update(CreditRecord).where(CreditRecord.id == row.id, CreditRecord.state == "NOTICED")
            if unsent:
                noticed = noticed.where(CreditRecord.filed_by.is_(None))
            if not (await connection.execute(noticed.values(changed))).rowcount:
                return False
            body = {"record": row.id, "case": row.case_id, "organisation": row.organisation, "officer": standing.caller.officer}
            await connection.execute(insert(Outbox).values(kind=f"CREDIT_{changed['state']}", body=body, at=self._clock()))
        return True

    async def _intend(self, standing: Standing, row: CreditRecord, member: Member) -> str:
        appended = await self._log.append(intent(
            standing.caller, at=self._clock(), operation=hashlib.sha256(f"credit {row.id}".encode()).hexdigest(), plan="", policy="",
            fields=[f"credit: record {row.id} of decision {row.decision}, out"], subjects=[member.person.log_subject],
        ))  # fmt: skip
        return appended.id

    async def _close(self, standing: Standing, member: Member, intended: str, status: str) -> None:
        await self._log.append(outcome(
            standing.caller, at=self._clock(), question=intended, decision=Decision.ALLOW, answer="", subjects=[member.person.log_subject],
            statuses={"credit": status},
        ))  # fmt: skip


def _people(standing: Standing) -> Any:
    return standing.matter.people() if standing.matter is not None else {}


def _about(row: dict[str, Any]) -> dict[str, str]:
    return {
        "record": row["id"], "case": row["case_id"], "organisation": row["organisation"], "officer": row["decided_by"],
        "decision": row["decision"], "until": row["objection_until"].isoformat(),
    }


def _filing(row: CreditRecord, member: Member, intended: str) -> Filing:
    return Filing(
        reference=row.id, id_number=member.person.id_number, name=member.person.name, decision=row.decision,
        decided_on=row.decided_on.isoformat(), issuer=row.organisation, officer=row.decided_by, reason=row.reason, intent=intended,
    )
