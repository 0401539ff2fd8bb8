"""A federated department: entities asked in an aligned batch, and its SDL held against the manifest before anybody is asked about."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from connectors import manifest
from connectors.batches import UNREADABLE
from connectors.interface import DepartmentBroke, DepartmentUnavailable, Subject
from connectors.sandbox import marriage_registry
from connectors.subgraph import SubgraphConnector, document
from connectors.subgraph_contract import Contract, faults
from tests.connectors.asking import ask, column, household
from tests.connectors.test_manifest import SETTINGS

PATH = Path("connectors/manifests/MZ-HY.toml")
HY = manifest.parse(PATH.name, PATH.read_text(encoding="utf-8"), SETTINGS)
SDL = marriage_registry.SDL
STATUS = (column("marriage", "maritalStatus"),)


def test_the_contract_in_the_documents_is_what_the_sandbox_shows() -> None:
    assert Path("docs/contracts/MZ-HY.graphql").read_text(encoding="utf-8") == SDL
    assert faults(SDL, HY) == ()


def test_every_document_the_manifest_can_make_fits_the_departments_schema() -> None:
    schema = build_schema(SDL + marriage_registry._FEDERATION)
    names = [entry.name for entry in HY.groups["marriage"].fields.values()]
    for chosen in ([], names[:1], names):
        assert validate(schema, parse(document(HY.envelope, "marriage", chosen))) == []


@pytest.mark.parametrize(("old", "new", "said"), [
    ("  registered: String", "  registeredOn: String", "marriage.registered of marriage is gone"),
    ("  registered: String", "  registered: Int", "marriage.registered of marriage is no longer of a type that reads as date"),
    ("  registered: String", "  registered: [String]", "marriage.registered of marriage is no longer of a type that reads as date"),
    ("  status: String", "  status: Marriage", "marriage.status of marriage is no longer of a type that reads as code"),
    ("  marriage: [Marriage!]", "  marriages: [Marriage!]", "Citizen.marriage of marriage is gone"),
    ("  marriage: [Marriage!]", "  marriage: Marriage", "Citizen.marriage of marriage is no longer a list of records"),
    ("  marriage: [Marriage!]", "  marriage: [String!]", "Citizen.marriage of marriage is no longer a list of records"),
    ('  "RFC 3339"\n  dataTime: String!\n', "", "Citizen.dataTime is gone"),
    ("  dataTime: String!", "  dataTime: Int!", "Citizen.dataTime is no longer a text"),
    ("type Citizen ", "type Resident ", "type Citizen is gone"),
    ('"idNumber organisation purpose approval reference"', '"idNumber"',
     "Citizen has no key of approval, idNumber, organisation, purpose, reference"),
    ("type Marriage {", "type Marriage {{", "its SDL cannot be read"),
])
def test_a_field_gone_and_a_type_changed_are_named(old: str, new: str, said: str) -> None:
    assert old in SDL
    assert faults(SDL.replace(old, new), HY)[0] == said


def test_what_a_department_adds_or_spells_otherwise_is_no_fault() -> None:
    said = SDL.replace("  event: Int", "  event: Int!\n  place: String").replace("  registered: String", "  registered: Day!")
    said = said.replace("  status: String", "  status: State") + "\nscalar Day\nenum State { S1 S2 }\nextend type Marriage { note: String }\n"
    assert faults(said, HY) == ()
    moved = SDL.replace("  registered: String\n", "") + "\nextend type Marriage { registered: String }\n"
    assert faults(moved.replace("@key(", "@federation__key("), HY) == ()


def test_an_sdl_that_would_never_end_is_not_read() -> None:
    assert faults("#" * 1_000_001, HY) == ("its SDL is too long to be read",)
    assert faults("type T { f: " + "[" * 20_000, HY) == ("its SDL cannot be read",)


async def test_askers_who_come_together_look_once_and_a_broken_contract_is_looked_at_again_soon(monkeypatch) -> None:
    looked: list[tuple[str, ...]] = []

    async def look() -> tuple[str, ...]:
        await asyncio.sleep(0)
        looked.append(("x is gone",) if len(looked) == 0 else ())
        return looked[-1]

    loop, now = asyncio.get_running_loop(), [1000.0]
    monkeypatch.setattr(loop, "time", lambda: now[0])
    contract = Contract("MZ", look)
    for outcome in await asyncio.gather(*(contract.held() for _ in range(5)), return_exceptions=True):
        assert isinstance(outcome, DepartmentBroke)
        assert str(outcome) == "MZ: x is gone"
    assert len(looked) == 1
    now[0] += 31
    await contract.held()
    assert len(looked) == 2
    now[0] += 599
    await contract.held()
    assert len(looked) == 2
    now[0] += 2
    await contract.held()
    assert len(looked) == 3


async def test_a_changed_subgraph_is_asked_about_nobody_and_said_so_at_start(departments, government, population) -> None:
    registry = government.civil_affairs.marriages
    registry.sdl = SDL.replace("  registered: String", "  registered: Int")
    assert (await departments.contract_faults())["婚姻登记信息系统"] == ("marriage.registered of marriage is no longer of a type that reads as date",)
    with pytest.raises(DepartmentBroke, match="registered of marriage is no longer"):
        await departments["marriage"].fetch(ask("marriage", household(population, "marriage"), STATUS))
    assert not government.journal("MZ").entries
    whole = await departments["civilAssistance"].fetch(ask("civilAssistance", household(population, "civilAssistance")))
    assert {records.status for records in whole.values()} == {"MATCHED", "NO_RECORD"}


async def test_a_department_that_is_away_is_a_fault_at_start_and_asked_again_by_the_next_question(departments, government, population) -> None:
    await government.control("MZ", {"fail": 503})
    assert (await departments.contract_faults())["婚姻登记信息系统"] == ("its SDL cannot be had (DepartmentUnavailable)",)
    people = household(population, "marriage")
    with pytest.raises(DepartmentUnavailable):
        await departments["marriage"].fetch(ask("marriage", people, STATUS))
    await government.control("MZ", {})
    assert (await departments["marriage"].fetch(ask("marriage", people, STATUS)))["s0"].status == "MATCHED"


async def test_an_entity_of_another_person_spoils_the_whole_batch(departments, government, population) -> None:
    await government.control("MZ", {"lie": "other_person"})
    with pytest.raises(DepartmentBroke, match="entity of another person"):
        await departments["marriage"].fetch(ask("marriage", household(population, "marriage"), STATUS))


async def test_a_batch_is_one_call_and_names_and_keys_of_ours_do_not_travel(departments, government, population, monkeypatch) -> None:
    people = household(population, "marriage", 10)
    await departments["marriage"].fetch(ask("marriage", people[:1], STATUS))
    before, sent = government.journal("MZ").calls, []
    door = departments["marriage"]._door
    honest = door.post

    async def listening(url, make):
        sent.append(make()[0].decode())
        return await honest(url, make)

    monkeypatch.setattr(door, "post", listening)
    await departments["marriage"].fetch(ask("marriage", people, STATUS))
    assert government.journal("MZ").calls == before + 1
    assert not any(person.name in sent[0] for person in people)
    text = sent[0].partition('"variables"')[0]
    assert not any(person.id_number in text for person in people)


@pytest.mark.parametrize("dated", [None, 20261122, ["2026-11-22"], {"at": "2026-11-22"}, "soon"])
def test_a_date_that_is_none_costs_its_person_alone(clock, random, dated) -> None:
    connector = SubgraphConnector(HY, clock=clock, random=random)
    names = HY.envelope
    person = Subject("s0", "50990119850101001X", "张三", "intent-0000", "case-1")
    selection = connector._selections["marriage"].of(STATUS)
    good = {names["id"]: person.id_number, "marriage": [], names["as_of"]: "2026-11-22T06:00:00+08:00"}
    asked = ask("marriage", [], STATUS)
    assert connector._records(asked, selection, good, "marriage", person).status == "NO_RECORD"
    assert connector._records(asked, selection, good | {names["as_of"]: dated}, "marriage", person) is UNREADABLE
