"""Freshness on the road: typed beside every group, too old never told under the purpose that refuses it, maintenance with its end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.interface import DepartmentClosed
from hub.explain import explain
from hub.fetch import Fetcher
from hub.sources import KnownSources
from tests.hub.road import FACT_GROUPS, Department, covered, road, sources, standing

QUESTION = """{ case(id: "case_1") { household { members { person {
  tax { status asOf freshness backAt disclosure { fields { field form reason } } records { month } }
  vehicle { status freshness records { useNature } }
} } } } }"""


class Dated(Department):
    """A department whose data are of another day."""

    def __init__(self, as_of: str | None) -> None:
        super().__init__()
        self.as_of = as_of

    def about(self, ask, id_number):
        return replace(super().about(ask, id_number), as_of=self.as_of)


def with_tax(tax: Department, *, fresh_days: int | None = None) -> KnownSources:
    own = {group: sources(Department()).source(group, "") for group in FACT_GROUPS}
    own["tax"] = replace(own["tax"], connector=tax, fresh_days=fresh_days)
    return KnownSources(own.values())


def groups(answer, group: str) -> list[dict]:
    return [one["person"][group] for one in answer.data["case"]["household"]["members"]]


async def asked(keys, known: KnownSources, purpose: str, *, compiling: bool = True, times: int = 1):
    travelled = road(keys, known=known, compiling=compiling)
    who = standing(purpose=purpose, coverage={})
    for _ in range(times):
        answered = await travelled.ask(QUESTION, who=who)
    return answered


@pytest.mark.parametrize(("as_of", "expected"), [
    ("2026-11-22T00:00:00+08:00", "CURRENT"), ("2026-11-20T00:00:00+08:00", "BEHIND"), ("2026-09-21T00:00:00+08:00", "TOO_OLD"),
])
@pytest.mark.parametrize("times", [1, 2])
async def test_a_first_review_is_told_how_old_and_told_all_the_same(keys, as_of: str, expected: str, times: int) -> None:
    _, fetched, answer = await asked(keys, with_tax(Dated(as_of), fresh_days=2), "DIBAO_REVIEW", times=times)
    assert {one["freshness"] for one in groups(answer, "tax")} == {expected}
    assert {one["status"] for one in groups(answer, "tax")} <= {"MATCHED", "NO_RECORD"}
    assert {one["freshness"] for one in groups(answer, "vehicle")} == {"CURRENT"}
    assert not fetched.altered


@pytest.mark.parametrize("compiling", [True, False])
@pytest.mark.parametrize(("as_of", "reason", "freshness"), [
    ("2026-09-21T23:59:59+08:00", "DATA_TOO_OLD", "TOO_OLD"), (None, "DATA_AGE_UNKNOWN", None),
])
async def test_a_periodic_recheck_is_not_told_what_is_older_than_the_region_allows(keys, compiling, as_of, reason, freshness) -> None:
    _, fetched, answer = await asked(keys, with_tax(Dated(as_of)), "PERIODIC_RECHECK", compiling=compiling, times=3)
    for one in groups(answer, "tax"):
        assert (one["status"], one["records"], one["asOf"], one["freshness"]) == ("SOURCE_STALE", None, as_of, freshness)
        assert {(line["form"], line["reason"]) for line in one["disclosure"]["fields"]} == {("WITHHELD", reason)}
    assert {one["status"] for one in groups(answer, "vehicle")} <= {"MATCHED", "NO_RECORD"}
    assert any(one["records"] for one in groups(answer, "vehicle"))
    assert answer.told.statuses["tax"] == {"SOURCE_STALE": 4}
    assert "tax" not in answer.told.rows
    assert answer.told.partial
    assert (fetched.fallen, fetched.altered) == (False, True), "nobody's authorisation fell: it is looked at again after recording"


async def test_a_periodic_recheck_is_told_what_is_of_the_last_day_allowed(keys) -> None:
    _, fetched, answer = await asked(keys, with_tax(Dated("2026-09-22T00:00:00+08:00")), "PERIODIC_RECHECK")
    assert {one["status"] for one in groups(answer, "tax")} <= {"MATCHED", "NO_RECORD"}
    assert not fetched.altered


async def test_a_letter_that_falls_outranks_what_is_too_old(keys) -> None:
    answers = iter([{}, {}])  # before the ask leaves, of both departments
    travelled = road(
        keys, known=with_tax(Dated("2020-01-01T00:00:00+08:00")),
        fetcher=Fetcher(recheck=lambda _standing, people: next(answers, dict.fromkeys(people, "AUTH_REVOKED"))),
    )
    _, fetched, answer = await travelled.ask(QUESTION, who=standing(purpose="PERIODIC_RECHECK"))
    assert {one["status"] for one in groups(answer, "tax")} == {"NOT_AUTHORIZED"}
    assert fetched.fallen


@pytest.mark.parametrize("times", [1, 3])
async def test_a_source_in_maintenance_says_when_it_is_back_and_the_rest_is_told(keys, times: int) -> None:
    back = "2026-11-23T12:00:00+08:00"
    closed = Department(fails=[DepartmentClosed("in maintenance", back_at=back) for _ in range(times)])
    _, _, answer = await asked(keys, with_tax(closed), "DIBAO_REVIEW", times=times)
    for one in groups(answer, "tax"):
        assert (one["status"], one["backAt"], one["asOf"], one["freshness"], one["records"]) == ("SOURCE_MAINTENANCE", back, None, None, None)
    assert answer.errors == ()
    assert any(one["records"] for one in groups(answer, "vehicle"))


async def test_whom_nobody_may_ask_about_has_no_freshness_either(keys) -> None:
    who = standing(coverage={})
    hidden = replace(who, coverage={person: covered(covered=False, code="SUBJECT_NOT_COVERED") for person in who.coverage})
    _, _, answer = await road(keys).ask(QUESTION, who=hidden)
    assert {(one["status"], one["freshness"], one["backAt"]) for one in groups(answer, "tax")} == {("NOT_AUTHORIZED", None, None)}


class Described:
    def describe(self, group: str, field: str) -> str:
        return f"{group}.{field}"


async def test_the_plan_says_beforehand_what_becomes_of_old_data(keys) -> None:
    travelled = road(keys, known=with_tax(Department()))
    for purpose, told in (("DIBAO_REVIEW", "older than 62 days told as TOO_OLD"), ("PERIODIC_RECHECK", "older than 62 days not told, SOURCE_STALE")):
        said = explain(await travelled.plan(QUESTION, who=standing(purpose=purpose)), Described())
        (line,) = [one for one in said.splitlines() if one.startswith("ask SW tax")]
        assert told in line
