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
    "ID": "nobody", "Int": 1, "IdNumber": _NOBODY + check_digit(_NOBODY), "_Any": {"__typename": "Person", "id": "nobody"},
}
_ABROAD = "990000000000"


def openings(
    variables: Sequence[Declared], given: Mapping[str, object], region: str, *, most: int | None = None,
) -> Iterator[Mapping[str, Any]]:
    """Values for every way the question can be meant; `given` are left as they are. Raises Malformed for a variable that must be given, and
    where there are more than `most` ways.
    """
    open_ = [variable for variable in variables if variable.name not in given]
    values = {one.name: found for one in open_ if (found := _values(one, region))}
    booleans = [one.name for one in open_ if get_named_type(one.type).name == "Boolean"]
    turning = [name for name in values if name not in booleans]
    # Leaves are decided each for itself: so the values of all that turn are tried side by side, not each with each.
    turns = max([1, *(len(values[name]) for name in turning)])
    if most is not None and turns * 2 ** len(booleans) > most:
        raise Malformed("the question can be meant in too many ways: give its variables", code="VARIABLE_INVALID")
    for chosen in product((True, False), repeat=len(booleans)):
        for turn in range(turns):
            turned = {name: values[name][turn % len(values[name])] for name in turning}
            yield {**given, **turned, **dict(zip(booleans, chosen, strict=True))}


def _values(variable: Declared, region: str) -> Sequence[object]:
    """The values one variable is tried in; none where it may be left out."""
    kind, several = get_named_type(variable.type), is_list_type(get_nullable_type(variable.type))
    if kind.name == "Boolean":
        return (True, False)
    if isinstance(kind, GraphQLEnumType):
        return (list(kind.values),) if several else list(kind.values)
    if kind.name == "RegionCode":
        return (region.ljust(12, "0"), _ABROAD)
    if kind.name in _PLACEHOLDERS:
        return ([_PLACEHOLDERS[kind.name]],) if several else (_PLACEHOLDERS[kind.name],)
    if not variable.optional and variable.default is Undefined:
        raise Malformed(f"variable '{variable.name}' decides what is asked: give it", code="VARIABLE_INVALID")
    return ()
