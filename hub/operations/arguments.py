"""Arguments: the value an argument has in a shape: a coerced literal, a default, nothing, or a variable of the request."""

from __future__ import annotations

from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    coerce_input_literal,
    get_nullable_type,
    is_list_type,
)
from graphql.utilities.coerce_input_value import coerce_default_value

from hub.errors import Malformed
from hub.question import Variable


def argument(node: ValueNode | None, defined: GraphQLArgument | GraphQLInputField, present: frozenset[str]) -> Any:
    """The value of an argument or input field; Undefined if it has none. An absent variable counts as not given."""
    if node is None or (isinstance(node, VariableNode) and node.name.value not in present):
        return coerce_default_value(defined)
    return _value(node, defined.type, present)


def _value(node: ValueNode, type_: GraphQLInputType, present: frozenset[str]) -> Any:
    if isinstance(node, VariableNode):
        return Variable(node.name.value) if node.name.value in present else None
    nullable = get_nullable_type(type_)
    if isinstance(node, ListValueNode) and is_list_type(nullable):
        return [_value(item, nullable.of_type, present) for item in node.values]
    if isinstance(node, ObjectValueNode) and isinstance(nullable, GraphQLInputObjectType):
        given = {field.name.value: field.value for field in node.fields}
        found = {name: argument(given.get(name), field, present) for name, field in nullable.fields.items()}
        return {name: value for name, value in found.items() if value is not Undefined}
    value = coerce_input_literal(node, type_)
    if value is Undefined:
        raise Malformed("an argument cannot be read", code="DOCUMENT_INVALID")
    return value

