"""Variables: what an operation declares, coerced by graphql-core's own rules; no message shows a value that was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    VariableDefinitionNode,
    coerce_input_literal,
    coerce_input_value,
    get_named_type,
    is_input_type,
    is_non_null_type,
    type_from_ast,
    validate_input_value,
)

from hub.errors import Malformed, TooLarge
from hub.operations.limits import Limits

_OWN_WORDS = frozenset({"Date", "DateTime", "YearMonth", "RegionCode", "IdNumber", "YuanDecimal", "Decimal", "Band", "Statement"})
"""Scalars whose messages are ours and show no value (schema/scalars.py); graphql-core's own messages repeat what was sent."""

_IDENTIFYING = frozenset({"ID", "IdNumber", "Statement", "_Any"})


@dataclass(frozen=True, slots=True)
class Declared:
    """One declared variable; `default` is coerced already, Undefined if it has none; `never_null` where it stands so."""

    name: str
    type: GraphQLInputType
    default: Any
    never_null: bool

    @property
    def optional(self) -> bool:
        """Whether a request may leave it out and nothing takes its place."""
        return self.default is Undefined and not is_non_null_type(self.type)

    @property
    def identifying(self) -> bool:
        """Whether it may name a person or case: such values travel in a body, never in a URL."""
        named = get_named_type(self.type)
        if isinstance(named, GraphQLInputObjectType):
            return any(get_named_type(field.type).name in _IDENTIFYING for field in named.fields.values())
        return named.name in _IDENTIFYING


def declared(operation: OperationDefinitionNode, schema: GraphQLSchema, never_null: frozenset[str]) -> tuple[Declared, ...]:
    """The variables of a valid operation; `never_null` are those used where no null may come."""
    return tuple(_declared(node, schema, never_null) for node in operation.variable_definitions or ())


def _declared(node: VariableDefinitionNode, schema: GraphQLSchema, never_null: frozenset[str]) -> Declared:
    type_ = type_from_ast(schema, node.type)
    if not is_input_type(type_):
        raise Malformed("a variable has a type that is no input", code="DOCUMENT_INVALID")
    default = Undefined if node.default_value is None else coerce_input_literal(node.default_value, type_)
    name = node.variable.name.value
    return Declared(name, type_, default, name in never_null)


def coerce(variables: tuple[Declared, ...], sent: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    """Coerced values of the declared variables that were sent or have a default; others sent are ignored, as the specification says."""
    values: dict[str, Any] = {}
    for variable in variables:
        value = sent.get(variable.name, Undefined)
        if value is Undefined:
            if variable.default is not Undefined:
                values[variable.name] = variable.default
                continue
            if variable.optional:
                continue
            raise _refused(variable, "it is required")
        if isinstance(value, list) and len(value) > limits.items:
            raise TooLarge(f"variable '{variable.name}' holds more than {limits.items} values", status=400)
        values[variable.name] = _coerced(variable, value)
    return values


def _coerced(variable: Declared, value: object) -> Any:
    try:
        coerced = coerce_input_value(value, variable.type)
    except (GraphQLError, ValueError, TypeError, OverflowError, RecursionError):
        coerced = Undefined
    if coerced is Undefined:
        raise _refused(variable, _why(variable, value))
    if coerced is None and variable.never_null:
        raise _refused(variable, "it may not be null")
    return coerced


def _why(variable: Declared, value: object) -> str:
    """What graphql-core says is wrong, if it is in words of ours; else the type that was expected."""
    if get_named_type(variable.type).name in _OWN_WORDS:
        said: list[str] = []
        try:
            validate_input_value(value, variable.type, lambda error, _path: said.append(error.message), hide_suggestions=True)
        except (GraphQLError, ValueError, TypeError, RecursionError):
            said.clear()
        ours = [message for message in said if message.startswith(("a ", "an ", "the ", *_OWN_WORDS))]
        if ours and not isinstance(value, list | dict):
            return ours[0]
    return f"{variable.type} is expected"


def _refused(variable: Declared, why: str) -> Malformed:
    return Malformed(f"variable '{variable.name}' cannot be read: {why}", code="VARIABLE_INVALID")
