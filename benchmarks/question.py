"""The one question both gateways answer, the families it is asked about, and its two hundred variants."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from connectors.sandbox.people import Household
from connectors.sandbox.population import Population

REGION = "500152"
PEOPLE = 10_000

FIELDS: Mapping[str, Mapping[str, str]] = MappingProxyType({
    "householdRegister": {
        "hukouRegion": "", "householdKind": "", "relationToHead": "", "memberCount": "", "movedInOn": "", "residencePermitValidTo": "",
    },
    "tax": {"month": "", "incomeKind": "", "income": "yuan", "taxPaid": "yuan"},
    "realEstate": {
        "use": "", "areaSqm": "value", "ownershipShare": "value", "propertyCount": "value", "registeredOn": "on", "mortgaged": "",
        "certNoTail": "full",
    },
    "socialInsurance": {
        "scheme": "", "insuredMonths12": "", "lastPaidMonth": "", "contributionBase": "yuan", "pensionMonthly": "yuan",
    },
    "disability": {"category": "code", "grade": "code", "validTo": ""},
    "civilAssistance": {"type": "", "category": "", "dibaoClass": "", "monthlyAmount": "yuan", "status": ""},
})
"""Asked of each group: our field and the leaf of its form type, "" where the field is a plain scalar. One group a department."""

CSV_NAMES: Mapping[str, str] = MappingProxyType({"income": "incomeBand"})
"""Fields the departments' catalogue calls otherwise."""

_ADULT = 19
_AROUND = range(130, 171)  # leaves of one answer


def text(fields: Mapping[str, Mapping[str, str]] = FIELDS) -> str:
    """The document: one household by handle, its members, six groups each."""
    return f"query Household($id: ID!) {{ household(id: $id) {{ id area members {{ relation capacity person {{ id {person(fields)} }} }} }} }}"


def person(fields: Mapping[str, Mapping[str, str]] = FIELDS) -> str:
    """What it asks of each person."""
    return " ".join(
        f"{group} {{ status records {{ {' '.join(_selected(name, leaf) for name, leaf in asked.items())} }} }}"
        for group, asked in fields.items()
    )


def variants(count: int) -> Iterator[str]:
    """`count` distinct documents of about the same size: each leaves another set of fields out."""
    names = [(group, name) for group, asked in FIELDS.items() for name in asked]
    for number in range(count):
        dropped = {names[number % len(names)], names[(number * 7 + number // len(names)) % len(names)]}
        kept = {
            group: {name: leaf for name, leaf in asked.items() if (group, name) not in dropped} for group, asked in FIELDS.items()
        }
        yield text(kept).replace("query Household", f"query Household{number}")


def families(population: Population, count: int) -> list[Household]:
    """Declared households of four adults of one class, whose answers have about 150 leaves: policy tells what the baseline tells, and
    both ask six times. (A child's facts are told weaker, so they are asked for apart.)
    """
    chosen = []
    for household in population.households():
        adults = [one for one in household.members if one.person.age(population.today) >= _ADULT and one.capacity == "FULL"]
        declared = dataclasses.replace(household, members=tuple(adults[:4]), obligors=(), kin_of_staff=False)
        if len(adults) >= 4 and leaves(population, declared) in _AROUND:
            chosen.append(declared)
            if len(chosen) == count:
                return chosen
    raise LookupError(f"only {len(chosen)} such households")


def leaves(population: Population, household: Household) -> int:
    """Leaves of the answer: ids, places in the household, a status a group, and the values of every record."""
    values = sum(
        len(asked) * len(population.records(group, member.person)) for group, asked in FIELDS.items() for member in household.members
    )
    return 2 + len(household.members) * (3 + len(FIELDS)) + values


def _selected(name: str, leaf: str) -> str:
    return f"{name} {{ {leaf} }}" if leaf else name
