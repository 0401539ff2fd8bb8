"""What is revoked in a run: cases with a token each, and the six ways their questions end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import aiohttp
import orjson
from joserfc.jwk import OKPKey
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks import question
from benchmarks.load import Refused
from connectors.sandbox.population import Population
from hub.authorizations.revocation import revoke_client
from hub.cli.demo.enrolling import enrol
from hub.cli.demo.offices import FORM, Line, Office, offices
from hub.cli.demo.registration import PlatformDesk
from hub.clock import clock
from hub.enrolment import enrol_client
from hub.postgres.connection import engine
from hub.ulid import new_id
from policies.purposes import PURPOSES

REGION = "500152000000"
PURPOSE = "DIBAO_REVIEW"
FAMILIES = 4
KINDS = ("LETTER", "PART", "TOKEN", "CASE", "CLIENT", "APPROVAL")
TOLD = "query T($id: ID!) { case(id: $id) { household { members { person { tax { status records { month } } } } } } }"
"""One group of everybody: answers are many, and what a part withdraws is one list in them."""
_HANDLE = "query H($id: ID!) { case(id: $id) { household { members { person { id } } } } }"


@dataclass(frozen=True, slots=True)
class Target:
    """One case to be asked about until it is revoked. `kind` is how; `first` the ref of the member a PART is of; `approval` what
    a second person approved of that member, a relative of staff.
    """

    kind: str
    case: str
    reference: str
    letters: tuple[str, ...]
    client: str
    token: str
    first: str
    approval: str = ""

    def told(self, status: int, body: bytes) -> bool:
        """Whether an answer told anything of what is revoked."""
        if status != 200:
            return False
        members = orjson.loads(body)["data"]["case"]["household"]["members"]
        asked = members[:1] if self.kind in ("PART", "APPROVAL") else members
        return any(one["person"]["tax"]["status"] in ("MATCHED", "NO_RECORD") for one in asked)


@dataclass(slots=True)
class Counter:
    """The platform and the check office of a run, speaking to one hub of several workers."""

    issuer: str
    workers: Sequence[str]
    engine: AsyncEngine
    session: aiohttp.ClientSession
    desk: PlatformDesk
    office: Office
    line: Line
    second: OKPKey = field(default_factory=lambda: OKPKey.generate_key("Ed25519"), repr=False)
    """Of another system: an approval's second officer is not the first one's system's word."""

    async def targets(self, kinds: Sequence[str]) -> list[Target]:
        """A case, letters and a token for each."""
        families = await asyncio.to_thread(question.families, self.desk.population, FAMILIES)
        made: list[Target] = []
        for start in range(0, len(kinds), 16):
            some = [self._target(families[n % FAMILIES], kind, n) for n, kind in enumerate(kinds[start : start + 16], start)]
            made += await asyncio.gather(*some)
        return made

    async def _target(self, family: Any, kind: str, number: int) -> Target:
        reference = f"R-{os.urandom(4).hex()}-{number}"
        message = self.desk.registration(
            family, reference=reference, assistance="DIBAO", purposes=[PURPOSE], organisations=[self.office.organisation],
            kin_of_staff={family.members[0].person.index: ["bench-relative"]} if kind == "APPROVAL" else {},
        )
        body = await self._sent("/registrations", message, 201)
        office = await self._client(number) if kind == "CLIENT" else self.office
        letters = [{"id": one["id"], "hash": one["hash"]} for one in body["letters"]]
        granted = {"purpose": PURPOSE, "basis": {"kind": "letter", "letters": letters}, "case": body["case"]}
        token = await self.line.token(office, **granted)
        approval = await self._approved(token, granted) if kind == "APPROVAL" else ""
        first = f"p{abs(family.members[0].person.index)}"
        return Target(kind, body["case"], reference, tuple(one["id"] for one in letters), office.client, token, first, approval)

    async def _approved(self, token: str, granted: Mapping[str, Any]) -> str:
        """A second officer's word on the first member's taxes."""
        told = await self.line.ask(token, _HANDLE, {"id": granted["case"]})
        person = told.body["data"]["case"]["household"]["members"][0]["person"]["id"]
        until = clock() + timedelta(days=1)
        wanted = {"kind": "KIN_OF_STAFF", "groups": ["tax"], "people": [person], "reason": "a relative of staff, measured", "validUntil": until.isoformat()}
        asked = await self._posted("/approvals", token, wanted, 201)
        second = await self.line.token(replace(await self._client(0, key=self.second), officer=f"{self.office.officer}-second"), **granted)
        await self._posted(f"/approvals/{asked['data']['id']}/decision", second, {"approve": True}, 200)
        return str(asked["data"]["id"])

    async def _client(self, number: int, *, key: OKPKey | None = None) -> Office:
        office = replace(self.office, client=f"{self.office.client}-{os.urandom(4).hex()}-{number}", key=key or self.office.key)
        await enrol_client(
            self.engine, client_id=office.client, organisation=office.organisation, name="bench", jwks=office.jwks(),
            purposes=office.purposes, at=clock(),
        )
        return office

    async def revoke(self, target: Target) -> None:
        """End it; returns with the hub's answer that it is done."""
        await _WAYS[target.kind](self, target)

    async def letter(self, target: Target) -> None:
        """Every letter of the case, the last of which ends it."""
        await asyncio.gather(*[self._revocation(target, letter=one) for one in target.letters])

    async def part(self, target: Target) -> None:
        """The first member's taxes."""
        await self._revocation(target, by=target.first, factGroups=["tax"])

    async def case(self, target: Target) -> None:
        """The matter ended."""
        await self._revocation(target)

    async def token(self, target: Target) -> None:
        """RFC 7009."""
        form = {"client_assertion_type": FORM, "client_assertion": self.line._assertion(self.office), "token": target.token}
        async with self.session.post(f"{self._any()}/oauth/revoke", data=form) as reply:
            if reply.status != 200:
                raise Refused(str(reply.status))

    async def client(self, target: Target) -> None:
        """As `hub client revoke` does."""
        await revoke_client(self.engine, target.client, by="bench", at=clock())

    async def approval(self, target: Target) -> None:
        """Whoever asked for it takes it back."""
        await self._posted(f"/approvals/{target.approval}/withdrawal", target.token, {}, 200)

    async def _posted(self, path: str, token: str, body: object, expected: int) -> Mapping[str, Any]:
        async with self.session.post(self._any() + path, json=body, headers={"Authorization": f"Bearer {token}"}) as reply:
            raw = await reply.read()
        if reply.status != expected:
            raise Refused(raw.decode(errors="replace"))
        return orjson.loads(raw)  # type: ignore[no-any-return]

    async def _revocation(self, target: Target, **part: Any) -> None:
        await self._sent("/revocations", self.desk.revocation(reference=target.reference, **part), 200)

    async def _sent(self, path: str, message: str, expected: int) -> Mapping[str, Any]:
        async with self.session.post(self._any() + path, data=message, headers={"Content-Type": "application/jose"}) as reply:
            body = await reply.read()
        if reply.status != expected:
            raise Refused(body.decode(errors="replace"))
        return orjson.loads(body)  # type: ignore[no-any-return]

    def _any(self) -> str:
        return self.workers[os.urandom(1)[0] % len(self.workers)]


_WAYS: Mapping[str, Callable[[Counter, Target], Awaitable[None]]] = {
    "LETTER": Counter.letter, "PART": Counter.part, "TOKEN": Counter.token, "CASE": Counter.case, "CLIENT": Counter.client, "APPROVAL": Counter.approval,
}


@asynccontextmanager
async def counter(database: str, issuer: str, workers: Sequence[str]) -> AsyncIterator[Counter]:
    """Everybody enrolled, before the hub opens; the counter is used once its workers serve."""
    population = Population(question.REGION, question.PEOPLE)
    people = offices(REGION, {"MZ-HD": [code for code, one in PURPOSES.items() if "MZ-HD" in one.departments]})
    desk = PlatformDesk("bench-platform", population, issuer, REGION, clock, lambda: new_id("msg", clock(), os.urandom(10)))
    await enrol(
        database, region=REGION, offices=people, platforms=[desk], officer_password=os.urandom(16).hex(), at=clock(), random=os.urandom,
    )
    opened = engine(database)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        try:
            yield Counter(issuer, workers, opened, session, desk, people[0], Line(issuer, session, clock, os.urandom))
        finally:
            await opened.dispose()
