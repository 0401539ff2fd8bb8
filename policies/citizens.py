"""本人查询: how surely a person must be known before they are told who asked about them, how often they may ask, what they are told of officers,
and for whom, and for how many, one platform may vouch; by region, as data. No law gives these numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from policies.letters import LEVELS
from policies.parameters import REGIONS, ParametersRefused, Table


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
    officer's id is told. `example` is for development, never a region's rule.
    """

    assurance: str
    compared_minutes: int
    questions_an_hour: int
    officer: bool
    vouching: Vouching
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
        vouching=vouching, source=row.text("source"), example=row.flag("example"),
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


def citizen_rules(region: str) -> CitizenRules | None:
    """A region's (6 digits); None where its folder states none: nobody is answered then (CITIZENS_RULES_MISSING)."""
    path = REGIONS / region / "citizens.toml"
    return read_citizens(f"{region}/{path.name}", path.read_text("utf-8")) if path.is_file() else None
