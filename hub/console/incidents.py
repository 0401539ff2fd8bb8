"""The console's page of incidents (个人信息安全事件, PIPL §57): what was stolen, whom it touched, who is still to be told and from when that is late.

Nothing is changed here. What is done about an incident is done at the hub's shell (`hub incident`), and what goes on to the offices is that
command's file: a page shows no handle, so that what lies in a browser opens nobody. Each look is recorded before anything is shown, and where
it cannot be recorded nothing is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from hub.access_log.failures import FAILURES
from hub.access_log.leaf import Unreadable
from hub.console.entries import Names
from hub.console.sessions import Officer
from hub.console.visits import Visits
from hub.incidents.listing import listed
from hub.incidents.register import IncidentRefused, found, looked
from hub.incidents.report import title_of
from hub.incidents.reporting import Reporting
from policies.forms import Form
from policies.incidents import IncidentRule

MOST = 100
"""People shown on one page; the command's file has all."""
UNRECORDED = "查阅未能记入访问日志，故不予显示。"
UNREADABLE = "访问日志中有无法读取的条目，影响范围不能确定。"


class IncidentPages:
    """All incidents, and the report of one."""

    def __init__(
        self, visits: Visits, engine: AsyncEngine, names: Names, reporting: Reporting, rule: IncidentRule, *, clock: Callable[[], datetime],
    ) -> None:
        """`rule` says from when somebody is told late."""
        self._visits = visits
        self._engine = engine
        self._names = names
        self._reporting = reporting
        self._rule = rule
        self._clock = clock

    def routes(self) -> list[BaseRoute]:
        """The list, and the report, whose incident is posted."""
        return [
            Route("/console/incidents", self.incidents, methods=["GET"]),
            Route("/console/incidents/report", self.report, methods=["POST"]),
        ]

    async def incidents(self, request: Request) -> Response:
        """Every incident, the newest first."""
        own = await self._visits.own(request)
        return own if isinstance(own, Response) else await self._list(own[0])

    async def report(self, request: Request) -> Response:
        """Whom one incident touched, as the log says now."""
        own = await self._visits.own(request)
        if isinstance(own, Response):
            return own
        officer, form = own
        identifier = form.get("incident", "")
        try:
            told, _ = await self._reporting.report(identifier, by=officer.actor, at=self._clock())
            one = await found(self._engine, identifier)
        except IncidentRefused:
            return await self._list(officer, status=404, fault="没有这一安全事件。")
        except (SQLAlchemyError, *FAILURES):
            return self._nothing(officer, UNRECORDED)
        except Unreadable:
            return self._nothing(officer, UNREADABLE)
        return self._visits.page(
            "incident.html", officer=officer, told=told, one=one, people=[_person(person) for person in told["people"][:MOST]], names=await self._names(),
        )

    async def _list(self, officer: Officer, *, status: int = 200, fault: str = "") -> Response:
        at = self._clock()
        try:
            await looked(self._engine, by=officer.actor, at=at)
            several = await listed(self._engine, self._rule, at)
        except (SQLAlchemyError, *FAILURES):
            return self._nothing(officer, UNRECORDED)
        return self._visits.page(
            "incidents.html", status=status, fault=fault, officer=officer, found=several, rule=self._rule, names=await self._names(),
        )

    def _nothing(self, officer: Officer, why: str) -> Response:
        return self._visits.page("incidents.html", status=503, fault=why, officer=officer, found=(), rule=self._rule, names={})


def _person(person: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where they are known, and the strongest form told of each group; `at_most` where no field of it is certain."""
    told: dict[str, list[Mapping[str, Any]]] = {}
    for asked in person["questions"]:
        for field in asked["fields"]:
            told.setdefault(field["group"], []).append(field)
    groups = [
        {
            "title": title_of(group), "form": max((Form(one["form"]) for one in fields), key=lambda form: form.rank).value,
            "labels": sorted({one["label"] for one in fields if one["label"]}), "at_most": all(one.get("atMost") for one in fields),
        }
        for group, fields in sorted(told.items())
    ]
    return {"cases": person["cases"], "groups": groups, "questions": len(person["questions"])}
