"""The composition root of one worker: the only place that reads the clock, draws randomness and joins the parts to routes."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from structlog.contextvars import bind_contextvars

from hub import journal, metrics
from hub.access_log.routes import routes as log_routes
from hub.approvals.register import Approvals
from hub.approvals.routes import routes as approval_routes
from hub.authorizations.intake import routes as intake_routes
from hub.case_file.records import CaseFiles
from hub.case_file.routes import routes as case_file_routes
from hub.clock import clock
from hub.console.inquiry import console_routes
from hub.credit.records import CreditRecords
from hub.credit.routes import routes as credit_routes
from hub.deferred.callback import Callbacks
from hub.disposal.reports import Reports
from hub.disposal.routes import routes as disposal_routes
from hub.fits import Fitter
from hub.graph import Graph
from hub.graphiql import GraphiQL
from hub.graphql_http import Receive, Scope, Send
from hub.means_check.checks import MeansChecks
from hub.means_check.register import Register
from hub.means_check.routes import routes as check_routes
from hub.messages.collecting import Collections
from hub.messages.inbox import Inbox
from hub.messages.routes import routes as message_routes
from hub.migrate import head, revision_of
from hub.oauth.routes import Admission
from hub.oauth.routes import routes as oauth_routes
from hub.oauth.single_use import SingleUse
from hub.opening import Hub, open_hub
from hub.operations.fitting import StoredFits, kept_fresh
from hub.operations.gate import Gate
from hub.operations.persisted import PersistedOperations
from hub.operations.quotas import ClientQuota, InFlight
from hub.operations.registering import routes as operation_routes
from hub.people.handles import Handles
from hub.problems import HANDLERS, NUMBER
from hub.regions.routes import routes as region_routes
from hub.regions.routes import witness_routes
from hub.settings import Settings
from policies.approvals import approval_rules
from policies.disposal import disposal_terms
from policies.objection import objection_period
from policies.retention import retentions
from schema import SCHEMA


class Front:
    """What uvicorn calls: the graph first, without the web framework around it; everything else through Starlette."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is opened before the server's lifespan begins."""
        self.graph: Graph | None = None
        self._settings = settings
        self._rest = Starlette(lifespan=self._lifespan, exception_handlers=HANDLERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection or request."""
        if scope["type"] == "http" and scope["path"] == "/graphql" and self.graph is not None:
            await self.graph(scope, receive, send)
            return
        if scope["type"] == "http":  # a refusal names the request, and so do the lines of the journal it leaves
            scope[NUMBER] = os.urandom(6).hex()
            bind_contextvars(request=scope[NUMBER])
        await self._rest(scope, receive, send)

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        async with open_hub(self._settings, self._settings.departments(), clock=clock, random=os.urandom) as hub:
            self.graph = graph(hub)
            app.router.routes.extend(routes(hub, self.graph))
            refreshing = kept_fresh(_fits(hub), hub.clock)
            refreshing.start()
            settle()
            yield
            self.graph = None
            await refreshing.stop()


def settle() -> None:
    """What stands after opening (schema, policy, modules) lives as long as the worker: the collector need not walk it again and
    again. Walking it cost 10 to 30 % of an answer; what answers leave behind is freed by reference counts, cycles every so often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def create() -> Front:
    """The factory uvicorn starts each worker with; settings come from the environment."""
    journal.configure()
    return Front(Settings.read(os.environ))


def graph(hub: Hub) -> Graph:
    """The graph over an open hub."""
    settings, seconds = hub.settings, asyncio.get_running_loop().time
    return Graph(
        identify=hub.desk.identify, documents=hub.documents,
        persisted=PersistedOperations(hub.records, hub.documents, seconds=seconds), road=hub.road,
        in_flight=InFlight(settings.in_flight),
        quota=ClientQuota(rate_per_minute=settings.rate_per_minute, concurrency=settings.concurrency, seconds=seconds),
        security=hub.security, max_body=hub.limits.body, numbers=hub.random,
    )


def _fits(hub: Hub) -> StoredFits:
    return StoredFits(hub.records, Fitter(hub.policy, hub.settings.region), hub.documents)


def gate_of(hub: Hub, answering: Graph) -> Gate:
    """What is read beside the graph has places of its own; who is known is counted with their questions, the rest together."""
    settings, places = hub.settings, max(1, hub.settings.in_flight // 4)
    anybody = ClientQuota(
        rate_per_minute=settings.rate_per_minute, concurrency=max(1, places // 2), seconds=asyncio.get_running_loop().time,
    )
    return Gate(InFlight(places), answering.quota, anybody)


def routes(hub: Hub, answering: Graph) -> list[BaseRoute]:
    """Everything beside the graph."""
    # The token endpoint has places of its own: a flood of forged assertions must not take those of questions.
    admission = Admission(InFlight(max(1, hub.settings.in_flight // 4)), answering.quota)
    gate = gate_of(hub, answering)
    # Withdrawals have places of their own, which no flood of questions, tiles or pushed messages takes.
    signed, pushed = (InFlight(max(1, hub.settings.in_flight // 8)) for _ in range(2))
    found: list[BaseRoute] = [
        *_probes(hub),
        *oauth_routes(hub.desk.authorization, hub.security.note, admission),
        *disposal_routes(
            Reports(hub.engine, hub.log, disposal_terms(hub.settings.region[:6]), random=hub.random), hub.desk.authorization.authentication,
            hub.clock, admission, hub.security.note,
        ),
        *intake_routes(hub.desk, hub.upkeep.wake, hub.security.note, signed),
        *_messages(hub, pushed),
        *_means_checks(hub, answering),
        *_credit(hub, answering),
        *_approvals(hub, answering),
        *_case_files(hub, answering),
        *operation_routes(answering, _fits(hub), hub.clock, hub.upkeep.wake),
        *log_routes(hub.log, hub.desk.reader, gate),
        *region_routes(hub, gate),
        *witness_routes(hub, gate),
        *_callbacks(hub, gate),
    ]
    if hub.settings.console:
        found += console_routes(hub)
    if hub.settings.graphiql:
        found += GraphiQL(SCHEMA).routes()
    return found


def _messages(hub: Hub, places: InFlight) -> list[Route]:
    inbox = Inbox(
        hub.engine, hub.vault, random=hub.random, audience=hub.settings.issuer.rstrip("/"), retention=retentions(hub.settings.region[:6]),
        rate=hub.desk.platforms,
    )
    collections = Collections(
        hub.engine, hub.vault, hub.log, random=hub.random, audience=hub.settings.issuer.rstrip("/"), rate=hub.desk.platforms,
    )
    return message_routes(inbox, collections, hub.clock, hub.upkeep.wake, hub.security.note, places)


def _means_checks(hub: Hub, answering: Graph) -> list[Route]:
    """No door where no means-check system is connected."""
    if not hub.check_systems:
        return []
    reach = hub.road.planner.reach
    register = Register(hub.engine, hub.vault, retention=retentions(hub.settings.region[:6]))
    checks = MeansChecks(
        register, hub.check_systems, hub.log, hub.desk.recheck, clock=hub.clock, random=hub.random,
        handle=lambda person, standing: reach.handle("per", person, standing.caller), allow=hub.road.allow, within=hub.road.within,
    )
    return check_routes(answering, checks, hub.upkeep.wake)


def _credit(hub: Hub, answering: Graph) -> list[Route]:
    """No door where no social-credit platform is connected."""
    if hub.credit is None:
        return []
    handles = Handles(hub.keys)
    records = CreditRecords(
        hub.engine, hub.credit, hub.log, period=objection_period(hub.settings.region[:6]), clock=hub.clock, random=hub.random,
        decode=lambda text, standing: handles.decode(text, kind="per", organisation=standing.caller.organisation, case=standing.caller.case),
    )
    return credit_routes(answering, records, hub.clock, hub.upkeep.wake)


def _case_files(hub: Hub, answering: Graph) -> list[Route]:
    reach = hub.road.planner.reach
    files = CaseFiles(
        hub.engine, hub.log, hub.desk.recheck, handle=lambda person, standing: reach.handle("per", person, standing.caller), clock=hub.clock,
        random=hub.random,
    )
    return case_file_routes(answering, files)


def _approvals(hub: Hub, answering: Graph) -> list[Route]:
    reach, handles = hub.road.planner.reach, Handles(hub.keys)
    approvals = Approvals(
        hub.engine, approval_rules(hub.settings.region[:6]), clock=hub.clock, random=hub.random,
        decode=lambda text, standing: handles.decode(text, kind="per", organisation=standing.caller.organisation, case=standing.caller.case),
        encode=lambda person, standing: reach.handle("per", person, standing.caller),
    )
    return approval_routes(answering, approvals, hub.upkeep.wake)


def _callbacks(hub: Hub, gate: Gate) -> list[BaseRoute]:
    """Where departments that answer later call back."""
    return Callbacks(
        departments=hub.waiting.departments, issuer=hub.settings.issuer.rstrip("/"), region=hub.settings.region[:6],
        used=SingleUse(hub.records), log=hub.log, security=hub.security, gate=gate, clock=hub.clock,
    ).routes()


def _probes(hub: Hub) -> list[BaseRoute]:
    async def alive(_request: Request) -> Response:
        return PlainTextResponse("ok")

    looking: asyncio.Task[Response] | None = None

    async def ready(_request: Request) -> Response:
        nonlocal looking
        # Anybody may ask, and each look opens a connection: however many ask at once, there is one look for all of them.
        if looking is None or looking.done():
            looking = asyncio.create_task(_readiness(hub))
        return await asyncio.shield(looking)

    async def measured(_request: Request) -> Response:
        return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)

    return [Route("/healthz", alive), Route("/readyz", ready), Route("/metrics", measured)]


async def _readiness(hub: Hub) -> Response:
    """Whether this worker can decide and record now: database, schema, revocations followed, the log writable."""
    checks = {"revocations": hub.desk.watch.following}
    try:
        async with asyncio.timeout(2):
            checks["schema"] = await revision_of(hub.settings.database_url) == head()
        async with asyncio.timeout(2):
            checks["log"] = await hub.log.store.writable()
    except Exception:  # noqa: BLE001 (whatever is wrong, the worker is not ready)
        checks.setdefault("schema", False)
        checks.setdefault("log", False)
    metrics.REVOCATION_WATCH.set(int(checks["revocations"]))
    ready = all(checks.values())
    said = "NOTICES" if hub.desk.watch.notices else "ASKING" if hub.desk.watch.following else "UNKNOWN"
    return JSONResponse({"ready": ready, "checks": checks, "revocations": said}, status_code=200 if ready else 503)


