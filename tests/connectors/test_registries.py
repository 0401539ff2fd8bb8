"""Household registries: where a region's settings name one, it answers in the bureau's place, by its own contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.registry import flattened, open_connectors
from connectors.sandbox.registries import LOW_INCOME, NEEDY
from connectors.sandbox.rest_department import RestDepartment
from connectors.sandbox.soap_department import SoapDepartment
from tests.connectors.asking import ask, column, columns, household
from tests.connectors.shipped import SETTINGS

GROUP = "confirmation"
CASES = pytest.mark.parametrize(("dialect", "make", "system"), [
    (NEEDY, RestDepartment, "困难群众基本信息数据库"), (LOW_INCOME, SoapDepartment, "低收入人口基础信息库"),
], ids=["tn-needy-db", "low-income-db"])


@pytest.fixture
async def registry(dialect, make, population, clock):
    made = make(population, dialect, clock=clock)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def departments(registry, dialect, clock, random):
    """Everything as shipped, the registry named by the settings; nobody else is listening."""
    settings = SETTINGS | flattened({dialect.code.upper().replace("-", "_"): registry.settings})
    made = await open_connectors(Path("connectors/manifests"), settings, clock=clock, random=random)
    yield made
    await made.close()


@CASES
async def test_where_the_settings_name_it_the_registry_answers_and_the_bureau_keeps_the_rest(departments, system, clock, random):
    assert departments.system(GROUP) == system
    assert departments.department(GROUP) == "MZ"
    assert departments.system("civilAssistance") != system
    without = await open_connectors(Path("connectors/manifests"), SETTINGS, clock=clock, random=random)
    assert without.system(GROUP) != system
    await without.close()


@CASES
async def test_the_registry_tells_category_issuer_and_dates_of_those_it_holds_and_no_record_of_others(departments, system, population):
    assert departments.system(GROUP) == system
    people = household(population, GROUP)
    told = await departments[GROUP].fetch(ask(GROUP, people))
    names = [one.field for one in columns(GROUP)]
    for number, person in enumerate(people):
        records, known = told[f"s{number}"], population.records(GROUP, person)
        assert records.status == ("MATCHED" if known else "NO_RECORD")
        for row, fact in zip(records.rows, known, strict=True):
            said = dict(zip(names, row, strict=True))
            assert said["category"] == fact["category"]
            assert said["confirmedOn"] == fact["confirmedOn"].isoformat()
            assert (said["issuer"], said["status"], said["proof"]) == (fact["issuer"], fact["status"], None)


@CASES
async def test_only_the_named_column_is_asked_of_it(departments, registry, system, population):
    assert departments.system(GROUP) == system
    await departments[GROUP].fetch(ask(GROUP, household(population, GROUP), (column(GROUP, "category"),)))
    [asked] = registry.journal.entries
    assert len(asked["columns"]) == 1
