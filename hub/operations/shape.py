"""Shape: a valid operation under given directive values -> the question, fragments merged per concrete type as CollectFields says.

Rules of this file:
- The order of places, the merging of fields and the reach of fragments are those of the GraphQL specification, section CollectFields;
  a property test holds them equal to graphql-core's own.
- A variable that a request may leave out is settled here too: a shape knows which are absent, so an argument is a literal, a default,
  nothing, or a variable that is certainly there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from graphql import BooleanValueNode as Literal
from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLArgument,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    Undefined,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

from hub.errors import Malformed, TooLarge
from hub.operations.arguments import argument
from hub.operations.limits import Limits
from hub.question import Place


@dataclass(frozen=True, slots=True)
class Source:
    """What shapes of one operation are made from."""

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    limits: Limits


class Shaper:
    """Makes the places of one shape: `booleans` are the directive variables' values, `present` the variables that have one."""

    def __init__(self, source: Source, *, booleans: Mapping[str, bool], present: frozenset[str]) -> None:
        self._source = source
        self._booleans = booleans
        self._present = present
        self.made = 0
        self._matches: dict[tuple[str, str], bool] = {}

    def places(self) -> tuple[Place, ...]:
        """The root's places; TooLarge if they are more than a question may have."""
        operation = self._source.operation
        root = self._source.schema.get_root_type(operation.operation)
        if root is None:
            raise Malformed("the schema has no such root")
        places = self._under(root, [operation.selection_set], ())
        # What several changes of one request leave behind when the second fails would need explaining: there is one.
        if operation.operation is OperationType.MUTATION and sum(place.name != "__typename" for place in places) != 1:
            raise Malformed("a mutation sets one thing going", code="ONE_CHANGE")
        return places

    def _under(self, type_: GraphQLObjectType, sets: Iterable[SelectionSetNode], path: tuple[str, ...]) -> tuple[Place, ...]:
        fields: dict[str, list[FieldNode]] = {}
        spread: set[str] = set()
        for selection_set in sets:
            self._collect(type_, selection_set, fields, spread)
        return tuple(self._place(type_, key, nodes, path) for key, nodes in fields.items())

    def _collect(
        self, type_: GraphQLObjectType, selection_set: SelectionSetNode, fields: dict[str, list[FieldNode]], spread: set[str],
    ) -> None:
        for selection in selection_set.selections:
            if not self._included(selection):
                continue
            if isinstance(selection, FieldNode):
                key = selection.alias.value if selection.alias else selection.name.value
                fields.setdefault(key, []).append(selection)
                continue
            for inner in self._spread(type_, selection, spread):
                self._collect(type_, inner, fields, spread)

    def _spread(self, type_: GraphQLObjectType, selection: SelectionNode, spread: set[str]) -> Iterator[SelectionSetNode]:
        """The selection set of a fragment, if it applies to the type; a named one once per collected set."""
        if isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            if condition is None or self._matching(type_, condition.name.value):
                yield selection.selection_set
        elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in spread:
            fragment = self._source.fragments[selection.name.value]
            if self._matching(type_, fragment.type_condition.name.value):
                spread.add(selection.name.value)
                yield fragment.selection_set

    def _matching(self, type_: GraphQLObjectType, condition: str) -> bool:
        known = self._matches.get((type_.name, condition))
        if known is None:
            named = self._source.schema.get_type(condition)
            known = named is type_ or (is_abstract_type(named) and self._source.schema.is_sub_type(named, type_))
            self._matches[type_.name, condition] = known
        return known

    def _included(self, selection: SelectionNode) -> bool:
        """@skip outranks @include."""
        for directive in selection.directives or ():
            if directive.name.value == "skip" and self._condition(directive):
                return False
            if directive.name.value == "include" and not self._condition(directive):
                return False
        return True

    def _condition(self, directive: DirectiveNode) -> bool:
        value = (directive.arguments or ())[0].value
        if isinstance(value, VariableNode):
            return self._booleans[value.name.value]
        if isinstance(value, Literal):
            return value.value
        raise Malformed("a directive's condition is no Boolean", code="DOCUMENT_INVALID")

    def _place(self, parent: GraphQLObjectType, key: str, nodes: list[FieldNode], path: tuple[str, ...]) -> Place:
        self.made += 1
        if self.made > self._source.limits.fields:
            raise TooLarge(f"the question has more than {self._source.limits.fields} fields", status=400)
        name = nodes[0].name.value
        here = (*path, key)
        if name == "__typename":
            return Place(key, name, parent.name, "String", ("!",), _NOTHING, _NOTHING, here)
        field = parent.fields[name]
        named = get_named_type(field.type)
        sets = [node.selection_set for node in nodes if node.selection_set is not None]
        return Place(
            key=key, name=name, parent=parent.name, type=named.name, wrapping=wrapping(field),
            arguments=self._arguments(field, nodes[0]), path=here,
            selections=MappingProxyType({type_.name: self._under(type_, sets, here) for type_ in self._possible(named)}),
        )

    def _possible(self, named: object) -> Iterable[GraphQLObjectType]:
        if is_object_type(named):
            return (named,)
        if isinstance(named, GraphQLAbstractType):
            return self._source.schema.get_possible_types(named)
        return ()

    def _arguments(self, field: GraphQLField, node: FieldNode) -> Mapping[str, object]:
        given = {item.name.value: item.value for item in node.arguments or ()}
        found: dict[str, Any] = {}
        defined: GraphQLArgument
        for name, defined in field.args.items():
            value = argument(given.get(name), defined, self._present)
            if value is not Undefined:
                found[name] = value
        return MappingProxyType(found) if found else _NOTHING


_NOTHING: Mapping[str, Any] = MappingProxyType({})


def wrapping(field: GraphQLField) -> tuple[str, ...]:
    """Type modifiers outermost first: [Person!]! is ("!", "[", "!")."""
    marks = []
    type_ = field.type
    while True:
        if is_non_null_type(type_):
            marks.append("!")
        elif is_list_type(type_):
            marks.append("[")
        else:
            return tuple(marks)
        type_ = type_.of_type
