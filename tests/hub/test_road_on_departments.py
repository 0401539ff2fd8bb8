"""One household question over the six departments of the sandbox, each on its own protocol: every group is told, gathered or not."""

from __future__ import annotations

import uuid

import pytest

from hub.answer import Answerer
from hub.authorizations.matter import Member, Person
from hub.explain import explain
from hub.fetch import Fetcher
from hub.gathering import Gathering
from hub.operation import Documents
from hub.people.handles import Handles
from hub.plan import Planner
from hub.sources import KnownSources
from schema import SCHEMA
from schema.register import GROUPS
from tests.connectors.conftest import departments, government, opening, population, registry_database  # noqa: F401 (fixtures)
from tests.hub.road import ALL_CASES, FACT_GROUPS, NOW, REGION, matter, policy, standing

LEAVES = {"PLAIN": "", "FLAG": "", "TEXT": "{ masked }", "AMOUNT": "{ yuan band atLeast(threshold: LOW_INCOME_STANDARD) }",
          "QUANTITY": "{ value unit band any }", "DATED": "{ on year known }", "CODED": "{ code label group any }", "PSEUDONYM": "{ pid known }"}
EVERYTHING = '{{ case(id: "case_1") {{ household {{ members {{ person {{ {} }} }} }} }} }}'.format(" ".join(
    f"{group} {{ status asOf records {{ {' '.join(f'{n} {LEAVES[f.kind]}' for n, f in GROUPS[group].fields.items() if n != 'records')} }} }}"
    for group in FACT_GROUPS
))
STATUSES = '{{ case(id: "case_1") {{ household {{ members {{ person {{ {} }} }} }} }} }}'.format(" ".join(f"{group} {{ status }}" for group in FACT_GROUPS))


@pytest.mark.parametrize("gathering", [False, True])
async def test_every_group_of_a_family_is_told_by_its_own_department(departments, population, keys, gathering) -> None:  # noqa: F811
    family = population.demo_family()
    members = tuple(
        Member(Person(str(uuid.uuid4()), one.person.id_number, one.person.name, one.person.sex, one.person.birth_date, f"{n:064x}"),
               "01", "MEMBER", "FULL", ())
        for n, one in enumerate(family.members)
    )
    planner = Planner(groups=GROUPS, policy=policy(), sources=KnownSources.of(departments), handles=Handles(keys), region=REGION,
                      pseudonym=lambda _who: lambda number: f"pid_{number[-4:]}")
    trouble: list[object] = []
    fetcher = Fetcher(gathering=Gathering() if gathering else None, trouble=lambda source, status, error: trouble.append((source.group, status, error)))
    answerer, documents = Answerer(SCHEMA, planner.reach), Documents(SCHEMA, ALL_CASES)
    for text in (EVERYTHING, EVERYTHING, STATUSES):
        question, values = documents.read(text).question({})
        plan = await planner.plan(question, values, standing(matter(*members)), NOW)
        answer = answerer.answer(plan, await fetcher.fetch(plan, "01JHUBINTENT00000000000001"))
        assert trouble == []
        assert answer.errors == ()
        assert set(answer.told.statuses) == set(FACT_GROUPS)
        assert {status for counts in answer.told.statuses.values() for status in counts} <= {"MATCHED", "NO_RECORD"}
        assert sum(counts.get("MATCHED", 0) for counts in answer.told.statuses.values()) >= len(FACT_GROUPS)
    question, values = documents.read(EVERYTHING).question({})
    told = explain(await planner.plan(question, values, standing(matter(*members)), NOW), departments)
    assert "names no column" not in told
    assert not [one.person.name for one in members if one.person.name in told]
