"""批量核查: the purposes under which one token may name several cases, and how many, as data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from policies.parameters import ParametersRefused, Table
from policies.purposes import PURPOSES
from policies.verdict import BasisKind

NATIONAL = Path(__file__).parent / "national" / "batches.toml"

BASES = frozenset({BasisKind.LETTER, BasisKind.STATUTE})
"""An emergency is of one household, `self` of one person; an audit has no case."""


@dataclass(frozen=True, slots=True)
class Batches:
    """The purposes asked in batches and the most cases a token names, on this ground; `example` marks an assumption."""

    purposes: frozenset[str]
    cases: int
    source: str
    example: bool

    def together(self, purpose: str, basis: BasisKind, cases: int) -> bool:
        """Whether one token of a purpose and a kind of basis may name so many cases."""
        return cases == 1 or (purpose in self.purposes and basis in BASES and cases <= self.cases)


def read_batches(file: str, text: str) -> Batches:
    """From TOML. Raises ParametersRefused."""
    top = Table.parse(file, text)
    row = top.table("batches")
    purposes = frozenset(row.codes("purposes"))
    unknown = sorted(purposes - PURPOSES.keys())
    if unknown:
        raise ParametersRefused(f"{row.where}: {unknown[0]} is no purpose")
    batches = Batches(purposes=purposes, cases=row.count("cases"), source=row.text("source"), example=row.flag("example"))
    row.done()
    top.done()
    return batches


def batches() -> Batches:
    """Those of the hub's policy. Raises ParametersRefused."""
    return read_batches(NATIONAL.name, NATIONAL.read_text("utf-8"))
