"""A whole hub over real HTTP for tests: migrated database, sandbox departments, enrolled offices and platform, families with letters."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import math
import os
import re
import shutil
import socket
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import orjson
import uvicorn
from joserfc.jwk import OKPKey
from starlette.applications import Starlette

from connectors.sandbox.government import Government
from connectors.sandbox.people import Household
from connectors.sandbox.population import Population
from hub.access_log.entry import Kind
from hub.access_log.outbox import drain
from hub.access_log.store import Filter, Stored
from hub.app import Front, graph
from hub.cli.demo.enrolling import enrol, sign_agreement
from hub.cli.demo.offices import Line, Office, Reply, offices
from hub.cli.demo.registration import PlatformDesk
from hub.doors import routes
from hub.enrolment import enrol_client
from hub.errors import RecordingFailed
from hub.graph import Graph
from hub.keys import KeyRing
from hub.opening import Hub, open_hub
from hub.problems import HANDLERS
from hub.settings import Settings
from hub.ulid import new_id
from policies.purposes import PURPOSES
from tests.conftest import FakeClock, SeededRandom, administer, at_database
from tests.connectors.shipped import DIRECTORY
from tests.hub.authorizations.world import heard
from tests.waiting import PATIENCE, until

TONGNAN, QUXIAN = "500152000000", "511725000000"
PLATFORM = "test-platform"
LETTER_GROUPS = {
    "householdRegister": "hukouRegion relationToHead memberCount movedInOn",
    "vehicle": "vehicleType plateNo { full masked } value { yuan }",
    "tax": "month incomeKind income { yuan }",
    "realEstate": "use areaSqm { value } mortgaged",
    "socialInsurance": "scheme insuredMonths12 contributionBase { yuan }",
    "employment": "employmentCode",
    "disability": "category { code label } grade { code } validTo",
    "civilAssistance": "type monthlyAmount { yuan } status",
    "marriage": "maritalStatus",
    "confirmation": "category confirmedOn status",
}
GROUPS = " ".join(
    f"{group} {{ status asOf source {{ department region }} disclosure {{ fields {{ field form reason rule }} }} records {{ {fields} }} }}"
    for group, fields in LETTER_GROUPS.items()
)
PERSON = f"id name {{ full }} {GROUPS}"
WHOLE = f"""query Whole($id: ID!) {{
  case(id: $id) {{
    id reference household {{ id
      members {{ relation role coverage {{ covered reason }} person {{ {PERSON} }} }}
      obligors {{ relation coverage {{ covered reason }} person {{ {PERSON} }} }}
    }}
  }}
}}"""
TAXES = "query Taxes($id: ID!) { case(id: $id) { household { members { person { id tax { status records { month income { yuan } } } } } } } }"
PEOPLE = "query People($id: ID!) { case(id: $id) { household { members { person { id } } } } }"
UNBOUNDED = f"""
[[purpose]]
codes = "{' '.join(PURPOSES)}"
questions_a_case_a_day = 1000000
people_an_officer_an_hour = 100000000
source = "a run of tests asks about one family all day, in an hour that does not pass"
"""
DEPARTMENTS = ("GA", "SW", "GZ", "RS", "MZ")  # those that keep a journal; CL is a file nobody sees being read


@dataclass(frozen=True, slots=True)
class Matter:
    """A registered case: its id, its reference and its letters as a token names them."""

    id: str
    reference: str
    letters: tuple[Mapping[str, str], ...]
    numbers: Mapping[str, str]  # a letter's number to its id

    @property
    def basis(self) -> dict[str, Any]:
        return {"kind": "letter", "letters": [dict(letter) for letter in self.letters]}


@dataclass(frozen=True, slots=True)
class Sent:
    """What came back to a raw request."""

    status: int
    raw: bytes
    headers: Mapping[str, str]

    @property
    def body(self) -> dict[str, Any]:
        return orjson.loads(self.raw)

    @property
    def code(self) -> str:
        return self.body["errors"][0]["extensions"]["code"]


@dataclass(slots=True)
class Living:
    """One hub and everything around it."""

    hub: Hub
    graph: Graph
    url: str
    government: Government
    platform: PlatformDesk
    offices: Mapping[str, Office]
    line: Line
    clock: FakeClock
    directory: Path
    database_url: str = field(repr=False)
    _second: dict[str, Office] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def family(self) -> Household:
        return self.platform.population.demo_family()

    async def register(
        self, family: Household | None = None, *, unsigned: Collection[int] = (), purposes: Sequence[str] = ("DIBAO_REVIEW",),
        organisations: Sequence[str] = ("hd",), assistance: str = "DIBAO", reference: str = "", **more: Any,
    ) -> Matter:
        """A new case of a family, its letters signed by all but `unsigned`; with `reference`, that case again."""
        reference = reference or f"T-{next(self._numbers)}"
        message = self.platform.registration(
            family or self.family, reference=reference, assistance=assistance, purposes=purposes, unsigned=unsigned,
            organisations=[self.offices[name].organisation for name in organisations], **more,
        )
        reply = await self.line.send("/registrations", message)
        assert reply.status == 201, reply.raw
        letters = reply.body["letters"]
        return Matter(
            reply.body["case"], reference, tuple({"id": one["id"], "hash": one["hash"]} for one in letters),
            {one["number"]: one["id"] for one in letters},
        )

    async def token(
        self, matter: Matter, office: str = "hd", *, purpose: str = "DIBAO_REVIEW", basis: Mapping[str, Any] | None = None,
    ) -> str:
        return await self.line.token(self.offices[office], purpose=purpose, basis=basis or matter.basis, case=matter.id)

    async def second_system(self, office: Office) -> Office:
        """Another system of an office's organisation, with a key of its own: what it names is not the first one's word."""
        if office.client in self._second:
            return self._second[office.client]
        other = self._second[office.client] = replace(office, client=f"{office.client}-second", key=OKPKey.generate_key("Ed25519"))
        await enrol_client(
            self.hub.engine, client_id=other.client, organisation=other.organisation, name="x", jwks=other.jwks(), purposes=other.purposes,
            at=self.clock(),
        )
        return other

    async def auditor(self) -> str:
        return await self.line.token(self.offices["po"], purpose="PRIVACY_AUDIT", basis={"kind": "audit"})

    async def withdraw(self, matter: Matter, **part: Any) -> dict[str, Any]:
        """A withdrawal as its platform says it (revocation.schema.json), heard of by the worker; what the platform was told."""
        reply = await self.line.send("/revocations", self.platform.revocation(reference=matter.reference, **part))
        assert reply.status == 200, reply.raw
        await self.heard()
        return reply.body

    async def heard(self) -> None:
        """The worker knows of everything that was revoked: a notice away from the revocation's own answer."""
        await heard(self.hub.desk, self.hub.engine)

    async def ask(self, matter: Matter, document: str = WHOLE, **variables: Any) -> Reply:
        """Ask as the check office, by a fresh token."""
        return await self.line.ask(await self.token(matter), document, variables or {"id": matter.id})

    async def post(
        self, token: str | None, body: bytes | Mapping[str, Any], *, method: str = "POST", query: str = "", **headers: str,
    ) -> Sent:
        """A raw request to the graph."""
        sent = {"Content-Type": "application/json", "Accept": "application/graphql-response+json", **headers}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        data = body if isinstance(body, bytes) else orjson.dumps(body)
        kept = {name: value for name, value in sent.items() if value}
        async with self.line.session.request(method, f"{self.url}/graphql{query}", data=data, headers=kept) as reply:
            return Sent(reply.status, await reply.read(), reply.headers)

    def asked(self) -> dict[str, int]:
        """Calls each department had since `government.forget()`."""
        return {code: self.government.journal(code).calls or len(self.government.journal(code).entries) for code in DEPARTMENTS}

    async def until_asked(self, department: str) -> None:
        """Return as soon as the department has been asked."""
        await until(lambda: self.asked()[department], every=0.005)

    async def asked_about(self) -> dict[str, int]:
        """About how many people each department was asked, group by group: its journal counts them and names nobody."""
        await self.government.heard()
        return {code: sum(len(one["subjects"]) for one in self.government.journal(code).entries) for code in DEPARTMENTS}

    async def journal(self, department: str) -> list[Mapping[str, Any]]:
        """What a department was asked."""
        await self.government.heard()
        return list(self.government.journal(department).entries)

    async def entries(self, *, limit: int = 200, **wanted: Any) -> tuple[Stored, ...]:
        """Log entries, newest first."""
        return (await self.hub.log.store.query(Filter(**wanted), limit=limit)).entries

    async def size(self) -> int:
        """How many entries the log holds, once what waits in the outbox is in: a registration's change may still be on its way."""
        with suppress(RecordingFailed):
            await drain(self.hub.log)
        return (await self.hub.log.store.head()).size

    async def refusals(self) -> list[str]:
        return [str(one.parts()[0].get("code")) for one in await self.entries(kind=Kind.REFUSAL)]

    @asynccontextmanager
    async def log_stopped(self) -> AsyncIterator[None]:
        """The database no longer takes entries."""
        await administer(self.database_url, "REVOKE INSERT ON log_entry FROM hub_log")
        try:
            yield
        finally:
            await administer(self.database_url, "GRANT INSERT ON log_entry TO hub_log")

    @asynccontextmanager
    async def misbehaving(self, department: str, **settings: Any) -> AsyncIterator[None]:
        """A department told how to answer, and told to stop it again."""
        await self.government.control(department, settings)
        try:
            yield
        finally:
            await self.government.control(department, {})

    @asynccontextmanager
    async def holding(self, department: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        """A department that takes questions, and answers none until what this gives is called, or at its end."""
        async with self.misbehaving(department, slow=10 * PATIENCE):
            yield lambda: self.government.control(department, {})


def people(reply: Reply) -> dict[str, dict[str, Any]]:
    """Every person of a Whole answer by relation, role; the facts as told."""
    household = reply.body["data"]["case"]["household"]
    return {one["relation"]: one["person"] for one in [*household["members"], *household["obligors"]]}


def statuses(person: Mapping[str, Any]) -> dict[str, str]:
    return {group: person[group]["status"] for group in LETTER_GROUPS}


def secrets_of(population: Population) -> list[str]:
    """Every name and ID number of the two families."""
    everyone = [*population.demo_family().everyone(), *population.edge_family().everyone()]
    return [text for member in everyone for text in (member.person.id_number, member.person.name)]


_FIRST = 20_000 + os.getpid() * 131 % 12_000
_PORTS = itertools.cycle([*range(_FIRST, 32_000), *range(20_000, _FIRST)])


def free_port() -> int:
    """One nobody listens on, below those the system lends to whoever connects: it is still free when the server comes to it. Processes
    that run side by side begin at different ones.
    """
    for port in _PORTS:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("every port is taken")


@asynccontextmanager
async def served(app: Any, port: int, *, lifespan: str = "off") -> AsyncIterator[uvicorn.Server]:
    """The application behind a real HTTP server of this process."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, lifespan=lifespan, log_config=None, access_log=False, timeout_graceful_shutdown=5, ws="none",
        timeout_keep_alive=75,
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None
    task = asyncio.create_task(server._serve())
    await until(lambda: server.started or task.done())
    try:
        yield server
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def database(postgres: tuple[str, str], *, template: bool = True) -> AsyncIterator[str]:
    url, migrated = postgres
    name = f"hub_live_{uuid.uuid4().hex[:12]}"
    await administer(url, f'CREATE DATABASE "{name}" TEMPLATE "{migrated if template else "template0"}" STRATEGY FILE_COPY')
    try:
        yield at_database(url, name)
    finally:
        with suppress(asyncpg.PostgresError):
            await administer(url, f'DROP DATABASE "{name}" WITH (FORCE)')


@dataclass(slots=True)
class Prepared:
    """A region before its hub opens: database enrolled, keys made, departments running."""

    settings: Settings
    sources: Mapping[str, Any]
    government: Government
    platform: PlatformDesk
    offices: Mapping[str, Office]
    clock: FakeClock
    random: SeededRandom


async def prepare(
    stack: AsyncExitStack, postgres: tuple[str, str], directory: Path, region: str, clock: FakeClock, *, people: int = 400, **settings: Any,
) -> Prepared:
    random = SeededRandom(region.encode() + str(directory).encode())
    own = await stack.enter_async_context(database(postgres))
    registry = await stack.enter_async_context(database(postgres, template=False))
    population = Population(region[:6], people)
    government = Government(population, directory / "departments", registry, clock=clock)
    sources = await government.start()
    stack.push_async_callback(government.stop)
    KeyRing.create(directory / "keys", random=random, at=clock())
    by_department = {d: [c for c, p in PURPOSES.items() if d in p.departments] for d in ("MZ-HD", "JY", "YB")}
    staff = {office.client.partition("-")[2]: office for office in offices(region, by_department)}
    url = f"http://127.0.0.1:{free_port()}"
    desk = PlatformDesk(PLATFORM, population, url, region, clock, lambda: new_id("msg", clock(), random(10)))
    await enrol(
        own, region=region, offices=list(staff.values()), platforms=[desk], officer_password="a long enough password", at=clock(),
        random=random,
    )
    ceilings = directory / "fair_use.toml"
    ceilings.write_text(UNBOUNDED)
    made = Settings(
        region=region, issuer=url, directory=directory, database_url=own, manifests=patient(directory / "manifests"),
        **{"require_dpop": False, "log_wait": PATIENCE, "witness_every": 0, "fair_use": str(ceilings), **settings},
    )
    return Prepared(made, sources, government, desk, staff, clock, random)


def patient(directory: Path) -> Path:
    """The manifests as shipped, with departments that may take as long as a machine stands still."""
    shutil.copytree(DIRECTORY, directory)
    for path in directory.rglob("*.toml"):
        path.write_text(re.sub(r"^deadline = .*$", f"deadline = {PATIENCE}", path.read_text(encoding="utf-8"), flags=re.MULTILINE), encoding="utf-8")
    return directory


async def live(stack: AsyncExitStack, prepared: Prepared) -> Living:
    """Open the hub and serve it."""
    settings, clock, random = prepared.settings, prepared.clock, prepared.random
    hub = await stack.enter_async_context(open_hub(settings, prepared.sources, clock=clock, random=random))
    # The test's clock stands still, and so does what a hub does by the seconds that pass meanwhile: a sweep with its chores, a security
    # summary. They would add entries, and see to duties, in the midst of whichever test runs then; a test that wants one calls it.
    hub.upkeep._sweep_every = hub.upkeep._summary_every = math.inf
    answering = graph(hub)
    front = Front(settings)
    front.graph = answering
    front._rest = Starlette(routes=routes(hub, answering), exception_handlers=HANDLERS)
    await stack.enter_async_context(served(front, int(settings.issuer.rpartition(":")[2])))
    session = await stack.enter_async_context(aiohttp.ClientSession())
    return Living(
        hub=hub, graph=answering, url=settings.issuer, government=prepared.government, platform=prepared.platform,
        offices=prepared.offices, line=Line(settings.issuer, session, clock, random), clock=clock, directory=settings.directory,
        database_url=settings.database_url,
    )


async def pair(stack: AsyncExitStack, postgres: tuple[str, str], directory: Path, clock: FakeClock) -> tuple[Living, Living]:
    """Tongnan and Quxian under one agreement both signed."""
    ready = [await prepare(stack, postgres, directory / code, code, clock, people=100) for code in (TONGNAN, QUXIAN)]
    await sign_agreement(
        [(one.settings.region, one.settings.issuer, one.settings.directory / "keys", one.settings.database_url) for one in ready], clock(),
    )
    first, second = [await live(stack, one) for one in ready]
    return first, second


def digest(document: str) -> str:
    return hashlib.sha256(document.encode()).hexdigest()

