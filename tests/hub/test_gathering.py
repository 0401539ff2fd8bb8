"""Gathering: asks of one organisation and purpose leave together, never across organisations, split once, checked again as they leave."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from connectors.interface import Ask, Column, DepartmentBroke, DepartmentTimeout, DepartmentUnavailable, Records, Subject
from hub import gathering as gathers
from hub.fetch import Fetcher
from hub.gathering import SUBJECTS_A_CALL, Gathering
from policies.reduce import plain
from tests.hub.road import Department, matter, member, person, road, sources, standing
from tests.waiting import until

COLUMN = Column("month", "", "FULL", None, plain)


def ask(*keys: str, **changes: object) -> Ask:
    subjects = tuple(Subject(key, key, "name", f"intent {key}", f"case {key}") for key in keys)
    return replace(Ask("tax", (COLUMN,), subjects, "org", "P", 1.0), **changes)


class Source:
    """Answers when told to."""

    department, groups = "SW", frozenset({"tax"})

    def __init__(self) -> None:
        self.calls: list[Ask] = []
        self.gate = asyncio.Event()
        self.refuses: set[str] = set()
        self.error: Exception = DepartmentUnavailable("down")

    async def fetch(self, one: Ask) -> dict[str, Records]:
        self.calls.append(one)
        await self.gate.wait()
        if any(subject.id_number in self.refuses for subject in one.subjects):
            raise self.error
        return {subject.key: Records("MATCHED", None, ((subject.id_number,),)) for subject in one.subjects}

    async def close(self) -> None:
        pass

    @property
    def asked(self) -> list[list[str]]:
        return [[subject.id_number for subject in call.subjects] for call in self.calls]


async def everybody(subjects):
    return subjects


def standing_of(fallen: set[str]):
    async def stands(subjects):
        return [one for one in subjects if one.key not in fallen]

    return stands


async def send(gathering: Gathering, source: Source, *asks: Ask, stands=everybody) -> list[asyncio.Task]:
    tasks = []
    for one in asks:
        tasks.append(asyncio.create_task(gathering.fetch(source, one, stands)))
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


async def test_what_arrives_while_a_call_is_in_flight_leaves_together_next() -> None:
    gathering, source = Gathering(), Source()
    tasks = await send(gathering, source, ask("1"), ask("2"), ask("3", "4"), ask("5"))
    assert source.asked == [["1"]]
    source.gate.set()
    answers = await asyncio.gather(*tasks)
    assert source.asked == [["1"], ["2", "3", "4", "5"]]
    assert [sorted(answer) for answer in answers] == [["1"], ["2"], ["3", "4"], ["5"]]
    assert answers[2]["4"].rows == (("4",),)
    assert gathering.sent == 2
    assert [subject.intent for subject in source.calls[1].subjects] == ["intent 2", "intent 3", "intent 4", "intent 5"]
    assert [subject.approval for subject in source.calls[1].subjects] == ["case 2", "case 3", "case 4", "case 5"]
    await asyncio.sleep(0)
    assert gathering._lines == {}


@pytest.mark.parametrize("change", [
    {"organisation": "other"}, {"purpose": "Q"}, {"group": "vehicle"}, {"columns": (replace(COLUMN, field="x"),)},
    {"columns": (replace(COLUMN, reduce=str),)},
])
async def test_what_differs_in_anything_never_shares_a_call(change) -> None:
    gathering, source = Gathering(), Source()
    tasks = await send(gathering, source, ask("1"), ask("2", **change))
    assert source.asked == [["1"], ["2"]]
    source.gate.set()
    await asyncio.gather(*tasks)


async def test_two_askers_who_use_the_same_key_are_told_their_own_person() -> None:
    gathering, source = Gathering(), Source()
    same = [replace(ask(), subjects=(Subject("k.0", number, "name", "i", "a"),)) for number in ("1", "2", "3")]
    tasks = await send(gathering, source, *same)
    source.gate.set()
    answers = await asyncio.gather(*tasks)
    assert [answer["k.0"].rows for answer in answers] == [(("1",),), (("2",),), (("3",),)]


async def test_a_failed_gathered_call_is_split_once_and_no_more() -> None:
    gathering, source = Gathering(), Source()
    source.refuses = {"3"}
    tasks = await send(gathering, source, ask("1"), ask("2"), ask("3"), ask("4"), ask("5"))
    source.gate.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert source.asked == [["1"], ["2", "3", "4", "5"], ["2", "3"], ["4", "5"]]
    assert [isinstance(answer, DepartmentUnavailable) for answer in answers] == [False, True, True, False, False]


async def test_a_failed_gathered_call_of_a_department_that_counts_queries_is_asked_once() -> None:
    gathering, source = Gathering(), Source()
    source.refuses = {"3"}
    tasks = [asyncio.create_task(gathering.fetch(source, one, everybody, splits=False)) for one in map(ask, "1234")]
    await asyncio.sleep(0)
    source.gate.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert source.asked == [["1"], ["2", "3", "4"]]
    assert [isinstance(answer, DepartmentUnavailable) for answer in answers] == [False, True, True, True]


@pytest.mark.parametrize("error", [DepartmentTimeout("late"), ValueError("a bug")])
async def test_a_gathered_call_that_ran_out_of_time_or_broke_is_not_tried_again(error) -> None:
    gathering, source = Gathering(), Source()
    source.refuses, source.error = {"3"}, error
    tasks = await send(gathering, source, ask("1"), ask("2"), ask("3"))
    source.gate.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert source.asked == [["1"], ["2", "3"]]
    assert answers[1] is answers[2] is error


async def test_a_lone_call_that_fails_is_not_tried_again() -> None:
    gathering, source = Gathering(), Source()
    source.refuses, source.error = {"1"}, DepartmentBroke("html")
    tasks = await send(gathering, source, ask("1"))
    source.gate.set()
    with pytest.raises(DepartmentBroke):
        await tasks[0]
    assert source.asked == [["1"]]


async def test_who_no_longer_stands_as_the_call_leaves_is_not_asked_about() -> None:
    gathering, source = Gathering(), Source()
    fallen: set[str] = set()
    tasks = await send(gathering, source, ask("1"), ask("2"), ask("3"), stands=standing_of(fallen))
    fallen.add("2")
    source.gate.set()
    answers = await asyncio.gather(*tasks)
    assert source.asked == [["1"], ["3"]]
    assert answers[1] == {}


async def test_all_who_wait_are_looked_at_together_and_whoever_cannot_be_is_not_asked_about() -> None:
    gathering, source = Gathering(), Source()
    looking = asyncio.Barrier(4)  # opens once all four are looked at: one after another they never would be

    async def at_once(subjects):
        async with asyncio.timeout(30):
            await looking.wait()
        if subjects[0].key == "4":
            raise ValueError("cannot be looked at")
        return subjects if subjects[0].key != "3" else []

    tasks = await send(gathering, source, ask("0"))
    tasks += await send(gathering, source, *map(ask, "1234"), stands=at_once)
    source.gate.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [sorted(one) for one in answers[:4]] == [["0"], ["1"], ["2"], []]
    assert isinstance(answers[4], ValueError)
    assert source.asked == [["0"], ["1", "2"]]


async def test_nobody_left_standing_means_no_call() -> None:
    gathering, source = Gathering(), Source()
    tasks = await send(gathering, source, ask("1"), stands=standing_of({"1"}))
    assert await tasks[0] == {}
    assert source.asked == []


async def test_a_stuck_call_does_not_hold_the_waiting_past_their_patience(monkeypatch) -> None:
    monkeypatch.setattr(gathers, "PATIENCE", 0.001)
    gathering, source = Gathering(), Source()
    tasks = await send(gathering, source, *(ask(key, deadline=60) for key in "123"))
    await until(lambda: len(source.calls) >= 2)
    assert source.asked == [["1"], ["2", "3"]]
    assert 0 < source.calls[1].deadline < 60
    source.gate.set()
    await asyncio.gather(*tasks)


async def test_an_asker_that_goes_away_takes_nobody_along() -> None:
    gathering, source = Gathering(), Source()
    tasks = await send(gathering, source, ask("1"), ask("2"), ask("3"))
    for task in tasks[:2]:
        task.cancel()
    await asyncio.sleep(0)
    source.gate.set()
    assert sorted(await tasks[2]) == ["3"]
    assert source.asked == [["1"], ["3"]]


async def test_no_call_grows_past_its_bound() -> None:
    gathering, source = Gathering(), Source()
    many = [ask(*[f"{n}.{i}" for i in range(200)]) for n in range(4)]
    tasks = await send(gathering, source, *many)
    source.gate.set()
    await asyncio.gather(*tasks)
    assert max(map(len, source.asked)) <= SUBJECTS_A_CALL
    assert [len(one) for one in source.asked] == [200, 400, 200]


async def test_closing_tells_the_waiting() -> None:
    gathering, source = Gathering(), Source()
    tasks = await send(gathering, source, ask("1"), ask("2"))
    await gathering.close()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(answer) for answer in answers] == [DepartmentUnavailable, DepartmentUnavailable]
    with pytest.raises(DepartmentUnavailable):
        await gathering.fetch(source, ask("3"), everybody)


async def test_thirty_two_askers_of_one_organisation_need_a_quarter_of_the_calls(keys) -> None:
    text = "query($c: ID!) { case(id: $c) { household { members { person { tax { status records { month } } vehicle { status } } } } } }"
    calls = {}
    for gathering in (None, Gathering()):
        department = Department(slow=0.03)
        travelled = road(keys, department=department, known=sources(department, gathers=True, deadline=5.0), fetcher=Fetcher(gathering=gathering))

        async def one(number: int, travelled=travelled) -> object:
            who = standing(matter(member(number), case=f"case_{number}"), case=f"case_{number}")
            return (await travelled.ask(text, {"c": f"case_{number}"}, who))[2]

        answers = await asyncio.gather(*(one(n) for n in range(32)))
        calls[gathering is not None] = len(department.asks)
        assert [answer.told.statuses["tax"] for answer in answers] == [
            {"NO_RECORD" if (n + 3) % 4 == 0 else "MATCHED": 1} for n in range(32)
        ]
    assert calls[True] * 4 <= calls[False]
    assert {(s.id_number, s.approval) for ask in department.asks for s in ask.subjects} == {
        (person(n).id_number, f"case_{n}") for n in range(32)  # whatever they share, each person stands under their own case
    }


class Held(Department):
    """Answers once its gate is open."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()

    async def fetch(self, ask):
        await self.gate.wait()
        return await super().fetch(ask)


async def test_a_letter_revoked_while_waiting_keeps_its_person_out_of_the_gathered_call(keys) -> None:
    revoked: set[str] = set()
    department, gathering = Held(), Gathering()
    fetcher = Fetcher(gathering=gathering, recheck=lambda _standing, people: {one: "AUTH_REVOKED" for one in people if one in revoked})
    travelled = road(keys, department=department, known=sources(department, gathers=True), fetcher=fetcher)
    text = '{ case(id: "case_1") { household { members { person { tax { status } } } } } }'
    tasks = [asyncio.create_task(travelled.ask(text, who=standing(matter(member(n), member(n + 1))))) for n in (0, 2, 4)]
    await until(lambda: sum(len(line.waiting) for line in gathering._lines.values()) == 2)  # both behind the call in flight
    revoked.add(person(3).id)
    department.gate.set()
    answers = [(await task)[2] for task in tasks]
    assert answers[1].told.statuses["tax"]["NOT_AUTHORIZED"] == 1
    assert person(3).id_number not in {number for _, _, numbers in department.asked for number in numbers}
    assert answers[2].told.statuses["tax"].get("NOT_AUTHORIZED") is None


@pytest.mark.parametrize("look", [2, 3, 4, 5])
@pytest.mark.parametrize("mends", [True, False])
async def test_a_process_that_stood_still_before_any_look_asks_again_and_tells_nobody_of_an_error(keys, look: int, mends: bool) -> None:
    """1 plan's ask, 2 as the gathered call leaves, 3 its other one …: a memory too old to know answers that everybody fell."""
    looks, stale = [0], [False]

    def recheck(_standing, people):
        looks[0] += 1
        stale[0] = stale[0] or looks[0] == look
        return dict.fromkeys(people, "REVOCATION_UNKNOWN") if stale[0] else {}

    async def settle() -> None:
        stale[0] = not mends

    department = Department()
    fetcher = Fetcher(gathering=Gathering(), recheck=recheck, settled=settle)
    travelled = road(keys, department=department, known=sources(department, gathers=True), fetcher=fetcher)
    _, fetched, answer = await travelled.ask('{ case(id: "case_1") { household { members { person { tax { status } vehicle { status } } } } } }')
    assert looks[0] >= look
    statuses = {status for told in answer.told.statuses.values() for status in told}
    assert statuses <= ({"MATCHED", "NO_RECORD"} if mends else {"NOT_AUTHORIZED"})
    assert fetched.fallen is not mends


async def test_whom_a_department_leaves_out_of_a_gathered_answer_is_left_out_of_their_askers_alone() -> None:
    class Forgetful(Source):
        async def fetch(self, one: Ask) -> dict[str, Records]:
            told = await super().fetch(one)
            return {subject.key: told[subject.key] for subject in one.subjects if subject.id_number != "b"}

    gathering, source = Gathering(), Forgetful()
    tasks = await send(gathering, source, ask("x"), ask("a", "b"), ask("c"))
    source.gate.set()
    answers = [await task for task in tasks]
    assert [sorted(answer) for answer in answers] == [["x"], ["a"], ["c"]]
    assert source.asked == [["x"], ["a", "b", "c"]]
