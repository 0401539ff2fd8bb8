"""The console's page of requests for an explanation (解释说明, PIPL §48): what is open, by when it is owed, and the answer or the refusal (PIPL §50).

A request says what it is about and not of whom. Who needs to know opens the entry or the letter in the log, on the log's own page, and that look is an
entry too.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from hub.citizens.explaining import ExplanationRefused, Said, answer, open_requests
from hub.console.entries import Names
from hub.console.sessions import Officer
from hub.console.visits import Visits
from hub.sharing.wording import SharingRefused
from policies.calendar import CHINA

MOST = 100
"""Requests on the page at once: how many there are is up to who asks, and a page is made on the loop every question shares."""


class ExplanationPages:
    """The open requests, and an answer."""

    def __init__(self, visits: Visits, engine: AsyncEngine, names: Names, *, clock: Callable[[], datetime]) -> None:
        self._visits = visits
        self._engine = engine
        self._names = names
        self._clock = clock

    def routes(self) -> list[BaseRoute]:
        """The page, and the answer given on it."""
        return [
            Route("/console/explanations", self.explanations, methods=["GET"]),
            Route("/console/explanations/answer", self.answer, methods=["POST"]),
        ]

    async def explanations(self, request: Request) -> Response:
        """Everything open, what is owed soonest first."""
        own = await self._visits.own(request)
        return own if isinstance(own, Response) else await self._page(own[0])

    async def answer(self, request: Request) -> Response:
        """The officer's answer to one."""
        own = await self._visits.own(request)
        if isinstance(own, Response):
            return own
        officer, form = own
        try:
            said = Said(form.get("outcome", ""), form.get("answer", ""), form.get("article", ""))
            await answer(self._engine, form.get("explanation", ""), said, by=officer.actor, at=self._clock())
        except (ExplanationRefused, SharingRefused) as refused:
            return await self._page(officer, status=400, fault=f"未予答复：{refused}")
        return RedirectResponse("/console/explanations", status_code=303)

    async def _page(self, officer: Officer, *, status: int = 200, fault: str = "") -> Response:
        asked = await open_requests(self._engine, self._clock().astimezone(CHINA).date(), most=MOST + 1)
        return self._visits.page(
            "explanations.html", status=status, fault=fault, officer=officer, asked=asked[:MOST], more=len(asked) > MOST, names=await self._names(),
        )
