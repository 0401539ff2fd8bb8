"""政务数据目录, check 9: which fact groups their providers share with an organisation for a purpose (GDS §13–15, §22, §25, §27)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from hub.authorizations.reading import Reading, Row
from hub.authorizations.reasons import Reason
from hub.caller import Caller
from policies.groups import IDENTITY
from policies.verdict import Relation

KEPT = 30.0
"""Seconds a worker keeps the catalogue; it is published for days, not revoked."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks and for what. `organisation` is "" where its department alone is known; `onward`: what is told goes to a third
    party of another region, which the provider must have agreed to (GDS §25).
    """

    department: str
    purpose: str
    organisation: str = ""
    onward: bool = False


def asking_of(caller: Caller) -> Asking:
    """What a caller's token says of it."""
    return Asking(caller.department, caller.purpose, caller.organisation, onward=caller.relation is Relation.NEIGHBOUR)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, as far as it decides, and what its provider asks of whoever is told."""

    id: str
    fact_group: str
    attribute: str  # UNCONDITIONAL, CONDITIONAL, NOT_SHARED
    departments: frozenset[str]
    purposes: frozenset[str]
    valid_from: date
    valid_to: date | None
    onward_sharing: bool = False
    by_request: bool = False
    supplied: Mapping[str, date] = field(default_factory=dict)  # organisation -> last day of its term (GDS §20)
    provider: str = ""
    conditions: str = ""
    disposal: str = ""
    keep_days: int | None = None

    def in_force(self, on: date) -> bool:
        """From its first day on, up to but not on `valid_to`."""
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)

    def shares(self, asking: Asking, on: date) -> bool:
        """Whether this entry opens its fact group. What is not in force, or not understood, does not."""
        if not self.in_force(on) or (asking.onward and not self.onward_sharing):
            return False
        if self.by_request:
            until = self.supplied.get(asking.organisation)
            if until is None or on > until:
                return False
        if self.attribute == "UNCONDITIONAL":
            return True
        return self.attribute == "CONDITIONAL" and asking.department in self.departments and asking.purpose in self.purposes


def decide(entries: Sequence[Entry], asking: Asking, on: date) -> Mapping[str, str]:
    """By fact group: "" where some entry shares it, else CATALOG_DENIED. A NOT_SHARED entry in force outranks the others.

    `identity` is no department's to share: the platform registered it.
    """
    told: dict[str, str] = {IDENTITY: ""}
    for entry in entries:
        shared = entry.shares(asking, on)
        told[entry.fact_group] = "" if shared or told.get(entry.fact_group) == "" else Reason.CATALOG_DENIED.value
    for entry in entries:
        if entry.attribute == "NOT_SHARED" and entry.in_force(on):
            told[entry.fact_group] = Reason.CATALOG_DENIED.value
    return MappingProxyType(told)


class Catalogue:
    """The catalogue's rows as a worker knows them; `version` changes when it reads others."""

    def __init__(self, reading: Reading) -> None:
        """`reading` of the records."""
        self._reading = reading
        self._entries: tuple[Entry, ...] = ()
        self._read_at = -KEPT
        self.version = 0

    def fresh(self, monotonic: float) -> bool:
        """Whether the rows are younger than KEPT; `monotonic` in seconds."""
        return bool(self.version) and monotonic - self._read_at < KEPT

    async def refresh(self, monotonic: float) -> None:
        """Read again what is older than KEPT; `monotonic` in seconds."""
        if self.fresh(monotonic):
            return
        entries = tuple([_entry(row) for row in await self._reading.catalogue()])
        if entries != self._entries or not self.version:
            self._entries = entries
            self.version += 1
        self._read_at = monotonic

    def decide(self, asking: Asking, on: date) -> Mapping[str, str]:
        """Check 9 for one asker on a day, by the rows last read."""
        return decide(self._entries, asking, on)

    def of(self, groups: Collection[str]) -> tuple[Entry, ...]:
        """The entries of some fact groups, whether or not they are in force."""
        return tuple(entry for entry in self._entries if entry.fact_group in groups)


def _entry(row: Row) -> Entry:
    supplied: dict[str, date] = {}
    for one in row["supplied"]:
        supplied[one["requester"]] = max(one["used_until"], supplied.get(one["requester"], date.min))
    return Entry(
        row["id"], row["fact_group"], row["attribute"], frozenset(row["departments"]), frozenset(row["purposes"]), row["valid_from"],
        row["valid_to"], row["onward_sharing"], row["by_request"], supplied, row["provider"], row["conditions"], row["disposal"], row["keep_days"],
    )
