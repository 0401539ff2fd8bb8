"""One question over every fact group and all departments of the sandbox, each on its own protocol: every group is told, gathered or not."""

from __future__ import annotations

import itertools
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pytest

from connectors.sandbox.people import Person as Inhabitant
from connectors.sandbox.population import Population
from hub.answer import Answer, Answerer
from hub.authorizations.matter import Member, Person
from hub.caller import Basis
from hub.explain import explain
from hub.fetch import Fetcher
from hub.gathering import Gathering
from hub.operation import Documents
from hub.people.handles import Handles
from hub.plan import Plan
from hub.planner import Planner
from hub.sources import KnownSources
from policies.purposes import PURPOSES
from policies.verdict import BasisKind
from schema import SCHEMA
from schema.register import GROUPS
from tests.connectors.conftest import departments, government, opening, population, registry_database  # noqa: F401 (fixtures)
from tests.connectors.test_conformance import JOURNALLED
from tests.hub.road import ALL_CASES, FACT_GROUPS, NOW, REGION, matter, policy, standing

LEAVES = {"PLAIN": "", "FLAG": "", "TEXT": "{ masked }", "AMOUNT": "{ yuan band atLeast(threshold: LOW_INCOME_STANDARD) }",
          "QUANTITY": "{ value unit band any }", "DATED": "{ on year known }", "CODED": "{ code label listed group any }", "PSEUDONYM": "{ pid known }"}
AT_ONCE = tuple(group for group in FACT_GROUPS if GROUPS[group].department != "JR")  # banks answer later: tests/hub/deferred
EVERYTHING = '{{ case(id: "case_1") {{ household {{ members {{ person {{ {} }} }} }} }} }}'.format(" ".join(
    f"{group} {{ status asOf unlisted records {{ {' '.join(f'{n} {LEAVES[f.kind]}' for n, f in GROUPS[group].fields.items() if n != 'records')} }} }}"
    for group in AT_ONCE
))
STATUSES = '{{ case(id: "case_1") {{ household {{ members {{ person {{ {} }} }} }} }} }}'.format(" ".join(f"{group} {{ status }}" for group in AT_ONCE))
OWN = {"department": "APPLICANT", "role": "APPLICANT", "purpose": "SUBJECT_ACCESS", "basis": Basis(BasisKind.SELF)}
"""The one purpose that reaches every fact group: what is held of oneself (PIPL §45)."""


@dataclass
class Desk:
    """The demonstration family's matter with planner, fetcher and answerer over the departments."""

    planner: Planner
    fetcher: Fetcher
    answerer: Answerer
    documents: Documents
    members: tuple[Member, ...]
    trouble: list[object]

    async def planned(self, text: str, members: Sequence[Member] = (), **who: object) -> Plan:
        question, values = self.documents.read(text).question({})
        return await self.planner.plan(question, values, standing(matter(*(members or self.members)), **(who or OWN)), NOW)

    async def answer(self, text: str) -> Answer:
        plan = await self.planned(text)
        return self.answerer.answer(plan, await self.fetcher.fetch(plan, "01JHUBINTENT00000000000001"))


def members_of(people: Iterable[Inhabitant]) -> tuple[Member, ...]:
    return tuple(
        Member(Person(str(uuid.uuid4()), one.id_number, one.name, one.sex, one.birth_date, f"{n:064x}"), "01", "MEMBER", "FULL", ())
        for n, one in enumerate(people)
    )


@pytest.fixture(params=[False, True], ids=["alone", "gathered"])
def desk(request, departments, population, keys) -> Desk:  # noqa: F811
    members = members_of([one.person for one in population.demo_family().members])
    planner = Planner(groups=GROUPS, policy=policy(), sources=KnownSources.of(departments), handles=Handles(keys), region=REGION,
                      pseudonym=lambda _who: lambda number: f"pid_{number[-4:]}")
    trouble: list[object] = []
    fetcher = Fetcher(gathering=Gathering() if request.param else None, trouble=lambda source, status, error: trouble.append((source.group, status, error)))
    return Desk(planner, fetcher, Answerer(SCHEMA, planner.reach), Documents(SCHEMA, ALL_CASES), members, trouble)


async def test_every_group_of_a_family_is_told_by_its_own_department(desk, departments) -> None:  # noqa: F811
    for text in (EVERYTHING, EVERYTHING, STATUSES):
        answer = await desk.answer(text)
        assert desk.trouble == []
        assert answer.errors == ()
        assert set(answer.told.statuses) == set(AT_ONCE)
        assert {status for counts in answer.told.statuses.values() for status in counts} <= {"MATCHED", "NO_RECORD"}
        assert sum(counts.get("MATCHED", 0) for counts in answer.told.statuses.values()) >= len(AT_ONCE)
        people = [one["person"] for one in answer.data["case"]["household"]["members"]]
        assert not [facts["unlisted"] for person in people for facts in person.values() if facts.get("unlisted")]
    told = explain(await desk.planned(EVERYTHING), departments)
    assert "names no column" not in told
    assert not [one.person.name for one in desk.members if one.person.name in told]


async def test_each_department_is_asked_once_about_each_of_its_groups_for_the_whole_family(desk, government) -> None:  # noqa: F811
    await desk.answer(STATUSES)  # a subgraph is first asked for its schema
    government.forget()
    await desk.answer(EVERYTHING)
    await government.heard()
    asked = Counter(entry["group"] for code in government.departments for entry in government.journal(code).entries)
    assert asked == Counter(JOURNALLED)  # of a file drop or a bare view nobody sees who reads it
    calls = {code: government.journal(code).calls for code in government.departments}
    # Civil affairs' four registers stand in one document; its marriage registry, and the two registers of GA and RS, have an address each.
    assert {code: number for code, number in calls.items() if number > 1} == {"GA": 2, "MZ": 2, "RS": 2}


REVIEWED = sorted(PURPOSES["DIBAO_REVIEW"].told_groups() & set(AT_ONCE))
REVIEW = '{{ case(id: "case_1") {{ household {{ members {{ person {{ {} }} }} }} }} }}'.format(" ".join(
    f"{group} {{ status records {{ {' '.join(f'{n} {LEAVES[f.kind]}' for n, f in GROUPS[group].fields.items() if n != 'records')} }} }}" for group in REVIEWED
))


@pytest.mark.parametrize("grown", [True, False], ids=["five grown up", "a child of nine among them"])
async def test_a_review_asks_each_department_once_about_each_group_and_once_more_where_a_childs_columns_differ(
    desk, government, population, grown,  # noqa: F811
) -> None:
    """A review purpose reaches no more than these groups; all that departments hold is reached above, by who asks about themself."""
    members = members_of(itertools.islice(of_age(population), 5)) if grown else desk.members
    plan = await desk.planned(REVIEW, members, purpose="DIBAO_REVIEW")
    answer = desk.answerer.answer(plan, await desk.fetcher.fetch(plan, "01JHUBINTENT00000000000002"))
    assert desk.trouble == []
    assert set(answer.told.statuses) == set(REVIEWED)
    await government.heard()
    asked = Counter(entry["group"] for code in government.departments for entry in government.journal(code).entries)
    sets = Counter(ask.columns.group for ask in plan.asks)
    assert asked == Counter({group: sets[group] for group in JOURNALLED if group in REVIEWED})
    assert sets == Counter(REVIEWED) if grown else max(sets.values()) == 2


def of_age(population: Population) -> Iterator[Inhabitant]:  # noqa: F811
    return (one.person for family in population.households() for one in family.members if one.person.age(population.today) >= 18)


async def test_a_code_the_contract_does_not_list_is_told_as_sent_and_flagged(desk, government) -> None:  # noqa: F811
    await government.control("MZ", {"lie": "codes"})
    asked = """{ case(id: "case_1") { household { members { person {
        civilAssistance { status unlisted records { type category } } confirmation { unlisted records { region category } } } } } } }"""
    for _reading in ("interpreted", "compiled"):
        answer = await desk.answer(asked)
        assert answer.errors == ()
        told = [one["person"]["civilAssistance"] for one in answer.data["case"]["household"]["members"]]
        found = [facts for facts in told if facts["status"] == "MATCHED"]
        assert found
        assert all(facts["unlisted"] == ["category"] for facts in found)
        assert all(row["category"] == "MZ:99" and row["type"] != "MZ:99" for facts in found for row in facts["records"])
