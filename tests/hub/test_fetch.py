"""Fetch: each source within its own deadline, one failure one group's status, coverage asked again before and after, nothing believed that does not fit."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from connectors.interface import DepartmentBroke, DepartmentTimeout, DepartmentUnavailable, Mandate, Records
from hub.caller import Basis
from hub.errors import Forbidden
from hub.fetch import Fetcher
from hub.gathering import Gathering
from hub.question import Place
from hub.sources import KnownSources
from policies.verdict import BasisKind
from tests.hub.road import FACT_GROUPS, Department, person, road, sources, standing
from tests.waiting import until

TWO = '{ case(id: "case_1") { household { members { person { tax { status records { month } } vehicle { status disclosure { fields { field form reason } } records { useNature } } } } } } }'


def told(answer: object, group: str) -> list[tuple[str, object]]:
    people = [one["person"] for one in answer.data["case"]["household"]["members"]]
    return [(one[group]["status"], one[group]["records"]) for one in people]


def both(tax: Department, vehicle: Department, *, deadline: float = 1.0) -> KnownSources:
    own = {group: sources(vehicle, deadline=deadline).source(group, "") for group in FACT_GROUPS}
    own["tax"] = replace(own["tax"], connector=tax)
    return KnownSources(own.values())


@pytest.mark.parametrize(("failure", "status"), [
    (DepartmentUnavailable("secret host"), "SOURCE_ERROR"), (DepartmentTimeout("late"), "SOURCE_TIMEOUT"), (DepartmentBroke("html"), "SOURCE_ERROR"),
    (TimeoutError(), "SOURCE_TIMEOUT"), (KeyError("a bug"), "SOURCE_ERROR"),
])
async def test_one_failing_department_costs_its_own_group_and_no_more(keys, failure, status) -> None:
    trouble = []
    fetcher = Fetcher(trouble=lambda source, code, error: trouble.append((source.group, code, error)))
    travelled = road(keys, known=both(Department(fails=[failure]), Department()), fetcher=fetcher)
    _, _, answer = await travelled.ask(TWO)
    assert told(answer, "tax") == [(status, None)] * 4
    assert {code for code, _ in told(answer, "vehicle")} <= {"MATCHED", "NO_RECORD"}
    assert answer.errors == ()
    assert trouble == [("tax", status, failure)]
    assert "secret" not in repr(answer)


async def test_a_department_that_hangs_is_let_go_of_at_its_deadline(keys) -> None:
    release, cancelled, ended = asyncio.Event(), [], asyncio.Event()

    class Deaf(Department):
        async def fetch(self, ask):
            while not release.is_set():
                try:
                    await release.wait()
                except asyncio.CancelledError:
                    cancelled.append(ask)
            ended.set()
            return {}

    travelled = road(keys, known=both(Deaf(), Department(), deadline=0.1))
    _, _, answer = await travelled.ask(TWO)
    assert not ended.is_set()
    assert cancelled, "it was told to stop, and went on"
    assert told(answer, "tax") == [("SOURCE_TIMEOUT", None)] * 4
    assert told(answer, "vehicle")[0][0] in {"MATCHED", "NO_RECORD"}
    release.set()
    await ended.wait()


async def test_a_longer_deadline_of_another_department_is_waited_for(keys) -> None:
    slow = Department(slow=0.5)
    own = {group: sources(Department(slow=5.0), deadline=0.05).source(group, "") for group in FACT_GROUPS}
    own["tax"] = replace(own["tax"], connector=slow, deadline=30.0)
    _, _, answer = await road(keys, known=KnownSources(own.values())).ask(TWO)
    assert {status for status, _ in told(answer, "vehicle")} == {"SOURCE_TIMEOUT"}
    assert "SOURCE_TIMEOUT" not in {status for status, _ in told(answer, "tax")}


async def test_departments_are_asked_at_once(keys) -> None:
    class Meeting(Department):
        async def fetch(self, ask):
            told = await super().fetch(ask)
            await both.wait()  # answers nobody before everybody has asked
            return told

    both = asyncio.Barrier(2)
    _, _, answer = await road(keys, department=Meeting()).ask(TWO)
    assert "SOURCE_TIMEOUT" not in {status for group in ("tax", "vehicle") for status, _ in told(answer, group)}


async def test_an_asker_that_goes_away_takes_its_asks_along(keys) -> None:
    begun, ended = [], []

    class Slow(Department):
        async def fetch(self, ask):
            begun.append(ask.group)
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(ask.group)

    travelled = road(keys, department=Slow())
    plan = await travelled.plan(TWO)
    task = asyncio.create_task(travelled.fetcher.fetch(plan, "i"))
    await until(lambda: len(begun) == 2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0)
    assert sorted(ended) == ["tax", "vehicle"]


async def test_coverage_that_fell_before_the_ask_keeps_the_person_out_of_it(keys) -> None:
    fetcher = Fetcher(recheck=lambda _standing, people: {one: "AUTH_REVOKED" for one in people if one == person(1).id})
    travelled = road(keys, fetcher=fetcher)
    _, fetched, answer = await travelled.ask(TWO)
    assert fetched.fallen
    assert person(1).id_number not in {number for _, _, numbers in travelled.department.asked for number in numbers}
    assert told(answer, "vehicle")[1] == ("NOT_AUTHORIZED", None)
    lines = answer.data["case"]["household"]["members"][1]["person"]["vehicle"]["disclosure"]["fields"]
    assert lines == [{"field": "useNature", "form": "WITHHELD", "reason": "AUTH_REVOKED"}]


async def test_a_fact_group_that_fell_alone_takes_nothing_else_of_the_person_along(keys) -> None:
    taken = {(person(1).id, "tax"): "FACT_NOT_AUTHORIZED", (person(2).id, "tax"): "NOTICE_SUPERSEDED", person(2).id: "NEEDS_APPROVAL", "a stranger": "AUTH_REVOKED"}
    fallen: dict[object, str] = {}
    fetcher = Fetcher(recheck=lambda _standing, _people: fallen)
    travelled = road(keys, fetcher=fetcher)

    class Late(Department):
        async def fetch(self, ask):
            fallen.update(taken)
            return await super().fetch(ask)

    late = road(keys, department=Late(), fetcher=fetcher)
    for asked in (late, travelled):  # it fell while they answered, and before they were asked
        plan, fetched, answer = await asked.ask(TWO.replace("tax {", "name { full } tax {"))
        assert fetched.fallen
        assert fetched.altered
        for number, reason in ((1, "FACT_NOT_AUTHORIZED"), (2, "NOTICE_SUPERSEDED")):
            one = fetched.outcomes[next(party for party in fetched.outcomes if party.member.person.id == person(number).id)]
            assert (one["tax"].status, one["tax"].reason) == ("NOT_AUTHORIZED", reason)
            assert (one["vehicle"].reason, one["identity"].reason) == (("", "") if number == 1 else ("NEEDS_APPROVAL", "NEEDS_APPROVAL"))
        assert told(answer, "vehicle")[1][0] in {"MATCHED", "NO_RECORD"}
        assert [one["person"]["name"] is None for one in answer.data["case"]["household"]["members"]] == [False, False, True, False]
        fallen.pop(person(2).id)
        assert not await fetcher.fallen(plan, fetched), "of what fell nothing is told, and the rest stands"
        fallen[person(0).id, "realEstate"] = "FACT_NOT_AUTHORIZED"
        assert not await fetcher.fallen(plan, fetched), "nobody asked for it"
        fallen[person(0).id, "vehicle"] = "FACT_NOT_AUTHORIZED"
        assert await fetcher.fallen(plan, fetched)
        fallen.clear()
        fallen.update(taken)
    assert person(1).id_number not in {number for group, _, numbers in travelled.department.asked for number in numbers if group == "tax"}
    assert person(1).id_number in {number for group, _, numbers in travelled.department.asked for number in numbers if group == "vehicle"}


async def test_coverage_that_fell_while_the_department_answered_drops_the_rows(keys) -> None:
    revoked: dict[str, str] = {}

    class Revoking(Department):
        async def fetch(self, ask):
            records = await super().fetch(ask)
            revoked.update({person(n).id: "AUTH_REVOKED" for n in range(4)})
            return records

    fetcher = Fetcher(recheck=lambda _standing, people: {one: revoked[one] for one in people if one in revoked})
    travelled = road(keys, department=Revoking(), fetcher=fetcher)
    for _ in range(2):  # the second time a program is at hand, and must not be used
        _, _, answer = await travelled.ask(TWO)
        assert told(answer, "vehicle") == [("NOT_AUTHORIZED", None)] * 4


async def test_a_memory_that_is_not_fresh_refuses_nobody_before_it_was_asked_for(keys) -> None:
    """What is read then counts: the letter was withdrawn while the process stood still."""
    stale = [True]
    revoked: dict[str, str] = {}

    def recheck(_standing, people):
        return dict.fromkeys(people, "REVOCATION_UNKNOWN") if stale[0] else {one: revoked[one] for one in people if one in revoked}

    async def settle() -> None:
        stale[0] = False
        revoked[person(1).id] = "AUTH_REVOKED"

    travelled = road(keys, fetcher=Fetcher(settled=settle, recheck=recheck))
    _, fetched, answer = await travelled.ask(TWO)
    assert told(answer, "vehicle")[1] == ("NOT_AUTHORIZED", None)
    assert {status for status, _ in (told(answer, "vehicle")[0], *told(answer, "vehicle")[2:])} <= {"MATCHED", "NO_RECORD"}
    assert fetched.fallen
    assert person(1).id_number not in {number for _, _, numbers in travelled.department.asked for number in numbers}


async def test_coverage_that_fell_while_a_slow_department_was_waited_for_drops_what_a_quick_one_said(keys) -> None:
    revoked: dict[str, str] = {}

    class Slow(Department):
        async def fetch(self, ask):
            await asyncio.sleep(0.05)  # the quick one has answered, and stood when it did
            revoked[person(1).id] = "AUTH_REVOKED"
            return await super().fetch(ask)

    fetcher = Fetcher(recheck=lambda _standing, people: {one: revoked[one] for one in people if one in revoked})
    travelled = road(keys, known=both(Slow(), Department()), fetcher=fetcher)
    text = TWO.replace("tax {", "name { full } tax {")
    for _ in range(2):  # the second time a program is at hand, and must not be used
        revoked.clear()
        _, fetched, answer = await travelled.ask(text)
        assert fetched.fallen
        assert told(answer, "vehicle")[1] == ("NOT_AUTHORIZED", None)
        assert {status for status, _ in (told(answer, "vehicle")[0], *told(answer, "vehicle")[2:])} <= {"MATCHED", "NO_RECORD"}
        members = answer.data["case"]["household"]["members"]
        assert members[1]["person"]["name"] is None
        assert members[0]["person"]["name"] == {"full": person(0).name}
        assert answer.errors == ()


async def test_whoever_may_not_see_the_log_is_refused_before_a_department_is_asked(keys) -> None:
    async def shut(_standing, _arguments):
        raise Forbidden("not yours")

    travelled = road(keys, fetcher=Fetcher(roots={"accessLog": shut}))
    with pytest.raises(Forbidden):
        await travelled.ask("{ accessLog { edges { cursor } } " + TWO[1:])
    assert travelled.department.asks == []


async def test_nobody_left_standing_means_no_call(keys) -> None:
    fetcher = Fetcher(recheck=lambda _standing, people: dict.fromkeys(people, "AUTH_REVOKED"))
    travelled = road(keys, fetcher=fetcher)
    await travelled.ask(TWO)
    assert travelled.department.asks == []


@pytest.mark.parametrize(("records", "status"), [
    (None, "SOURCE_ERROR"), (Records("MATCHED", None, ((1, 2, 3),)), "SOURCE_ERROR"), (Records("FINE", None, ()), "SOURCE_ERROR"),
    (Records("NO_RECORD", None, (("x",),)), "SOURCE_ERROR"), (Records("NO_RECORD", None, ()), "NO_RECORD"),
    (Records("SOURCE_ERROR", None, ()), "SOURCE_ERROR"), (Records("PENDING", None, ()), "PENDING"),
])
async def test_what_does_not_fit_the_ask_is_not_believed(keys, records, status) -> None:
    class Odd(Department):
        async def fetch(self, ask):
            told = await super().fetch(ask)
            first = ask.subjects[0].key
            told["somebody else"] = Records("MATCHED", None, (("extra",),))
            if records is None:
                del told[first]
            else:
                told[first] = records
            return told

    _, fetched, answer = await road(keys, department=Odd()).ask(TWO)
    assert told(answer, "vehicle")[0][0] == status
    assert told(answer, "vehicle")[1][0] in {"MATCHED", "NO_RECORD"}
    assert [party.member.person.id for party in fetched.outcomes] == [person(n).id for n in range(4)]


async def test_each_subject_travels_with_the_intent_and_an_opaque_key(keys) -> None:
    travelled = road(keys)
    await travelled.ask(TWO, who=standing())
    for ask in travelled.department.asks:
        assert {subject.intent for subject in ask.subjects} == {"intent_1"}
        assert {subject.approval for subject in ask.subjects} == {"case_1"}
        assert ask.purpose == "DIBAO_REVIEW"
        assert ask.organisation == "org"
        assert len({subject.key for subject in ask.subjects}) == 4
        assert all(person(n).id not in subject.key for n in range(4) for subject in ask.subjects)


async def test_a_plan_without_asks_contacts_nobody(keys) -> None:
    travelled = road(keys)
    _, fetched, _ = await travelled.ask('{ case(id: "case_1") { household { members { person { name { full } idNumber { masked } birthDate { on } sex { code } } } } } }')
    assert travelled.department.asks == []
    assert next(iter(fetched.outcomes.values()))["identity"].rows[0][0] == person(0).name


async def test_who_fell_meanwhile_is_not_told_by_the_registration_either(keys) -> None:
    revoked = {person(1).id}
    fetcher = Fetcher(recheck=lambda _standing, people: {one: "AUTH_REVOKED" for one in people if one in revoked})
    travelled = road(keys, fetcher=fetcher)
    for _ in range(2):  # the second time a program is at hand, and must not be used
        plan, fetched, answer = await travelled.ask('{ case(id: "case_1") { household { members { person { name { full } } } } } }')
        assert fetched.fallen
        assert not await fetcher.fallen(plan, fetched), "of whoever fell nothing is told"
        names = [one["person"]["name"] for one in answer.data["case"]["household"]["members"]]
        assert (names[0], names[1]) == ({"full": person(0).name}, None)
    revoked.add(person(0).id)
    assert await fetcher.fallen(plan, fetched), "one who fell before hides no other who falls as the answer leaves"


async def test_the_hubs_own_lists_are_asked_of_their_provider_with_arguments(keys) -> None:
    seen = []

    async def provider(who: object, arguments: object) -> object:
        seen.append(arguments)
        return {"edges": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}

    travelled = road(keys, fetcher=Fetcher(roots={"accessLog": provider}))
    _, _, answer = await travelled.ask('query($n: Int) { log: accessLog(first: $n, filter: {organisation: "o"}) { edges { cursor } pageInfo { hasNextPage } } }', {"n": 3})
    assert answer.data == {"log": {"edges": [], "pageInfo": {"hasNextPage": False}}}
    assert seen[0]["first"] == 3
    assert seen[0]["filter"]["organisation"] == "o"


@pytest.mark.parametrize(("counted", "calls"), [(True, 2), (False, 4)])
async def test_what_failed_together_is_asked_again_in_halves_but_never_where_queries_are_counted(keys, counted, calls) -> None:
    down = Department(slow=0.02, fails=[DepartmentUnavailable("down") for _ in range(9)])
    own = {group: sources(down, gathers=True).source(group, "") for group in FACT_GROUPS}
    own["tax"] = replace(own["tax"], counted=counted)
    travelled = road(keys, known=KnownSources(own.values()), fetcher=Fetcher(gathering=Gathering()))
    text = '{ case(id: "case_1") { household { members { person { tax { status } } } } } }'
    await asyncio.gather(*(travelled.ask(text) for _ in range(3)))
    assert len(down.asks) == calls


async def test_a_bug_of_ours_within_an_ask_ends_the_wave_once(keys) -> None:
    def broken(_standing, _people):
        raise ZeroDivisionError

    plan = await road(keys, department=Department()).plan(TWO)
    with pytest.raises(ZeroDivisionError):
        await Fetcher(recheck=broken).fetch(plan, "i")
    assert len(asyncio.all_tasks()) == 1


async def test_a_root_whose_fields_take_arguments_is_asked_of_its_provider_with_its_place_and_the_intent(keys) -> None:
    seen = []

    async def provider(who: object, place: Place, variables: object, intent: str) -> object:
        seen.append((who.caller.officer, place.name, variables, intent))
        return None

    travelled = road(keys, fetcher=Fetcher(deep={"me": provider}))
    plan = await travelled.plan("query($n: Int) { mine: me { accesses(first: $n) { edges { cursor } } } }", {"n": 3})
    assert (await travelled.fetcher.fetch(plan, "intent_7")).roots == {"mine": None}
    assert seen == [("o1", "me", {"n": 3}, "intent_7")]


async def test_a_source_that_decides_again_is_told_on_what_the_question_stands_and_no_other_is(keys) -> None:
    hub, department = Department(), Department()
    own = {group: sources(department).source(group, "") for group in FACT_GROUPS}
    own["tax"] = replace(own["tax"], connector=hub, mandated=True)
    travelled = road(keys, known=KnownSources(own.values()))
    basis = Basis(BasisKind.LETTER, letters=(("auth_1", "a" * 64), ("auth_2", "b" * 64)))
    await travelled.ask(TWO, who=standing(basis=basis))
    (asked,) = hub.asks
    assert asked.mandate == Mandate("o1", "letter", "", "", ("a" * 64, "b" * 64), "CQ", "TN-2026-0001")
    assert [ask.mandate for ask in department.asks] == [None]
