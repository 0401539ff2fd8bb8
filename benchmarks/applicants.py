"""What the road needs that the baseline does not know: enrolled offices, registered families, letters, one token a case."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from benchmarks import question
from benchmarks.load import Refused
from connectors.sandbox.population import Population
from hub.cli.demo.enrolling import enrol
from hub.cli.demo.offices import Line, Office, offices
from hub.cli.demo.registration import PlatformDesk
from hub.clock import clock
from hub.ulid import new_id
from policies.purposes import PURPOSES

PURPOSE = "DIBAO_REVIEW"
_HANDLE = "query Handle($id: ID!) { case(id: $id) { household { id } } }"


@dataclass(slots=True)
class Applicants:
    """The families of a run at one hub, and the check office that asks about them. Cases are registered once, tokens taken anew."""

    hub: str
    region: str
    families: int
    _cases: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    _offices: Sequence[Office] = ()
    _desk: PlatformDesk | None = None

    @property
    def platform(self) -> PlatformDesk:
        """The platform that registers, once it is enrolled."""
        assert self._desk is not None
        return self._desk

    @property
    def office(self) -> Office:
        """The check office that asks, once it is enrolled."""
        return self._offices[0]

    async def enrol(self, database: str) -> None:
        """The operator's part, before the hub opens."""
        population = Population(question.REGION, question.PEOPLE)
        held = {department: [code for code, one in PURPOSES.items() if department in one.departments] for department in ("MZ-HD", "JY", "YB")}
        self._offices = offices(self.region, held)
        self._desk = PlatformDesk("bench-platform", population, self.hub, self.region, clock, lambda: new_id("msg", clock(), os.urandom(10)))
        await enrol(
            database, region=self.region, offices=self._offices, platforms=[self._desk], officer_password=os.urandom(16).hex(), at=clock(),
            random=os.urandom,
        )

    async def asks(self) -> list[dict[str, str]]:
        """A token and the household's handle for each family; the token is good for ten minutes."""
        async with aiohttp.ClientSession() as session:
            line = Line(self.hub, session, clock, os.urandom)
            if not self._cases:
                await self._register(line)
            return [await self._ask(line, case, basis) for case, basis in self._cases]

    async def _register(self, line: Line) -> None:
        assert self._desk is not None
        for family in await asyncio.to_thread(question.families, self._desk.population, self.families):
            message = self._desk.registration(
                family, reference=f"B-{family.index}", assistance="DIBAO", purposes=[PURPOSE], organisations=[self._offices[0].organisation],
            )
            reply = await line.send("/registrations", message)
            if reply.status != 201:
                raise Refused(reply.raw.decode(errors="replace"))
            letters = [{"id": one["id"], "hash": one["hash"]} for one in reply.body["letters"]]
            self._cases.append((str(reply.body["case"]), {"kind": "letter", "letters": letters}))

    async def _ask(self, line: Line, case: str, basis: Mapping[str, Any]) -> dict[str, str]:
        token = await line.token(self._offices[0], purpose=PURPOSE, basis=basis, case=case)
        reply = await line.ask(token, _HANDLE, {"id": case})
        return {"token": token, "household": str(reply.body["data"]["case"]["household"]["id"])}
