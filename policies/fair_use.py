"""合理使用: how much a purpose may ask for, as data: questions about one case a day by one organisation, people by one officer an hour, questions by one token.

A ceiling is no right: it bounds what somebody who may ask can do by asking often. No law gives the numbers ([D], each row says why); a
region's folder may state its own for a purpose. A purpose that tells facts and has no row cannot be served: the file is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from policies.parameters import ParametersRefused, Table
from policies.purposes import PURPOSES, PurposeKind

POLICIES = Path(__file__).parent
FILE = "fair_use.toml"


@dataclass(frozen=True, slots=True)
class Ceilings:
    """Of one purpose. `questions_a_case`: about one case a day by one organisation; `people_an_officer`: by one officer an hour;
    `uses_a_token`: questions by one token, None where its ten minutes are bound enough.
    """

    questions_a_case: int
    people_an_officer: int
    uses_a_token: int | None
    source: str


def read_ceilings(file: str, text: str) -> Mapping[str, Ceilings]:
    """Ceilings by purpose from TOML. Raises ParametersRefused."""
    top = Table.parse(file, text)
    found: dict[str, Ceilings] = {}
    for row in top.rows("purpose"):
        codes = row.text("codes").split()
        ceilings = Ceilings(
            row.count("questions_a_case_a_day"), row.count("people_an_officer_an_hour"),
            row.count("uses_a_token") if "uses_a_token" in row.names() else None, row.text("source"),
        )
        row.done()
        for code in codes:
            if code not in PURPOSES or code in found:
                raise ParametersRefused(f"{row.where}: {code} is no purpose, or is given twice")
            found[code] = ceilings
    top.done()
    return MappingProxyType(found)


def ceilings(region: str) -> Mapping[str, Ceilings]:
    """The nation's, with those of a region (6 digits) in their place. Raises ParametersRefused where a purpose has none."""
    national = POLICIES / "national" / FILE
    found = dict(read_ceilings(FILE, national.read_text("utf-8")))
    own = POLICIES / "regions" / region / FILE
    if own.is_file():
        found |= read_ceilings(f"{region}/{FILE}", own.read_text("utf-8"))
    return complete(FILE, found)


def complete(file: str, found: Mapping[str, Ceilings]) -> Mapping[str, Ceilings]:
    """`found`, if every purpose that tells facts has its ceilings. Raises ParametersRefused."""
    missing = [code for code, purpose in PURPOSES.items() if purpose.kind is not PurposeKind.NO_FACTS and code not in found]
    if missing:
        raise ParametersRefused(f"{file}: {missing[0]} has no ceilings")
    return MappingProxyType(dict(found))
