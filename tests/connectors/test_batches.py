"""Questions cut into calls: side by side within bounds, one deadline, failures told apart, nothing foreign let out."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from connectors.batches import MISSING, UNREADABLE, Batches, Noted
from connectors.interface import Ask, DepartmentBroke, DepartmentTimeout, DepartmentUnavailable, Records, Subject
from tests.connectors.test_soap import MANIFEST

ROW = Records("MATCHED", "2026-11-20T02:00:00+08:00", (("x",),))


def batches(**changes) -> Batches:
    return Batches(dataclasses.replace(MANIFEST, **{"batch": 2, "concurrency": 2, "deadline": 0.2, **changes}))


def question(count: int, *, deadline: float = 5.0) -> Ask:
    subjects = tuple(Subject(f"s{number}", str(number), "n", "i", "a") for number in range(count))
    return Ask("tax", (), subjects, "o", "p", deadline)


async def test_calls_run_side_by_side_within_the_departments_concurrency():
    running, most = 0, 0

    async def call(subjects):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return [ROW] * len(subjects)

    told = await batches().run(question(9), call)
    assert list(told) == [f"s{number}" for number in range(9)]
    assert most == 2


async def test_concurrency_is_the_departments_and_not_each_questions():
    shared, running, most = batches(concurrency=1), 0, 0

    async def call(subjects):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.005)
        running -= 1
        return [ROW] * len(subjects)

    await asyncio.gather(*(shared.run(question(1), call) for _ in range(5)))
    assert most == 1


@pytest.mark.parametrize(("ours", "theirs"), [(0.05, 600.0), (600.0, 0.05)])
async def test_the_shorter_of_both_deadlines_holds_for_all_calls_together(ours, theirs):
    async def call(_subjects):
        await asyncio.sleep(600)

    async with asyncio.timeout(30):
        with pytest.raises(DepartmentTimeout, match="SW did not answer before its deadline"):
            await batches(deadline=theirs, concurrency=1).run(question(6, deadline=ours), call)


async def test_each_failed_call_gives_its_subjects_its_own_status():
    async def call(subjects):
        match subjects[0].key:
            case "s0":
                raise DepartmentUnavailable("down")
            case "s2":
                await asyncio.sleep(10)
            case "s4":
                raise ValueError("5099")
        return [ROW, MISSING]

    shared = batches(concurrency=4)
    told = await shared.run(question(8), call)
    assert [records.status for records in told.values()] == [
        "SOURCE_ERROR", "SOURCE_ERROR", "SOURCE_TIMEOUT", "SOURCE_TIMEOUT", "SOURCE_ERROR", "SOURCE_ERROR", "MATCHED", "SOURCE_ERROR",
    ]
    assert (shared.tally.calls, shared.tally.failures, shared.tally.missing, shared.tally.failed) == (4, 3, 1, 6)


async def test_the_operator_hears_what_some_were_told_as_a_failure_how_many_and_in_which_group_and_of_nobody():
    async def call(subjects):
        match subjects[0].key:
            case "s0" | "s2":
                raise DepartmentUnavailable("50990119850101001X")
            case "s4":
                raise ValueError("50990119850101001X")
            case "s6":
                return [ROW, MISSING]
            case "s8":
                return [ROW, UNREADABLE]
        return [ROW, ROW]

    shared, heard = batches(concurrency=6, deadline=60), []
    shared.tally.told = heard.append
    await shared.run(question(12, deadline=60), call)
    assert heard == [
        Noted("missing", 1, "tax"), Noted("unreadable", 1, "tax"),
        Noted("failed", 4, "tax", "DepartmentUnavailable"), Noted("failed", 2, "tax", "DepartmentBroke"),
    ]  # fmt: skip


async def test_when_every_call_fails_the_first_failure_is_raised():
    async def call(subjects):
        raise (DepartmentUnavailable if subjects[0].key == "s0" else DepartmentBroke)(subjects[0].key)

    with pytest.raises(DepartmentUnavailable, match="s0"):
        await batches().run(question(4), call)


async def test_a_foreign_exception_keeps_its_class_and_loses_its_text():
    async def call(_subjects):
        raise LookupError("50990119850101001X")

    with pytest.raises(DepartmentBroke) as caught:
        await batches().run(question(1), call)
    assert str(caught.value) == "SW: LookupError while reading its answer"
    assert caught.value.__suppress_context__


async def test_an_answer_of_another_length_is_not_zipped_to_the_wrong_people():
    async def call(_subjects):
        return [ROW]

    with pytest.raises(DepartmentBroke, match="SW answered about another number of people"):
        await batches().run(question(2), call)


async def test_cancelling_the_asker_is_no_failure_of_the_department():
    shared, asked = batches(deadline=10), asyncio.Event()

    async def call(_subjects):
        asked.set()
        await asyncio.sleep(10)

    task = asyncio.create_task(shared.run(question(3), call))
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert shared.tally.failures == 0
