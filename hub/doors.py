"""Every door beside the graph: which parts of an open hub answer where (docs/doors.md), and how many each lets in at once."""

from __future__ import annotations

import asyncio

from starlette.routing import BaseRoute, Route

from hub.access_log.routes import routes as log_routes
from hub.approvals.register import Approvals
from hub.approvals.routes import routes as approval_routes
from hub.authorizations.intake import routes as intake_routes
from hub.case_file.records import CaseFiles
from hub.case_file.routes import routes as case_file_routes
from hub.console.inquiry import console_routes
from hub.credit.records import CreditRecords
from hub.credit.routes import routes as credit_routes
from hub.deferred.callback import Callbacks
from hub.disposal.reports import Reports
from hub.disposal.routes import routes as disposal_routes
from hub.fitter import Fitter
from hub.graph import Graph
from hub.graphiql import GraphiQL
from hub.means_check.checks import MeansChecks
from hub.means_check.register import Register
from hub.means_check.routes import routes as check_routes
from hub.messages.collecting import Collections
from hub.messages.inbox import Inbox
from hub.messages.routes import routes as message_routes
from hub.oauth.routes import Admission
from hub.oauth.routes import routes as oauth_routes
from hub.oauth.single_use import SingleUse
from hub.opening import Hub
from hub.operations.fitting import StoredFits
from hub.operations.gate import Gate
from hub.operations.quotas import ClientQuota, InFlight
from hub.operations.registering import routes as operation_routes
from hub.people.handles import Handles
from hub.probes import probes
from hub.regions.routes import routes as region_routes
from hub.regions.routes import witness_routes
from policies.approvals import approval_rules
from policies.disposal import disposal_terms
from policies.objection import objection_period
from policies.retention import retentions
from schema import SCHEMA


def routes(hub: Hub, answering: Graph) -> list[BaseRoute]:
    """Everything beside the graph."""
    # The token endpoint has places of its own: a flood of forged assertions must not take those of questions.
    admission = Admission(InFlight(max(1, hub.settings.in_flight // 4)), answering.quota)
    gate = gate_of(hub, answering)
    # Withdrawals have places of their own, which no flood of questions, tiles or pushed messages takes.
    signed, pushed = (InFlight(max(1, hub.settings.in_flight // 8)) for _ in range(2))
    found: list[BaseRoute] = [
        *probes(hub),
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
        *operation_routes(answering, stored_fits(hub), hub.clock, hub.upkeep.wake),
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


def stored_fits(hub: Hub) -> StoredFits:
    """Whether registered questions fit the nationwide letter, as this hub decides it."""
    return StoredFits(hub.records, Fitter(hub.policy, hub.settings.region), hub.documents)


def gate_of(hub: Hub, answering: Graph) -> Gate:
    """What is read beside the graph has places of its own; who is known is counted with their questions, the rest together."""
    settings, places = hub.settings, max(1, hub.settings.in_flight // 4)
    anybody = ClientQuota(
        rate_per_minute=settings.rate_per_minute, concurrency=max(1, places // 2), seconds=asyncio.get_running_loop().time,
    )
    return Gate(InFlight(places), answering.quota, anybody)


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
