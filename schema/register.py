"""披露登记: the register of groups, fields and labels, read from the schema the hub runs, so that what is printed is what is decided on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from graphql import (
    DirectiveNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    value_from_ast_untyped,
)

from policies.code_lists import REGIONS
from policies.forms import LEAVES, Form, Kind, Level
from schema import SCHEMA
from schema.forms import FORM_TYPES

__all__ = ["FORM_TYPES", "GROUPS", "FieldSpec", "GroupSpec", "UnlabelledFact", "expressible", "read"]

PRESENCE = "records"
"""The pseudo-field of every group: the record list itself, whose verdict decides whether rows are told at all."""


class UnlabelledFact(Exception):
    """A field of a fact has no label, or one its type cannot express: the hub refuses to start."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a record. `csv_name` is its name in the departments' catalogue; `codes` a table's name or "A/B/C", of a
    RegionCode the list of regions.
    """

    group: str
    name: str
    csv_name: str
    title_zh: str
    kind: Kind
    level: Level
    cross_region: Form
    unit: str
    codes: str


@dataclass(frozen=True, slots=True)
class GroupSpec:
    """One fact group. `fields` holds the record's fields and, for a department's group, the pseudo-field `records`."""

    code: str
    title_zh: str
    department: str
    source: str
    facts_type: str
    record_type: str
    fields: Mapping[str, FieldSpec]


def read(schema: GraphQLSchema) -> Mapping[str, GroupSpec]:
    """Every group of the schema, by code; UnlabelledFact where a label is missing or cannot be expressed."""
    groups = {}
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType):
            given = _directive(type_.ast_node.directives if type_.ast_node else (), "factGroup")
            if given is not None:
                spec = _group(type_, given)
                groups[spec.code] = spec
            elif any(interface.name == "Facts" for interface in type_.interfaces):
                raise UnlabelledFact(f"{type_.name} names no fact group")
    return MappingProxyType(groups)


def expressible(kind: Kind, form: Form) -> bool:
    """Whether a type of this kind has a leaf that may be told under this form; WITHHELD is expressed by every type."""
    return form is Form.WITHHELD or any(leaf.form is not None and form.allows(leaf.form) for leaf in LEAVES[kind])


def _group(type_: GraphQLObjectType, given: Mapping[str, str]) -> GroupSpec:
    code = given["code"]
    records = type_.fields.get(PRESENCE)
    fields: dict[str, FieldSpec] = {}
    if records is None:
        record: GraphQLObjectType | None = None
        fields.update(_labelled(type_, code))
    else:
        record = _record(type_, records)
        fields.update(_labelled(record, code))
        fields[PRESENCE] = _spec(type_, records, PRESENCE, code)
        _all_labelled(record, fields)
    return GroupSpec(
        code=code, title_zh=given["title"], department=given["department"], source=given["source"],
        facts_type=type_.name, record_type=(record or type_).name, fields=MappingProxyType(fields),
    )


def _record(facts: GraphQLObjectType, records: GraphQLField) -> GraphQLObjectType:
    named = get_named_type(records.type)
    if not isinstance(named, GraphQLObjectType):
        raise UnlabelledFact(f"{facts.name}.{PRESENCE} is no list of records")
    return named


def _all_labelled(record: GraphQLObjectType, fields: Mapping[str, FieldSpec]) -> None:
    for name in record.fields:
        if name not in fields:
            raise UnlabelledFact(f"{record.name}.{name} has no label")


def _labelled(type_: GraphQLObjectType, group: str) -> Iterator[tuple[str, FieldSpec]]:
    for name, field in type_.fields.items():
        if field.ast_node is not None and _directive(field.ast_node.directives, "label") is not None:
            yield name, _spec(type_, field, name, group)


def _spec(type_: GraphQLObjectType, field: GraphQLField, name: str, group: str) -> FieldSpec:
    label = _directive(field.ast_node.directives if field.ast_node else (), "label")
    if label is None:
        raise UnlabelledFact(f"{type_.name}.{name} has no label")
    kind, cross = Kind(label["kind"]), Form(label["crossRegion"])
    if FORM_TYPES.get(get_named_type(field.type).name) is not (kind if kind in FORM_TYPES.values() else None):
        raise UnlabelledFact(f"{type_.name}.{name} is of kind {kind}, its type is not")
    if not expressible(kind, cross):
        raise UnlabelledFact(f"{type_.name}.{name} cannot be told as {cross}")
    return FieldSpec(
        group=group, name=name, csv_name=label.get("item", name), title_zh=(field.description or "").split(" ", 1)[0],
        kind=kind, level=Level(label["level"]), cross_region=cross, unit=label.get("unit", ""),
        codes=label.get("codes", REGIONS if get_named_type(field.type).name == "RegionCode" else ""),
    )


def _directive(directives: tuple[DirectiveNode, ...] | list[DirectiveNode] | None, name: str) -> dict[str, str] | None:
    for directive in directives or ():
        if directive.name.value == name:
            return {argument.name.value: value_from_ast_untyped(argument.value) for argument in directive.arguments or ()}
    return None


GROUPS: Mapping[str, GroupSpec] = read(SCHEMA)
"""The groups of the schema the hub runs: the departments', `confirmation`, and `identity` told from the vault."""
