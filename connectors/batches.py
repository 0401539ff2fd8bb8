"""One question cut into calls a department accepts, run side by side under one deadline and joined again.

Rules of this file:
- Subjects of a call that failed are told apart from subjects of calls that did not: if any call succeeded, the failed calls'
  subjects carry the failure as their status and the others keep their rows; if none did, the first failure is raised.
- No subjects, no call: an empty question must never become a question about everybody.
- Whatever is raised here is a DepartmentError. A foreign exception's text may quote a request, so only its class is kept.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from connectors.conversion import Unreadable
from connectors.guard import Guard
from connectors.interface import Ask, DepartmentBroke, DepartmentError, DepartmentTimeout, Records, Subject
from connectors.manifest import Manifest
from connectors.selection import Selection

Call = Callable[[Sequence[Subject]], Awaitable[Sequence[Records]]]
"""One call to a department about some subjects; records aligned with them."""

MISSING = Records("SOURCE_ERROR", None, ())
"""What is told of a subject the department left out of its answer."""

UNREADABLE = Records("SOURCE_ERROR", None, ())
"""The same of a subject answered outside the contract. Another value: the operator hears which."""


Manner = Literal["strays", "missing", "unreadable", "failed", "repeats", "spared"]
"""What an operator hears of beside calls and failures."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A manner as it showed: `number` of people or calls, in which fact group and of which class of failure where that is known."""

    manner: Manner
    number: int
    group: str = ""
    kind: str = ""


@dataclass(slots=True)
class Tally:
    """What an operator wants to know of a department's manners; counts, no people. `told` hears of each manner as it is noted."""

    calls: int = 0
    failures: int = 0
    strays: int = 0      # people nobody asked for, dropped
    missing: int = 0     # people left out
    unreadable: int = 0  # people answered with a value outside the contract
    failed: int = 0      # people of calls that failed while others of their question succeeded
    repeats: int = 0     # calls made again because one did not get through
    spared: int = 0      # calls not made: maintenance, or left alone after failures
    told: Callable[[Noted], None] | None = None

    def note(self, manner: Manner, number: int = 1, *, group: str = "", kind: str = "") -> None:
        """Count what a department should not have done, or was not asked; nothing for none of it."""
        if number:
            setattr(self, manner, getattr(self, manner) + number)
            if self.told is not None:
                self.told(Noted(manner, number, group, kind))


class Batches:
    """How one department is asked: how many subjects a call, how many calls at once, how long in all."""

    def __init__(self, manifest: Manifest) -> None:
        self.tally = Tally()
        self._department = manifest.department
        self._size = manifest.batch
        self._at_once = manifest.concurrency
        self._gate = asyncio.Semaphore(self._at_once)
        self._deadline = manifest.deadline
        self.guard = Guard(manifest)

    def records(
        self, selection: Selection, ask: Ask, raw: Sequence[Sequence[object]], as_of: str | None,
    ) -> Records:
        """What the department's rows about one subject say; `UNREADABLE` when they cannot be read."""
        if not raw:
            return Records("NO_RECORD", as_of, ())
        try:
            return Records("MATCHED", as_of, selection.rows(raw, ask.columns))
        except Unreadable:
            return UNREADABLE

    async def run(self, ask: Ask, call: Call) -> Mapping[str, Records]:
        """Records by subject key, every subject present. Raises DepartmentError."""
        subjects = ask.subjects
        if not subjects:
            return {}
        begun = asyncio.get_running_loop().time()
        if len(subjects) <= self._size:
            return self._keyed(subjects, await self._one(ask.group, subjects, call, begun + min(self._deadline, ask.deadline)))
        # More calls than the department takes side by side wait for their turn, each turn as long as a call may be.
        turns = -(-len(subjects) // (self._size * self._at_once))
        end = begun + min(self._deadline * turns, ask.deadline)
        parts = [subjects[start:start + self._size] for start in range(0, len(subjects), self._size)]
        outcomes = await asyncio.gather(*[self._one(ask.group, part, call, end) for part in parts], return_exceptions=True)
        return self._joined(ask.group, parts, outcomes)

    def _joined(
        self, group: str, parts: Sequence[Sequence[Subject]], outcomes: Sequence[Sequence[Records] | BaseException],
    ) -> Mapping[str, Records]:
        told: dict[str, Records] = {}
        errors: list[DepartmentError] = []
        failed: Counter[str] = Counter()
        for part, outcome in zip(parts, outcomes, strict=True):
            if isinstance(outcome, DepartmentError):
                errors.append(outcome)
                failed[type(outcome).__name__] += len(part)
                told.update((subject.key, Records(outcome.code, None, ())) for subject in part)
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                told.update(self._keyed(part, outcome))
        if len(errors) == len(parts):
            raise errors[0]
        for kind, people in failed.items():  # the others were told: nobody who asked hears of it as a failure
            self.tally.note("failed", people, group=group, kind=kind)
        return told

    @staticmethod
    def _keyed(subjects: Sequence[Subject], records: Sequence[Records]) -> dict[str, Records]:
        return {subject.key: record for subject, record in zip(subjects, records, strict=True)}

    async def _one(self, group: str, subjects: Sequence[Subject], call: Call, end: float) -> Sequence[Records]:
        repeats = 0
        self.guard.earned()
        while True:
            try:
                records = await self._asked(subjects, call, end)
            except DepartmentError as error:
                pause = self.guard.pause(error, repeats, end)
                if pause is None:
                    raise
                repeats += 1
                self.tally.note("repeats")
                await asyncio.sleep(pause)
            else:
                break
        if len(records) != len(subjects):
            raise DepartmentBroke(f"{self._department} answered about another number of people")
        return self._counted(group, records)

    async def _asked(self, subjects: Sequence[Subject], call: Call, end: float) -> Sequence[Records]:
        """One call, or none where the guard lets none go."""
        left: float | None = None
        try:
            async with asyncio.timeout_at(end), self._gate:
                left = await self.guard.admit()
                self.tally.calls += 1
                records = await call(subjects)
        except BaseException as error:
            if left is not None:
                self.guard.failed(error, left, frozenset([subject.intent for subject in subjects]))
            elif isinstance(error, DepartmentError):
                self.tally.note("spared")
                raise
            raise self._failed(error) from None
        self.guard.answered()
        return records

    def _failed(self, error: BaseException) -> BaseException:
        """As what it is raised: a DepartmentError, and what is no error of a call (a cancelled task) as it is."""
        if not isinstance(error, Exception):
            return error
        self.tally.failures += 1
        if isinstance(error, TimeoutError):
            return DepartmentTimeout(f"{self._department} did not answer before its deadline")
        if isinstance(error, DepartmentError):
            return error
        return DepartmentBroke(f"{self._department}: {type(error).__name__} while reading its answer")

    def _counted(self, group: str, records: Sequence[Records]) -> Sequence[Records]:
        missing = sum(record is MISSING for record in records)
        unreadable = sum(record is UNREADABLE for record in records)
        self.tally.note("missing", missing, group=group)
        self.tally.note("unreadable", unreadable, group=group)
        if records and missing + unreadable == len(records):
            raise DepartmentBroke(f"{self._department} answered about none of those asked")
        return records
