"""Plan: who is reached, what is decided by place and class, what is asked, and what never reaches a department."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.authorizations.standing import Approved
from hub.caller import Basis
from hub.errors import Malformed, TooMany
from hub.explain import explain
from hub.question import Place, Question
from hub.scope import age_band
from hub.sources import KnownSources, Source
from policies.forms import Form
from policies.verdict import AgeBand, BasisKind, Resource, Verdict
from schema.register import GROUPS
from tests.hub.authorizations.test_approved import APPROVAL
from tests.hub.road import FACT_GROUPS, NOW, Department, covered, matter, member, person, road, sources, standing, without

HOUSEHOLD = '{ case(id: "case_1") { household { members { person { vehicle { status records { useNature value { yuan } } } } } } } }'


def fields_of(plan: object) -> dict[str, set[str]]:
    """Group -> field.leaf asked."""
    asked: dict[str, set[str]] = {}
    for ask in plan.asks:
        asked.setdefault(ask.columns.group, set()).update(f"{c.field}.{c.leaf}".rstrip(".") for c in ask.columns.columns)
    return asked


async def test_subjects_who_are_alike_leave_in_one_ask(keys) -> None:
    plan = await road(keys).plan(HOUSEHOLD)
    assert [len(ask.people) for ask in plan.asks] == [4]
    assert fields_of(plan) == {"vehicle": {"useNature", "value.yuan"}}
    assert plan.departments == ("GA",)
    assert [party.member.person.id for party in plan.joins] == [person(n).id for n in range(4)]
    assert plan.fields == ("vehicle.useNature=FULL", "vehicle.value.yuan=FULL")


async def test_a_member_nobody_signed_for_reaches_no_department(keys) -> None:
    travelled = road(keys)
    plan, _, answer = await travelled.ask(HOUSEHOLD, who=without(standing(), 1))
    assert {one.member.person.id for ask in plan.asks for one in ask.people} == {person(n).id for n in (0, 2, 3)}
    statuses = [one["person"]["vehicle"]["status"] for one in answer.data["case"]["household"]["members"]]
    assert statuses[1] == "NOT_AUTHORIZED"
    assert "NOT_AUTHORIZED" not in (statuses[0], statuses[2], statuses[3])
    assert answer.told.partial


async def test_each_group_is_decided_by_the_strength_of_the_letters_that_open_it(keys) -> None:
    of = standing()
    unlike = {who: replace(one, graded=(("HIGH", frozenset({"tax"})), ("NONE", None))) for who, one in of.coverage.items()}
    question = HOUSEHOLD.replace("vehicle {", "tax { status records { month } } vehicle {")
    assert set(fields_of(await road(keys).plan(question, who=of))) == {"tax", "vehicle"}
    # A signer whose identity nobody compared binds nobody: their letter opens no vehicle, the other one still opens the tax.
    assert set(fields_of(await road(keys).plan(question, who=replace(of, coverage=unlike)))) == {"tax"}


async def test_a_person_the_standing_does_not_speak_of_is_not_covered(keys) -> None:
    plan = await road(keys).plan(HOUSEHOLD, who=replace(standing(), coverage={}))
    assert plan.asks == ()
    assert {group.status for telling in plan.tellings.values() for group in telling.decision.groups} == {"NOT_AUTHORIZED"}


async def test_column_sets_that_differ_leave_apart_and_merge_only_where_they_are_the_same(keys) -> None:
    who = standing()
    who = replace(who, coverage={**who.coverage, person(0).id: covered(assurance="NONE"), person(1).id: covered(groups=frozenset({"tax"}))})
    text = '{ case(id: "case_1") { household { members { person { vehicle { status } tax { records { month } } } } } } }'
    plan = await road(keys).plan(text, who=who)
    by_group = {(ask.columns.group, len(ask.people)) for ask in plan.asks}
    assert ("vehicle", 4) not in by_group
    assert len([1 for ask in plan.asks if ask.columns.group == "tax"]) == 1


async def test_two_aliases_never_widen_each_other(keys) -> None:
    travelled = road(keys)
    a, b = (travelled.handle(member(n)) for n in (0, 1))
    text = f'{{ a: person(id: "{a}") {{ tax {{ records {{ month }} }} }} b: person(id: "{b}") {{ tax {{ records {{ period: month taxItem {{ code }} }} }} }} }}'
    text = text.replace("taxItem { code }", next(f"{n} {{ yuan }}" for n, f in GROUPS["tax"].fields.items() if f.kind == "AMOUNT"))
    await travelled.ask(text)
    asked = {next(iter(numbers)): columns for _, columns, numbers in travelled.department.asked}
    assert asked[person(0).id_number] == {("month", "")}
    assert len(asked[person(1).id_number]) == 2


async def test_one_person_at_two_places_is_asked_once_and_each_place_tells_its_own(keys) -> None:
    travelled = road(keys, department=Department(counts={person(0).id_number: 1}))
    handle = travelled.handle(member(0))
    text = f'{{ a: person(id: "{handle}") {{ vehicle {{ records {{ useNature }} }} }} b: person(id: "{handle}") {{ vehicle {{ records {{ status }} }} }} }}'
    for _ in range(3):
        plan, _, answer = await travelled.ask(text)
        assert len(plan.asks) == 1
        assert set(answer.data["a"]["vehicle"]["records"][0]) == {"useNature"}
        assert set(answer.data["b"]["vehicle"]["records"][0]) == {"status"}
    assert travelled.department.asked[0][1] == {("useNature", ""), ("status", "")}


@pytest.mark.parametrize("text", [
    '{ person(id: "per_x") { name { full } vehicle { status } } }',
    '{ household(id: "hh_x") { members { person { vehicle { status } } } } }',
    '{ case(id: "case_2") { reference household { members { person { vehicle { status } } } } } }',
    '{ people(ids: ["per_x", "per_y"]) { vehicle { status } } }',
])
async def test_what_is_outside_the_matter_is_null_and_reaches_no_department(keys, text) -> None:
    travelled = road(keys)
    plan, _, answer = await travelled.ask(text)
    assert plan.asks == ()
    assert not plan.joins
    assert travelled.department.asks == []
    assert next(iter(answer.data.values())) in (None, [None, None])
    assert answer.errors == ()


async def test_a_handle_of_another_case_or_organisation_reaches_nobody(keys) -> None:
    travelled = road(keys)
    for other in (replace(standing().caller, case="case_9"), replace(standing().caller, organisation="other")):
        handle = travelled.handle(member(0), other)
        assert (await travelled.plan(f'{{ person(id: "{handle}") {{ vehicle {{ status }} }} }}')).joins == {}


async def test_people_not_counted_are_reached_by_no_way(keys) -> None:
    travelled = road(keys)
    who = standing(matter(member(0), member(5, "EXCLUDED"), member(6, "OBLIGOR")))
    text = f'{{ person(id: "{travelled.handle(member(5))}") {{ vehicle {{ status }} }} case(id: "case_1") {{ household {{ members {{ person {{ id }} }} obligors {{ person {{ id }} }} }} }} }}'
    plan, _, answer = await travelled.ask(text, who=who)
    assert {party.member.person.id for party in plan.joins} == {person(0).id, person(6).id}
    assert answer.data["person"] is None


async def test_an_audit_token_has_no_matter_and_reaches_nobody(keys) -> None:
    who = replace(standing(), matter=None, coverage={}, caller=replace(standing().caller, basis=Basis(BasisKind.AUDIT), case=""))
    _, _, answer = await road(keys).ask('{ people(ids: ["per_x"]) { id } case(id: "case_1") { id } }', who=who)
    assert answer.data == {"people": [None], "case": None}


async def test_a_look_up_counts_against_the_quota_before_it_is_answered(keys) -> None:
    counted = []

    async def quota(who: object) -> None:
        counted.append(who)
        if len(counted) > 1:
            raise TooMany("the day's look-ups are used up", retry_after=60)

    travelled = road(keys, look_up=quota)
    text = "query($n: IdNumber!) { lookUp(idNumber: $n) { id } }"
    _, _, answer = await travelled.ask(text, {"n": person(2).id_number})
    assert answer.data["lookUp"]["id"] == travelled.handle(member(2))
    with pytest.raises(TooMany):
        await travelled.ask(text, {"n": person(2).id_number})


async def test_a_look_up_outside_the_matter_is_null(keys) -> None:
    _, _, answer = await road(keys).ask("query($n: IdNumber!) { lookUp(idNumber: $n) { id } }", {"n": person(99).id_number})
    assert answer.data == {"lookUp": None}


async def test_a_group_outside_token_letter_or_catalogue_is_not_asked(keys) -> None:
    who = standing(groups=frozenset({"tax"}))
    assert (await road(keys).plan(HOUSEHOLD, who=who)).asks == ()
    denied = standing(catalogue=dict.fromkeys(set(FACT_GROUPS) - {"vehicle"}, ""))
    plan, _, answer = await road(keys).ask(HOUSEHOLD, who=denied)
    assert plan.asks == ()
    assert answer.told.statuses == {"vehicle": {"CATALOG_DENIED": 4}}


async def test_another_department_is_told_the_confirmation_and_nothing_of_vehicles(keys) -> None:
    travelled = road(keys)
    who = standing(department="JY", role="DEPT_SYSTEM", purpose="EDUCATION_AID")
    text = '{ case(id: "case_1") { household { members { person { name { full masked } vehicle { status } confirmation { status records { category } } } } } } }'
    plan, _, answer = await travelled.ask(text, who=who)
    assert fields_of(plan) == {"confirmation": {"category"}}
    first = answer.data["case"]["household"]["members"][0]["person"]
    assert first["vehicle"]["status"] == "NOT_COVERED"
    assert first["name"]["full"] is None
    assert first["name"]["masked"].endswith("*")


async def test_a_threshold_is_resolved_to_yuan_and_a_missing_standard_is_not_asked(keys) -> None:
    group, field = next((g, n) for g, s in GROUPS.items() for n, f in s.fields.items() if f.kind == "AMOUNT" and f.unit == "yuan/month")
    text = f'query($t: Threshold!) {{ case(id: "case_1") {{ household {{ members {{ person {{ {group} {{ records {{ {field} {{ atLeast(threshold: $t) }} }} }} }} }} }} }} }}'
    plan = await road(keys).plan(text, {"t": "LOW_INCOME_STANDARD"})
    assert [column.parameter for ask in plan.asks for column in ask.columns.columns] == ["735"]
    for threshold, reason in (("ASSET_LIMIT", "THRESHOLD_UNIT_MISMATCH"),):
        _, _, answer = await road(keys).ask(text, {"t": threshold})
        assert {line["reason"] for line in answer.disclosure["fields"]} == {reason}
    yuan = '{ case(id: "case_1") { household { members { person { vehicle { records { value { atLeast(threshold: ASSET_LIMIT) } } } } } } } }'
    plan, _, answer = await road(keys).ask(yuan)
    assert plan.asks == ()
    assert {line["reason"] for line in answer.disclosure["fields"]} == {"STANDARD_MISSING"}


async def test_only_the_status_is_asked_without_a_column(keys) -> None:
    travelled = road(keys)
    plan, _, answer = await travelled.ask('{ case(id: "case_1") { household { members { person { vehicle { status asOf } } } } } }')
    assert [ask.columns.columns for ask in plan.asks] == [()]
    assert plan.fields == ("vehicle.status=BOOLEAN",)
    assert answer.data["case"]["household"]["members"][0]["person"]["vehicle"]["asOf"]


async def test_a_neighbour_is_another_source_than_the_own_region(keys) -> None:
    department, neighbour = Department(), Department(groups=frozenset({"confirmation"}))
    travelled = road(keys, known=sources(department, neighbour=neighbour))
    text = '{ case(id: "case_1") { household { members { person { own: confirmation(region: "500152") { status } far: confirmation(region: "511725") { status source { region } } off: confirmation(region: "510000") { status disclosure { fields { reason } } } } } } } }'
    plan, _, answer = await travelled.ask(text)
    assert len(department.asks) == len(neighbour.asks) == 1
    assert plan.departments == ("MZ", "MZ@511725000000")
    first = answer.data["case"]["household"]["members"][0]["person"]
    assert first["far"]["source"]["region"] == "511725000000"
    assert first["off"] == {"status": "SOURCE_ERROR", "disclosure": {"fields": [{"reason": "NOT_CONNECTED"}]}}


async def test_plans_are_equal_in_digest_exactly_when_they_ask_the_same(keys) -> None:
    travelled = road(keys)
    one, two = await travelled.plan(HOUSEHOLD), await travelled.plan(HOUSEHOLD)
    other = await travelled.plan(HOUSEHOLD, who=without(standing(), 1))
    assert one.digest == two.digest != other.digest


async def test_a_changed_catalogue_purpose_or_day_is_decided_anew(keys) -> None:
    travelled = road(keys)
    assert (await travelled.plan(HOUSEHOLD)).asks
    assert not (await travelled.plan(HOUSEHOLD, who=standing(catalogue={}))).asks
    assert not (await travelled.plan(HOUSEHOLD, who=standing(purpose="EDUCATION_AID"))).asks
    born = standing(matter(member(0, born=date(2012, 11, 23))))
    bands = [(await travelled.plan(HOUSEHOLD, who=born, now=NOW + timedelta(days=n))).scope.on for n in (0, 1)]
    assert bands[0] != bands[1]


async def test_many_askers_of_one_new_kind_are_decided_once(keys) -> None:
    travelled = road(keys)
    calls = []
    policy = travelled.planner._verdicts._policy
    original = policy.table

    class Counting:
        def table(self, *given: object) -> object:
            calls.append(given)
            return original(*given)

    travelled.planner._verdicts._policy = Counting()
    plans = await asyncio.gather(*(travelled.plan(HOUSEHOLD) for _ in range(8)))
    assert len(calls) == 1
    assert len({plan.digest for plan in plans}) == 1


async def test_a_policy_that_fails_to_decide_asks_nothing(keys) -> None:
    travelled = road(keys)

    class Broken:
        def table(self, *_given: object) -> object:
            raise RuntimeError("policy")

    travelled.planner._verdicts._policy = Broken()
    with pytest.raises(RuntimeError):
        await travelled.ask(HOUSEHOLD)
    assert travelled.department.asks == []


async def test_where_only_presence_may_be_told_the_rows_are_not_asked(keys) -> None:
    class PresenceOnly:
        def table(self, _purpose: str, _caller: object, _subject: object, resources: frozenset[Resource]) -> dict[Resource, Verdict]:
            forms = {Resource(one.group, one.level, one.cross_region): Verdict(Form.BOOLEAN, "CROSS_REGION", ("presence-only",)) for one in resources}
            return {one: verdict if one.level == "L2" and one.cross_region == "FULL" else Verdict(Form.WITHHELD, "LEVEL", ()) for one, verdict in forms.items()}

    travelled = road(keys)
    travelled.planner._verdicts._policy = PresenceOnly()
    text = '{ case(id: "case_1") { household { members { person { vehicle { status disclosure { fields { field form reason } } records { useNature value { band } } } } } } } }'
    for _ in range(2):
        plan, _, answer = await travelled.ask(text)
        first = answer.data["case"]["household"]["members"][0]["person"]["vehicle"]
        assert first["records"] is None
        assert first["status"] == "MATCHED"
        assert first["disclosure"]["fields"] == [
            {"field": "records", "form": "BOOLEAN", "reason": "CROSS_REGION"},
            {"field": "useNature", "form": "WITHHELD", "reason": "CROSS_REGION"},
            {"field": "value", "form": "WITHHELD", "reason": "LEVEL"},
        ]
        assert {columns for _, columns, _ in travelled.department.asked} == {frozenset()}
        assert answer.told.rows == {}
    assert "whether there is a record, no more" in explain(plan, {})
    rows_only = '{ case(id: "case_1") { household { members { person { vehicle { records { useNature } } } } } } }'
    assert (await travelled.plan(rows_only)).asks == ()


async def test_a_pseudonym_is_of_one_case_and_not_shared(keys) -> None:
    travelled = road(keys)
    text = '{ case(id: "%s") { household { members { person { marriage { records { spousePid { pid known } } } } } } } }'
    told = []
    for case in ("case_1", "case_2"):
        _, _, answer = await travelled.ask(text % case, who=standing(matter(member(1), case=case), case=case))
        told.append({row["spousePid"]["pid"] for row in answer.data["case"]["household"]["members"][0]["person"]["marriage"]["records"]} - {None})
    assert all(told)
    assert not told[0] & told[1]


def test_age_is_reached_the_day_after_the_birthday_and_unknown_is_a_child() -> None:
    born = date(2012, 11, 23)
    assert age_band(born, date(2026, 11, 23)) is AgeBand.UNDER_14
    assert age_band(born, date(2026, 11, 24)) is AgeBand.MINOR
    assert age_band(date(2008, 11, 22), date(2026, 11, 23)) is AgeBand.ADULT
    assert age_band(date(2012, 2, 29), date(2026, 3, 1)) is AgeBand.MINOR
    assert age_band(None, date(2026, 1, 1)) is AgeBand.UNDER_14


async def test_a_root_or_field_the_road_does_not_know_is_refused(keys) -> None:
    travelled = road(keys)
    root = Place("x", "other", "Query", "Person", (), {}, {"Person": ()}, ("x",))
    with pytest.raises(Malformed):
        await travelled.planner.plan(Question("d1", (root,), frozenset()), {}, standing(), NOW)
    inner = Place("y", "other", "Person", "String", (), {}, {}, ("x", "y"))
    root = Place("x", "person", "Query", "Person", (), {"id": "p"}, {"Person": (inner,)}, ("x",))
    with pytest.raises(Malformed):
        await travelled.planner.plan(Question("d2", (root,), frozenset()), {}, standing(), NOW)


async def test_an_unconnected_group_is_an_error_of_its_source_not_of_the_answer(keys) -> None:
    _, _, answer = await road(keys, known=KnownSources(())).ask(HOUSEHOLD)
    assert answer.told.statuses == {"vehicle": {"SOURCE_ERROR": 4}}


async def test_explain_names_verdict_rule_department_and_what_is_not_asked(keys) -> None:
    class Described:
        def describe(self, group: str, field: str) -> str:
            if field == "useNature":
                return "GA syxz"
            raise KeyError(field)

    text = '{ case(id: "case_1") { household { members { person { name { full } vehicle { records { useNature value { yuan atLeast(threshold: ASSET_LIMIT) } } } tax { source { department } } disability { records { certificateNo { full } } } } } } } }'
    text = text.replace("disability { records { certificateNo { full } } }", "employment { status }")
    travelled = road(keys)
    plan = await travelled.plan(text, who=without(standing(groups=frozenset({"vehicle", "tax"})), 3))
    told = explain(plan, Described())
    for part in ("使用性质", "asked of GA syxz", "STANDARD_MISSING", "NOT_COVERED FACT_NOT_AUTHORIZED, not asked", "NOT_AUTHORIZED", "from the hub's own vault",
                 "by review-up-to-sensitive", "policy not consulted", "names no column", "ask GA vehicle: 3 people", "nothing of it may be told"):
        assert part in told, part
    assert person(0).name not in told
    assert person(0).id_number not in told
    assert "nobody is reached" in explain(await travelled.plan("{ __typename }"), Described())


COVERAGES = st.lists(st.sampled_from(["covered", "uncovered", "tax only", "absent"]), min_size=4, max_size=4)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), coverage=COVERAGES)
async def test_no_withheld_column_and_no_uncovered_subject_ever_reaches_a_department(keys, data, coverage) -> None:
    who = standing(**data.draw(st.sampled_from([
        {}, {"department": "JY", "role": "DEPT_SYSTEM", "purpose": "EDUCATION_AID"}, {"groups": frozenset({"vehicle", "confirmation"})},
    ])))
    made = {"covered": covered(), "tax only": covered(groups=frozenset({"tax"}))}
    who = replace(who, coverage={person(n).id: made[kind] for n, kind in enumerate(coverage) if kind in made})
    groups = data.draw(st.lists(st.sampled_from(FACT_GROUPS), min_size=1, max_size=4, unique=True))
    leaves = {"PLAIN": "", "FLAG": "", "TEXT": "{ full masked }", "AMOUNT": "{ yuan band }", "QUANTITY": "{ value any }", "DATED": "{ on year }",
              "CODED": "{ code group }", "PSEUDONYM": "{ pid known }"}
    parts = " ".join(
        f"{group} {{ status records {{ {' '.join(f'{name} {leaves[f.kind]}' for name, f in GROUPS[group].fields.items() if name != 'records')} }} }}"
        for group in groups
    )
    travelled = road(keys)
    plan, _, _ = await travelled.ask(f'{{ case(id: "case_1") {{ household {{ members {{ person {{ {parts} }} }} }} }} }}', who=who)
    verdicts = {
        (one.member.person.id, group.at.spec.code, name): verdict for (_, one), telling in plan.tellings.items() for group in telling.decision.groups
        for name, verdict in group.verdicts.items()
    }
    ids = {person(n).id_number: (person(n).id, coverage[n]) for n in range(4)}
    for ask in travelled.department.asks:
        for subject in ask.subjects:
            internal, kind = ids[subject.id_number]
            assert kind == "covered" or (kind == "tax only" and ask.group == "tax")
            assert who.caller.groups is None or ask.group in who.caller.groups
            for column in ask.columns:
                assert verdicts[internal, ask.group, column.field].form.rank >= {"FULL": 4, "MASKED": 3, "BAND": 2, "BOOLEAN": 1}[column.form]


async def test_whom_a_group_is_asked_of_is_decided_anew_once_the_sources_are_said_to_have_changed(keys) -> None:
    class Changing:
        divided, known = False, KnownSources(())

        def source(self, group: str, region: str, home: str = "") -> Source | None:
            return self.known.source(group, region, home)

    department, changing = Department(), Changing()
    travelled = road(keys, known=changing, department=department)
    assert (await travelled.plan(HOUSEHOLD)).asks == ()
    changing.known = sources(department)
    assert (await travelled.plan(HOUSEHOLD)).asks == (), "what was decided is kept"
    travelled.planner.forget_sources()
    assert [ask.source.group for ask in (await travelled.plan(HOUSEHOLD)).asks] == ["vehicle"]


async def test_a_plan_names_the_approvals_it_used_and_no_others(keys) -> None:
    of = replace(matter(), approvals=(APPROVAL,))
    used = covered(approved=Approved(frozenset(), frozenset({"vehicle"}), own_kin=False, approvals=("apr_2", "apr_1")))
    for who, named in (
        (standing(of), ()), (standing(of, coverage={person(1).id: used}), ("apr_1", "apr_2")),
        (standing(coverage={person(1).id: used}), ()),
    ):
        assert (await road(keys).plan(HOUSEHOLD, who=who)).approvals == named


async def test_of_anybody_it_plans_everybody_who_may_stand_at_a_place_whatever_the_question_names(keys) -> None:
    travelled = road(keys)
    one = "person(id: $p) { tax { status } }"
    family = "case(id: $c) { household { area members { relation person { vehicle { status } } } obligors { person { realEstate { status } } } } }"
    question, _ = travelled.documents.read(f"query($p: ID!, $c: ID!) {{ {one} {family} case2: case(id: $c) {{ id }} }}").question({"p": "x", "c": "y"})
    who = standing(matter(member(0), member(1), member(2, role="OBLIGOR"), member(3, role="EXCLUDED")))
    plan = await travelled.planner.of_anybody(question, {}, who, NOW)
    asked = {ask.source.group: {party.member.person.id for party in ask.people} for ask in plan.asks}
    home, obligor = {person(0).id, person(1).id}, person(2).id
    assert asked == {"tax": home | {obligor}, "vehicle": home, "realEstate": {obligor}}
