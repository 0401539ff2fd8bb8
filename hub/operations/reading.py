"""Reading: text -> a parsed, bounded, valid document; every refusal is the caller's error and repeats nothing of the text but names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
    validate,
)

from hub.errors import Malformed, TooLarge
from hub.operations.extent import Extent, measure
from hub.operations.limits import Limits
from hub.operations.literals import refuse_in_strings, refuse_in_text

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_REPEATED = re.compile(r"( cannot represent [^:]*): .*", re.DOTALL)
_LONGEST = 200


class InvalidDocument(Malformed):
    """A document that breaks the rules of GraphQL; `errors` are (message, line, column), first ones only."""

    code = "DOCUMENT_INVALID"

    def __init__(self, errors: Sequence[tuple[str, int, int]]) -> None:
        """At least one error."""
        super().__init__(errors[0][0])
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A valid document: its operations by name ("" if one has none), its fragments, what each operation's extent is."""

    document: DocumentNode
    operations: Mapping[str, OperationDefinitionNode]
    fragments: Mapping[str, FragmentDefinitionNode]
    extents: Mapping[str, Extent]


def read_document(text: str, schema: GraphQLSchema, limits: Limits, *, introspection: bool) -> ReadDocument:
    """Parse, bound and validate; some ms for a long document, so callers off the loop. Malformed or TooLarge."""
    if len(text) > limits.body:
        raise TooLarge("the document is longer than a request may be", status=413)
    refuse_in_text(text)
    try:
        document = _parsed(text, limits)
        refuse_in_strings(document)
        _served(document, schema)
        extents = measure(document, limits)
        if not introspection and any(extent.asks_schema for extent in extents.values()):
            raise Malformed("introspection is switched off here", code="INTROSPECTION_OFF")
        _valid(document, schema, limits)
        # Kept without locations: tokens hold each other, some kB a line, and nobody reports errors in it any more.
        kept = parse(text, no_location=True)
    except RecursionError:
        raise TooLarge("the document is nested too deeply", status=400) from None
    return ReadDocument(
        document=kept, extents=extents,
        operations={_name(node): node for node in kept.definitions if isinstance(node, OperationDefinitionNode)},
        fragments={node.name.value: node for node in kept.definitions if isinstance(node, FragmentDefinitionNode)},
    )


def _parsed(text: str, limits: Limits) -> DocumentNode:
    try:
        return parse(text, max_tokens=limits.tokens, max_lexical_tokens=2 * limits.tokens, max_comments=limits.tokens)
    except GraphQLSyntaxError as error:
        if error.message.endswith("Parsing aborted."):  # graphql-core's own bounds; a name in the text cannot end so
            raise TooLarge(f"the document has more than {limits.tokens} tokens or is nested too deeply", status=400) from None
        raise InvalidDocument([_shown(error)]) from None


def _served(document: DocumentNode, schema: GraphQLSchema) -> None:
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode) and schema.get_root_type(node.operation) is None:
            raise Malformed(f"a {node.operation.value} is not served here", code="OPERATION_NOT_SERVED")
    if not any(isinstance(node, OperationDefinitionNode) for node in document.definitions):
        raise Malformed("the document holds no operation", code="NO_OPERATION")


def _valid(document: DocumentNode, schema: GraphQLSchema, limits: Limits) -> None:
    """All standard rules; suggestions are off, since "did you mean" tells the schema where introspection does not."""
    errors = validate(schema, document, max_errors=limits.errors, hide_suggestions=True)
    if errors:
        raise InvalidDocument([_shown(error) for error in errors[: limits.errors]])


def _shown(error: GraphQLError) -> tuple[str, int, int]:
    """Message and place; literals are blanked out, for a message may reach a log."""
    place = error.locations[0] if error.locations else None
    message = _QUOTED.sub('"…"', _REPEATED.sub(r"\1", error.message))
    return message[:_LONGEST], place.line if place else 0, place.column if place else 0


def _name(node: OperationDefinitionNode) -> str:
    return node.name.value if node.name else ""
