"""The deferred connector before its ledger and after its department: what it needs, what it refuses, how long it waits."""

from __future__ import annotations

import pytest

from connectors.interface import Column, DepartmentBroke, DepartmentUnavailable, Records
from connectors.ledger import REFUSALS, AnswerRefused, Job, refused
from connectors.manifest import parse
from connectors.registry import open_connectors
from connectors.section import ManifestFault
from policies.reduce import plain
from tests.connectors.asking import ask, column, household
from tests.connectors.shipped import DIRECTORY, SETTINGS
from tests.connectors.test_conformance import comparable, expected

JR = (DIRECTORY / "JR.toml").read_text(encoding="utf-8")
GROUPS = ["bankDeposit", "securities", "commercialInsurance", "paymentAccount"]


class Shelf:
    """A ledger of one process and one test: PostgreSQL's is tried in tests/hub/deferred."""

    address = "http://127.0.0.1:9/departments/answers"

    def __init__(self) -> None:
        self.open: dict[str, Job] = {}
        self.taken: dict[str, str | None] = {}
        self.kept: dict[str, Records] = {}

    async def resume(self, department, asked, terms):
        jobs = [
            Job(f"job_{len(self.open) + at}", asked.group, asked.columns, subject, asked.organisation, asked.purpose)
            for at, subject in enumerate(asked.subjects)
        ]
        self.open.update({job.id: job for job in jobs})
        return {}, jobs

    async def accepted(self, expected, terms):
        self.taken.update(expected)

    async def withdraw(self, jobs):
        for job in jobs:
            del self.open[job.id]

    async def job(self, department, identifier):
        if identifier not in self.open:
            raise refused("JOB_UNKNOWN")
        return self.open[identifier]

    async def keep(self, job, records, terms):
        self.kept[job.id] = records


@pytest.fixture
async def shelf(departments) -> Shelf:
    made = Shelf()
    departments.deferred["JR"].ledger = made
    return made


@pytest.fixture(params=GROUPS)
def group(request) -> str:
    return request.param


@pytest.fixture
async def held(government):
    await government.control("JR", {"delay": "held", "silent": True})


async def test_every_value_arrives_in_our_names_units_and_codes(group, departments, population, shelf, held, government):
    people = household(population, group, 10)
    told = await departments[group].fetch(ask(group, people))
    assert {records.status for records in told.values()} == {"PENDING"}
    assert all(records.expected.endswith("+08:00") for records in told.values())
    await government.departments["JR"].release()
    assert await departments.deferred["JR"].poll(list(shelf.open.values())) == ["KEPT"] * 20
    for at, person in enumerate(people):
        records, rows = shelf.kept[f"job_{at}"], expected(population, group, person)
        assert records.status == ("MATCHED" if rows else "NO_RECORD")
        assert comparable(records.rows) == comparable(rows)


async def test_only_the_named_column_is_asked_and_for_existence_one(group, departments, population, shelf, held, government):
    people = household(population, group)
    await departments[group].fetch(ask(group, people, (column(group, "asOf" if group != "commercialInsurance" else "insuredType"),)))
    await departments[group].fetch(ask(group, people, ()))
    first, second = government.journal("JR").entries
    assert len(first["columns"]) == len(second["columns"]) == 1
    assert [subject["reference"] for subject in first["subjects"]] == [f"intent-{number:04d}" for number in range(6)]


async def test_without_a_ledger_nothing_is_asked(group, departments, government, population):
    with pytest.raises(DepartmentUnavailable, match="nobody here waits"):
        await departments[group].fetch(ask(group, household(population, group)))
    assert government.journal("JR").calls == 0


async def test_a_field_the_manifest_does_not_declare_and_a_question_about_nobody_open_no_job(group, departments, government, population, shelf):
    with pytest.raises(DepartmentBroke, match="declares no field"):
        await departments[group].fetch(ask(group, household(population, group), (Column("sfzh", "full", "FULL", None, plain),)))
    assert await departments[group].fetch(ask(group, [])) == {}
    assert (shelf.open, government.journal("JR").calls) == ({}, 0)


async def test_a_slow_platform_is_given_the_deadline_and_the_question_is_under_way(departments, government, population, shelf):
    await government.control("JR", {"slow": 5.0})
    told = await departments["securities"].fetch(ask("securities", household(population, "securities"), deadline=0.2))
    assert {records.status for records in told.values()} == {"PENDING"}
    assert shelf.taken == {}
    assert len(shelf.open) == 6


@pytest.mark.parametrize("fail", [401, 403, 429])
async def test_a_platform_that_refuses_the_hub_is_an_error_and_nobody_waits(departments, government, population, shelf, fail):
    await government.control("JR", {"fail": fail})
    with pytest.raises(DepartmentUnavailable):
        await departments["securities"].fetch(ask("securities", household(population, "securities")))
    assert shelf.open == {}


async def test_of_two_calls_one_that_broke_its_contract_loses_only_its_own(opening, government, population):
    departments = await opening(batch=3, concurrency=1)
    shelf = departments.deferred["JR"].ledger = Shelf()
    await government.control("JR", {"delay": "held", "lie": "html", "times": 1})
    told = await departments["securities"].fetch(ask("securities", household(population, "securities")))
    assert [records.status for records in told.values()] == ["SOURCE_ERROR"] * 3 + ["PENDING"] * 3
    assert set(shelf.taken) == set(shelf.open) == {"job_3", "job_4", "job_5"}


@pytest.mark.parametrize(("old", "new", "fault"), [
    ("answer_hours = 16", "answer_hours = 0", "JR.toml.deferred.answer_hours: outside 1 to 400"),
    ("poll_seconds = 1800", "polls = 1800", "JR.toml.deferred.polls: unknown key"),
    ("concurrency = 4", "concurrency = 4\ngather = true", "JR.toml.limits.gather: a question that is answered later"),
    ('submit = "/jr/v1/yh/apply"', 'submit = "/jr/v1/yh/apply?x=1"', "JR.toml.groups.bankDeposit.call.submit: not an identifier"),
    ('failed = "9"', "", "JR.toml.envelope.failed: missing"),
])
def test_a_manifest_that_is_none_is_refused_by_name(old, new, fault):
    assert old in JR
    with pytest.raises(ManifestFault) as caught:
        parse("JR.toml", JR.replace(old, new, 1), SETTINGS)
    assert fault in str(caught.value)


@pytest.mark.parametrize("key", ["", "AAAA", "!", "A" * 44])
async def test_a_call_back_key_that_is_none_stops_the_start(key, clock, random):
    with pytest.raises(ManifestFault):
        await open_connectors([DIRECTORY / "JR.toml"], {**SETTINGS, "JR_CALLBACK_PUBLIC_KEY": key}, clock=clock, random=random)


def test_every_refusal_has_a_status_and_says_nothing_else():
    for code, status in REFUSALS.items():
        error = refused(code)
        assert isinstance(error, AnswerRefused)
        assert (error.code, error.status, str(error)) == (code, status, code)
