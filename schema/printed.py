"""The schema built once: Strawberry declares the types and prints them; what the hub runs is built from the printed text."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import strawberry
from graphql import GraphQLScalarType, GraphQLSchema, assert_valid_schema, build_schema
from strawberry.schema.config import StrawberryConfig

from schema.citizen import Mutation
from schema.labels import FactGroup, Key, Label
from schema.query import Query
from schema.scalars import LITERALS, PARSERS, SCALARS, Literal, Parser

_HEAD = """# 披露登记: printed by `make schema`; do not edit. Every field of a fact carries its @label; a test compares this file with the types.
"""


@cache
def declared() -> strawberry.Schema:
    """Strawberry's schema; used to print, never to execute."""
    config = StrawberryConfig(scalar_map=dict(SCALARS), disable_field_suggestions=True)
    return strawberry.Schema(query=Query, mutation=Mutation, config=config, schema_directives=[Label, FactGroup, Key])


@cache
def sdl() -> str:
    """The printed schema, as committed in schema/schema.graphql."""
    return _HEAD + declared().as_str() + "\n"


def build(text: str, parsers: Mapping[str, Parser] = PARSERS, literals: Mapping[str, Literal] = LITERALS) -> GraphQLSchema:
    """A schema without resolvers from its text, with parsers of its scalars' values and literals; refuses an invalid one."""
    schema = build_schema(text)
    assert_valid_schema(schema)
    for name, parse in parsers.items():
        scalar = schema.get_type(name)
        if isinstance(scalar, GraphQLScalarType):
            scalar.coerce_input_value = parse
            setattr(scalar, "parse_value", parse)  # noqa: B010 (a method to the type checker)
    for name, read in literals.items():
        scalar = schema.get_type(name)
        if isinstance(scalar, GraphQLScalarType):
            scalar.coerce_input_literal = read
            setattr(scalar, "parse_literal", read)  # noqa: B010
    return schema
