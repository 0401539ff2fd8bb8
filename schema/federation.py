"""联邦: the same types as an Apollo Federation 2 subgraph, so that a bureau's supergraph can refer to a person by handle.

Rules of this file:
- Nothing is declared twice: the subgraph's SDL is the printed schema with the federation's directives put on.
- A router is told what it may compose and no more. Roots that take an ID number or show the access log are inaccessible through it.
- A representation names a person by handle and carries nothing else; it travels in a variable, since documents are cached and logged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType

from graphql import (
    ConstDirectiveNode,
    DirectiveDefinitionNode,
    DocumentNode,
    FieldDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    NameNode,
    ObjectTypeDefinitionNode,
    ValueNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

from schema import SCHEMA
from schema.forms import FORM_TYPES
from schema.printed import build, sdl
from schema.scalars import LITERALS, PARSERS

VERSION = "v2.9"
"""Of the federation specification: the newest both public composition libraries know."""

NAMES_PEOPLE: Mapping[str, str] = MappingProxyType({"people": "ids", "_entities": "representations"})
"""Roots that name people by a list of handles, and the argument that holds it."""

NAMES_MANY: Mapping[str, str] = MappingProxyType({**NAMES_PEOPLE, "cases": "ids"})
"""Roots that answer a list as long as one of their arguments, and which."""

PERSON_TYPES = frozenset({"Person", "_Entity"})
"""The types of places where a person stands."""

_LINK = f"""extend schema @link(
  url: "https://specs.apollo.dev/federation/{VERSION}", import: ["@key", "@shareable", "@inaccessible"]
)
"""
_ROOTS = """
scalar _Any
type _Service { sdl: String! }
union _Entity = Person
extend type Query { _service: _Service! _entities(representations: [_Any!]!): [_Entity]! }
"""
_SHARED = frozenset(FORM_TYPES) | {"PageInfo", "Source", "Disclosure", "FieldDisclosure"}
_DIRECT_ONLY = frozenset({"lookUp", "accessLog", "me"})
_LONGEST = 200


@cache
def subgraph_sdl() -> str:
    """What `_service { sdl }` tells a composition."""
    document = visit(parse(sdl(), no_location=True), _Federating())
    return f"{_LINK}\n{print_ast(document)}\n"


@cache
def federated() -> GraphQLSchema:
    """The schema of a hub that is a subgraph: with `_service` and `_entities`."""
    return build(sdl() + _ROOTS, {**PARSERS, "_Any": parse_representation}, {**LITERALS, "_Any": refuse_representation_literal})


def served(*, federation: bool) -> GraphQLSchema:
    """The schema a hub validates documents against; `federation` is a setting of the operator."""
    return federated() if federation else SCHEMA


def parse_representation(value: object) -> str:
    """The handle of a representation `{__typename: "Person", id: …}`. No message shows the value."""
    if not isinstance(value, dict) or value.keys() != {"__typename", "id"} or value["__typename"] != "Person":
        raise GraphQLError("a representation is of a Person, by its id and nothing else")
    handle = value["id"]
    if not isinstance(handle, str) or not 1 <= len(handle) <= _LONGEST:
        raise GraphQLError("a representation's id is a handle")
    return handle


def refuse_representation_literal(node: ValueNode, variables: object = None) -> str:  # noqa: ARG001 (the signature graphql-core calls)
    """A representation in a document would put a handle where documents are kept."""
    raise GraphQLError("a representation travels only in a variable")


class _Federating(Visitor):
    """Takes out what the federation defines itself, and marks what may be shared and what a router may not reach."""

    def leave_document(self, node: DocumentNode, *_: object) -> DocumentNode:
        """Called by graphql-core."""
        known = tuple(one for one in node.definitions if not (isinstance(one, DirectiveDefinitionNode) and one.name.value == "key"))
        return replace(node, definitions=known)

    def leave_object_type_definition(self, node: ObjectTypeDefinitionNode, *_: object) -> ObjectTypeDefinitionNode | None:
        """Called by graphql-core. What a person sets going they set going at their own hub, never through a router."""
        if node.name.value == "Mutation":
            return replace(node, directives=_also(node, "inaccessible"))
        return replace(node, directives=_also(node, "shareable")) if node.name.value in _SHARED else None

    def leave_field_definition(self, node: FieldDefinitionNode, *_: object) -> FieldDefinitionNode | None:
        """Called by graphql-core."""
        return replace(node, directives=_also(node, "inaccessible")) if node.name.value in _DIRECT_ONLY else None


def _also(node: ObjectTypeDefinitionNode | FieldDefinitionNode, directive: str) -> tuple[ConstDirectiveNode, ...]:
    return (*(node.directives or ()), ConstDirectiveNode(name=NameNode(value=directive), arguments=()))
