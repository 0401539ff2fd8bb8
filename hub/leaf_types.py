"""What a leaf of the graph may hold: a department's wrong scalar becomes null with an error, never passes through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import GraphQLEnumType, GraphQLScalarType, GraphQLSchema

INT_LIMIT = 2**31
"""GraphQL's Int has 32 bits (specification §3.5.1)."""

_CLASSES: Mapping[str, frozenset[type]] = {
    "Int": frozenset({int}), "Boolean": frozenset({bool}), "Float": frozenset({int, float}),
}
_TEXT = frozenset({str})


@dataclass(frozen=True, slots=True)
class LeafType:
    """A scalar or enum: the exact classes of its JSON values, and for an enum the values themselves."""

    name: str
    classes: frozenset[type]
    values: frozenset[str] | None

    def holds(self, value: object) -> bool:
        """Whether a value that is not null may stand in such a leaf. True is no number."""
        if type(value) not in self.classes:
            return False
        if self.name == "Int":
            return isinstance(value, int) and -INT_LIMIT <= value < INT_LIMIT
        return self.values is None or value in self.values


def leaf_types(schema: GraphQLSchema) -> Mapping[str, LeafType]:
    """Every scalar and enum of a schema. Custom scalars travel as text."""
    known = {}
    for name, type_ in schema.type_map.items():
        if isinstance(type_, GraphQLEnumType):
            known[name] = LeafType(name, _TEXT, frozenset(type_.values))
        elif isinstance(type_, GraphQLScalarType):
            known[name] = LeafType(name, _CLASSES.get(name, _TEXT), None)
    return known
