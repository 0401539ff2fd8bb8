"""The question as a value: places with their arguments, flattened per concrete type, no document text but response keys.

A place is a field at a path of the response, without list positions. Directives are already applied; fragments are already
merged; what stays open until a request are variable values in arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

OWN_ROOTS = frozenset({"accessLog", "me", "requestCorrection", "requestExplanation", "arrangeAfterDeath"})
"""Roots answered from the hub's own records, never from the matter of the token nor by a department."""


@dataclass(frozen=True, slots=True)
class Variable:
    """An argument value that comes with the request."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """One field of the question. `key` is the caller's response key: data, never source text. `wrapping` lists the type
    modifiers outermost first, "!" non-null and "[" list: [Person!]! is ("!", "[", "!"). `selections` maps each possible
    concrete object type to its places, in response order; a leaf has none. `arguments` holds coerced literals, schema
    defaults and `Variable`s (also nested inside lists and input objects).
    """

    key: str
    name: str
    parent: str
    type: str
    wrapping: tuple[str, ...]
    arguments: Mapping[str, object]
    selections: Mapping[str, tuple[Place, ...]]
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """One shape of an operation: its root places, and a digest that names document, operation and directive values."""

    digest: str
    places: tuple[Place, ...]
    variables: frozenset[str]
