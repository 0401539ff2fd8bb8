"""Operation: step 2 of the road. Document text -> a valid operation within limits -> for each request the question as a value.

    text ── SHA-256 ──> cached? ── no ──> refuse ID numbers, parse, measure, validate, keep
                          │ yes
    operation name ──> Operation ── variables ──> coerced values, shape (cached per directive values), weights ──> Question

A document that was refused is never kept; nothing of a request but its variables' values is read on the warm path.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from graphql import GraphQLSchema, OperationType, execute_sync

from hub.arguments import named
from hub.bounded import Bounded
from hub.errors import Malformed, TooLarge
from hub.operations.cost import Weights, paged, weigh
from hub.operations.extent import SUBGRAPH, introspects
from hub.operations.limits import Limits
from hub.operations.reading import ReadDocument, read_document
from hub.operations.shape import Shaper, Source
from hub.operations.usage import conditions, never_null
from hub.operations.variables import Declared, coerce, declared
from hub.question import Place, Question
from schema.federation import subgraph_sdl

SHAPED = 30_000
"""Fields in the kept shapes of all operations together (0.3 kB each). Directives' variables make dozens of shapes of one document, and
one client may send any number of documents.
"""

READ = 100_000
"""What kept documents weigh together: a unit a field and one more for each eight characters, at most 0.3 kB each."""


@dataclass(frozen=True, slots=True)
class _Shape:
    question: Question
    weights: Weights
    pages: tuple[object, ...]  # the `first` of each page of entries


_Shapes = Bounded[tuple[str, tuple[bool, ...], tuple[str, ...]], _Shape]


class Operation:
    """One operation of a valid document; `changes` if it is a mutation. `digest` names document and operation; `hash` is the document's SHA-256, hex."""

    __slots__ = ("_booleans", "_document", "_limits", "_shapes", "_source", "_variables", "changes", "digest", "hash", "introspects", "name")

    def __init__(
        self, read: ReadDocument, name: str, *, document_hash: str, schema: GraphQLSchema, limits: Limits, shapes: _Shapes,
    ) -> None:
        """`name` is one of the document's operations; `shapes` are kept for all operations of a worker together."""
        self.hash = document_hash
        self.name = name
        self.digest = sha256(f"{document_hash}\0{name}".encode()).hexdigest()
        self.introspects = introspects(read.extents[name])
        operation = read.operations[name]
        self.changes = operation.operation is OperationType.MUTATION
        self._document = read.document
        self._limits = limits
        self._source = Source(schema, operation, read.fragments, limits)
        self._variables = declared(operation, schema, never_null(read.document, schema))
        self._booleans = tuple(sorted(conditions(read.document).intersection(each.name for each in self._variables)))
        self._shapes = shapes

    @property
    def declared(self) -> tuple[Declared, ...]:
        """The variables a request may send."""
        return self._variables

    @property
    def identifying(self) -> bool:
        """Whether a variable may name a person or case; such an operation is not asked by GET, whose URL is logged everywhere."""
        return any(variable.identifying for variable in self._variables)

    def question(self, variables: Mapping[str, Any], *, cases: int = 1) -> tuple[Question, Mapping[str, Any]]:
        """The question of this request and its coerced variables: Malformed for a variable that cannot be read, TooLarge past a limit.
        Every `Variable` in the question has a value in the mapping. `cases` are those of the token, each of which may cost as much.
        """
        values = coerce(self._variables, variables, self._limits) if self._variables else {}
        # A directive's variable is a Boolean and never null; of that name another operation of the document may declare something else.
        key = (self.digest, tuple([values.get(name) is True for name in self._booleans]), tuple(values))
        shape = self._shapes.get(key)
        if shape is None:
            shape = self._shapes.put(key, *self._shaped(dict(zip(self._booleans, key[1], strict=True)), key[2]))
        shape.weights.within(values, self._limits.over(cases))
        for first in shape.pages:
            self._page(values.get(first.name) if hasattr(first, "name") else first)
        return shape.question, values

    def introspect(self, variables: Mapping[str, Any]) -> Mapping[str, object]:
        """The response to an operation that asks for the schema or the subgraph's SDL: graphql-core's own, some ms; it holds no fact."""
        if not self.introspects:
            raise Malformed("the operation does not ask for the schema")
        coerce(self._variables, variables, self._limits)
        return execute_sync(
            self._source.schema, self._document, {SUBGRAPH: lambda _info: {"sdl": subgraph_sdl()}}, variable_values=dict(variables),
            operation_name=self.name or None,
        ).formatted

    def _shaped(self, booleans: Mapping[str, bool], present: tuple[str, ...]) -> tuple[_Shape, int]:
        """The shape, and what it weighs: the places of an interface stand once for each of its types."""
        shaper = Shaper(self._source, booleans=booleans, present=frozenset(present))
        places = shaper.places()
        text = "\0".join((self.digest, *(f"{name}={value}" for name, value in booleans.items()), *sorted(present)))
        question = Question(sha256(text.encode()).hexdigest(), places, frozenset(_used(places)))
        pages = tuple(place.arguments.get("first") for place in paged(places))
        return _Shape(question, weigh(places), pages), 1 + shaper.made

    def _page(self, first: object) -> None:
        if not isinstance(first, int) or not 1 <= first <= self._limits.page:
            raise TooLarge(f"'first' is a number from 1 to {self._limits.page}", status=400, code="PAGE_SIZE")


class Documents:
    """The documents of one worker, by SHA-256 of their text, least recently used leave first."""

    def __init__(self, schema: GraphQLSchema, limits: Limits, *, introspection: bool = False) -> None:
        """`introspection` is a setting of the operator."""
        self._schema = schema
        self._limits = limits
        self._introspection = introspection
        self._kept: Bounded[bytes, Mapping[str, Operation]] = Bounded(limits.documents, most=READ)
        self._shapes: _Shapes = Bounded(limits.documents * 8, most=SHAPED)

    def __len__(self) -> int:
        return len(self._kept)

    def read(self, text: str | None, operation_name: str | None = None, *, hash: str | None = None) -> Operation:  # noqa: A002
        """The operation of a document; Malformed or TooLarge. `hash`, if sent beside the text, must be the text's."""
        key, text = self._key(text, hash)
        operations = self._kept.get(key)
        if operations is None:
            operations = self._kept.put(key, *self._fresh(text, key))
        return _chosen(operations, operation_name)

    async def load(self, text: str | None, operation_name: str | None = None, *, hash: str | None = None) -> Operation:  # noqa: A002
        """`read`, with a document that is not kept yet read in a thread, since that takes milliseconds."""
        return _chosen(await self._loaded(text, hash), operation_name)

    async def operations(self, text: str) -> tuple[Operation, ...]:
        """All operations of a document, for those who register it."""
        return tuple((await self._loaded(text, None)).values())

    async def _loaded(self, text: str | None, claimed: str | None) -> Mapping[str, Operation]:
        key, text = self._key(text, claimed)
        operations = self._kept.get(key)
        if operations is None:
            operations = self._kept.put(key, *await asyncio.to_thread(self._fresh, text, key))
        return operations

    def _key(self, text: str | None, claimed: str | None) -> tuple[bytes, str]:
        if not text:
            raise Malformed("the request holds no query", code="NO_QUERY")
        try:
            key = sha256(text.encode()).digest()
        except UnicodeEncodeError:
            raise Malformed("the document is no Unicode text", code="DOCUMENT_INVALID") from None
        if claimed is not None and claimed.lower() != key.hex():
            raise Malformed("the hash is not that of the document", code="PERSISTED_QUERY_HASH")
        return key, text

    def _fresh(self, text: str, key: bytes) -> tuple[Mapping[str, Operation], int]:
        """The document's operations, and what they weigh."""
        read = read_document(text, self._schema, self._limits, introspection=self._introspection)
        operations = {
            name: Operation(read, name, document_hash=key.hex(), schema=self._schema, limits=self._limits, shapes=self._shapes)
            for name in read.operations
        }
        return operations, 1 + sum(extent.fields for extent in read.extents.values()) + len(text) // 8


def _chosen(operations: Mapping[str, Operation], name: str | None) -> Operation:
    if not name:
        if len(operations) == 1:
            return next(iter(operations.values()))
        raise Malformed("the document holds several operations; name one", code="OPERATION_NAME")
    operation = operations.get(name)
    if operation is None:
        raise Malformed("the document holds no operation of this name", code="OPERATION_NAME")
    return operation


def _used(places: tuple[Place, ...]) -> set[str]:
    used: set[str] = set()
    for place in places:
        for value in place.arguments.values():
            used |= set(named(value))
        for inner in place.selections.values():
            used |= _used(inner)
    return used
