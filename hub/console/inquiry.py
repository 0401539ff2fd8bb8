"""The console's two windows into the hub: the road under PRIVACY_AUDIT, and the offline verifier over an entry's receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import orjson
from starlette.routing import BaseRoute

from hub.access_log.receipt import BadReceipt, verify_receipt
from hub.approvals.looks import ApprovalLooks
from hub.authorizations.standing import Standing
from hub.caller import Basis, Caller
from hub.console.approvals import ApprovalPages
from hub.console.emergencies import EmergencyPages
from hub.console.entries import EntryPages
from hub.console.explanations import ExplanationPages
from hub.console.incidents import IncidentPages
from hub.console.lists import ListPages
from hub.console.sessions import LIFETIME, Officer, Sessions
from hub.console.visits import Visits
from hub.emergencies.second_look import SecondLooks
from hub.incidents.reporting import Reporting
from hub.incidents.tracing import Tracing
from hub.opening import Hub
from hub.operations.fair_use import Met, met
from hub.people.handles import Handles
from hub.regions.names import region_name
from hub.sharing.due import Due, owed
from policies.calendar import CHINA
from policies.disposal import disposal_terms
from policies.incidents import incident_rule
from policies.verdict import BasisKind, Relation

PURPOSE = "PRIVACY_AUDIT"


def console_routes(hub: Hub) -> list[BaseRoute]:
    """The console over an open hub."""

    async def inquire(officer: Officer, document: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        operation = await hub.documents.load(document)
        travelled = await hub.road.travel(operation, variables, standing(hub, officer), address="CONSOLE")
        data: Mapping[str, Any] = orjson.loads(travelled.data)
        return data

    async def verify(identifier: str) -> list[tuple[str, bool]]:
        return await _verified(hub, identifier)

    async def names() -> Mapping[str, str]:
        return {row["code"]: row["name"] for row in await hub.records.fetch("SELECT code, name FROM organisation ORDER BY code")}

    async def what_is_owed() -> Sequence[Due]:
        return await owed(hub.engine, hub.clock().astimezone(CHINA).date(), disposal_terms(hub.settings.region[:6]))

    async def ceilings_met() -> Sequence[Met]:
        return await met(hub.records)

    visits = Visits(
        Sessions(hub.engine, clock=hub.clock, random=hub.random), region_name=region_name(hub.settings.region),
        secure_cookies=hub.settings.secure_cookies,
    )
    entries = EntryPages(visits, inquire, verify, names)
    looks = SecondLooks(hub.engine, hub.log.store, hub.desk.authorization.follow_ups)
    emergencies = EmergencyPages(visits, entries, inquire, names, looks, clock=hub.clock)
    approvals = ApprovalPages(visits, hub.engine, names, ApprovalLooks(hub.engine), clock=hub.clock)
    reporting = Reporting(hub.engine, Tracing(hub.records, hub.vault), Handles(hub.keys))
    incidents = IncidentPages(visits, hub.engine, names, reporting, incident_rule(hub.settings.region[:6]), clock=hub.clock)
    explanations = ExplanationPages(visits, hub.engine, names, clock=hub.clock)
    lists = ListPages(visits, names, what_is_owed, ceilings_met)
    pages = (visits, entries, emergencies, approvals, incidents, explanations, lists)
    return [route for page in pages for route in page.routes()]


async def _verified(hub: Hub, identifier: str) -> list[tuple[str, bool]]:
    receipt = await hub.log.receipt_of(identifier)
    if receipt is None:
        return [("日志中没有这一条目", False)]
    try:
        verify_receipt(orjson.loads(orjson.dumps(receipt.as_json())), hub.log.verifiers)
    except BadReceipt as bad:
        return [(f"核验未通过：{bad}", False)]
    return [
        ("检查点签名有效，出自本日志的公钥", True),
        (f"条目在该检查点所签的默克尔树中（第 {receipt.index} 叶，证明 {len(receipt.proof)} 步）", True),
        ("回执所示内容即该叶的原始字节", True),
    ]


def standing(hub: Hub, officer: Officer) -> Standing:
    """A console officer as a caller: an audit basis has no case and reaches no fact."""
    caller = Caller(
        organisation=officer.organisation, department="MZ", region=hub.settings.region, relation=Relation.LOCAL,
        role="PRIVACY_OFFICER", client="console", officer=officer.name, purpose=PURPOSE, basis=Basis(kind=BasisKind.AUDIT),
        case="", token="", expires_at=hub.clock() + timedelta(seconds=LIFETIME.total_seconds()),
    )
    return Standing(caller=caller, matter=None, coverage={}, catalogue={})
