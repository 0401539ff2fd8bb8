"""The hub in a bureau's supergraph: composed by both public libraries, asked through both public routers with a real, bound token."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio
from joserfc.jwk import ECKey

from hub.access_log.entry import Kind
from hub.oauth.presenting import build_assertion, build_proof, household_facts, token_request
from schema.federation import subgraph_sdl
from tests.federation import bureau
from tests.hub.living import Living, Matter

pytestmark = [pytest.mark.federation, pytest.mark.asyncio(loop_scope="session")]

HERE = Path(__file__).parent
KEY = ECKey.generate_key("P-256")
_numbers = itertools.count()
VISITED = """query Visited { visited { id homeVisits { on } name { masked }
  vehicle { status asOf source { department } disclosure { fields { field form reason } } records { plateNo { masked } value { yuan band } } } } }"""
CASE = """query Case($id: ID!) { case(id: $id) { reference household { members { relation person { id homeVisits { on } tax { status } } } } } }"""


async def node_says(node: str, script: str, modules: Path, given: Any) -> dict[str, Any]:
    """What a script of ours answers to a JSON value."""
    process = await asyncio.create_subprocess_exec(
        node, str(HERE / script), str(modules), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(json.dumps(given).encode()), 120)
    assert process.returncode == 0, err.decode()
    return json.loads(out)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def composed(hub: Living, bureau_url: str, node: str, modules: Path) -> dict[str, Any]:
    """Both libraries' supergraphs of the hub and the bureau."""
    return await node_says(node, "compose.mjs", modules, [
        {"name": "hub", "url": f"{hub.url}/graphql", "sdl": subgraph_sdl()}, {"name": "bureau", "url": bureau_url, "sdl": bureau.SCHEMA.as_str()},
    ])


@dataclass
class Router:
    """A router that runs, and the library its supergraph was composed by."""

    url: str
    hub: Living

    async def token(self, matter: Matter, **more: Any) -> str:
        """A token of the check office bound to the router's key, taken as its system would."""
        office, url = self.hub.offices["hd"], f"{self.hub.url}/oauth/token"
        assertion = build_assertion(
            office.key, client=office.client, kid=f"{office.client}-1", audience=self.hub.url, jti=f"federation-{next(_numbers):08d}",
            now=self.hub.clock(), officer={"id": office.officer},
        )
        details = household_facts(purpose="DIBAO_REVIEW", basis=matter.basis, case=matter.id)
        proof = build_proof(KEY, method="POST", url=url, jti=f"proof-{next(_numbers):08d}", now=self.hub.clock())
        async with self.hub.line.session.post(url, data=token_request(assertion, details), headers={"DPoP": proof}) as reply:
            told = await reply.json()
        assert told.get("token_type") == "DPoP", told
        return told["access_token"]

    async def ask(self, document: str, token: str, question: str, **variables: Any) -> dict[str, Any]:
        """A question as a client of the bureau sends it to its router."""
        headers = {"Content-Type": "application/json", "Parent-Question": question, **({"Authorization": f"DPoP {token}"} if token else {})}
        body = orjson.dumps({"query": document, "variables": variables})
        async with self.hub.line.session.post(self.url, data=body, headers=headers) as reply:
            return orjson.loads(await reply.read())

    async def handles(self, matter: Matter, token: str) -> list[str]:
        """The people of the case as the office is named them, through the router."""
        told = await self.ask(CASE, token, f"handles-{next(_numbers):012d}", id=matter.id)
        assert told.get("data", {}).get("case"), told
        return [one["person"]["id"] for one in told["data"]["case"]["household"]["members"]]


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=["apollo", "hive"])
async def router(request, composed, hub: Living, node: str, modules: Path) -> AsyncIterator[Router]:
    """Apollo Gateway over Apollo's supergraph, Hive Gateway over The Guild's."""
    given = {
        "supergraph": composed["apollo" if request.param == "apollo" else "guild"]["supergraph"], "hub": f"{hub.url}/graphql",
        "key": KEY.as_dict(private=True), "now": int(hub.clock().timestamp()),
    }
    process = await asyncio.create_subprocess_exec(
        node, str(HERE / f"{request.param}.mjs"), str(modules), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE, env={"NODE_ENV": "production", "PATH": "/usr/bin:/bin", "APOLLO_TELEMETRY_DISABLED": "1"},
    )
    process.stdin.write(json.dumps(given).encode())
    process.stdin.close()
    try:
        line = await asyncio.wait_for(process.stdout.readline(), 60)
        assert line, (await process.stderr.read()).decode()
        path = "/" if request.param == "apollo" else "/graphql"
        yield Router(f"http://127.0.0.1:{int(line)}{path}", hub)
    finally:
        process.kill()  # one of them waits for idle connections when asked to end
        await process.wait()


async def test_both_libraries_compose_the_hub_with_a_bureau_and_show_no_root_a_router_may_not_reach(composed):
    for name in ("apollo", "guild"):
        assert composed[name]["errors"] == [], name
        supergraph = composed[name]["supergraph"]
        assert '@join__type(graph: HUB, key: "id")' in supergraph
        assert '@join__type(graph: BUREAU, key: "id")' in supergraph
        assert supergraph.count("@inaccessible") >= 2
    assert all("is defined but unused" in hint for hint in composed["apollo"]["hints"]), "the enums of our own directives, and nothing else"


async def test_a_bureaus_people_are_told_with_their_disclosure_under_the_askers_own_token(router):
    matter = await router.hub.register()
    token = await router.token(matter)
    names = await router.handles(matter, token)
    bureau.VISITS.clear()
    bureau.VISITS.update({names[0]: ["2026-11-01"], names[3]: ["2026-11-02", "2026-11-09"], "per_of_somebody_else": ["2026-10-01"]})
    router.hub.government.forget()
    told = await router.ask(VISITED, token, "bureau-question-0001")
    first, child, stranger = told["data"]["visited"]
    assert (first["id"], [one["on"] for one in first["homeVisits"]]) == (names[0], ["2026-11-01"])
    assert first["vehicle"]["status"] == "MATCHED"
    assert first["vehicle"]["source"]["department"] == "GA"
    assert all(record["value"]["yuan"] for record in first["vehicle"]["records"])
    assert len(child["homeVisits"]) == 2
    assert {line["reason"] for line in child["vehicle"]["disclosure"]["fields"]} == {"UNDER_14"}
    assert stranger["homeVisits"] == [{"on": "2026-10-01"}]
    assert (stranger["vehicle"], stranger["name"]) == (None, None), "a handle of nobody: no facts, and the rest is told"
    assert sum(len(entry["subjects"]) for entry in await router.hub.journal("GA")) == 2


async def test_the_calls_of_one_question_stand_in_the_log_under_its_id(router):
    matter = await router.hub.register()
    token = await router.token(matter)
    bureau.VISITS.clear()
    bureau.VISITS[(await router.handles(matter, token))[0]] = ["2026-11-01"]
    question = f"bureau-question-{next(_numbers):08d}"
    both = f"query Both($id: ID!) {{ case(id: $id) {{ household {{ members {{ person {{ homeVisits {{ on }} tax {{ status }} }} }} }} }} {VISITED[16:-1]} }}"
    told = await router.ask(both, token, question, id=matter.id)
    assert told["data"]["case"], told
    assert told["data"]["visited"][0]["vehicle"]["status"] == "MATCHED"
    entries = [one for one in await router.hub.entries(case=matter.id) if one.parts()[0].get("exchange") == f"parent:{question}"]
    assert sorted(one.kind for one in entries) == [Kind.INTENT, Kind.INTENT, Kind.OUTCOME, Kind.OUTCOME]


async def test_without_a_token_with_a_strangers_or_for_a_hidden_root_nothing_is_asked(router):
    matter, other = await router.hub.register(), await router.hub.register()
    token, strange = await router.token(matter), await router.token(other)
    names = await router.handles(matter, token)
    bureau.VISITS.clear()
    bureau.VISITS[names[0]] = ["2026-11-01"]
    router.hub.government.forget()
    for held in ("", strange):
        told = await router.ask(VISITED, held, "bureau-question-0003")
        assert not (told.get("data") or {}).get("visited") or told["data"]["visited"][0]["vehicle"] is None
    hidden = await router.ask("query H($n: IdNumber!) { lookUp(idNumber: $n) { id } }", token, "bureau-question-0004", n="x")
    assert "lookUp" in hidden["errors"][0]["message"]
    assert "data" not in hidden or hidden["data"] is None
    assert not any(router.hub.asked().values())


async def test_a_department_that_is_down_is_its_own_groups_status_through_a_router_too(router):
    matter = await router.hub.register()
    token = await router.token(matter)
    bureau.VISITS.clear()
    bureau.VISITS[(await router.handles(matter, token))[0]] = ["2026-11-01"]
    async with router.hub.misbehaving("GA", fail=500):
        (told,) = (await router.ask(VISITED, token, "bureau-question-0005"))["data"]["visited"]
    assert told["vehicle"]["status"] == "SOURCE_ERROR"
    assert told["name"]["masked"]
    assert told["homeVisits"] == [{"on": "2026-11-01"}]
