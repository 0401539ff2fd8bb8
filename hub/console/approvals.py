"""The console's page of approvals (审批: 57 §11, §20, §37): who asked for what, who decided it, what was read under it, and a second look at it.

The list is about officers and cases; what was read under an approval is of the log, and is shown by the log's own page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from hub.approvals.listing import STATES, Wanted, counted, listed
from hub.approvals.looks import ApprovalLooks
from hub.console.entries import Names
from hub.console.sessions import Officer
from hub.console.visits import Visits
from hub.emergencies.second_look import marks
from hub.errors import CallerError, Malformed
from policies.approvals import ApprovalKind

FILTERS = ("state", "kind", "purpose", "organisation", "case")


class ApprovalPages:
    """What was asked of a second person, newest first, under a filter that is posted."""

    def __init__(self, visits: Visits, engine: AsyncEngine, names: Names, looks: ApprovalLooks, *, clock: Callable[[], datetime]) -> None:
        self._visits = visits
        self._engine = engine
        self._names = names
        self._looks = looks
        self._clock = clock

    def routes(self) -> list[BaseRoute]:
        """The page, and the mark made on it."""
        return [
            Route("/console/approvals", self.approvals, methods=["GET", "POST"]),
            Route("/console/approvals/mark", self.mark, methods=["POST"]),
        ]

    async def approvals(self, request: Request) -> Response:
        """A page of them under the filter that was posted, and how many there are in each state."""
        own = await self._visits.own(request)
        if isinstance(own, Response):
            return own
        officer, form = own
        try:
            return await self._page(officer, form)
        except CallerError as error:
            return await self._page(officer, {}, status=error.status, fault=f"无法查询：{error.message}")

    async def mark(self, request: Request) -> Response:
        """A second look at one approval."""
        own = await self._visits.own(request)
        if isinstance(own, Response):
            return own
        officer, form = own
        try:
            await self._looks.mark(
                form.get("approval", ""), form.get("mark", ""), officer=officer.name, reason=form.get("reason", ""), at=self._clock(),
            )
        except CallerError as error:
            return await self._page(officer, {}, status=error.status, fault=f"未予处理：{error.message}")
        return RedirectResponse("/console/approvals", status_code=303)

    async def _page(self, officer: Officer, form: Mapping[str, str], *, status: int = 200, fault: str = "") -> Response:
        given = {name: form[name].strip() for name in FILTERS if form.get(name, "").strip()}
        after, at = form.get("after", ""), self._clock()
        if given.get("state", "WAITING") not in STATES or "\0" in "".join([*given.values(), after]):
            raise Malformed("the filter names a state there is none of, or holds what no code does")
        found, older = await listed(self._engine, Wanted(**given), at=at, after=after)
        return self._visits.page(
            "approvals.html", status=status, fault=fault, officer=officer, given=given, found=found, older=older,
            counts=await counted(self._engine, at=at), approval_kinds=list(ApprovalKind), names=await self._names(),
            looks=await marks(self._engine, [one.approval.id for one in found]),
        )
