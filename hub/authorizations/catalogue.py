"""政务数据目录, check 9: which fact groups their providers share with a department for a purpose (GDS §13–15)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import asyncpg

from hub.authorizations.reasons import Reason
from policies.groups import IDENTITY

_ENTRIES = "SELECT fact_group, attribute, departments, purposes, valid_from, valid_to FROM catalogue_entry ORDER BY id"
KEPT = 30.0
"""Seconds a worker keeps the catalogue; it is published for days, not revoked."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, as far as it decides."""

    fact_group: str
    attribute: str  # UNCONDITIONAL, CONDITIONAL, NOT_SHARED
    departments: frozenset[str]
    purposes: frozenset[str]
    valid_from: date
    valid_to: date | None

    def shares(self, *, department: str, purpose: str, on: date) -> bool:
        """Whether this entry opens its fact group. What is not in force, or not understood, does not."""
        if not (self.valid_from <= on and (self.valid_to is None or on < self.valid_to)):
            return False
        if self.attribute == "UNCONDITIONAL":
            return True
        return self.attribute == "CONDITIONAL" and department in self.departments and purpose in self.purposes


def decide(entries: Sequence[Entry], *, department: str, purpose: str, on: date) -> Mapping[str, str]:
    """By fact group: "" where some entry shares it, else CATALOG_DENIED. A NOT_SHARED entry in force outranks the others.

    `identity` is no department's to share: the platform registered it.
    """
    told: dict[str, str] = {IDENTITY: ""}
    for entry in entries:
        shared = entry.shares(department=department, purpose=purpose, on=on)
        told[entry.fact_group] = "" if shared or told.get(entry.fact_group) == "" else Reason.CATALOG_DENIED.value
    for entry in entries:
        if entry.attribute == "NOT_SHARED" and entry.valid_from <= on and (entry.valid_to is None or on < entry.valid_to):
            told[entry.fact_group] = Reason.CATALOG_DENIED.value
    return MappingProxyType(told)


class Catalogue:
    """The catalogue's rows as a worker knows them; `version` changes when it reads others."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        """`pool` of records."""
        self._pool = pool
        self._entries: tuple[Entry, ...] = ()
        self._read_at = -KEPT
        self.version = 0

    async def refresh(self, monotonic: float) -> None:
        """Read again what is older than KEPT; `monotonic` in seconds."""
        if self.version and monotonic - self._read_at < KEPT:
            return
        rows = await self._pool.fetch(_ENTRIES)
        entries = tuple(
            Entry(row["fact_group"], row["attribute"], frozenset(row["departments"]), frozenset(row["purposes"]), row["valid_from"],
                  row["valid_to"])
            for row in rows
        )  # fmt: skip
        if entries != self._entries or not self.version:
            self._entries = entries
            self.version += 1
        self._read_at = monotonic

    def decide(self, *, department: str, purpose: str, on: date) -> Mapping[str, str]:
        """Check 9 for one department and purpose on a day, by the rows last read."""
        return decide(self._entries, department=department, purpose=purpose, on=on)
