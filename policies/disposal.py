"""使用后处置: until when a receiver may keep what it was told, as data of the region (GDS §27; PIPL §19, §47). Pure: days are arguments.

What no row says is not guessed: then the answer says DISPOSAL_DAYS_MISSING, and only what a provider's entry asks for is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

from policies.parameters import REGIONS, ParametersRefused, Table
from policies.purposes import PurposeKind

RECORD_YEARS = 3
"""How long a receiver keeps its own record of use, storage and destruction, in years (GDS §29)."""

LAW = ("GDS §25", "GDS §27", "GDS §29", "PIPL §19")


class Event(StrEnum):
    """What meets a purpose: the end of the case, or having been told (a single act: a payment, a comparison)."""

    CASE_CLOSED = "CASE_CLOSED"
    TOLD = "TOLD"


@dataclass(frozen=True, slots=True)
class Term:
    """Dispose within `days` after the event, and within `longest_days` after the telling whatever happens; calendar days."""

    event: Event
    days: int
    longest_days: int
    source: str
    example: bool

    def due(self, *, told: date, closed: date | None, withdrawn: date | None, keep_days: int | None) -> date:
        """The day it is owed by, the earliest of what bounds it. `withdrawn`: consent ended (PIPL §47); `keep_days` is the provider's."""
        bounds = [told + timedelta(days=self.longest_days)]
        if self.event is Event.TOLD:
            bounds.append(told + timedelta(days=self.days))
        bounds += [max(met, told) + timedelta(days=self.days) for met in (closed, withdrawn) if met is not None]
        return min(bounds) if keep_days is None else min(*bounds, told + timedelta(days=keep_days))


def due(
    term: Term | None, *, told: date, closed: date | None = None, withdrawn: date | None = None, keep_days: int | None = None,
) -> date | None:
    """The day, None where neither region nor provider says one."""
    if term is not None:
        return term.due(told=told, closed=closed, withdrawn=withdrawn, keep_days=keep_days)
    return None if keep_days is None else told + timedelta(days=keep_days)


def read_terms(file: str, text: str) -> Mapping[PurposeKind, Term]:
    """Terms by kind of purpose from TOML. Raises ParametersRefused."""
    top = Table.parse(file, text)
    found: dict[PurposeKind, Term] = {}
    for row in top.rows("disposal"):
        try:
            kind, event = PurposeKind(row.text("purpose_kind")), Event(row.text("event"))
        except ValueError as wrong:
            raise ParametersRefused(f"{row.where}: {wrong}") from None
        if kind in found:
            raise ParametersRefused(f"{row.where}: {kind} is given twice")
        term = Term(event, row.count("days"), row.count("longest_days"), row.text("source"), row.flag("example"))
        if term.longest_days < term.days:
            raise ParametersRefused(f"{row.where}: longest_days is shorter than days")
        found[kind] = term
        row.done()
    top.done()
    return MappingProxyType(found)


def disposal_terms(region: str) -> Mapping[PurposeKind, Term]:
    """Those of a region (6 digits); empty where its folder states none."""
    path = REGIONS / region / "disposal.toml"
    return read_terms(f"{region}/{path.name}", path.read_text("utf-8")) if path.is_file() else MappingProxyType({})
