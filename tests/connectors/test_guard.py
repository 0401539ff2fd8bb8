"""Before every call: maintenance, breaker, pace, repeats; on the real `Batches`, with clocks that are given."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from datetime import datetime

import pytest

from connectors import guard
from connectors.batches import Batches
from connectors.breaker import State
from connectors.door import Answer, accepted
from connectors.interface import (
    DepartmentBroke,
    DepartmentClosed,
    DepartmentLeftAlone,
    DepartmentRefused,
    DepartmentTimeout,
    DepartmentUnavailable,
    Records,
    Subject,
)
from connectors.maintenance import CHINA, Announced
from connectors.manifest import parse
from connectors.section import ManifestFault
from tests.connectors.test_batches import ROW, question
from tests.connectors.test_manifest import MZ, SETTINGS
from tests.connectors.test_soap import MANIFEST
from tests.waiting import until

NIGHT = Announced(datetime(2026, 11, 23, 1, tzinfo=CHINA), datetime(2026, 11, 23, 5, tzinfo=CHINA))


class Line:
    """A department that answers, or raises what stands in `fails`, and counts."""

    def __init__(self, *fails: Exception, slow: float = 0.0) -> None:
        self.fails, self.slow, self.left = list(fails), slow, []

    async def __call__(self, subjects: Sequence[Subject]) -> Sequence[Records]:
        self.left.append(asyncio.get_running_loop().time())
        if self.slow:
            await asyncio.sleep(self.slow)
        if self.fails:
            raise self.fails.pop(0)
        return [ROW] * len(subjects)


def batches(*, deadline: float = 60.0, concurrency: int = 8, batch: int = 50, **limits: object) -> Batches:
    given = dataclasses.replace(MANIFEST.limits, **limits)
    return Batches(dataclasses.replace(MANIFEST, limits=given, deadline=deadline, concurrency=concurrency, batch=batch))


def down(count: int) -> list[Exception]:
    return [DepartmentUnavailable("down") for _ in range(count)]


async def test_a_probe_that_ends_with_what_another_was_counted_for_gives_its_place_back() -> None:
    shared = DepartmentUnavailable("one call of several askers")
    shared.counted = True
    line = Line(*down(1), shared)
    asked = batches(failures=1, rest=0.0)
    for _ in range(2):
        with pytest.raises(DepartmentUnavailable):
            await asked.run(question(1), line)
        assert asked.guard.state is State.OPEN
    await asked.run(question(1), line)
    assert asked.guard.state is State.CLOSED


async def test_a_department_in_its_window_is_not_asked_and_says_when_it_is_back() -> None:
    made, line = batches(windows=(NIGHT,)), Line()
    now = [datetime(2026, 11, 23, 0, 59, 59, tzinfo=CHINA)]
    made.guard.watch(lambda: now[0], None)
    await made.run(question(1), line)
    now[0] = NIGHT.begins
    with pytest.raises(DepartmentClosed) as caught:
        await made.run(question(1), line)
    assert (caught.value.code, caught.value.back_at) == ("SOURCE_MAINTENANCE", "2026-11-23T05:00:00+08:00")
    now[0] = NIGHT.end
    await made.run(question(1), line)
    assert len(line.left) == 2
    assert (made.tally.calls, made.tally.spared, made.tally.failures) == (2, 1, 0)


async def test_after_failures_in_a_row_it_is_left_alone_then_asked_once_and_believed() -> None:
    made, line, told = batches(failures=3, rest=60.0), Line(*down(3)), []
    made.guard.watch(lambda: NIGHT.end, lambda manifest, state: told.append((manifest.department, state)))
    for _ in range(3):
        with pytest.raises(DepartmentUnavailable, match="down"):
            await made.run(question(1), line)
    with pytest.raises(DepartmentLeftAlone):
        await made.run(question(1), line)
    assert len(line.left) == 3
    made.guard._breaker._until -= 60.0  # its rest is over
    line.slow = 0.02
    answers = await asyncio.gather(*(made.run(question(1), line) for _ in range(5)), return_exceptions=True)
    assert [isinstance(answer, DepartmentLeftAlone) for answer in answers] == [False, True, True, True, True]
    assert len(line.left) == 4
    await made.run(question(1), line)
    assert told == [("SW", State.OPEN), ("SW", State.HALF_OPEN), ("SW", State.CLOSED)]


async def test_an_answer_outside_the_contract_never_closes_a_department_to_others() -> None:
    made, line = batches(failures=2), Line(*[DepartmentBroke("html")] * 6)
    for _ in range(6):
        with pytest.raises(DepartmentBroke):
            await made.run(question(1), line)
    assert made.guard.state is State.CLOSED
    assert len(line.left) == 6


@pytest.mark.parametrize(("ours", "its", "state"), [(0.005, 60.0, State.CLOSED), (60.0, 0.03, State.OPEN)])
async def test_silence_counts_only_where_the_department_had_its_time(ours: float, its: float, state: State) -> None:
    made, line = batches(failures=2, deadline=its), Line(slow=60.0)
    for _ in range(2):
        with pytest.raises(DepartmentTimeout):
            await made.run(question(1, deadline=ours), line)
    assert made.guard.state is state


@pytest.mark.parametrize(("status", "state"), [(403, State.CLOSED), (401, State.OPEN), (429, State.OPEN), (503, State.OPEN)])
async def test_a_department_that_does_not_serve_one_organisation_is_not_closed_to_the_others(status: int, state: State) -> None:
    made = batches(failures=3)

    async def answers(_subjects: Sequence[Subject]) -> Sequence[Records]:
        accepted("SW", Answer(status, "application/json", b"{}"), "application/json")
        return []

    for _ in range(3):
        with pytest.raises(DepartmentRefused if status != 503 else DepartmentUnavailable):
            await made.run(question(1), answers)
    assert made.guard.state is state


async def test_a_probe_whose_asker_goes_away_does_not_keep_the_department_closed() -> None:
    made, line = batches(failures=1, rest=0.01), Line(*down(1))
    with pytest.raises(DepartmentUnavailable):
        await made.run(question(1), line)
    await asyncio.sleep(0.015)
    line.slow = 10.0
    probe = asyncio.create_task(made.run(question(1), line))
    await until(lambda: len(line.left) == 2)
    probe.cancel()
    assert isinstance((await asyncio.gather(probe, return_exceptions=True))[0], asyncio.CancelledError)
    line.slow = 0.0
    await made.run(question(1), line)
    assert made.guard.state is State.CLOSED


async def test_calls_leave_at_the_departments_pace() -> None:
    made, line = batches(rate=60 * 50, batch=1, concurrency=64), Line()
    await made.run(question(55), line)
    first = line.left[0]
    assert sum(moment - first < 0.01 for moment in line.left) <= 51, "one second's calls may leave at once"
    assert line.left[-1] - first >= 0.09, "the five above it wait a fiftieth of a second each"


async def test_what_would_have_to_wait_past_its_deadline_is_late_and_no_fault_of_the_department() -> None:
    made, line = batches(rate=60, failures=1, batch=1), Line()
    told = await made.run(question(2, deadline=0.5), line)
    assert [told[key].status for key in ("s0", "s1")] == ["MATCHED", "SOURCE_TIMEOUT"]
    assert len(line.left) == 1
    assert made.guard.state is State.CLOSED


async def test_a_call_that_did_not_get_through_is_repeated_within_the_deadline() -> None:
    made, line = batches(retries=1), Line(*down(1))
    assert (await made.run(question(1), line))["s0"] is ROW
    assert (len(line.left), made.tally.repeats) == (2, 1)
    assert line.left[1] - line.left[0] >= 0.045


@pytest.mark.parametrize(("failure", "limits", "ours"), [
    (DepartmentUnavailable("down"), {}, 60.0),
    (DepartmentUnavailable("down, and no time is left"), {"retries": 3}, 10.0),
    (DepartmentRefused("no such key"), {"retries": 3}, 60.0),
    (DepartmentBroke("html"), {"retries": 3}, 60.0),
    (DepartmentTimeout("its statement ended"), {"retries": 3}, 60.0),
])
async def test_nothing_else_is_repeated(failure: Exception, limits: dict[str, object], ours: float, monkeypatch) -> None:
    monkeypatch.setattr(guard, "PAUSE", 20.0)
    made, line = batches(**limits), Line(failure)
    with pytest.raises(type(failure)):
        await made.run(question(1, deadline=ours), line)
    assert len(line.left) == 1


async def test_a_failing_department_gets_a_tenth_more_calls_and_no_more() -> None:
    made, line = batches(retries=3, failures=1000, deadline=5.0), Line(*down(1000))
    answers = await asyncio.gather(*(made.run(question(1), line) for _ in range(200)), return_exceptions=True)
    assert all(isinstance(answer, DepartmentUnavailable) for answer in answers)
    assert 200 < len(line.left) <= 200 + 21


def test_a_department_that_counts_queries_is_never_set_up_to_be_asked_twice() -> None:
    counted = MZ.replace("gather = true", "gather = true\nqueries_counted = true", 1)
    assert parse("MZ.toml", counted, SETTINGS).limits.queries_counted
    with pytest.raises(ManifestFault, match=r"MZ\.toml\.limits\.queries_counted: .* a retry would ask twice"):
        parse("MZ.toml", counted.replace("gather = true", "retries = 1", 1), SETTINGS)


async def test_a_slow_department_holds_up_nobody_else() -> None:
    slow, quick = batches(), batches()
    late = asyncio.create_task(slow.run(question(1), Line(slow=60.0)))
    await quick.run(question(1), Line())
    assert not late.done()
    late.cancel()
    with pytest.raises(DepartmentTimeout):
        await batches(deadline=0.03).run(question(1), Line(slow=60.0))
