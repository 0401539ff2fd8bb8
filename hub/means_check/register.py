"""The checks in the hub's records, and their reports sealed to them; each change is a row for the log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.authorizations.reasons import Flaw, Refused
from hub.canonical import canonical
from hub.errors import Forbidden
from hub.people.vault import Vault, report_context
from hub.tables import MeansCheck, Outbox
from policies.retention import Retention

PENDING = ("REQUESTED", "QUEUED")
FINISHED = ("COMPLETE", "PARTIAL")


class Register:
    """The table `means_check`."""

    def __init__(self, engine: AsyncEngine, vault: Vault, *, retention: Mapping[str, Retention]) -> None:
        """`retention` is what the region's folder states; without a row for reports none is fetched."""
        self._engine = engine
        self._vault = vault
        self._retention = retention

    @property
    def keeps_reports(self) -> bool:
        """Whether the region states for how long a report may be kept."""
        return "CHECK_REPORT" in self._retention

    async def add(self, row: Mapping[str, Any], at: datetime) -> None:
        """A check asked for, before its system hears of it."""
        async with self._engine.begin() as connection:
            await connection.execute(insert(MeansCheck).values(row))
            await _note(connection, "CHECK_REQUESTED", row["id"], row["case_id"], at)

    async def of(self, check: str, *, case: str, organisation: str | None) -> MeansCheck | None:
        """The check, where this organisation (None: any) asked for it in this case; a stranger's looks like none."""
        query = select(MeansCheck).where(MeansCheck.id == check, MeansCheck.case_id == case)
        if organisation is not None:
            query = query.where(MeansCheck.requested_by == organisation)
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else MeansCheck(**row._mapping)  # noqa: SLF001 - the row's public mapping

    async def settle(self, check: MeansCheck, at: datetime, *, status: str, **changed: Any) -> None:
        """What the system said of it: its status, and the ticket it gave."""
        await self._change(check, f"CHECK_{status}", at, status=status, **changed)

    async def _change(self, check: MeansCheck, kind: str, at: datetime, **changed: Any) -> bool:
        """Whether it was changed: a check that was frozen meanwhile is left as it is."""
        async with self._engine.begin() as connection:
            mine = update(MeansCheck).where(MeansCheck.id == check.id, MeansCheck.frozen_at.is_(None))
            if not (await connection.execute(mine.values(changed))).rowcount:
                return False
            await _note(connection, kind, check.id, check.case_id, at)
        for name, value in changed.items():
            setattr(check, name, value)
        return True

    async def keep(self, check: MeansCheck, report: Mapping[str, Any], at: datetime) -> None:
        """Seal a report to its check, for the region's retention. Raises `Forbidden` where somebody of it withdrew meanwhile."""
        sealed, version = self._vault.seal_bytes(report_context(check.id), canonical(report))
        until = at.date() + timedelta(days=self._retention["CHECK_REPORT"].days)
        if not await self._change(check, "CHECK_REPORT_SEALED", at, sealed=sealed, key_version=version, keep_until=until):
            raise Forbidden("an authorisation fell while the report was under way", code="AUTH_REVOKED")

    def opened(self, check: MeansCheck) -> dict[str, Any]:
        """The report of a check that has one."""
        if check.sealed is None or check.key_version is None:
            raise LookupError("the check has no report")
        report: dict[str, Any] = orjson.loads(self._vault.open_bytes(report_context(check.id), check.sealed, check.key_version))
        return report


async def reported(connection: AsyncConnection, *, platform: str, check: str, status: str, at: datetime) -> str:
    """A system says that its report stands; the case of the check. Raises `Refused` for a check that is not waiting there."""
    mine = update(MeansCheck).where(
        MeansCheck.id == check, MeansCheck.system == platform, MeansCheck.status.in_(PENDING),
        MeansCheck.ticket.is_not(None),  # without the system's own number its report could never be asked for
    )
    case = (await connection.execute(mine.values(status=status).returning(MeansCheck.case_id))).scalars().first()
    if case is None:
        raise Refused(Flaw.CHECK_UNKNOWN, "no check of this number is waiting at this system")
    await _note(connection, f"CHECK_{status}", check, case, at)
    return str(case)


async def drop_reports(engine: AsyncEngine, at: datetime) -> int:
    """Delete reports past their retention; how many. The check and its log entries stay."""
    async with engine.begin() as connection:
        overdue = update(MeansCheck).where(MeansCheck.keep_until < at.date(), MeansCheck.sealed.is_not(None))
        changed = overdue.values(sealed=None, key_version=None).returning(MeansCheck.id, MeansCheck.case_id)
        rows = (await connection.execute(changed)).all()
        for row in rows:
            await _note(connection, "CHECK_REPORT_DROPPED", row.id, row.case_id, at)
    return len(rows)


async def _note(connection: AsyncConnection, kind: str, check: str, case: str, at: datetime) -> None:
    await connection.execute(insert(Outbox).values(kind=kind, body={"check": check, "case": case}, at=at))
