"""Share requests (GDS §20–22, §27): filed by a department, answered and supplied by the provider, each step an entry of the log.

Steps and clocks are `policies.sharing`; this file keeps them. Every step locks its request, changes it and tells the log in one
transaction; where the calendar does not hold the year a clock runs into, nothing changes and the error says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.changes import changing
from hub.sharing.wording import SharingRefused, worded
from hub.tables import CatalogueEntry, ShareRequest
from hub.ulid import new_id
from policies import sharing
from policies.calendar import CHINA, Calendar
from policies.sharing import NotNow, Request, RequestState


@dataclass(frozen=True, slots=True)
class Filing:
    """What a request states (GDS §20): basis, scene, scope, mode, term; approved by the head of the requester's data-sharing body.
    `onward`: the data would be handed to a third party (GDS §25).
    """

    entry: str
    requester: str
    approved_by: str
    basis: str
    scene: str
    scope: str
    mode: str
    used_until: date
    onward: bool = False


class ShareRequests:
    """The requests of one hub."""

    def __init__(self, engine: AsyncEngine, calendar: Calendar, *, clock: Callable[[], datetime], random: Callable[[int], bytes]) -> None:
        """`calendar` is the region's."""
        self._engine = engine
        self._calendar = calendar
        self._clock = clock
        self._random = random

    async def file(self, filing: Filing) -> str:
        """The id of a new request. Raises SharingRefused, NotNow, CalendarMissing; IntegrityError for who is not enrolled."""
        now = self._clock()
        today = now.astimezone(CHINA).date()
        identifier = new_id("share", now, self._random(10))
        async with changing(self._engine, kind="SHARE_REQUEST_FILED", ref=identifier, organisation=filing.requester, at=now) as connection:
            attribute = await self._listed(connection, filing, today)
            request = sharing.filed(attribute, today, self._calendar)
            await connection.execute(insert(ShareRequest).values(
                id=identifier, entry=filing.entry, requester=filing.requester, approved_by=worded("approved_by", filing.approved_by),
                basis=worded("basis", filing.basis), scene=worded("scene", filing.scene), scope=worded("scope", filing.scope),
                mode=filing.mode, used_until=filing.used_until, onward=filing.onward, filed_at=now, reason="", changed_at=now,
                **_columns(request),
            ))
        return identifier

    async def incomplete(self, identifier: str, missing: str) -> Request:
        """The provider's one notice of everything that is missing."""
        return await self._step(identifier, "SHARE_REQUEST_INCOMPLETE", sharing.incomplete, missing)

    async def complete(self, identifier: str) -> Request:
        """The requester has brought it: the clock begins anew."""
        return await self._step(identifier, "SHARE_REQUEST_COMPLETED", lambda one: sharing.completed(one, self._today(), self._calendar))

    async def extend(self, identifier: str, working_days: int, reason: str) -> Request:
        """The answer is put off; `reason` names the authority's approval, and the requester has been told."""
        def put_off(one: Request) -> Request:
            return sharing.extended(one, working_days, self._today(), self._calendar)

        return await self._step(identifier, "SHARE_REQUEST_EXTENDED", put_off, reason)

    async def agree(self, identifier: str) -> Request:
        """The provider agrees: the supply is due."""
        return await self._step(identifier, "SHARE_REQUEST_AGREED", lambda one: sharing.agreed(one, self._today(), self._calendar))

    async def refuse(self, identifier: str, reason: str) -> Request:
        """The provider refuses and says why (GDS §21)."""
        return await self._step(identifier, "SHARE_REQUEST_REFUSED", sharing.refused, reason)

    async def supply(self, identifier: str) -> Request:
        """The data can be asked for: an entry that opens by request opens to the requester."""
        return await self._step(identifier, "SHARE_REQUEST_SUPPLIED", sharing.supplied)

    async def suspend(self, identifier: str, reason: str) -> Request:
        """Misuse was found: the entry closes to the requester within the time the catalogue is kept."""
        return await self._step(identifier, "SHARE_REQUEST_SUSPENDED", sharing.suspended, reason)

    async def resume(self, identifier: str) -> Request:
        """It was put right."""
        return await self._step(identifier, "SHARE_REQUEST_RESUMED", sharing.resumed)

    async def end(self, identifier: str, reason: str) -> Request:
        """The purpose is met, or sharing is terminated."""
        return await self._step(identifier, "SHARE_REQUEST_ENDED", sharing.ended, reason)

    def _today(self) -> date:
        return self._clock().astimezone(CHINA).date()

    async def _listed(self, connection: AsyncConnection, filing: Filing, today: date) -> str:
        """The attribute of the entry asked for, which must be in force and offer what is asked."""
        entry = (await connection.execute(select(CatalogueEntry).where(CatalogueEntry.id == filing.entry))).one_or_none()
        if entry is None or entry.valid_from > today or (entry.valid_to is not None and today >= entry.valid_to):
            raise SharingRefused(f"the catalogue has no entry {filing.entry} in force")
        if filing.mode not in (entry.modes or sharing.MODES):
            raise SharingRefused(f"entry {filing.entry} is not shared by {filing.mode}")
        if filing.onward and not entry.onward_sharing:
            raise NotNow("the provider has not agreed to its data being handed on to a third party (GDS §25)")
        if filing.used_until <= today:
            raise SharingRefused("used_until lies in the past")
        return str(entry.attribute)

    async def _step(self, identifier: str, kind: str, change: Callable[[Request], Request], reason: str | None = None) -> Request:
        now = self._clock()
        async with changing(self._engine, kind=kind, ref=identifier, at=now) as connection:
            found = (await connection.execute(select(ShareRequest).where(ShareRequest.id == identifier).with_for_update())).one_or_none()
            if found is None:
                raise SharingRefused(f"there is no share request {identifier}")
            request = change(Request(
                found.attribute, RequestState(found.state), found.answer_due, found.supply_due, noticed=found.noticed,
                extended_days=found.extended_days,
            ))
            said = {} if reason is None else {"reason": worded("reason", reason)}
            changed = {**_columns(request), **said, "changed_at": now}
            await connection.execute(update(ShareRequest).where(ShareRequest.id == identifier).values(**changed))
        return request


def _columns(request: Request) -> dict[str, object]:
    return {
        "attribute": request.attribute, "state": request.state.value, "answer_due": request.answer_due, "supply_due": request.supply_due,
        "noticed": request.noticed, "extended_days": request.extended_days,
    }
