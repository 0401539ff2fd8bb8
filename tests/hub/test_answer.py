"""Answer: interpreted and compiled tell the same; wrong values are null with an error; nothing of the caller's enters source; all is bounded."""

from __future__ import annotations

import asyncio
import dis
import json
from dataclasses import replace
from uuid import UUID

import pytest

from hub.answer import LINES
from hub.compiled import NotCompilable, compiled
from hub.fetch import Fetcher
from hub.interpreted import Interpretation
from hub.leaf_types import leaf_types
from hub.records import Surroundings, concrete, json_ready, read
from policies.verdict import Relation
from schema import SCHEMA
from schema.register import GROUPS
from tests.hub.road import FACT_GROUPS, NOW, Department, covered, matter, member, person, road, sources, standing, without

WIDE = '{{ case(id: "case_1") {{ household {{ members {{ relation person {{ id name {{ full }} {} }} }} }} }} }}'.format(" ".join(
    f"{group} {{ status records {{ {' '.join(n for n, f in GROUPS[group].fields.items() if f.kind == 'PLAIN')} }} }}" for group in FACT_GROUPS
))
CARS = '{ person(id: "%s") { vehicle { status records { useNature value { yuan } isDisabilityMobility } } householdRegister { records { memberCount } } } }'


async def test_a_place_is_compiled_on_its_second_use_and_at_once_for_a_persisted_operation(keys) -> None:
    travelled = road(keys)
    programs = []
    for _ in range(3):
        plan, _, answer = await travelled.ask(WIDE)
        programs.append({telling.program for telling in plan.tellings.values()})
    assert programs[0] == {None}
    assert programs[1] == programs[2]
    assert None not in programs[1]
    assert len(programs[1]) == 1
    other = road(keys)
    plan = await other.plan(WIDE)
    fetched = await other.fetcher.fetch(plan, "i")
    assert other.answerer.answer(plan, fetched, persisted=True).data == answer.data
    assert all(telling.program for telling in plan.tellings.values())


async def test_without_compiling_no_program_is_made(keys) -> None:
    travelled = road(keys, compiling=False)
    for _ in range(3):
        plan, _, _ = await travelled.ask(WIDE)
    assert {telling.program for telling in plan.tellings.values()} == {None}


@pytest.mark.parametrize("cells", [
    {("useNature", ""): 7}, {("value", "yuan"): 12.5}, {("isDisabilityMobility", ""): "true"}, {("memberCount", ""): True},
    {("memberCount", ""): 2**31}, {("useNature", ""): ["a"]}, {("useNature", ""): {}},
])
async def test_a_value_of_the_wrong_type_is_null_with_an_error_at_its_path(keys, cells) -> None:
    travelled = road(keys, department=Department(cells=cells, counts={person(0).id_number: 2}))
    answers = [(await travelled.ask(CARS % travelled.handle(member(0))))[2] for _ in range(3)]
    for answer in answers:
        assert answer.data == answers[0].data
        assert len(answer.errors) == 2
        field, leaf = next(iter(cells))
        assert [error["path"][-1] for error in answer.errors] == [leaf or field] * 2
        assert answer.errors[0]["extensions"] == {"code": "SOURCE_ERROR"}
        assert "12.5" not in json.dumps(answer.errors)
        assert "true" not in json.dumps(answer.errors)
    assert answers[0].data["person"]["vehicle"]["status"] == "MATCHED"


async def test_as_of_of_the_wrong_type_is_found_by_both_readings(keys) -> None:
    class Odd(Department):
        def about(self, ask, id_number):
            return replace(super().about(ask, id_number), as_of=20261122)

    travelled = road(keys, department=Odd())
    text = f'{{ person(id: "{travelled.handle(member(0))}") {{ vehicle {{ asOf status }} }} }}'
    for _ in range(3):
        _, _, answer = await travelled.ask(text)
        assert answer.data["person"]["vehicle"]["asOf"] is None
        assert [error["path"] for error in answer.errors] == [["person", "vehicle", "asOf"]]


async def test_response_keys_stand_in_no_generated_source(keys) -> None:
    travelled = road(keys)
    text = '{ case(id: "case_1") { household { members { person { evil_alias: vehicle { bad_one: records { worse: useNature } } } } } } }'
    for _ in range(2):
        plan, _, _ = await travelled.ask(text)
    program = next(iter(plan.tellings.values())).program
    code = program.__code__
    words = {*code.co_names, *code.co_varnames, *(str(constant) for constant in code.co_consts), dis.Bytecode(program).dis()}
    assert not [word for word in words if "evil" in word or "bad_one" in word or "worse" in word or "vehicle" in word]
    assert "evil_alias" in program.__globals__.values()


async def test_null_in_a_non_null_place_takes_the_nearest_nullable_place_with_it(keys) -> None:
    who = standing(matter(replace(member(0), relation=None), member(1)))
    _, _, answer = await road(keys).ask('{ case(id: "case_1") { id household { area members { relation person { id } } } } }', who=who)
    assert answer.data == {"case": {"id": "case_1", "household": None}}
    assert [error["path"] for error in answer.errors] == [["case", "household", "members", 0, "relation"]]
    assert answer.errors[0]["extensions"] == {"code": "NULL_IN_NON_NULL"}


async def test_what_is_withheld_is_null_whatever_the_value_and_named_in_the_disclosure(keys) -> None:
    who = standing(department="JY", role="DEPT_SYSTEM", purpose="EDUCATION_AID")
    text = '{ case(id: "case_1") { household { members { person { name { full masked } } } } } }'
    _, _, answer = await road(keys).ask(text, who=who)
    assert answer.disclosure["fields"] == (
        {"path": ("case", "household", "members", "person"), "field": "name", "form": "MASKED", "reason": "LEVEL"},
    )
    other = standing(matter(*(replace(member(n), person=replace(person(n), name="别名")) for n in range(4))), department="JY", role="DEPT_SYSTEM", purpose="EDUCATION_AID")
    _, _, changed = await road(keys).ask(text, who=other)
    assert changed.disclosure == answer.disclosure


async def test_told_counts_what_arrived_not_what_was_planned(keys) -> None:
    department = Department(counts={person(0).id_number: 2, person(1).id_number: 0, person(2).id_number: 1})
    text = '{ case(id: "case_1") { household { members { person { vehicle { records { useNature value { yuan band } } } } } } } }'
    who = without(standing(), 3)
    _, _, answer = await road(keys, department=department).ask(text, who=who)
    assert answer.told.statuses == {"vehicle": {"MATCHED": 2, "NO_RECORD": 1, "NOT_AUTHORIZED": 1}}
    assert answer.told.rows == {"vehicle": 3}
    assert answer.told.forms == {"FULL": 6, "BAND": 3}
    assert answer.told.fields == ("vehicle.useNature=FULL", "vehicle.value=BAND", "vehicle.value=FULL")
    assert answer.told.partial
    down = road(keys, department=Department(fails=[RuntimeError()]))
    _, _, answer = await down.ask(text)
    assert answer.told.fields == ()
    assert answer.told.rows == {}
    assert answer.told.partial
    assert not (await road(keys).ask('{ case(id: "case_1") { id } }'))[2].told.partial


async def test_no_record_is_an_empty_list_with_its_status_and_a_lost_source_is_null(keys) -> None:
    department = Department(counts={person(0).id_number: 0})
    travelled = road(keys, department=department)
    text = f'{{ person(id: "{travelled.handle(member(0))}") {{ vehicle {{ status records {{ useNature }} }} }} }}'
    for _ in range(2):
        assert (await travelled.ask(text))[2].data["person"]["vehicle"] == {"status": "NO_RECORD", "records": []}
    department.fails = [RuntimeError()]
    assert (await travelled.ask(text))[2].data["person"]["vehicle"] == {"status": "SOURCE_ERROR", "records": None}


async def test_the_disclosure_is_bounded_and_says_so(keys) -> None:
    aliases = " ".join(f"a{n}: person(id: \"%s\") {{ realEstate {{ records {{ {' '.join(f'b{m}: ' + name + ' { ' + leaf + ' }' for m, (name, leaf) in enumerate(LEAVES))} }} }} }}" for n in range(120))
    travelled = road(keys)
    handle = travelled.handle(member(0))
    _, _, answer = await travelled.ask("{ " + aliases.replace("%s", handle) + " }", who=without(standing(), 0))
    assert len(answer.disclosure["fields"]) == LINES
    assert answer.disclosure["truncated"]


LEAVES = [(name, {"TEXT": "full", "AMOUNT": "yuan", "QUANTITY": "value", "DATED": "on", "CODED": "code"}[field.kind])
          for name, field in GROUPS["realEstate"].fields.items() if field.kind in ("TEXT", "AMOUNT", "QUANTITY", "DATED", "CODED")]


async def test_a_place_of_very_many_leaves_is_always_interpreted(keys) -> None:
    many = " ".join(f"a{n}: useNature" for n in range(900))
    travelled = road(keys)
    text = f'{{ person(id: "{travelled.handle(member(0))}") {{ vehicle {{ records {{ {many} }} }} }} }}'
    for _ in range(4):
        plan, fetched, answer = await travelled.ask(text)
    telling = next(iter(plan.tellings.values()))
    assert telling.program is None
    assert len(answer.data["person"]["vehicle"]["records"][0]) == 900
    with pytest.raises(NotCompilable):
        compiled(telling, Interpretation(Surroundings(plan, travelled.planner.reach), fetched, leaf_types(SCHEMA)))


async def test_a_constant_that_cannot_stand_is_interpreted_with_its_error(keys) -> None:
    known = sources(Department())
    broken = {group: known.source(group, "") for group in FACT_GROUPS}
    broken["vehicle"] = replace(broken["vehicle"], department=None)
    travelled = road(keys, known=type(known)(broken.values()))
    text = '{ person(id: "%s") { vehicle { status source { department } } tax { source { department } } } }'
    for _ in range(3):
        _, _, answer = await travelled.ask(text % travelled.handle(member(1)))
        assert answer.data["person"]["vehicle"] is None
        assert answer.data["person"]["tax"] == {"source": {"department": "SW"}}
        assert len(answer.errors) == 1


async def test_what_is_kept_is_bounded(keys) -> None:
    travelled = road(keys, kept=8)
    for n in range(40):
        await travelled.ask(f'{{ person(id: "{travelled.handle(member(n % 4))}") {{ a{n}: vehicle {{ status }} }} }}')
    planner = travelled.planner
    kept = (planner._shapes, planner._layouts, planner._joins, planner._columns, planner._scopes._kept, planner._scopes._reducers)
    assert max(map(len, kept)) <= 16


async def test_answers_of_many_askers_at_once_do_not_mix(keys) -> None:
    travelled = road(keys, department=Department(slow=0.01))
    text = '{ case(id: "case_1") { household { members { person { name { full } vehicle { status } } } } } }'

    async def one(n: int) -> None:
        who = standing(matter(member(n), member(n + 1)))
        _, _, answer = await travelled.ask(text, who=who)
        assert [one["person"]["name"]["full"] for one in answer.data["case"]["household"]["members"]] == [person(n).name, person(n + 1).name]

    await asyncio.gather(*(one(n) for n in range(20)))


def test_records_are_read_from_mappings_attributes_and_classes() -> None:
    class SelfBasis:
        has_next = "x"

    assert read(None, "PageInfo", "hasNext", SelfBasis()) == "x"
    assert read(None, "PageInfo", "hasNext", {"hasNext": 1}) == 1
    assert read(None, "Case", "id", None) is None
    assert read(None, "Household", "id", 1) is None
    assert read(None, "Member", "role", "m") is None
    assert read(None, "Member", "coverage", "m") is None
    assert concrete(SelfBasis(), ("SelfBasis",)) == "SelfBasis"
    assert concrete({"__typename": "X"}, ("SelfBasis",)) == ""
    assert json_ready(NOW) == "2026-11-23T09:00:00+08:00"
    assert json_ready(NOW.date()) == "2026-11-23"
    assert json_ready(covered()) == covered()
    assert json_ready(Relation.LOCAL) == "LOCAL"
    assert json_ready(UUID(int=1)) == str(UUID(int=1))


@pytest.mark.parametrize("page", [7, {"edges": {"cursor": "c"}}, {"edges": [{"cursor": "c", "node": {"basis": {"kind": "letter"}}}]}])
async def test_a_provider_that_gives_no_list_or_no_known_type_is_an_error_at_its_path(keys, page) -> None:
    async def provider(_who: object, _arguments: object) -> object:
        return page

    text = "{ accessLog { edges { cursor node { basis { ... on LetterBasis { kind } } } } } }"
    _, _, answer = await road(keys, fetcher=Fetcher(roots={"accessLog": provider})).ask(text)
    assert len(answer.errors) == 1
    if page != 7 and isinstance(page["edges"], list):
        assert answer.data == {"accessLog": {"edges": [{"cursor": "c", "node": {"basis": None}}]}}
    else:
        assert answer.data is None


def test_the_answerer_and_the_road_read_the_same_schema() -> None:
    types = leaf_types(SCHEMA)
    assert types["FactStatus"].holds("MATCHED")
    assert not types["FactStatus"].holds("FINE")
    assert types["Int"].holds(1)
    assert not types["Int"].holds(True)
    assert not types["Int"].holds(2**31)
    assert types["Date"].holds("2026-11-23")
    assert not types["Date"].holds(NOW)
