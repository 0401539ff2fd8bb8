"""Many households in one operation beside as many questions about one: departments' calls, the bound on them, CPU per leaf.

    calls    counted by the departments themselves (a file drop counts none: nobody sees who reads a file)
    bound    column sets x ceil(subjects / batch) of each department, from the plan of the same question
    CPU      of the worker, of the whole road over HTTP; one operation and the questions one by one take turns
"""

from __future__ import annotations

import itertools
import json
import math
import os
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp

from benchmarks import load, question
from benchmarks.growth import counted_leaves
from benchmarks.hub_server import FAIR_USE, REGION
from benchmarks.load import Refused
from benchmarks.processes import Child, cpu
from benchmarks.scene import HTTP, Scene
from hub.cli.demo.offices import Line
from hub.clock import clock
from hub.oauth.presenting import household_facts, token_request
from hub.opening import open_hub
from hub.plan import Plan
from hub.settings import Settings
from schema.register import GROUPS

PURPOSE = "PERIODIC_RECHECK"
HOUSEHOLDS = 200
_BODY = "id household {{ members {{ person {{ id {} }} }} obligors {{ person {{ id {} }} }} }}"
_ASKED = _BODY.format(question.person(), question.person())
TOGETHER = f"query Recheck($ids: [ID!]!) {{ cases(ids: $ids) {{ {_ASKED} }} }}"
ALONE = f"query One($id: ID!) {{ case(id: $id) {{ {_ASKED} }} }}"


async def many(scene: Scene, rounds: int) -> dict[str, Any]:
    """The figures of so many rounds; nothing is asserted of how fast."""
    road = await scene.road("--gather")
    async with aiohttp.ClientSession() as session:
        line = Line(road.url, session, clock, os.urandom)
        cases = await _registered(scene, line)
        whole = await _granted(scene, line, [household_facts(purpose=PURPOSE, basis=basis, case=case) for case, basis in cases])
        alone = [(case, await line.token(scene.applicants.office, purpose=PURPOSE, basis=basis, case=case)) for case, basis in cases]
        ids = [case for case, _ in cases]
        await _one_by_one(line, alone[:16])  # both are compiled before anything is counted
        await _together(line, whole, ids)
        found = [await _round(scene, road, line, whole, alone) for _ in range(rounds)]
    road.stop()
    plan, batches = await _planned(scene, whole, ids)
    return {
        "households": len(ids), "people": len(plan.joins), "rounds": rounds, "leaves": found[-1]["leaves"],
        "told": found[-1]["told"], "calls": {name: found[-1][name]["calls"] for name in ("together", "alone")}, "bound": _bound(plan, batches),
        "us_a_leaf": {name: statistics.median(one[name]["us_a_leaf"] for one in found) for name in ("together", "alone")},
        "ratio": statistics.median(one["together"]["us_a_leaf"] / one["alone"]["us_a_leaf"] for one in found),
    }


async def _round(scene: Scene, road: Child, line: Line, whole: str, alone: Sequence[tuple[str, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("together", "alone"):
        calls, before = await _calls(scene), cpu(road.pid)
        told = await _together(line, whole, [case for case, _ in alone]) if name == "together" else await _one_by_one(line, alone)
        spent = cpu(road.pid) - before
        leaves = counted_leaves(told)
        made = {group: number - calls[group] for group, number in (await _calls(scene)).items()}
        found |= {"leaves": leaves, name: {"calls": made, "us_a_leaf": spent / leaves * 1e6}}
        statuses = Counter(_statuses(told))
        found["told"] = (statuses["MATCHED"] + statuses["NO_RECORD"]) / statuses.total()
    return found


async def _together(line: Line, token: str, ids: Sequence[str]) -> Any:
    reply = await line.ask(token, TOGETHER, {"ids": ids})
    if reply.status != 200:
        raise Refused(reply.raw[:400].decode(errors="replace"))
    return reply.body["data"]["cases"]


async def _one_by_one(line: Line, alone: Sequence[tuple[str, str]]) -> list[Any]:
    told = []
    for case, token in alone:
        reply = await line.ask(token, ALONE, {"id": case})
        if reply.status != 200:
            raise Refused(reply.raw[:400].decode(errors="replace"))
        told.append(reply.body["data"]["case"])
    return told


async def _registered(scene: Scene, line: Line) -> list[tuple[str, Mapping[str, Any]]]:
    """Case and basis of each household."""
    desk, office = scene.applicants.platform, scene.applicants.office
    cases: list[tuple[str, Mapping[str, Any]]] = []
    for number, family in enumerate(itertools.islice(desk.population.households(), HOUSEHOLDS)):
        message = desk.registration(family, reference=f"MANY-{number}", assistance="DIBAO", purposes=[PURPOSE], organisations=[office.organisation])
        reply = await line.send("/registrations", message)
        if reply.status != 201:
            raise Refused(reply.raw.decode(errors="replace"))
        letters = [{"id": one["id"], "hash": one["hash"]} for one in reply.body["letters"]]
        cases.append((str(reply.body["case"]), {"kind": "letter", "letters": letters}))
    return cases


async def _granted(scene: Scene, line: Line, details: Sequence[Mapping[str, Any]]) -> str:
    """One token over all cases. Raises Refused where any of them is."""
    form = token_request(line._assertion(scene.applicants.office), *details)
    async with line.session.post(f"{line.hub}/oauth/token", data=form) as reply:
        answer = await reply.json(content_type=None)
    if reply.status != 200 or "refused_details" in answer:
        raise Refused(str(answer)[:400])
    return str(answer["access_token"])


async def _planned(scene: Scene, token: str, ids: Sequence[str]) -> tuple[Plan, Mapping[str, int]]:
    """What a worker plans for the operation, and how many people each group's department takes a call."""
    settings = Settings(
        region=REGION, issuer=f"http://127.0.0.1:{scene.port}", directory=scene.directory / "hub", database_url=scene.database, require_dpop=False,
        console=False, fair_use=FAIR_USE,
    )
    sources = json.loads((scene.directory / "government" / "settings.json").read_text(encoding="utf-8"))
    async with open_hub(settings, sources, clock=clock, random=os.urandom) as hub:
        scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": [(b"authorization", f"Bearer {token}".encode())]}
        standing = await hub.desk.identify(scope)
        asked, values = (await hub.documents.load(TOGETHER)).question({"ids": list(ids)}, cases=len(standing.each))
        plan = await hub.planner.plan(asked, values, standing, clock())
        return plan, {group: hub.departments.batch(group) for group in question.FIELDS}


def _bound(plan: Plan, batches: Mapping[str, int]) -> dict[str, int]:
    sets = Counter(ask.columns.group for ask in plan.asks)
    return {GROUPS[group].department: sets[group] * math.ceil(len(plan.joins) / batch) for group, batch in batches.items()}


async def _calls(scene: Scene) -> dict[str, int]:
    """Calls so far, by department; each has one of the question's groups."""
    plain = scene.government.ready["plain"]["url"]
    return {name: int((await load.sent(plain, "GET", f"/{name}/_calls"))["calls"]) for name in (*HTTP, "GZ")}


def _statuses(told: object) -> list[str]:
    if isinstance(told, Mapping):
        own = [told["status"]] if "records" in told else []
        return own + [status for inner in told.values() for status in _statuses(inner)]
    return [status for inner in told for status in _statuses(inner)] if isinstance(told, list) else []
