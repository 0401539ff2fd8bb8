"""核对授权书, as data: what compares a signer's identity and how much it proves, and who holds which facts (the national form's kinds)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from policies.groups import GROUPS
from policies.parameters import ParametersRefused, Table

FILE = Path(__file__).parent / "national" / "letters.toml"

LEVELS = ("LOW", "SUBSTANTIAL", "HIGH")
"""Assurance, weakest first."""

ALL_LISTED = "ALL_LISTED"
UNDER_14 = "UNDER_14"
"""The item by which a guardian consents to what is told of a child under fourteen (PIPL §28, §31); every other item is a fact group."""
_OTHERS = "GOVERNMENT"


def weakest(*levels: str) -> str:
    """The level that several together prove: the weakest of them."""
    return min(levels, key=LEVELS.index)


@dataclass(frozen=True, slots=True)
class LetterRules:
    """`proofs` maps a way of comparing identity to the most it proves; `held` a kind of holder to its fact groups."""

    proof_age: timedelta
    proofs: Mapping[str, str]
    held: Mapping[str, frozenset[str]]

    def reached(self, groups: Iterable[str], holders: Iterable[str]) -> tuple[str, ...]:
        """The groups a letter opens: of those it lists, what the kinds of holders it names hold. In the letter's order."""
        listed, named = tuple(groups), set(holders)
        if named >= self.held.keys():
            return listed
        wanted = GROUPS if ALL_LISTED in listed else listed
        theirs = frozenset[str]().union(*(self.held[one] for one in named))
        return tuple(group for group in wanted if group in theirs)


def read_letters(file: str, text: str) -> LetterRules:
    """From TOML. Raises ParametersRefused on an unknown key, level or group, or a code given twice."""
    top = Table.parse(file, text)
    hours = top.count("identity_proof_hours")
    proofs: dict[str, str] = {}
    for row in top.rows("identity_proof"):
        code, level, _ = row.text("code"), row.text("level"), (row.text("title_zh"), row.text("source"))
        row.done()
        if level not in LEVELS or code in proofs:
            raise ParametersRefused(f"{row.where}: {code} is given twice, or has no level")
        proofs[code] = level
    held: dict[str, frozenset[str]] = {}
    for row in top.rows("holder"):
        code, groups, _ = row.text("code"), frozenset(row.codes("groups")), row.text("title_zh")
        row.done()
        if code in held or not groups <= GROUPS.keys():
            raise ParametersRefused(f"{row.where}: {code} is given twice, or holds what is no fact group")
        held[code] = groups
    top.done()
    if _OTHERS not in held or not proofs:
        raise ParametersRefused(f"{file}: no identity_proof, or no holder {_OTHERS}")
    held[_OTHERS] |= GROUPS.keys() - frozenset[str]().union(*held.values())
    return LetterRules(timedelta(hours=hours), MappingProxyType(proofs), MappingProxyType(held))


RULES: LetterRules = read_letters(FILE.name, FILE.read_text("utf-8"))
"""The rules in force."""
