"""校核申请 and 共享争议: wrong data reported to their provider (GDS §26), and disputes on their way to the right authority (GDS §28)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.changes import changing
from hub.sharing.wording import SharingRefused, worded
from hub.tables import CorrectionRequest, LogEntry, Organisation, ShareRequest, SharingDispute
from hub.ulid import new_id
from policies import disputes
from policies.calendar import CHINA, Calendar
from policies.disputes import Authority, CorrectionState, DisputeState


class Corrections:
    """The corrections and disputes of one hub."""

    def __init__(self, engine: AsyncEngine, calendar: Calendar, *, clock: Callable[[], datetime], random: Callable[[int], bytes]) -> None:
        """`calendar` is the region's."""
        self._engine = engine
        self._calendar = calendar
        self._clock = clock
        self._random = random

    async def file(self, *, entry: str, requester: str, question: str, reason: str) -> tuple[str, date]:
        """The id of a correction request and the day its report is due. `question` is the log entry the data were told in: one of
        the requester's own, so that whom it is about is written down nowhere else. Raises SharingRefused, CalendarMissing.
        """
        now = self._clock()
        identifier = new_id("fix", now, self._random(10))
        due = disputes.correction_due(now.astimezone(CHINA).date(), self._calendar)
        async with changing(self._engine, kind="CORRECTION_FILED", ref=identifier, organisation=requester, at=now) as connection:
            asked = select(LogEntry.organisation).where(LogEntry.id == question, LogEntry.kind == "INTENT")
            if (await connection.execute(asked)).scalar_one_or_none() != requester:
                raise SharingRefused("question names no question of this organisation in the log")
            await connection.execute(insert(CorrectionRequest).values(
                id=identifier, entry=entry, requester=requester, question=question, reason=worded("reason", reason),
                state=CorrectionState.OPEN.value, filed_at=now, due=due, note="",
            ))
        return identifier, due

    async def answer(self, identifier: str, outcome: CorrectionState, note: str) -> None:
        """The provider's report. Raises SharingRefused, NotNow."""
        now = self._clock()
        async with changing(self._engine, kind="CORRECTION_ANSWERED", ref=identifier, at=now) as connection:
            query = select(CorrectionRequest.state).where(CorrectionRequest.id == identifier).with_for_update()
            state = (await connection.execute(query)).scalar_one_or_none()
            if state is None:
                raise SharingRefused(f"there is no correction request {identifier}")
            answered = disputes.correction_answered(CorrectionState(state), outcome)
            await connection.execute(update(CorrectionRequest).where(CorrectionRequest.id == identifier).values(
                state=answered.value, answered_at=now, note=worded("note", note),
            ))

    async def dispute(self, *, about: str, provider_region: str, issue: str) -> tuple[str, Authority]:
        """Open a dispute over a request or a correction, and the authority it goes to where consulting fails."""
        now = self._clock()
        identifier = new_id("dispute", now, self._random(10))
        async with changing(self._engine, kind="DISPUTE_OPENED", ref=identifier, at=now) as connection:
            requester, region = await self._party(connection, about)
            try:
                authority = disputes.coordinator(region, provider_region)
            except ValueError as fault:
                raise SharingRefused(str(fault)) from None
            await connection.execute(insert(SharingDispute).values(
                id=identifier, about=about, requester=requester, provider_region=provider_region, issue=worded("issue", issue),
                level=authority.level.value, authority=authority.region, state=DisputeState.CONSULTING.value, opened_at=now,
                outcome="", changed_at=now,
            ))
        return identifier, authority

    async def escalate(self, identifier: str) -> None:
        """Consulting came to nothing: it goes to the authority. Raises SharingRefused, NotNow."""
        await self._move(identifier, "DISPUTE_ESCALATED", disputes.escalated, {})

    async def settle(self, identifier: str, outcome: str) -> None:
        """How it ended. Raises SharingRefused, NotNow."""
        await self._move(identifier, "DISPUTE_SETTLED", disputes.settled, {"outcome": worded("outcome", outcome)})

    async def _move(
        self, identifier: str, kind: str, move: Callable[[DisputeState], DisputeState], said: dict[str, str],
    ) -> None:
        now = self._clock()
        async with changing(self._engine, kind=kind, ref=identifier, at=now) as connection:
            query = select(SharingDispute.state).where(SharingDispute.id == identifier).with_for_update()
            state = (await connection.execute(query)).scalar_one_or_none()
            if state is None:
                raise SharingRefused(f"there is no dispute {identifier}")
            moved = move(DisputeState(state))
            await connection.execute(update(SharingDispute).where(SharingDispute.id == identifier).values(
                state=moved.value, changed_at=now, **said,
            ))

    async def _party(self, connection: AsyncConnection, about: str) -> tuple[str, str]:
        """Who filed what is disputed, and their region."""
        for table in (ShareRequest, CorrectionRequest):
            query = select(Organisation.code, Organisation.region).join(table, table.requester == Organisation.code).where(table.id == about)
            found = (await connection.execute(query)).one_or_none()
            if found is not None:
                return found.code, found.region
        raise SharingRefused(f"there is no share request or correction {about}")
