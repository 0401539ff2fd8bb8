"""Variables nobody has given yet: what a question would be with each of the values that decide what it asks.

A variable that names a person or a case decides nothing about what is asked of whoever it names. Those below the roots do: fact
groups are asked all at once; thresholds, regions and directives are tried one value after another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from graphql import GraphQLEnumType, Undefined, get_named_type, get_nullable_type, is_list_type

from hub.errors import Malformed
from hub.operations.variables import Declared
from hub.people.id_number import check_digit

_NOBODY = "50990119000101001"  # a county code that was never assigned
_PLACEHOLDERS: Mapping[str, object] = {
    "ID": "nobody", "IdNumber": _NOBODY + check_digit(_NOBODY), "_Any": {"__typename": "Person", "id": "nobody"},
}
_ABROAD = "990000000000"


def openings(variables: Sequence[Declared], given: Mapping[str, object], region: str) -> Iterator[Mapping[str, Any]]:
    """Values for every way the question can be meant; `given` are left as they are. Raises Malformed for a variable that must be given."""
    fixed = dict(given)
    booleans: list[str] = []
    turning: dict[str, Sequence[object]] = {}
    for variable in variables:
        name, kind = variable.name, get_named_type(variable.type)
        if name in given:
            continue
        if kind.name == "Boolean":
            booleans.append(name)
        elif isinstance(kind, GraphQLEnumType):
            values = list(kind.values)
            fixed[name] = values if is_list_type(get_nullable_type(variable.type)) else None
            turning |= {} if fixed[name] else {name: values}
        elif kind.name == "RegionCode":
            turning[name] = (region.ljust(12, "0"), _ABROAD)
        elif kind.name in _PLACEHOLDERS:
            one = _PLACEHOLDERS[kind.name]
            fixed[name] = [one] if is_list_type(get_nullable_type(variable.type)) else one
        elif not variable.optional and variable.default is Undefined:
            raise Malformed(f"variable '{name}' decides what is asked: give it", code="VARIABLE_INVALID")
    # Leaves are decided each for itself: so the values of all that turn are tried side by side, not each with each.
    turns = max([1, *map(len, turning.values())])
    for chosen in product((True, False), repeat=len(booleans)):
        for turn in range(turns):
            turned = {name: values[turn % len(values)] for name, values in turning.items()}
            yield {**fixed, **turned, **dict(zip(booleans, chosen, strict=True))}
