"""Questions as the planner makes them: real labels, real reductions, people of the synthetic population."""

from __future__ import annotations

import dataclasses
from datetime import date

from connectors.interface import Ask, Column, Subject
from connectors.sandbox.id_numbers import id_number
from connectors.sandbox.people import Person
from connectors.sandbox.population import Population
from policies.forms import LEAVES, Kind
from policies.reduce import reducer
from schema.register import GROUPS

GROUP_CODES = sorted(set(GROUPS) - {"identity"})
THRESHOLD = "50000"


def pseudonym(id_number: str) -> str:
    """Stands in for the vault's: tells one person from another and does not hold the number."""
    return f"pid-{sum(int(digit, 11) if digit != 'X' else 10 for digit in id_number)}"


def column(group: str, field: str, leaf: str | None = None) -> Column:
    """One column; without a leaf, the field's fullest."""
    spec = GROUPS[group].fields[field]
    known = {one.name: one for one in LEAVES[spec.kind]}
    chosen = known[leaf] if leaf is not None else LEAVES[spec.kind][0]
    parameter = THRESHOLD if chosen.name == "atLeast" else None
    reduce = reducer(
        spec.kind, chosen.name, field=field, group=group, codes=spec.codes, parameter=parameter, unit=spec.unit or "yuan",
        pseudonym=pseudonym,
    )
    return Column(field, chosen.name, str(chosen.form), parameter, reduce)


def columns(group: str) -> tuple[Column, ...]:
    """Every field of a group in its fullest form."""
    return tuple(column(group, field) for field, spec in GROUPS[group].fields.items() if spec.kind is not Kind.PRESENCE)


def household(population: Population, group: str, size: int = 3) -> list[Person]:
    """People with records of the group and people without, alternating."""
    known = [person for person in population.people() if population.records(group, person)][:size]
    unknown = [person for person in population.people() if not population.records(group, person)][:size]
    strangers = size - len(unknown)
    unknown += [dataclasses.replace(known[0], index=900_000 + number, id_number=_stranger(number)) for number in range(strangers)]
    return [person for pair in zip(known, unknown, strict=True) for person in pair]


def _stranger(number: int) -> str:
    """The ID number of somebody no department knows."""
    return id_number(province="50", county=99, born=date(1901, 1, 1), sequence=number + 1)


def ask(group: str, people: list[Person], asked: tuple[Column, ...] | None = None, *, deadline: float = 5.0) -> Ask:
    """A question of one organisation under one purpose."""
    subjects = tuple(Subject(f"s{number}", one.id_number, one.name, f"intent-{number:04d}", "case-1") for number, one in enumerate(people))
    return Ask(group, columns(group) if asked is None else asked, subjects, "500152-MZ-HD", "DIBAO_REVIEW", deadline)
