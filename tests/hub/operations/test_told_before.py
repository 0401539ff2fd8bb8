"""敏感聚合 in the database: counted before anything is told, once for the same fact, exactly at the line however many ask at once, and dropped by its days."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.authorizations.standing import Approved, Standing, together
from hub.errors import Overloaded
from hub.operations.told_before import TELL, ToldBefore, explained
from hub.plan import Plan
from hub.postgres.connection import pool as open_pool
from policies.aggregation import Aggregation, Line
from tests.hub.living import database
from tests.hub.road import NOW, Road, covered, matter, person, road, standing, without

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONFIRMED = "confirmation { records { category confirmedOn status } }"  # 4 facts: whether there is a record is one
SCHOOL = "education { records { stage enrolled aidKind } }"             # 4
QUESTION = "query Q($ids: [ID!]!) {{ people(ids: $ids) {{ {fields} }} }}"
DAY = timedelta(days=1)


def aggregation(facts: int = 6, days: int = 30, **purposes: Line) -> Aggregation:
    return Aggregation(Line(facts, days), purposes, frozenset({"DIBAO_REVIEW"}))


def school(of: Standing | None = None, **more: object) -> Standing:
    made = of or standing(department="JY", role="DEPT_SYSTEM", purpose="EDUCATION_AID")
    return dataclasses.replace(made, caller=dataclasses.replace(made.caller, **more))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def own_database(postgres) -> AsyncIterator[str]:
    async with database(postgres) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def pool(own_database) -> AsyncIterator[asyncpg.Pool]:
    """Of the module's own database, nobody told anything yet."""
    async with await open_pool(own_database, max_size=4) as made:
        await made.execute("DELETE FROM told_fields")
        yield made


@pytest.fixture
def asking(keys) -> Road:
    return road(keys)


async def plan(asking: Road, fields: str, who: Standing, *people: int) -> Plan:
    ids = [asking.handle(member, one.caller) for one in who.each for member in one.matter.members if member.person.id in {person(n).id for n in people or (0, 1)}]
    return await asking.plan(QUESTION.format(fields=fields), {"ids": ids}, who)


def left(found: Standing) -> dict[int, str]:
    return {n: found.coverage[person(n).id].code for n in range(4) if found.coverage[person(n).id].code}


async def kept(pool) -> dict[tuple[str, str], set[str]]:
    rows = await pool.fetch("SELECT subject, organisation, array(SELECT jsonb_object_keys(fields)) AS names FROM told_fields")
    return {(row["subject"][-1], row["organisation"]): set(row["names"]) for row in rows}


async def test_what_is_asked_adds_up_with_what_was_told_and_who_passes_the_line_is_told_nothing(pool, asking):
    before = ToldBefore(pool, aggregation())
    first = await plan(asking, CONFIRMED, school(), 0)
    assert await before.within(first, NOW) is first.standing
    assert await kept(pool) == {("0", "org"): {f"confirmation.{name}" for name in ("records", "category", "confirmedOn", "status")}}
    assert await before.within(first, NOW + DAY) is first.standing, "the same again adds nothing"
    both = await plan(asking, SCHOOL, school(), 0, 1)
    less = await before.within(both, NOW + DAY)
    assert left(less) == {0: "AGGREGATION_NEEDS_APPROVAL"}
    assert await kept(pool) == {
        ("0", "org"): {f"confirmation.{name}" for name in ("records", "category", "confirmedOn", "status")},
        ("1", "org"): {f"education.{name}" for name in ("records", "stage", "enrolled", "aidKind")},
    }, "what is not told is not counted"
    again = await plan(asking, SCHOOL, less, 0, 1)
    assert await before.within(again, NOW + DAY) is less
    assert {one.member.person.id for one in again.joins if again.joins[one].asks} == {person(1).id}, "nobody is asked about the first"


async def test_another_organisation_counts_for_itself_and_another_case_does_not(pool, asking):
    before = ToldBefore(pool, aggregation())
    await before.within(await plan(asking, CONFIRMED, school(), 0), NOW)
    other = await plan(asking, SCHOOL, school(organisation="another"), 0)
    assert await before.within(other, NOW) is other.standing
    elsewhere = school(standing(matter(case="case_2"), department="JY", role="DEPT_SYSTEM", purpose="EDUCATION_AID"), case="case_2")
    assert left(await before.within(await plan(asking, SCHOOL, elsewhere, 0), NOW)) == {0: "AGGREGATION_NEEDS_APPROVAL"}


async def test_a_first_question_past_the_line_tells_nothing_and_leaves_nothing_behind(pool, asking):
    wide = await plan(asking, CONFIRMED + SCHOOL, school(), 0)
    assert left(await ToldBefore(pool, aggregation()).within(wide, NOW)) == {0: "AGGREGATION_NEEDS_APPROVAL"}
    assert await kept(pool) == {}
    assert await ToldBefore(pool, aggregation(EDUCATION_AID=Line(8, 30))).within(wide, NOW) is wide.standing


async def test_facts_of_another_kind_and_people_of_whom_nothing_is_told_do_not_count(pool, asking):
    before = ToldBefore(pool, aggregation(facts=1))
    sensitive = await plan(asking, "name { masked } education { records { schoolName { masked } } }", school(), 0)
    assert await before.within(sensitive, NOW) is sensitive.standing
    assert await kept(pool) == {("0", "org"): {"education.records"}}, "that there is a record is ordinary, the school's name is not"
    for who in (without(school(), 0), school(purpose="DIBAO_REVIEW")):
        asked = await plan(asking, SCHOOL, who, 0)
        assert await before.within(asked, NOW) is asked.standing
    assert await kept(pool) == {("0", "org"): {"education.records"}}


async def test_what_was_told_is_told_again_after_its_days_and_dropped(pool, asking):
    before = ToldBefore(pool, aggregation(EDUCATION_AID=Line(6, 10)))
    first, second = await plan(asking, CONFIRMED, school(), 0), await plan(asking, SCHOOL, school(), 0)
    await before.within(first, NOW)
    assert left(await before.within(second, NOW + 10 * DAY - timedelta(seconds=1))) == {0: "AGGREGATION_NEEDS_APPROVAL"}
    assert await before.within(second, NOW + 10 * DAY) is second.standing
    await before.forget(NOW + 30 * DAY - timedelta(seconds=1))
    assert len((await kept(pool))["0", "org"]) == 8, "another purpose's line still looks at it"
    await before.forget(NOW + 30 * DAY)
    assert await kept(pool) == {("0", "org"): {f"education.{name}" for name in ("records", "stage", "enrolled", "aidKind")}}
    await before.forget(NOW + 39 * DAY)
    assert len(await kept(pool)) == 1
    await before.forget(NOW + 40 * DAY)
    assert await kept(pool) == {}


async def test_an_approval_opens_its_groups_beyond_the_line_and_what_it_opens_counts(pool, asking):
    def with_approval(*groups: str) -> Standing:
        approved = Approved(frozenset(), frozenset(), False, ("apr_1",), frozenset({*groups, "identity"}))
        return school(standing(coverage={person(0).id: covered(approved=approved)}, department="JY", role="DEPT_SYSTEM", purpose="EDUCATION_AID"))

    before = ToldBefore(pool, aggregation())
    await before.within(await plan(asking, CONFIRMED, school(), 0), NOW)
    partly = await plan(asking, SCHOOL, with_approval("confirmation"), 0)
    assert left(await before.within(partly, NOW)) == {0: "AGGREGATION_NEEDS_APPROVAL"}
    opened = await plan(asking, SCHOOL, with_approval("education"), 0)
    assert await before.within(opened, NOW) is opened.standing
    assert len((await kept(pool))["0", "org"]) == 8
    ended = await plan(asking, CONFIRMED, school(), 0)
    assert left(await before.within(ended, NOW)) == {0: "AGGREGATION_NEEDS_APPROVAL"}, "once the approval has ended, all of it counts"


async def test_of_several_cases_a_person_in_two_is_one_and_the_others_are_told(pool, asking):
    def case(name: str, *people: int) -> Standing:
        held = matter(*[one for one in matter().members if one.person.id in {person(n).id for n in people}], case=name)
        return school(standing(held, department="JY", role="DEPT_SYSTEM", purpose="EDUCATION_AID"), case=name)

    both = together([case("case_1", 0, 1), case("case_2", 0, 2)])
    asked = await plan(asking, SCHOOL, both, 0, 1, 2)
    await ToldBefore(pool, aggregation()).within(await plan(asking, CONFIRMED, case("case_1", 0), 0), NOW)
    less = await ToldBefore(pool, aggregation()).within(asked, NOW)
    assert [[one.coverage[member.person.id].code for member in one.matter.members] for one in less.several] == [["AGGREGATION_NEEDS_APPROVAL", ""]] * 2
    one_gone = await ToldBefore(pool, aggregation()).within(await plan(asking, SCHOOL, together([case("case_1", 0), case("case_3", 3)]), 0, 3), NOW)
    assert one_gone.several[1].coverage[person(3).id].covered


async def test_many_that_ask_at_once_are_together_told_no_more_than_the_line(own_database, pool, asking):
    pools = [await open_pool(own_database, max_size=4) for _ in range(2)]
    names = ("stage", "enrolled", "aidKind", "homeTeaching")
    plans = [await plan(asking, f"education {{ records {{ {one} }} }}", school(), *people) for one in names for people in ((0, 1), (0, 1, 2))]
    try:
        await asyncio.gather(*(ToldBefore(pools[n % 2], aggregation(facts=3)).within(one, NOW) for n, one in enumerate(plans * 4)))
    finally:
        for one in pools:
            await one.close()
    told = await kept(pool)
    assert {who: len(names) for who, names in told.items()} == {("0", "org"): 3, ("1", "org"): 3, ("2", "org"): 3}


async def test_the_statement_decides_as_the_rule_does(pool):
    """`Line.passed` is what is proven (tests/policies/test_aggregation.py); the statement must say the same of any row."""
    facts = st.frozensets(st.sampled_from("abcdefgh"), min_size=1)
    numbers = iter(range(10**6))

    async def taken(told: Mapping[str, int], asked: frozenset[str], limit: int, days: int) -> bool:
        subject, at = str(next(numbers)), int(NOW.timestamp())
        await pool.execute(
            "INSERT INTO told_fields (subject, organisation, fields, first_at) VALUES ($1, 'o', $2::jsonb, $3)", subject,
            "{" + ",".join(f'"{name}":{at - age * 86_400}' for name, age in told.items()) + "}", NOW - DAY * max(told.values()),
        )
        fields = "{" + ",".join(f'"{name}":{at}' for name in asked) + "}"
        return bool(await pool.fetch(TELL, "o", [subject], [fields], at, at - 60 * 86_400, at - days * 86_400, limit, []))

    async def compared(examples: list[tuple[Mapping[str, int], frozenset[str], int, int]]) -> None:
        for told, asked, limit, days in examples:
            assert await taken(told, asked, limit, days) is not Line(limit, days).passed([name for name, age in told.items() if age < days], asked)

    drawn: list[tuple[Mapping[str, int], frozenset[str], int, int]] = []

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 59), min_size=1), facts, st.integers(1, 9), st.integers(1, 60))
    def draw(told, asked, limit, days) -> None:
        drawn.append((told, asked, limit, days))

    draw()
    await compared(drawn)


async def test_one_statement_by_the_primary_key_and_none_for_an_exempt_purpose(pool, own_database, asking):
    lines = await pool.fetch(f"EXPLAIN {TELL}".replace("$1", "'o'").replace("$2", "'{a,b}'").replace("$3", "'{{},{}}'").replace("$4", "0")
                             .replace("$5", "0").replace("$6", "0").replace("$7", "9").replace("$8", "'{}'"))
    said = "\n".join(line[0] for line in lines)
    assert "Conflict Arbiter Indexes: told_fields_pkey" in said
    assert "Scan on told_fields" not in said, said
    closed = await open_pool(own_database, max_size=1)
    await closed.close()
    exempt = await plan(asking, "confirmation { records { category } }", standing(), 0)
    assert await ToldBefore(closed, aggregation()).within(exempt, NOW) is exempt.standing, "nobody is asked: the pool is closed"


async def test_where_nobody_can_count_nobody_is_served(own_database, asking):
    closed = await open_pool(own_database, max_size=1)
    await closed.close()
    before, asked = ToldBefore(closed, aggregation()), await plan(asking, CONFIRMED, school(), 0)
    for one in (before.within(asked, NOW), before.weighed(asked, NOW)):
        with pytest.raises(Overloaded):
            await one


async def test_what_would_be_found_is_said_without_counting(pool, asking):
    before, line = ToldBefore(pool, aggregation()), Line(6, 30)
    await before.within(await plan(asking, CONFIRMED, school(), 0), NOW)
    asked = await plan(asking, SCHOOL, school(), 0, 1)
    assert list(explained(await before.weighed(asked, NOW), line)) == [
        "ordinary facts of one person to one organisation: 6 in 30 days without an approval",
        "  000000000000: 4 asked, 4 told before, together 8: AGGREGATION_NEEDS_APPROVAL, told nothing",
        "  000000000000: 4 asked, 0 told before, together 4: told",
    ]
    assert ("1", "org") not in await kept(pool)
    assert list(explained(await before.weighed(asked, NOW + 30 * DAY), line))[1].endswith("0 told before, together 4: told")
    exempt = await plan(asking, CONFIRMED, standing(), 0)
    assert (await before.weighed(exempt, NOW), list(explained({}, None)), list(explained({}, line))) == ({}, [], [])


async def test_the_hub_rewrites_nobodys_row_into_anothers(pool):
    await pool.execute("INSERT INTO told_fields VALUES ('s', 'o', '{}', now())")
    for change in ("subject = 'x'", "organisation = 'x'"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(f"UPDATE told_fields SET {change}")
    with pytest.raises(asyncpg.CheckViolationError):
        await pool.execute("UPDATE told_fields SET fields = '[]'")
