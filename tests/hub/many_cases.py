"""Many households under one token, and the calls their one question made: counted in the departments' own journals."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from connectors.sandbox.people import Household
from hub.authorizations.standing import Standing
from hub.cli.demo.offices import FORM, Reply
from hub.plan import Plan
from policies.purposes import PURPOSES
from tests.connectors.test_conformance import AT_ONCE, JOURNALLED, MANIFESTS
from tests.hub.living import Living, Matter

PURPOSE = "PERIODIC_RECHECK"
REACHED = tuple(sorted(PURPOSES[PURPOSE].told_groups() & set(AT_ONCE)))
COUNTED = tuple(sorted(set(REACHED) & set(JOURNALLED)))
RECORDS = {
    "vehicle": "plateNo { masked } vehicleType", "tax": "month income { yuan band }", "civilAssistance": "type monthlyAmount { yuan }",
    "realEstate": "region use", "socialInsurance": "scheme pensionMonthly { yuan }", "householdRegister": "hukouRegion relationToHead",
}
_FACTS = "vehicle { disclosure { fields { reason } } } " + " ".join(f"{one} {{ status {f'records {{ {RECORDS[one]} }}' if one in RECORDS else ''} }}" for one in REACHED)
QUESTION = f"""query Recheck($ids: [ID!]!) {{ cases(ids: $ids) {{ id household {{
  members {{ coverage {{ covered }} person {{ id {_FACTS} }} }} obligors {{ coverage {{ covered }} person {{ id {_FACTS} }} }} }} }} }}"""


@dataclass(frozen=True, slots=True)
class Counted:
    """Of one department's group: the calls it counted, column sets, people, and how many it takes a call."""

    calls: int
    sets: int
    people: int
    batch: int
    planned: int

    @property
    def bound(self) -> int:
        """Column sets x ceil(subjects / batch) x waves: both waves are decided before the first ask, so there is one."""
        return self.sets * math.ceil(self.people / self.batch)


async def registered(living: Living, families: Sequence[Household], *, purposes: Sequence[str] = (PURPOSE,), every: int = 7) -> list[Matter]:
    """A case of each family; in every seventh one adult has not signed."""
    matters = []
    for at, family in enumerate(families):
        unsigned = [family.members[0].person.index] if at % every == every - 1 and len(family.members) > 2 else []
        matters.append(await living.register(family, purposes=purposes, unsigned=unsigned))
    return matters


def details(matters: Sequence[Matter], purpose: str = PURPOSE) -> list[dict[str, Any]]:
    return [{"type": "household_facts", "purpose": purpose, "case": one.id, "basis": one.basis} for one in matters]


async def granted(living: Living, asked: Sequence[Mapping[str, Any]], office: str = "hd") -> tuple[int, dict[str, Any]]:
    """What the token endpoint says to these details."""
    form = {
        "grant_type": "client_credentials", "client_assertion_type": FORM, "client_assertion": living.line._assertion(living.offices[office]),
        "authorization_details": orjson.dumps(asked).decode(),
    }
    async with living.line.session.post(f"{living.url}/oauth/token", data=form) as reply:
        return reply.status, await reply.json(content_type=None)


async def standing(living: Living, token: str) -> Standing:
    """What the hub makes of a token at this moment."""
    scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": [(b"authorization", f"Bearer {token}".encode())]}
    return await living.graph.identify(scope)


async def planned(living: Living, token: str, document: str, variables: Mapping[str, Any]) -> Plan:
    of = await standing(living, token)
    operation = await living.graph.documents.load(document)
    question, values = operation.question(variables, cases=len(of.each))
    return await living.hub.road.planner.plan(question, values, of, living.clock())


async def answered(living: Living, token: str, document: str, variables: Mapping[str, Any]) -> Reply:
    """The answer with every department heard. The sandbox's departments share this test's loop: while they first work out so many people,
    the hub may not know of revocations for a moment, or wait too long for its log, and refuses; who asks again is told.
    """
    statuses: Mapping[str, Mapping[str, int]] = {}
    for _ in range(5):
        living.government.forget()
        reply = await living.line.ask(token, document, variables)
        if reply.status == 503:  # or its log's second went by meanwhile: nothing was told
            continue
        assert reply.status == 200, reply.raw[:500]
        statuses = reply.body["extensions"]["disclosure"]["statuses"]
        if b"REVOCATION_UNKNOWN" not in reply.raw and not {status for of in statuses.values() for status in of} - {"MATCHED", "NO_RECORD", "NOT_AUTHORIZED", "NOT_COVERED"}:
            return reply
    raise AssertionError(statuses)


async def counted(living: Living, plan: Plan) -> Mapping[str, Counted]:
    """Per group what its department's journal holds beside what was planned."""
    await living.government.heard()
    entries = itertools.chain.from_iterable(living.government.journal(code).entries for code in living.government.departments)
    calls = Counter(str(entry["group"]) for entry in entries)
    calls["realEstate"] = living.government.journal("GZ").calls  # one call is told in several notices there
    found = {}
    for group in COUNTED:
        asks, batch = [ask for ask in plan.asks if ask.columns.group == group], MANIFESTS[group].batch
        found[group] = Counted(
            calls[group], len(asks), len(plan.joins), batch, sum(math.ceil(len(ask.people) / batch) for ask in asks),
        )
    return found
