"""The console's page of emergencies (先行救助, SAL §50): duties left open, questions asked in them, and a second look at each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from hub.console.entries import DOCUMENT, EntryPages, Inquire, Names
from hub.console.sessions import Officer
from hub.console.visits import Visits
from hub.emergencies.follow_ups import open_duties
from hub.emergencies.second_look import SecondLooks, marks
from hub.errors import CallerError, RecordingFailed
from policies.calendar import CHINA


class EmergencyPages:
    """What emergencies left open, and what was asked in them."""

    def __init__(
        self, visits: Visits, entries: EntryPages, inquire: Inquire, names: Names, looks: SecondLooks, *, clock: Callable[[], datetime],
    ) -> None:
        """`entries` says what kept the log from being read."""
        self._visits = visits
        self._entries = entries
        self._inquire = inquire
        self._names = names
        self._looks = looks
        self._clock = clock

    def routes(self) -> list[BaseRoute]:
        """The page, and the two things done on it."""
        return [
            Route("/console/emergencies", self.emergencies, methods=["GET"]),
            Route("/console/emergencies/mark", self.mark, methods=["POST"]),
            Route("/console/emergencies/close", self.close, methods=["POST"]),
        ]

    async def emergencies(self, request: Request) -> Response:
        """先行救助: duties left open, overdue ones first, and the questions asked in emergencies, each to be looked at once more."""
        own = await self._visits.own(request)
        return own if isinstance(own, Response) else await self._emergencies(own[0])

    async def mark(self, request: Request) -> Response:
        """A second look at one question."""
        own = await self._visits.own(request)
        if isinstance(own, Response):
            return own
        officer, form = own
        return await self._done(officer, self._looks.mark(
            form.get("entry", ""), form.get("mark", ""), officer=officer.name, reason=form.get("reason", ""), at=self._clock(),
        ))

    async def close(self, request: Request) -> Response:
        """Close a duty that no letter will meet."""
        own = await self._visits.own(request)
        if isinstance(own, Response):
            return own
        officer, form = own
        return await self._done(officer, self._looks.close(
            form.get("duty", ""), officer=officer.name, reason=form.get("reason", ""), at=self._clock(),
        ))

    async def _done(self, officer: Officer, work: Awaitable[None]) -> Response:
        try:
            await work
        except CallerError as error:
            return await self._emergencies(officer, status=error.status, fault=f"未予处理：{error.message}")
        return RedirectResponse("/console/emergencies", status_code=303)

    async def _emergencies(self, officer: Officer, *, status: int = 200, fault: str = "") -> Response:
        try:
            data = await self._inquire(officer, DOCUMENT, {"filter": {"purpose": "TEMP_EMERGENCY", "kind": "OUTCOME"}, "after": None})
        except (CallerError, RecordingFailed) as error:
            return await self._entries.fault(officer, {}, error)
        asked = [edge["node"] for edge in data["accessLog"]["edges"]]
        return self._visits.page(
            "emergencies.html", status=status, fault=fault, officer=officer, duties=await open_duties(self._looks.engine), asked=asked,
            looks=await marks(self._looks.engine, (node["id"] for node in asked)), today=self._clock().astimezone(CHINA).date(), names=await self._names(),
        )
