"""敏感聚合: when ordinary facts about one person add up to what is sensitive (GB/T 45574), and a second officer approves before more is told.

Rules of this file:
- A fact is a field of a fact group, whatever it says and however often; whether there is a record is one too. Facts labelled L3 and above are
  sensitive by themselves, have rules of their own and are not counted.
- What was told before only ever counts against what is asked now: more told before never lets more be told.
- The standard gives no number. All of them are the region's configuration ([D]).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from policies.forms import Level
from policies.parameters import ParametersRefused, Table
from policies.purposes import PURPOSES

_ORDINARY = frozenset({Level.L1, Level.L2})


@dataclass(frozen=True, slots=True)
class Line:
    """Where a region draws the line for a purpose: at so many ordinary facts of one person to one requester within so many days."""

    facts: int
    days: int

    def passed(self, before: Collection[str], asked: Collection[str]) -> bool:
        """Whether what was told within the days and what is asked now are together more than that."""
        return len({*before, *asked}) > self.facts


@dataclass(frozen=True, slots=True)
class Aggregation:
    """A region's lines: its own for each purpose, one for all others; `exempt` purposes are not counted."""

    line: Line
    purposes: Mapping[str, Line]
    exempt: frozenset[str]

    def of(self, purpose: str) -> Line | None:
        """The line of a purpose; None where it is exempt."""
        return None if purpose in self.exempt else self.purposes.get(purpose, self.line)

    @property
    def days(self) -> int:
        """For how long what was told is of use to any line: it is not kept longer."""
        return max(line.days for line in (self.line, *self.purposes.values()))


def ordinary(level: Level) -> bool:
    """Whether a field of this label is an ordinary fact, which adds up with others."""
    return level in _ORDINARY


def open_groups(facts: Collection[str], approved: Collection[str]) -> bool:
    """Whether each fact ("group.field") is of a group a second officer approved: beyond the line no other is told."""
    return all(fact.partition(".")[0] in approved for fact in facts)


def read_aggregation(table: Table) -> Aggregation:
    """`[aggregation]` of a region's profile: the line, the exempt, and under `purposes` what differs. Raises ParametersRefused."""
    line, exempt = Line(table.count("facts"), table.count("days")), frozenset(table.codes("exempt"))
    own = table.table("purposes") if "purposes" in table.names() else None
    purposes = {code: _own(own.table(code), line) for code in own.names()} if own is not None else {}
    table.done()
    if unknown := (exempt | purposes.keys()) - PURPOSES.keys():
        raise ParametersRefused(f"{table.where}: unknown purposes {sorted(unknown)}")
    if both := exempt & purposes.keys():
        raise ParametersRefused(f"{table.where}: {sorted(both)} are exempt and have a line")
    return Aggregation(line, MappingProxyType(purposes), exempt)


def _own(table: Table, line: Line) -> Line:
    """A purpose's own line; what it does not say is the region's."""
    given = {key: table.count(key) for key in ("facts", "days") if key in table.names()}
    table.done()
    if not given:
        raise ParametersRefused(f"{table.where}: neither facts nor days")
    return Line(given.get("facts", line.facts), given.get("days", line.days))
