"""本人查询: how surely a person must be known before they are told who asked about them, how often they may ask, what they are told of officers,
for whom, and for how many, one platform may vouch, by when an explanation they asked for is owed, and where they may turn when refused; by
region, as data. No law gives these numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

from policies.letters import LEVELS
from policies.parameters import REGIONS, ParametersRefused, Table


class Recourse(StrEnum):
    """Where one whose request was refused may turn: the office itself (PIPL §50), the authority that protects personal information (PIPL §60,
    §65), a people's court (PIPL §50).
    """

    OFFICE = "OFFICE"
    AUTHORITY = "AUTHORITY"
    COURT = "COURT"


@dataclass(frozen=True, slots=True)
class Place:
    """Who that is in a region. `example` is for development: no citizen is to be sent there."""

    name: str
    address: str
    contact: str
    source: str
    example: bool


@dataclass(frozen=True, slots=True)
class Explaining:
    """By when an explanation is owed, in calendar days after the day it was asked for, and how many one person may have open at once."""

    days: int
    open_at_most: int
    source: str
    example: bool

    def due(self, asked: date) -> date:
        """The last day of the term."""
        return asked + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Vouching:
    """What one platform's word is good for: `people` are (minutes, most): so many different people within so many minutes; `own_cases_only`:
    only people of a case it registered itself.
    """

    people: tuple[tuple[int, int], ...]
    own_cases_only: bool
    source: str


@dataclass(frozen=True, slots=True)
class CitizenRules:
    """The weakest `assurance` that counts; how old the comparison of identity may be; questions an hour about one person; whether an
    officer's id is told. `explaining` is None where the region states no term. `example` is for development, never a region's rule.
    """

    assurance: str
    compared_minutes: int
    questions_an_hour: int
    officer: bool
    vouching: Vouching
    explaining: Explaining | None
    places: Mapping[Recourse, Place]
    source: str
    example: bool

    def suffices(self, assurance: str) -> bool:
        """Whether an assurance is at least the weakest that counts."""
        return LEVELS.index(assurance) >= LEVELS.index(self.assurance)


def read_citizens(file: str, text: str) -> CitizenRules:
    """The rules of a `citizens.toml`. Raises ParametersRefused."""
    top = Table.parse(file, text)
    row, vouching = top.table("access"), _vouching(top.table("vouching"))
    rules = CitizenRules(
        assurance=row.text("assurance"), compared_minutes=row.count("compared_minutes"),
        questions_an_hour=row.count("questions_an_hour"), officer=row.flag("officer"),
        vouching=vouching, explaining=_explaining(top), places=_places(top), source=row.text("source"), example=row.flag("example"),
    )
    row.done()
    top.done()
    if rules.assurance not in LEVELS:
        raise ParametersRefused(f"{row.where}: assurance is none of {', '.join(LEVELS)}")
    return rules


def _vouching(table: Table) -> Vouching:
    people = []
    for row in table.rows("people"):
        people.append((row.count("within_minutes"), row.count("at_most")))
        row.done()
    if not people:
        raise ParametersRefused(f"{table.where}: people is missing: a platform's word would be good for everybody")
    found = Vouching(tuple(people), table.flag("own_cases_only"), table.text("source"))
    table.done()
    return found


def _explaining(top: Table) -> Explaining | None:
    if "explanations" not in top.names():
        return None
    row = top.table("explanations")
    found = Explaining(row.count("days"), row.count("open_at_most"), row.text("source"), row.flag("example"))
    row.done()
    return found


def _places(top: Table) -> Mapping[Recourse, Place]:
    found: dict[Recourse, Place] = {}
    for row in top.rows("recourse"):
        try:
            kind = Recourse(row.text("kind"))
        except ValueError as wrong:
            raise ParametersRefused(f"{row.where}: {wrong}") from None
        if kind in found:
            raise ParametersRefused(f"{row.where}: {kind} is given twice")
        found[kind] = Place(row.text("name"), row.text("address"), row.text("contact"), row.text("source"), row.flag("example"))
        row.done()
    return MappingProxyType(found)


def citizen_rules(region: str) -> CitizenRules | None:
    """A region's (6 digits); None where its folder states none: nobody is answered then (CITIZENS_RULES_MISSING)."""
    path = REGIONS / region / "citizens.toml"
    return read_citizens(f"{region}/{path.name}", path.read_text("utf-8")) if path.is_file() else None
