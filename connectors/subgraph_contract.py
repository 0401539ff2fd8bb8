"""A subgraph's SDL held against the manifest: what we would ask must be there, and of a type its conversion can read.

Rules of this file:
- A fault names what the manifest names; nothing the department wrote is repeated.
- Types of ours are compared with scalars and enums of theirs. A scalar they made up may be any of them: its values are checked as
  they arrive, like all others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    GraphQLError,
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    ScalarTypeDefinitionNode,
    StringValueNode,
    TypeNode,
    parse,
)

from connectors.group_map import FieldMap, GroupMap
from connectors.interface import DepartmentBroke
from connectors.manifest import Manifest

SDL_LIMIT = 1_000_000
"""Characters of an SDL that is still read."""

AGAIN, SOON = 600.0, 30.0
"""Seconds after which an SDL is looked at again that held, and that did not."""

_TEXT = frozenset({"String", "ID"})
_NUMBER = frozenset({"Int", "Float", "String"})
_READABLE: Mapping[str, frozenset[str]] = {
    "text": _TEXT, "date": _TEXT, "month": _TEXT | {"Int"}, "region": _TEXT, "person": _TEXT, "share": _NUMBER, "percent": _NUMBER,
    "integer": frozenset({"Int", "String"}), "fen": frozenset({"Int", "String"}), "decimal": _NUMBER, "wan": _NUMBER,
    "flag": frozenset({"Boolean", "String"}), "code": _TEXT | {"Int", "Boolean"},
}
"""GraphQL's own scalars each conversion can read; an enum is read as text."""


@dataclass(frozen=True, slots=True)
class _Field:
    type: str
    lists: int


@dataclass(frozen=True, slots=True)
class _Types:
    """What an SDL declares: object types by name, other leaf types, and the fields of each entity's keys."""

    objects: Mapping[str, Mapping[str, _Field]]
    scalars: frozenset[str]
    enums: frozenset[str]
    keys: Mapping[str, Sequence[frozenset[str]]]


Look = Callable[[], Awaitable[tuple[str, ...]]]
"""Fetches the SDL and compares; raises DepartmentError where there is none to be had."""


class Contract:
    """Whether a department's SDL holds, looked at on first use and again every so often; askers who come together look once."""

    def __init__(self, department: str, look: Look) -> None:
        self._department = department
        self._look = look
        self._faults: tuple[str, ...] = ()
        self._until = 0.0
        self._looking = asyncio.Lock()

    async def held(self) -> None:
        """Nothing if it holds; DepartmentBroke naming the first fault. Raises DepartmentError where the SDL cannot be had."""
        if found := await self.faults():
            raise DepartmentBroke(f"{self._department}: {found[0]}")

    async def faults(self) -> tuple[str, ...]:
        """All faults, as known or looked at now. Raises DepartmentError where the SDL cannot be had."""
        if asyncio.get_running_loop().time() >= self._until:
            async with self._looking:
                if asyncio.get_running_loop().time() >= self._until:
                    self._faults = await self._look()
                    self._until = asyncio.get_running_loop().time() + (SOON if self._faults else AGAIN)
        return self._faults


def faults(sdl: str, manifest: Manifest) -> tuple[str, ...]:
    """What the manifest names and the SDL does not have, or has in another type; empty where the contract holds."""
    try:
        if len(sdl) > SDL_LIMIT:
            return ("its SDL is too long to be read",)
        types = _types(parse(sdl, no_location=True))
    except (GraphQLError, RecursionError):
        return ("its SDL cannot be read",)
    return tuple(_faults(types, manifest))


def _faults(types: _Types, manifest: Manifest) -> Iterator[str]:
    names = manifest.envelope
    entity = names["entity"]
    fields = types.objects.get(entity)
    if fields is None:
        yield f"type {entity} is gone"
        return
    wanted = frozenset(names[part] for part in ("id", "organisation", "purpose", "approval", "reference"))
    if wanted not in types.keys.get(entity, ()):
        yield f"{entity} has no key of {', '.join(sorted(wanted))}"
    for name in (names["id"], names["as_of"]):
        if name not in fields:
            yield f"{entity}.{name} is gone"
        elif fields[name].lists or not _leaf(types, fields[name].type, _TEXT):
            yield f"{entity}.{name} is no longer a text"
    for group in manifest.groups.values():
        yield from _group_faults(types, entity, fields, group)


def _group_faults(types: _Types, entity: str, fields: Mapping[str, _Field], group: GroupMap) -> Iterator[str]:
    name = group.call["list"]
    records = fields.get(name)
    if records is None:
        yield f"{entity}.{name} of {group.group} is gone"
        return
    record = types.objects.get(records.type)
    if records.lists != 1 or record is None:
        yield f"{entity}.{name} of {group.group} is no longer a list of records"
        return
    for entry in group.fields.values():
        for asked, kind in _asked(entry):
            field = record.get(asked)
            if field is None:
                yield f"{name}.{asked} of {group.group} is gone"
            elif field.lists or not _leaf(types, field.type, _READABLE[kind]):
                yield f"{name}.{asked} of {group.group} is no longer of a type that reads as {kind}"


def _asked(entry: FieldMap) -> Iterator[tuple[str, str]]:
    """Their names of one of our fields, each with the conversion that reads it."""
    if entry.name:
        yield entry.name, entry.kind
    for computed in entry.computes.values():
        if not computed.threshold:
            yield computed.name, "code"


def _leaf(types: _Types, name: str, readable: frozenset[str]) -> bool:
    return name in readable or name in types.scalars or (name in types.enums and "String" in readable)


def _types(document: DocumentNode) -> _Types:
    objects: dict[str, dict[str, _Field]] = {}
    keys: dict[str, list[frozenset[str]]] = {}
    for node in document.definitions:
        if isinstance(node, ObjectTypeDefinitionNode | ObjectTypeExtensionNode):
            objects.setdefault(node.name.value, {}).update(_fields(node.fields or ()))
            keys.setdefault(node.name.value, []).extend(_keys(node))
    return _Types(
        objects=objects, keys=keys,
        scalars=frozenset(node.name.value for node in document.definitions if isinstance(node, ScalarTypeDefinitionNode)),
        enums=frozenset(node.name.value for node in document.definitions if isinstance(node, EnumTypeDefinitionNode)),
    )


def _fields(nodes: Sequence[FieldDefinitionNode]) -> Iterator[tuple[str, _Field]]:
    for node in nodes:
        lists, type_ = 0, node.type
        while not isinstance(type_, NamedTypeNode):
            lists, type_ = _unwrapped(lists, type_)
        yield node.name.value, _Field(type_.name.value, lists)


def _unwrapped(lists: int, type_: TypeNode) -> tuple[int, TypeNode]:
    if isinstance(type_, ListTypeNode):
        return lists + 1, type_.type
    return (lists, type_.type) if isinstance(type_, NonNullTypeNode) else (lists, type_)


def _keys(node: ObjectTypeDefinitionNode | ObjectTypeExtensionNode) -> Iterator[frozenset[str]]:
    for directive in node.directives or ():
        if directive.name.value in {"key", "federation__key"}:
            for argument in directive.arguments or ():
                if argument.name.value == "fields" and isinstance(argument.value, StringValueNode):
                    yield frozenset(argument.value.value.replace(",", " ").split())
