"""Gathering: asks of one organisation under one purpose that arrive while a call is in flight leave together.

Rules of this file:
- Only asks that agree in source, organisation, purpose and columns ever share a call; each subject keeps its own
  intent as reference and its own case as approval, so the department sees under which question and in which matter each stands.
- Whether each subject's authorisation still stands is asked again as the call leaves, of all askers at once: where that needs the database and
  it is gone, nobody waits for the others' looks before their own. Whoever cannot be looked at is not asked about.
- A gathered call that fails is split once, into halves; what fails then has failed. No other retry, and none at a department that
  bills or journals each query: there one asker's failure is everybody's.
- An asker never waits for a stuck call: after a quarter of its deadline the waiting leave on their own.
- The call belongs to nobody: an asker that goes away does not take the others' answer with it.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field

from connectors.interface import Ask, Connector, DepartmentError, DepartmentTimeout, DepartmentUnavailable, Records, Subject

Stands = Callable[[Sequence[Subject]], Awaitable[Sequence[Subject]]]
"""Those of an ask's subjects whose authorisation still stands."""

SUBJECTS_A_CALL = 500
"""No gathered call grows past this; what is left leaves with the next."""

PATIENCE = 0.25
"""Share of its deadline an ask waits for the call in flight."""

_Key = tuple[int, str, str, str, object]


@dataclass(slots=True, eq=False)
class _Waiting:
    """One ask on its way. `arrived` in the loop's time, seconds."""

    ask: Ask
    stands: Stands
    answer: asyncio.Future[Mapping[str, Records]]
    arrived: float


@dataclass(slots=True, eq=False)
class _Line:
    """Those who may share a call: how many calls are in flight, who waits for the next."""

    connector: Connector
    splits: bool
    in_flight: int = 0
    waiting: list[_Waiting] = field(default_factory=list)
    patience: asyncio.TimerHandle | None = None


class Gathering:
    """The lines of one worker. A line exists only while somebody is in it."""

    def __init__(self) -> None:
        """Empty."""
        self._lines: dict[_Key, _Line] = {}
        self._calls: set[asyncio.Task[None]] = set()
        self._closed = False
        self.sent = 0
        """Calls made so far."""

    async def fetch(self, connector: Connector, ask: Ask, stands: Stands, *, splits: bool = True) -> Mapping[str, Records]:
        """Rows by `Subject.key` of this ask alone; a subject that no longer stands is left out. `splits`: what failed together may
        be asked again in halves. Raises DepartmentError.
        """
        key = _key(connector, ask)
        line = self._lines.setdefault(key, _Line(connector, splits))
        loop = asyncio.get_running_loop()
        one = _Waiting(ask, stands, loop.create_future(), loop.time())
        line.waiting.append(one)
        if line.in_flight == 0:
            self._leave(key, line)
        elif line.patience is None:
            line.patience = loop.call_later(ask.deadline * PATIENCE, self._leave, key, line)
        return await one.answer

    async def close(self) -> None:
        """Stop what is in flight; whoever still waits is told the department was not reached."""
        self._closed = True
        for task in tuple(self._calls):
            task.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)

    def _leave(self, key: _Key, line: _Line) -> None:
        """Send the waiting: those who still want an answer, up to the bound of one call."""
        if line.patience is not None:
            line.patience.cancel()
            line.patience = None
        line.waiting = [one for one in line.waiting if not one.answer.done()]
        if self._closed:
            _fail(line.waiting, _closing())
            line.waiting.clear()
        together: list[_Waiting] = []
        subjects = 0
        while line.waiting and (not together or subjects + len(line.waiting[0].ask.subjects) <= SUBJECTS_A_CALL):
            together.append(line.waiting.pop(0))
            subjects += len(together[-1].ask.subjects)
        if together:
            line.in_flight += 1
            self._start(self._call(key, line, together))
        elif line.in_flight == 0:
            self._lines.pop(key, None)

    def _start(self, call: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(call)
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def _call(self, key: _Key, line: _Line, together: list[_Waiting]) -> None:
        try:
            await self._answered(line.connector, together, split=line.splits and len(together) > 1)
        finally:
            _fail(together, _closing())  # reached with somebody waiting only where the call was cancelled
            line.in_flight -= 1
            self._leave(key, line)

    async def _answered(self, connector: Connector, together: list[_Waiting], *, split: bool) -> None:
        passengers = await _passengers(together)
        if not passengers:
            return _deliver(together, passengers, {})
        try:
            self.sent += 1
            records = await connector.fetch(_joined(together, passengers))
        except DepartmentTimeout as error:  # no time is left to try again
            return _fail(together, error)
        except DepartmentError as error:
            if not split:
                return _fail(together, error)
        except Exception as error:  # noqa: BLE001 (each asker wraps and reports it)
            return _fail(together, error)
        else:
            return _deliver(together, passengers, records)
        half = len(together) // 2
        await asyncio.gather(*[self._answered(connector, part, split=False) for part in (together[:half], together[half:])])
        return None


async def _passengers(together: list[_Waiting]) -> list[tuple[_Waiting, Subject]]:
    """Who still waits, with those of their subjects that still stand."""
    waiting = [one for one in together if not one.answer.done()]
    if len(waiting) == 1:  # mostly: it needs no task of its own
        return [(waiting[0], subject) for subject in await waiting[0].stands(waiting[0].ask.subjects)]
    stand = await asyncio.gather(*[one.stands(one.ask.subjects) for one in waiting], return_exceptions=True)
    passengers: list[tuple[_Waiting, Subject]] = []
    for one, subjects in zip(waiting, stand, strict=True):
        if isinstance(subjects, BaseException):
            _fail([one], subjects if isinstance(subjects, Exception) else _closing())
        else:
            passengers += [(one, subject) for subject in subjects]
    return passengers


def _key(connector: Connector, ask: Ask) -> _Key:
    # The reducers too: equal columns may still be reduced differently for two askers.
    columns = tuple([(column, column.reduce) for column in ask.columns])
    return (id(connector), ask.group, ask.organisation, ask.purpose, columns)


def _joined(together: list[_Waiting], passengers: list[tuple[_Waiting, Subject]]) -> Ask:
    """One ask of all; its deadline is the longest anybody still has. Keys are given anew: each asker's are unique to itself
    alone, and one person's rows under another's key would be told to the wrong asker.
    """
    now = asyncio.get_running_loop().time()
    subjects = tuple([dataclasses.replace(subject, key=str(seat)) for seat, (_, subject) in enumerate(passengers)])
    left = max(one.arrived + one.ask.deadline - now for one in together)
    return dataclasses.replace(together[0].ask, subjects=subjects, deadline=max(left, 0.001))


def _closing() -> DepartmentUnavailable:
    return DepartmentUnavailable("the hub is closing")


def _deliver(together: list[_Waiting], passengers: list[tuple[_Waiting, Subject]], records: Mapping[str, Records]) -> None:
    answers: dict[_Waiting, dict[str, Records]] = {one: {} for one in together}
    for seat, (one, subject) in enumerate(passengers):
        if str(seat) in records:
            answers[one][subject.key] = records[str(seat)]
    for one, answer in answers.items():
        if not one.answer.done():
            one.answer.set_result(answer)


def _fail(together: list[_Waiting], error: Exception) -> None:
    for one in together:
        if not one.answer.done():
            one.answer.set_exception(error)
