"""Standing up to a real department: its SOAP server fails, is left alone, is asked once and believed; in its window it hears nothing."""

from __future__ import annotations

import asyncio

import pytest

from connectors.breaker import State
from connectors.interface import DepartmentClosed, DepartmentLeftAlone, DepartmentUnavailable
from tests.connectors.asking import ask, household

DAILY = '\n[[maintenance]]\nweekdays = ["MON"]\nfrom = "00:00"\nto = "12:30"\n'
tax = pytest.mark.parametrize("group", ["tax"])


@tax
async def test_a_server_that_fails_is_left_alone_then_asked_once_and_believed(group, opening, government, population):
    departments = await opening(deadline="3.0\nfailures = 2\nrest = 600")
    connector, question = departments[group], ask(group, household(population, group))
    await government.control("SW", {"fail": 503})
    for _ in range(2):
        with pytest.raises(DepartmentUnavailable, match="status 503"):
            await connector.fetch(question)
    await government.control("SW", {})
    with pytest.raises(DepartmentLeftAlone):
        await connector.fetch(question)
    assert len(government.journal("SW").entries) == 0, "neither a failure nor what was spared reached its journal"
    connector.batches.guard._breaker._until = 0.0  # its rest is over
    answers = await asyncio.gather(*(connector.fetch(question) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(answer, DepartmentLeftAlone) for answer in answers) == 3
    assert len(government.journal("SW").entries) == 1
    assert {records.status for records in (await connector.fetch(question)).values()} == {"MATCHED", "NO_RECORD"}
    assert connector.batches.guard.state is State.CLOSED


@tax
async def test_a_department_in_its_window_hears_nothing_and_is_asked_again_when_it_ends(group, opening, government, population, clock):
    departments = await opening(freshness='"daily"' + DAILY)
    connector, question = departments[group], ask(group, household(population, group))
    with pytest.raises(DepartmentClosed) as caught:
        await connector.fetch(question)
    assert caught.value.back_at == "2026-11-23T12:30:00+08:00"
    assert len(government.journal("SW").entries) == 0
    clock.advance(3.5 * 3600)
    await connector.fetch(question)
    assert len(government.journal("SW").entries) == 1


@tax
async def test_a_call_that_failed_once_is_repeated_where_the_manifest_allows_it_and_signed_anew(group, opening, government, population):
    departments = await opening(deadline="3.0\nretries = 1", gather="false")
    await government.control("SW", {"fail": 503, "times": 1})
    told = await departments[group].fetch(ask(group, household(population, group)))
    assert {records.status for records in told.values()} == {"MATCHED", "NO_RECORD"}
    tally = departments[group].batches.tally
    assert (tally.calls, tally.failures, tally.repeats) == (2, 1, 1)
