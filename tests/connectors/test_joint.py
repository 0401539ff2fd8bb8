"""Several registers of a department in one call: together where they are asked together, and nobody's answer is another's."""

from __future__ import annotations

import asyncio

import pytest

from connectors.breaker import State
from connectors.graphql import GraphqlConnector
from connectors.interface import Ask, DepartmentBroke, DepartmentError, DepartmentTimeout, DepartmentUnavailable
from connectors.joint import Joint
from connectors.sandbox.population import Population
from tests.connectors.asking import ask, household

GROUPS = ("civilAssistance", "carePersonStatus", "funeral", "confirmation")


async def until(true) -> None:
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110 - a turn of the loop, not an event
            await asyncio.sleep(0)


class Line:
    """What a department is sent, and what it says of each part."""

    def __init__(self) -> None:
        self.sent: list[list[str]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.faults: dict[str, DepartmentError] = {}
        self.down: Exception | None = None
        self.ended = False

    async def __call__(self, parts):
        self.sent.append(list(parts))
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.ended = True
            raise
        if self.down is not None:
            raise self.down
        return [self.faults.get(part, part.upper()) for part in parts]


async def asked(joint: Joint, *parts: str, key: str = "k", weight: int = 1) -> list[object]:
    return await asyncio.gather(*(joint.ask(key, part, weight) for part in parts), return_exceptions=True)


async def test_what_is_asked_in_one_turn_leaves_as_one_call_and_what_comes_later_in_another() -> None:
    line = Line()
    joint = Joint(line, most=10)
    assert await asked(joint, "a", "b", "c") == ["A", "B", "C"]
    assert await asked(joint, "d") == ["D"]
    assert line.sent == [["a", "b", "c"], ["d"]]


async def test_parts_of_different_keys_never_share_a_call() -> None:
    line = Line()
    joint = Joint(line, most=10)
    await asyncio.gather(asked(joint, "a", "b", key="one"), asked(joint, "c", key="other"))
    assert line.sent == [["a", "b"], ["c"]]


async def test_no_call_grows_past_the_departments_batch_and_a_part_is_never_cut() -> None:
    line = Line()
    joint = Joint(line, most=5)
    assert await asked(joint, "a", "b", "c", "d", weight=2) == ["A", "B", "C", "D"]
    assert await asked(joint, "e", "f", weight=9) == ["E", "F"]
    assert line.sent == [["a", "b"], ["c", "d"], ["e"], ["f"]]


async def test_a_fault_of_one_part_is_its_askers_alone_and_a_call_that_fails_is_everybodys() -> None:
    line = Line()
    joint = Joint(line, most=10)
    line.faults["b"] = DepartmentBroke("of another shape")
    first, second, third = await asked(joint, "a", "b", "c")
    assert (first, third) == ("A", "C")
    assert second is line.faults["b"]
    line.down = DepartmentUnavailable("down")
    assert await asked(joint, "a", "b") == [line.down] * 2


async def test_an_asker_that_goes_away_takes_nobody_along_and_the_last_takes_the_call() -> None:
    line = Line()
    joint = Joint(line, most=10)
    line.gate.clear()
    early, one, other = (asyncio.create_task(joint.ask("k", part, 1)) for part in "xab")
    await asyncio.sleep(0)
    early.cancel()  # before it left
    await until(lambda: line.sent)
    assert line.sent == [["a", "b"]]
    one.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not line.ended
    other.cancel()
    await until(lambda: line.ended)
    assert [type(told) for told in await asyncio.gather(early, one, other, return_exceptions=True)] == [asyncio.CancelledError] * 3
    assert not joint._calls
    assert not joint._waiting


async def test_nobody_left_when_it_would_leave_is_no_call() -> None:
    line = Line()
    joint = Joint(line, most=10)
    gone = asyncio.create_task(joint.ask("k", "a", 1))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    assert (line.sent, joint._waiting) == ([], {})


def questions(population: Population) -> list[Ask]:
    return [ask(group, household(population, "civilAssistance")) for group in GROUPS]


async def together(connector, asks: list[Ask]) -> list[object]:
    return await asyncio.gather(*(connector.fetch(one) for one in asks), return_exceptions=True)


async def test_a_bureau_is_contacted_once_about_all_its_registers_and_tells_what_it_tells_of_each_alone(departments, government, population) -> None:
    connector = departments["civilAssistance"]
    assert isinstance(connector, GraphqlConnector)
    asks = questions(population)
    alone = [await connector.fetch(one) for one in asks]
    government.forget()
    assert await together(connector, asks) == alone
    assert government.journal("MZ").calls == 1
    assert [entry["group"] for entry in government.journal("MZ").entries] == list(GROUPS)
    assert {records.status for told in alone for records in told.values()} == {"MATCHED", "NO_RECORD"}


async def test_two_questions_in_one_turn_are_two_calls_unless_they_are_gathered(departments, government, population) -> None:
    people = household(population, "civilAssistance", size=2)
    government.forget()
    await together(departments["civilAssistance"], [ask("civilAssistance", people[:1]), ask("civilAssistance", people[:2])])
    assert government.journal("MZ").calls == 2


@pytest.mark.parametrize(("lie", "statuses"), [("types", {"SOURCE_ERROR", "NO_RECORD"}), ("half", {"MATCHED", "NO_RECORD", "SOURCE_ERROR"})])
async def test_a_bureau_that_lies_about_one_lies_about_each_part_by_itself(departments, government, population, lie, statuses) -> None:
    await government.control("MZ", {"lie": lie})
    told = await together(departments["civilAssistance"], questions(population)[:2])
    assert {records.status for one in told if not isinstance(one, DepartmentError) for records in one.values()} <= statuses


async def test_a_failed_call_counts_once_against_the_department_whatever_it_carried(opening, government, population) -> None:
    connector = (await opening(deadline="3.0\nfailures = 2\nrest = 600"))["civilAssistance"]
    await government.control("MZ", {"fail": 503})
    assert {type(one) for one in await together(connector, questions(population))} == {DepartmentUnavailable}
    await government.control("MZ", {})
    assert {type(one) for one in await together(connector, questions(population))} == {dict}, "one failure of the two it may have"


async def test_a_silence_counts_once_too_and_another_questions_by_itself(opening, government, population) -> None:
    connector = (await opening(deadline="0.3\nfailures = 2\nrest = 600"))["civilAssistance"]
    await government.control("MZ", {"slow": 3600})
    assert {type(one) for one in await together(connector, questions(population))} == {DepartmentTimeout}
    assert connector.batches.guard.state is State.CLOSED, "one failure of the two it may have"
    assert {type(one) for one in await together(connector, questions(population))} == {DepartmentTimeout}
    assert connector.batches.guard.state is State.OPEN
