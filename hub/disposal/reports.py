"""What receivers report: disposed of, or kept because a law says so; each report a row, an entry of the log, and its receipt.

A client reports for its own organisation alone; a duty of another looks like none. Saying the same again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.access_log.outbox import drain
from hub.access_log.writer import AccessLog
from hub.disposal.due import Owed, outstanding
from hub.disposal.duties import caught_up
from hub.errors import CallerError, Malformed, RecordingFailed
from hub.operations.literals import holds_id_number
from hub.tables import DisposalDuty, DisposalReport, LogEntry, Outbox
from hub.ulid import new_id
from policies.calendar import CHINA
from policies.disposal import Term
from policies.purposes import PurposeKind

METHODS = ("DELETED", "DESTROYED", "ANONYMISED", "RETURNED")
"""删除, 销毁, 匿名化, 退回 (GDS §27; PIPL §47)."""
LONGEST_GROUND = 200


class NoSuchDuty(CallerError):
    """The organisation owes nothing under this id."""

    status = 404


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody says became of what was told, up to now. `until` is the last day a law keeps it, None where it is gone."""

    duty: str
    done_on: date
    method: str
    ground: str
    until: date | None

    @property
    def outcome(self) -> str:
        """DISPOSED or RETAINED."""
        return "DISPOSED" if self.until is None else "RETAINED"


def read(form: Mapping[str, str], today: date) -> Report:
    """From a form's fields `duty`, `outcome`, and `done_on`, `method` or `ground`, `until`. Raises Malformed."""
    outcome, done_on = form.get("outcome"), _day(form, "done_on")
    if done_on > today:
        raise Malformed("done_on lies in the future")
    if outcome == "DISPOSED":
        method = form.get("method", "")
        if method not in METHODS:
            raise Malformed(f"method is one of {', '.join(METHODS)}")
        return Report(form.get("duty", ""), done_on, method, "", None)
    if outcome != "RETAINED":
        raise Malformed("outcome is DISPOSED or RETAINED")
    ground, until = form.get("ground", "").strip(), _day(form, "until")
    if not 1 <= len(ground) <= LONGEST_GROUND or not ground.isprintable() or holds_id_number(ground):
        raise Malformed(f"ground names the law that keeps it, in at most {LONGEST_GROUND} characters, and nobody")
    if until <= today:
        raise Malformed("until lies in the past: what no law keeps any more is disposed of")
    return Report(form.get("duty", ""), done_on, "", ground, until)


class Reports:
    """Takes reports of one hub's receivers."""

    def __init__(
        self, engine: AsyncEngine, log: AccessLog, terms: Mapping[PurposeKind, Term], *, random: Callable[[int], bytes],
    ) -> None:
        """`terms` of the region."""
        self._engine = engine
        self._log = log
        self._terms = terms
        self._random = random

    async def owed(self, organisation: str, now: datetime) -> list[Owed]:
        """What an organisation owes."""
        async with self._engine.begin() as connection:
            await caught_up(connection)
            return await outstanding(connection, self._terms, now.astimezone(CHINA).date(), organisation=organisation)

    async def accept(self, report: Report, *, organisation: str, client: str, officer: str, now: datetime) -> Mapping[str, Any]:
        """Write it down and answer with the log's receipt for it. Raises `NoSuchDuty`."""
        async with self._engine.begin() as connection:
            await caught_up(connection)  # else an answer told before the report would open the duty again
            query = select(DisposalDuty.state).where(DisposalDuty.id == report.duty, DisposalDuty.organisation == organisation)
            state = (await connection.execute(query.with_for_update())).scalar_one_or_none()
            if state is None:
                raise NoSuchDuty("this organisation owes no such disposal", code="DUTY_UNKNOWN")
            known = await _same(connection, report) if state == report.outcome else None
            if known is None:
                known = await self._write(connection, report, organisation, client, officer, now)
        identifier, outbox = known
        return {"report": identifier, "duty": report.duty, "state": report.outcome, "receipt": await self._receipt(outbox)}

    async def _write(
        self, connection: AsyncConnection, report: Report, organisation: str, client: str, officer: str, now: datetime,
    ) -> tuple[str, int]:
        identifier = new_id("disposal", now, self._random(10))
        query = select(DisposalDuty.case_id, DisposalDuty.groups).where(DisposalDuty.id == report.duty)
        duty = (await connection.execute(query)).one()
        body = {
            "report": identifier, "duty": report.duty, "case": duty.case_id, "organisation": organisation, "client": client, "officer": officer,
            "groups": duty.groups, "doneOn": report.done_on.isoformat(),
            **({"method": report.method} if report.until is None else {"ground": report.ground, "until": report.until.isoformat()}),
        }
        note = insert(Outbox).values(kind=f"DISPOSAL_{report.outcome}", body=body, at=now).returning(Outbox.id)
        outbox = (await connection.execute(note)).scalar_one()
        await connection.execute(insert(DisposalReport).values(
            id=identifier, duty=report.duty, outcome=report.outcome, done_on=report.done_on, method=report.method, ground=report.ground,
            retained_until=report.until, client=client, officer=officer, at=now, outbox_id=outbox,
        ))
        await connection.execute(update(DisposalDuty).where(DisposalDuty.id == report.duty).values(
            state=report.outcome, retained_until=report.until, settled_at=now,
        ))
        return identifier, outbox

    async def _receipt(self, outbox: int) -> Mapping[str, object] | None:
        """The receipt of the report's entry; None while the log takes nothing: said again, the report answers with it."""
        try:
            await drain(self._log)
        except RecordingFailed:
            return None
        query = select(LogEntry.id).join(Outbox, Outbox.logged_index == LogEntry.index).where(Outbox.id == outbox)
        async with self._engine.connect() as connection:
            entry = (await connection.execute(query)).scalar_one_or_none()
        receipt = await self._log.receipt_of(entry) if entry is not None else None
        return receipt.as_json() if receipt is not None else None


async def _same(connection: AsyncConnection, report: Report) -> tuple[str, int] | None:
    """The last report of the duty where it says the same."""
    query = select(DisposalReport).where(DisposalReport.duty == report.duty).order_by(DisposalReport.at.desc(), DisposalReport.id.desc())
    last = (await connection.execute(query.limit(1))).one_or_none()
    if last is None or (last.outcome, last.done_on, last.method, last.ground, last.retained_until) != (
        report.outcome, report.done_on, report.method, report.ground, report.until,
    ):
        return None
    return last.id, last.outbox_id


def _day(form: Mapping[str, str], name: str) -> date:
    try:
        return date.fromisoformat(form.get(name, ""))
    except ValueError:
        raise Malformed(f"{name} is a day, YYYY-MM-DD") from None
