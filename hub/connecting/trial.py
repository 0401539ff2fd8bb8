"""A manifest tried at the department's own door, read-only, about people who cannot exist.

Rules of this file:
- Only synthetic ID numbers are asked about (county codes 5099xx and 5199xx were never assigned): a trial reads nobody's facts, so it
  needs no letter and leaves no entry in the access log.
- What is seen is said in words; no value of a record stands in them.
- A department that counts its queries is not asked about more people than a call holds; how many questions were sent is said at the end.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from datetime import date
from typing import NamedTuple

from connectors.group_map import GroupMap
from connectors.interface import Ask, Column, Connector, DepartmentError, Records, Subject
from connectors.manifest import Manifest
from connectors.sandbox.id_numbers import id_number
from policies.forms import LEAVES, Form
from policies.reduce import reducer
from schema.register import GROUPS

ORGANISATION, PURPOSE, APPROVAL = "HUB-TRIAL", "CONNECTOR_TRIAL", "trial"
"""On whose behalf the department is told it is asked."""

_SYNTHETIC = ("5099", "5199")
_HURRY = 0.5
"""Share of its deadline past which an answer is told as slow."""


class NotSynthetic(ValueError):
    """The person of a trial could exist."""


class Seen(NamedTuple):
    """One thing tried: whether it was as the contract has it, and what was seen."""

    what: str
    good: bool
    words: str


class Trial:
    """One manifest's connector under trial. `person` is known to the department's test system, or None."""

    def __init__(self, manifest: Manifest, connector: Connector, *, person: tuple[str, str] | None) -> None:
        """`person` is an ID number and a name. Raises NotSynthetic."""
        if person is not None and not person[0].startswith(_SYNTHETIC):
            raise NotSynthetic("a trial asks only about a synthetic person (county codes 5099xx, 5199xx): nobody real is looked up")
        self._manifest = manifest
        self._connector = connector
        self._person = person
        self._slowest = 0.0
        self._asked = 0

    async def run(self) -> AsyncIterator[Seen]:
        """Everything, group by group, as it is seen."""
        for code, group in self._manifest.groups.items():
            yield await self._nobody(code)
            if self._person is not None:
                yield await self._whole(code, group, self._person)
                async for seen in self._computed(code, group, self._person):
                    yield seen
        if not self._manifest.limits.queries_counted:
            yield await self._more_than_a_call(next(iter(self._manifest.groups)))
        share = self._slowest / self._manifest.deadline
        yield Seen(
            "deadline", share < _HURRY,
            f"{self._asked} questions, the slowest took {self._slowest * 1000:.0f} ms of {self._manifest.deadline:.1f} s",
        )

    async def _nobody(self, group: str) -> Seen:
        """Two people who cannot exist: both answered, neither with a record."""
        told, fault = await self._fetch(group, (), [_stranger(1), _stranger(2)])
        if fault:
            return Seen(group, False, fault)
        statuses = sorted({one.status for one in told.values()})
        if statuses == ["NO_RECORD"]:
            return Seen(group, True, "two people who cannot exist: NO_RECORD for both")
        return Seen(group, False, f"two people who cannot exist: {', '.join(statuses)} where NO_RECORD is due")

    async def _whole(self, group: str, mapped: GroupMap, person: tuple[str, str]) -> Seen:
        """Every field of the test person in its fullest form."""
        names = [name for name, entry in mapped.fields.items() if entry.derive != "absent"]
        told, fault = await self._fetch(group, tuple([column(group, name) for name in names]), [person])
        if fault:
            return Seen(group, False, fault)
        records = next(iter(told.values()))
        if records.status != "MATCHED":
            return Seen(group, False, f"the test person: {records.status}; the test system should know somebody")
        empty = [name for place, name in enumerate(names) if all(row[place] is None for row in records.rows)]
        said = f"the test person: {len(records.rows)} record(s) as of {records.as_of}, {len(names) - len(empty)} of {len(names)} fields with a value"
        return Seen(group, True, said + (f"; empty: {', '.join(empty)}" if empty else ""))

    async def _computed(self, group: str, mapped: GroupMap, person: tuple[str, str]) -> AsyncIterator[Seen]:
        """Where the department works a band out itself: the same as ours, record by record."""
        for name, entry in mapped.fields.items():
            if "band" not in entry.computes:
                continue
            theirs, fault = await self._fetch(group, (column(group, name, "band"),), [person])
            full = LEAVES[GROUPS[group].fields[name].kind][0].name
            ours, other = await self._fetch(group, (column(group, name, "band"), column(group, name, full)), [person])
            if fault or other:
                yield Seen(f"{group}.{name}", False, fault or other)
                continue
            left = sorted([str(row[0]) for one in theirs.values() for row in one.rows])
            right = sorted([str(row[0]) for one in ours.values() for row in one.rows])
            yield Seen(f"{group}.{name}", left == right, "its own bands are ours" if left == right else "its own bands differ from ours")

    async def _more_than_a_call(self, group: str) -> Seen:
        """One person more than a call holds."""
        many = self._manifest.batch + 1
        told, fault = await self._fetch(group, (), [_stranger(number) for number in range(1, many + 1)])
        if fault:
            return Seen("batch", False, fault)
        answered = sum(one.status == "NO_RECORD" for one in told.values())
        return Seen("batch", answered == many, f"{answered} of {many} people answered, one more than a call holds")

    async def _fetch(
        self, group: str, columns: tuple[Column, ...], people: list[tuple[str, str]],
    ) -> tuple[Mapping[str, Records], str]:
        """The department's records, or what went wrong in its error's words, which hold no value."""
        subjects = tuple([Subject(f"t{at}", number, name, f"trial-{at}", APPROVAL) for at, (number, name) in enumerate(people)])
        begun = time.monotonic()
        self._asked += 1
        try:
            told = await self._connector.fetch(Ask(group, columns, subjects, ORGANISATION, PURPOSE, self._manifest.deadline))
        except DepartmentError as error:
            return {}, f"{type(error).__name__}: {error}"
        finally:
            self._slowest = max(self._slowest, time.monotonic() - begun)
        broken = sum(one.status == "SOURCE_ERROR" for one in told.values())
        return told, f"{broken} of {len(people)} people were left out or answered unreadably" if broken else ""


def column(group: str, name: str, leaf: str | None = None) -> Column:
    """One field as the planner would ask it; without a leaf in its fullest form."""
    spec = GROUPS[group].fields[name]
    chosen = next(one for one in LEAVES[spec.kind] if leaf in {None, one.name})
    reduce = reducer(spec.kind, chosen.name, field=name, group=group, codes=spec.codes, unit=spec.unit or "yuan", pseudonym=lambda _: "somebody")
    return Column(name, chosen.name, str(chosen.form or Form.FULL), None, reduce)


def _stranger(number: int) -> tuple[str, str]:
    """Somebody no department can know: born in 1901 under a county code that was never assigned."""
    return id_number(province="50", county=98, born=date(1901, 1 + number // 998 % 12, 1), sequence=number % 998 + 1), "无此人"


def shown(group: str) -> str:
    """A group as a report names it."""
    return f"{group} {GROUPS[group].title_zh}" if group in GROUPS else group
