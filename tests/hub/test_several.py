"""One question over several matters of one token: what is asked together, and that no matter's letters open another's people."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from hub.authorizations.standing import Standing, together
from hub.errors import Malformed
from hub.fetch import Fetcher
from hub.keys import KeyRing, Use
from tests.hub.road import UNCOVERED, Department, Road, covered, matter, member, person, road, sources, standing

ALL = "query($ids: [ID!]!) { cases(ids: $ids) { id household { id members { coverage { covered } person { id vehicle { status records { plateNo { masked } } } } } obligors { person { id vehicle { status } } } } } }"


def case(name: str, *members: object, area: str = "URBAN", coverage: object = None) -> Standing:
    of = replace(matter(*members, case=name), area=area, household=str(UUID(int=int.from_bytes(name.encode()))))
    return standing(of, case=name, coverage=coverage)


def handle(travelled: Road, number: int, of: str, kind: str = "per") -> str:
    return travelled.handles.encode(kind, UUID(person(number).id), organisation="org", case=of)


async def test_people_of_several_cases_are_asked_together_where_their_columns_are_the_same(keys) -> None:
    travelled = road(keys)
    who = together([case("a", member(0), member(1)), case("b", member(2)), case("c", member(3, born=date(2019, 1, 1)), member(4))])
    _, _, answer = await travelled.ask(ALL, {"ids": ["a", "b", "c", "d"]}, who)
    assert [one and one["id"] for one in answer.data["cases"]] == ["a", "b", "c", None]
    adults, child = sorted(travelled.department.asks, key=lambda ask: len(ask.subjects), reverse=True)
    assert [(subject.id_number, subject.approval) for subject in adults.subjects] == [
        (person(0).id_number, "a"), (person(1).id_number, "a"), (person(2).id_number, "b"), (person(4).id_number, "c"),
    ]
    assert [subject.approval for subject in child.subjects] == ["c"]
    assert len({subject.key for ask in travelled.department.asks for subject in ask.subjects}) == 5


async def test_what_covers_a_person_in_one_case_opens_nothing_about_them_in_another(keys) -> None:
    """Covered as a member of one household, not as the obligor of another: asked and told in the first alone, whatever handle is used."""
    travelled = road(keys)
    who = together([case("a", member(0), member(1)), case("b", member(2), member(0, "OBLIGOR"), coverage={person(0).id: UNCOVERED})])
    _, _, answer = await travelled.ask(ALL, {"ids": ["a", "b"]}, who)
    first, second = [one["household"] for one in answer.data["cases"]]
    assert first["members"][0]["person"]["vehicle"]["status"] in {"MATCHED", "NO_RECORD"}
    assert second["obligors"][0]["person"]["vehicle"]["status"] == "NOT_AUTHORIZED"
    assert first["members"][0]["person"]["id"] != second["obligors"][0]["person"]["id"]
    asked = [(subject.id_number, subject.approval) for ask in travelled.department.asks for subject in ask.subjects]
    assert (person(0).id_number, "b") not in asked
    assert asked.count((person(0).id_number, "a")) == 1
    by_handle = "query($ids: [ID!]!) { people(ids: $ids) { id vehicle { status } } }"
    ids = [handle(travelled, 0, "b"), handle(travelled, 0, "a"), handle(travelled, 0, "c"), "per_nobody"]
    _, _, answer = await travelled.ask(by_handle, {"ids": ids}, who)
    told = answer.data["people"]
    assert [one and one["id"] for one in told] == [ids[0], ids[1], None, None]
    assert told[0]["vehicle"]["status"] == "NOT_AUTHORIZED"
    assert told[1]["vehicle"]["status"] != "NOT_AUTHORIZED"


async def test_a_wider_letter_of_one_case_widens_no_column_of_the_same_person_in_another(keys) -> None:
    travelled = road(keys)
    text = "query($ids: [ID!]!) { cases(ids: $ids) { household { members { person { vehicle { status } tax { status } } } } } }"
    who = together([case("a", member(0)), case("b", member(0), coverage={person(0).id: covered(groups=frozenset({"tax"}))})])
    _, _, answer = await travelled.ask(text, {"ids": ["a", "b"]}, who)
    assert [one["household"]["members"][0]["person"]["vehicle"]["status"] for one in answer.data["cases"]][1] == "NOT_COVERED"
    assert {(ask.group, tuple(subject.approval for subject in ask.subjects)) for ask in travelled.department.asks} == {
        ("vehicle", ("a",)), ("tax", ("a", "b")),
    }


@pytest.mark.parametrize("text", [
    "query($id: ID!) { household(id: $id) { area members { person { id } } } }", "query($id: ID!) { person(id: $id) { id } }",
    "query($id: ID!) { case(id: $id) { id } }",
])
async def test_nothing_outside_the_tokens_cases_is_found_under_any_root(keys, text) -> None:
    travelled = road(keys)
    who = together([case("a", member(0)), case("b", member(1))])
    for stranger in ("c", handle(travelled, 0, "c"), handle(travelled, 2, "a"), handle(travelled, 0, "a", "hh"), "", "hh_x"):
        _, _, answer = await travelled.ask(text, {"id": stranger}, who)
        assert list(answer.data.values()) == [None]
    assert travelled.department.asks == []


async def test_a_household_of_any_of_the_cases_is_found_by_its_handle(keys) -> None:
    travelled = road(keys)
    who = together([case("a", member(0)), case("b", member(1))])
    for one in who.each:
        named = travelled.handles.encode("hh", UUID(one.matter.household), organisation="org", case=one.caller.case)
        _, _, answer = await travelled.ask("query($id: ID!) { household(id: $id) { id members { person { id } } } }", {"id": named}, who)
        assert answer.data["household"]["id"] == named
        assert [member["person"]["id"] for member in answer.data["household"]["members"]] == [
            handle(travelled, {"a": 0, "b": 1}[one.caller.case], one.caller.case),
        ]


async def test_handles_made_before_a_key_was_changed_still_name_their_people(tmp_path, random, clock) -> None:
    keys = KeyRing.create(tmp_path / "keys", random=random, at=clock())
    travelled = road(keys)
    old = handle(travelled, 1, "b")
    keys.rotate(Use.HANDLE, random=random, at=clock())
    new = handle(travelled, 1, "b")
    _, _, answer = await travelled.ask(
        "query($ids: [ID!]!) { people(ids: $ids) { id } }", {"ids": [old, new]}, together([case("a", member(0)), case("b", member(1))]),
    )
    assert old != new
    assert answer.data["people"] == [{"id": new}, {"id": new}]


async def test_nobody_is_looked_up_by_number_where_a_number_may_mean_two(keys) -> None:
    travelled = road(keys)
    who = together([case("a", member(0)), case("b", member(0, "OBLIGOR"))])
    with pytest.raises(Malformed) as caught:
        await travelled.ask("query($n: IdNumber!) { lookUp(idNumber: $n) { id } }", {"n": person(0).id_number}, who)
    assert caught.value.code == "SEVERAL_CASES"


async def test_a_letter_that_falls_in_one_case_stops_that_cases_people_alone(keys) -> None:
    fallen: set[str] = set()

    def recheck(one: Standing, people: object) -> dict[str, str]:
        assert one.matter is not None
        return dict.fromkeys(people, "AUTH_REVOKED") if one.caller.case in fallen else {}

    class Falls(Department):
        async def fetch(self, ask: object) -> object:
            fallen.add("b")  # while the department works
            return await super().fetch(ask)

    travelled = road(keys, department=Falls(), fetcher=Fetcher(recheck=recheck))
    who = together([case("a", member(0), member(1)), case("b", member(2), member(0, "OBLIGOR"))])
    _, fetched, answer = await travelled.ask(ALL, {"ids": ["a", "b"]}, who)
    first, second = [one["household"] for one in answer.data["cases"]]
    assert {one["person"]["vehicle"]["status"] for one in first["members"]} <= {"MATCHED", "NO_RECORD"}
    assert {one["person"]["vehicle"]["status"] for one in second["members"] + second["obligors"]} == {"NOT_AUTHORIZED"}
    assert fetched.fallen


async def test_thresholds_are_each_households_own(keys) -> None:
    """An urban and a rural household have two standards: two sets of columns, each asked of its own people."""
    travelled = road(keys)
    text = "query($ids: [ID!]!) { cases(ids: $ids) { household { members { person { socialInsurance { records { pensionMonthly { atLeast(threshold: LOW_INCOME_STANDARD) } } } } } } } }"
    who = together([case("a", member(0)), case("b", member(1), area="RURAL"), case("c", member(2))])
    await travelled.ask(text, {"ids": ["a", "b", "c"]}, who)
    limits = {ask.columns[0].parameter: tuple(subject.approval for subject in ask.subjects) for ask in travelled.department.asks}
    assert len(limits) == 2
    assert sorted(limits.values()) == [("a", "c"), ("b",)]


async def test_a_neighbour_is_asked_about_one_case_a_call(keys) -> None:
    neighbour = Department(groups=frozenset({"confirmation"}))
    travelled = road(keys, known=sources(Department(), neighbour=neighbour))
    text = 'query($ids: [ID!]!) { cases(ids: $ids) { household { members { person { confirmation(region: "511725000000") { status } } } } } }'
    who = together([case("a", member(0), member(1)), case("b", member(2))])
    await travelled.ask(text, {"ids": ["a", "b"]}, who)
    assert sorted([tuple(subject.approval for subject in ask.subjects) for ask in neighbour.asks]) == [("a", "a"), ("b",)]


def test_a_standing_over_several_matters_has_none_of_its_own() -> None:
    """What was made for one matter (a means check, a credit record) finds nobody in it, rather than the first."""
    who = together([case("a", member(0)), case("b", member(1))])
    assert (who.matter, dict(who.coverage), who.caller.case, who.caller.cases) == (None, {}, "", ("a", "b"))
