"""The hub as a subgraph: `_entities` on the one road, with the same checks, limits, entries and answers as any other question."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from connectors.registry import flattened
from connectors.subgraph_contract import Contract
from hub.access_log.entry import Kind
from hub.cli import reachability
from hub.cli.findings import State
from schema.federation import subgraph_sdl
from tests.conftest import FakeClock
from tests.hub.living import GROUPS, PEOPLE, TAXES, TONGNAN, Living, Matter, live, prepare

pytestmark = pytest.mark.asyncio(loop_scope="session")

ENTITIES = f"query R($representations: [_Any!]!) {{ _entities(representations: $representations) {{ ... on Person {{ {GROUPS} }} }} }}"
VEHICLES = """query R($representations: [_Any!]!) { _entities(representations: $representations) { __typename ... on Person {
  id vehicle { status asOf disclosure { fields { field form reason } } records { plateNo { masked } value { yuan band } } } } } }"""
QUESTION = "q-7f3a9c1e5b2d4608"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def subgraph(postgres, tmp_path_factory) -> AsyncIterator[Living]:
    async with AsyncExitStack() as stack:
        directory = tmp_path_factory.mktemp("subgraph")
        yield await live(stack, await prepare(stack, postgres, directory, TONGNAN, FakeClock(), people=100, federation=True))


@pytest_asyncio.fixture(loop_scope="session")
async def asked(subgraph: Living) -> Living:
    subgraph.government.forget()
    return subgraph


def of(*handles: str) -> dict[str, list[dict[str, str]]]:
    """The variables of a router's call."""
    return {"representations": [{"__typename": "Person", "id": handle} for handle in handles]}


async def handles(living: Living, matter: Matter, office: str = "hd", **token) -> list[str]:
    """The people of a case as an office is named them."""
    reply = await living.line.ask(await living.token(matter, office, **token), PEOPLE, {"id": matter.id})
    return [one["person"]["id"] for one in reply.body["data"]["case"]["household"]["members"]]


async def test_a_hub_not_switched_on_has_neither_root(living, signed_matter):
    token = await living.token(signed_matter)
    for document in ("{ _service { sdl } }", VEHICLES):
        reply = await living.post(token, {"query": document, "variables": of("per_x")})
        assert (reply.status, reply.code) == (400, "DOCUMENT_INVALID")


async def test_the_sdl_is_told_to_whoever_may_ask_and_to_nobody_else(asked):
    token = await asked.token(await asked.register())
    told = await asked.post(token, {"query": "query Sdl { __typename _service { sdl } }"})
    assert told.body == {"data": {"__typename": "Query", "_service": {"sdl": subgraph_sdl()}}}
    assert (await asked.post(None, {"query": "{ _service { sdl } }"})).status == 401
    for smuggled in ("{ _service { sdl } __schema { types { name } } }", '{ _service { sdl } __type(name: "Person") { name } }'):
        assert (await asked.post(token, {"query": smuggled})).code == "INTROSPECTION_OFF"
    mixed = await asked.post(token, {"query": "query M($id: ID!) { _service { sdl } case(id: $id) { id } }", "variables": {"id": "x"}})
    assert mixed.code == "INTROSPECTION_MIXED"


async def test_a_batch_is_told_what_people_are_told_in_the_order_asked(asked):
    matter = await asked.register()
    names = await handles(asked, matter)
    order = [names[3], names[0], names[3], names[4]]
    token = await asked.token(matter)
    told = await asked.line.ask(token, ENTITIES, of(*order))
    plain = await asked.line.ask(token, f"query P($ids: [ID!]!) {{ people(ids: $ids) {{ {GROUPS} }} }}", {"ids": order})
    assert told.status == plain.status == 200, told.raw
    assert told.body["data"]["_entities"] == plain.body["data"]["people"]
    again = await asked.line.ask(token, VEHICLES, of(*order))
    assert [one["id"] for one in again.body["data"]["_entities"]] == order
    assert {one["__typename"] for one in again.body["data"]["_entities"]} == {"Person"}


async def test_a_batch_asks_each_department_once_and_every_representation_has_its_own_consent(asked):
    family = asked.family
    matter = await asked.register(unsigned=[family.members[1].person.index])
    names = await handles(asked, matter)
    asked.government.forget()
    reply = await asked.line.ask(await asked.token(matter), VEHICLES, of(*names))
    told = reply.body["data"]["_entities"]
    assert [one["vehicle"]["status"] == "NOT_AUTHORIZED" for one in told] == [index == 1 for index in range(len(names))]
    unsigned = told[1]["vehicle"]
    assert unsigned["records"] is None
    assert {line["reason"] for line in unsigned["disclosure"]["fields"]} == {"SUBJECT_NOT_COVERED"}
    assert sum(len(entry["subjects"]) for entry in await asked.journal("GA")) == len(names) - 1
    assert all(one["vehicle"]["asOf"] for index, one in enumerate(told) if index != 1)


async def test_a_handle_of_another_office_another_case_or_nobody_is_one_answer_and_asks_nobody(asked):
    own, other = await asked.register(), await asked.register(organisations=("hd", "jy"))
    strangers = [
        (await handles(asked, other))[0],
        (await handles(asked, other, "jy", purpose="EDUCATION_AID", basis={"kind": "statute", "article": "SAL §42"}))[0],
        (await handles(asked, own))[0][:-6] + "AAAAA=", "per_", "hh_x", "x" * 200,
    ]
    asked.government.forget()
    reply = await asked.line.ask(await asked.token(own), VEHICLES, of(*strangers))
    assert reply.status == 200
    assert reply.body["data"] == {"_entities": [None] * len(strangers)}
    assert "errors" not in reply.body
    assert not any(asked.asked().values())
    known = (await handles(asked, own))[2]
    asked.government.forget()
    mixed = await asked.line.ask(await asked.token(own), VEHICLES, of(strangers[0], known, strangers[4]))
    assert [one and one["id"] for one in mixed.body["data"]["_entities"]] == [None, known, None]


async def test_disclosure_status_and_time_are_in_the_data_so_that_a_router_cannot_lose_them(asked):
    matter = await asked.register()
    reply = await asked.line.ask(await asked.token(matter), VEHICLES, of(*await handles(asked, matter)))
    children = [one["vehicle"] for one in reply.body["data"]["_entities"] if one["vehicle"]["disclosure"]["fields"]]
    assert children, "the child of nine is told weaker"
    assert {line["reason"] for one in children for line in one["disclosure"]["fields"]} == {"UNDER_14"}


async def test_entities_are_weighed_limited_and_refused_like_any_question(asked):
    matter = await asked.register()
    token = await asked.token(matter)
    wide = await asked.post(token, {"query": VEHICLES, "variables": of(*[f"per_{n}" for n in range(201)])})
    assert (wide.status, wide.code) == (400, "TOO_LARGE")
    costly = await asked.post(token, {"query": ENTITIES, "variables": of(*["per_x"] * 200)})
    assert (costly.status, costly.code) == (400, "TOO_COSTLY")
    literal = VEHICLES.replace("$representations)", '[{__typename: "Person", id: "per_x"}])').replace("($representations: [_Any!]!)", "")
    assert (await asked.post(token, {"query": literal})).code == "DOCUMENT_INVALID"
    for bad in ({"__typename": "Household", "id": "hh_x"}, {"__typename": "Person", "id": "per_x", "idNumber": "509900200001010011"}, None, 1):
        reply = await asked.post(token, {"query": VEHICLES, "variables": {"representations": [bad]}})
        assert (reply.status, reply.code) == (400, "VARIABLE_INVALID"), bad
        assert b"5099" not in reply.raw
    async with asked.log_stopped():
        asked.government.forget()
        stopped = await asked.post(token, {"query": VEHICLES, "variables": of("per_x")})
        assert (stopped.status, stopped.code) == (503, "LOG_UNAVAILABLE")
        assert not any(asked.asked().values())
    auditor = await asked.post(await asked.auditor(), {"query": VEHICLES, "variables": of((await handles(asked, matter))[0])})
    assert auditor.body["data"] == {"_entities": [None]}, "an officer of the log is told no facts"


async def test_the_parts_of_a_routers_question_stand_in_the_log_under_its_id_and_the_id_decides_nothing(asked):
    matter = await asked.register()
    names = await handles(asked, matter)
    token = await asked.token(matter)
    question = {"Parent-Question": QUESTION}
    first = await asked.post(token, {"query": TAXES, "variables": {"id": matter.id}}, **question)
    second = await asked.post(token, {"query": VEHICLES, "variables": of(*names)}, **question)
    plain = await asked.post(token, {"query": VEHICLES, "variables": of(*names)})
    assert first.status == second.status == 200
    assert second.body["data"] == plain.body["data"]
    entries = [one for one in await asked.entries(case=matter.id) if one.parts()[0].get("exchange") == f"parent:{QUESTION}"]
    assert sorted(one.kind for one in entries) == [Kind.INTENT, Kind.INTENT, Kind.OUTCOME, Kind.OUTCOME]
    assert {one.id for one in entries if one.kind is Kind.INTENT} == {
        reply.body["extensions"]["question"] for reply in (first, second)}
    shown = await asked.line.ask(
        await asked.auditor(), "query L($c: ID) { accessLog(filter: {case: $c}) { edges { node { exchange } } } }", {"c": matter.id},
    )
    found = [edge["node"]["exchange"] for edge in shown.body["data"]["accessLog"]["edges"]]
    assert found.count(f"parent:{QUESTION}") == 4
    # The id of somebody else's exchange does not open it: a stranger's handle stays nobody's.
    stranger = await asked.register()
    reply = await asked.post(await asked.token(stranger), {"query": VEHICLES, "variables": of(*names)}, **question)
    assert reply.body["data"] == {"_entities": [None] * len(names)}


@pytest.mark.parametrize("bad", ["short", "x" * 65, "a b" * 8, "q-509900200001010011", "q-" + "é" * 16, "'; DROP TABLE log_entry"])
async def test_a_question_id_that_is_none_is_refused_by_name_and_recorded(asked, bad):
    matter = await asked.register()
    reply = await asked.post(await asked.token(matter), {"query": VEHICLES, "variables": of("per_x")}, **{"Parent-Question": bad})
    assert (reply.status, reply.code) == (400, "QUESTION_ID")
    assert bad.encode() not in reply.raw
    assert (await asked.refusals())[0] == "QUESTION_ID"
    assert not any(asked.asked().values())


async def test_a_subgraph_that_changed_costs_its_own_group_and_the_doctor_names_the_fault(asked):
    registry, path = asked.government.civil_affairs.marriages, Path("connectors/manifests/MZ-HY.toml")
    known = flattened(asked.government.settings)
    assert (await reachability._department(path, known, {}, asked.hub.settings.directory)).state is State.OK
    whole, registry.sdl = registry.sdl, registry.sdl.replace("  registered: String", "  registeredOn: String")
    marriage = asked.hub.departments["marriage"]
    fresh, marriage._contract = marriage._contract, Contract("MZ", marriage._look)
    try:
        found = await reachability._department(path, known, {}, asked.hub.settings.directory)
        assert (found.state, "marriage.registered of marriage is gone" in found.seen) == (State.WARN, True)
        matter = await asked.register()
        document = "query M($id: ID!) { case(id: $id) { household { members { person { marriage { status } tax { status } } } } } }"
        reply = await asked.line.ask(await asked.token(matter), document, {"id": matter.id})
        told = [one["person"] for one in reply.body["data"]["case"]["household"]["members"]]
        assert {one["marriage"]["status"] for one in told} == {"SOURCE_ERROR"}
        assert {one["tax"]["status"] for one in told} <= {"MATCHED", "NO_RECORD"}
    finally:
        registry.sdl, marriage._contract = whole, fresh
