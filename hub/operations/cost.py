"""Cost: what a question weighs before anything is asked: people reached, departments' asks, leaves by their sensitivity.

A leaf weighs 1; of level L3 it weighs 2, of L4 4. A group of facts weighs 10 more: it is one ask of a department about one person. What stands
in a list weighs as often as the list is long: as sent for `people`, `cases` and for a page of the log, as assumed for a household's members.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from hub.errors import TooLarge
from hub.operations.limits import Limits
from hub.question import Place, Variable
from policies.forms import Level
from schema.federation import NAMES_MANY, NAMES_PEOPLE
from schema.register import GROUPS

_ASSUMED = {"members": 8, "obligors": 4, "records": 4}
"""Length of a list nobody can know before asking (57 §7: a declared household is small)."""

_PAGES = frozenset({("Query", "accessLog"), ("DataSubject", "accesses")})
"""Lists whose length is the argument `first`."""

_HOUSEHOLD = _ASSUMED["members"] + _ASSUMED["obligors"]

_LEVELS = {Level.L1: 1, Level.L2: 1, Level.L3: 2, Level.L4: 4}
_ASK = 10

_WEIGHTS: Mapping[tuple[str, str], int] = MappingProxyType({
    (group.record_type, name): _LEVELS[field.level] for group in GROUPS.values() for name, field in group.fields.items()
})
_FACTS = frozenset(group.facts_type for group in GROUPS.values() if group.facts_type != group.record_type)


@dataclass(frozen=True, slots=True)
class Weight:
    """A number linear in what the request sends: fixed, plus so much for each value in a list, or each unit of a number."""

    fixed: int
    per: tuple[tuple[str, int], ...] = ()

    def under(self, variables: Mapping[str, Any]) -> int:
        """The weight for these coerced variables."""
        return self.fixed + sum(factor * _size(variables.get(name)) for name, factor in self.per)

    def times(self, factor: int) -> Weight:
        """As often."""
        return Weight(self.fixed * factor, tuple((name, number * factor) for name, number in self.per))

    def plus(self, other: Weight) -> Weight:
        """Both."""
        return Weight(self.fixed + other.fixed, self.per + other.per)


@dataclass(frozen=True, slots=True)
class Weights:
    """Cost and people of one shape."""

    cost: Weight
    subjects: Weight

    def within(self, variables: Mapping[str, Any], limits: Limits) -> None:
        """TooLarge if the question weighs more, or reaches more people, than one may."""
        if self.subjects.under(variables) > limits.subjects:
            raise TooLarge(f"the question reaches more than {limits.subjects} people", status=400, code="TOO_MANY_SUBJECTS")
        if self.cost.under(variables) > limits.cost:
            raise TooLarge(f"the question costs more than {limits.cost}", status=400, code="TOO_COSTLY")


def weigh(places: tuple[Place, ...]) -> Weights:
    """The weights of a shape's root places."""
    cost, subjects = Weight(0), Weight(0)
    for place in places:
        cost = cost.plus(_cost(place))
        subjects = subjects.plus(_subjects(place))
    return Weights(cost, subjects)


def paged(places: tuple[Place, ...]) -> Iterator[Place]:
    """The places of a question that are pages of entries."""
    for place in places:
        if (place.parent, place.name) in _PAGES:
            yield place
        elif place.type == "DataSubject":
            yield from paged(place.selections["DataSubject"])


def _subjects(place: Place) -> Weight:
    if place.name in NAMES_PEOPLE:
        return _length(place.arguments.get(NAMES_PEOPLE[place.name]))
    if place.name in {"person", "lookUp"}:
        return Weight(1)
    if place.name == "cases":
        return _length(place.arguments.get("ids")).times(_HOUSEHOLD)
    return Weight(_HOUSEHOLD) if place.name in {"case", "household"} else Weight(0)


def _cost(place: Place) -> Weight:
    if not place.selections:
        return Weight(_WEIGHTS.get((place.parent, place.name), 1))
    own = Weight(_WEIGHTS.get((place.parent, place.name), 1))
    # An abstract place is one concrete type at a time, but a list of facts asks of each group it names: all are counted.
    for type_, inner in place.selections.items():
        if type_ in _FACTS:
            own = own.plus(Weight(_ASK))
        for child in inner:
            own = own.plus(_cost(child))
    return _often(place, own)


def _often(place: Place, own: Weight) -> Weight:
    """The weight of a list: of what is in it, as often as it is long; only one of the lengths may come from a variable."""
    if place.parent == "Query" and place.name in NAMES_MANY:
        length = _length(place.arguments.get(NAMES_MANY[place.name]))
    elif (place.parent, place.name) in _PAGES:
        length = _number(place.arguments.get("first"))
    else:
        return own.times(_ASSUMED[place.name]) if place.name in _ASSUMED and "[" in place.wrapping else own
    return Weight(own.fixed * length.fixed, tuple((name, own.fixed * factor) for name, factor in length.per))


def _length(value: object) -> Weight:
    if isinstance(value, Variable):
        return Weight(0, ((value.name, 1),))
    return Weight(len(value) if isinstance(value, list) else 1)


def _number(value: object) -> Weight:
    if isinstance(value, Variable):
        return Weight(0, ((value.name, 1),))
    return Weight(value if isinstance(value, int) else 1)


def _size(value: object) -> int:
    if isinstance(value, list):
        return len(value)
    return value if isinstance(value, int) else 1
