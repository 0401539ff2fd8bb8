"""The console's pages that are one list each: what is owed under the catalogue, which ceilings of fair use were met.

They are about departments, officers and cases: no entry of the log is looked at.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from hub.console.entries import Names
from hub.console.visits import Visits
from hub.operations.fair_use import CASE_DAY, OFFICER_HOUR, Met
from hub.sharing.due import Due

Owed = Callable[[], Awaitable[Sequence[Due]]]
"""What providers and receivers owe under the catalogue today."""
CeilingsMet = Callable[[], Awaitable[Sequence[Met]]]
"""Which ceilings of fair use were met since yesterday."""
CEILINGS: Mapping[str, str] = {CASE_DAY: "一事项一日查询次数", OFFICER_HOUR: "一经办人一小时查询人数"}
STEPS: Mapping[str, str] = {"ANSWER": "答复共享申请", "SUPPLY": "提供数据", "CORRECTION": "核实校核申请", "DISPOSAL": "使用后处置"}


class ListPages:
    """The lists."""

    def __init__(self, visits: Visits, names: Names, owed: Owed, ceilings_met: CeilingsMet) -> None:
        self._visits = visits
        self._names = names
        self._owed = owed
        self._ceilings_met = ceilings_met

    def routes(self) -> list[BaseRoute]:
        """One each."""
        return [
            Route("/console/sharing", self.sharing, methods=["GET"]),
            Route("/console/fair-use", self.fair_use, methods=["GET"]),
        ]

    async def sharing(self, request: Request) -> Response:
        """What providers owe and by when (GDS §21, §22, §26), what is overdue first seen."""
        own = await self._visits.own(request)
        if isinstance(own, Response):
            return own
        return self._visits.page("sharing.html", officer=own[0], owed=await self._owed(), steps=STEPS, names=await self._names())

    async def fair_use(self, request: Request) -> Response:
        """Which ceilings were met, the newest first; each refusal is an entry of the log besides."""
        own = await self._visits.own(request)
        if isinstance(own, Response):
            return own
        return self._visits.page("fair_use.html", officer=own[0], met=await self._ceilings_met(), ceilings=CEILINGS, names=await self._names())
