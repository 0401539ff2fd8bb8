"""A manifest held against the graph: what it leaves out, what it has too much, and what it would make of a department's values.

Everything found is said, not the first thing only: an operator mends a manifest once. Nothing is opened and nobody is asked.
"""

from __future__ import annotations

from collections.abc import Iterator

from graphql import GraphQLObjectType, get_named_type

from connectors.group_map import FieldMap, GroupMap
from connectors.manifest import Manifest
from policies.bands import band_table
from policies.code_lists import CODE_LISTS
from policies.forms import LEAVES, Form, Kind, Level
from schema import SCHEMA
from schema.register import GROUPS, PRESENCE, FieldSpec, GroupSpec

_OF_KIND = {
    Kind.AMOUNT: frozenset({"decimal", "fen", "wan"}), Kind.DATED: frozenset({"date"}), Kind.FLAG: frozenset({"flag", "code"}),
    Kind.PSEUDONYM: frozenset({"person"}), Kind.TEXT: frozenset({"text", "uscc"}),
}
_OF_TYPE = {
    "Boolean": frozenset({"flag", "code"}), "Date": frozenset({"date"}), "Decimal": frozenset({"decimal"}), "Int": frozenset({"integer"}),
    "RegionCode": frozenset({"region"}), "YearMonth": frozenset({"month"}),
}
_CODES, _SHARE, _NUMBER = frozenset({"code", "code-as-is"}), frozenset({"decimal", "percent", "share"}), frozenset({"decimal", "integer"})


def fitting(group: GroupSpec, field: FieldSpec) -> frozenset[str]:
    """The conversions whose values a field can hold in its own unit: 万元 is no conversion of a field whose unit is 10k yuan."""
    if field.kind in _OF_KIND:
        return _OF_KIND[field.kind]
    if field.kind is Kind.QUANTITY:
        return _SHARE if field.unit == "0-1" else _NUMBER
    record = SCHEMA.type_map[group.record_type]
    named = get_named_type(record.fields[field.name].type).name if isinstance(record, GraphQLObjectType) else ""
    return _OF_TYPE.get(named) or (_CODES if field.codes else frozenset({"text", "uscc"}))


def faults(manifest: Manifest) -> list[str]:
    """What is wrong, a sentence each; empty where the manifest and the graph agree."""
    if not manifest.groups:
        return ["it answers no fact group"]
    return [fault for code, group in manifest.groups.items() for fault in _group(manifest.department, code, group)]


def remarks(manifest: Manifest) -> list[str]:
    """What is not wrong and somebody should know: a field its department holds to be more sensitive than the graph does."""
    found = []
    for code, group in manifest.groups.items():
        for name, entry in group.fields.items():
            field = GROUPS[code].fields.get(name) if code in GROUPS else None
            if field is not None and entry.level and Level(entry.level) > field.level:
                found.append(f"{code}.{name}: the department classifies it {entry.level}, the graph {field.level}; ask the region's policy")
    return found


def _group(department: str, code: str, group: GroupMap) -> Iterator[str]:
    spec = GROUPS.get(code)
    if spec is None:
        yield f"{code}: the graph has no such fact group"
        return
    if spec.department != department:
        yield f"{code}: a group of {spec.department}, not of {department}"
    ours = set(spec.fields) - {PRESENCE}
    for name in sorted(ours - set(group.fields)):
        yield f'{code}.{name}: missing; write derive = "absent" where the department has no such value'
    for name, entry in group.fields.items():
        if name not in ours:
            yield f"{code}.{name}: the graph has no such field"
        else:
            yield from (f"{code}.{name}: {fault}" for fault in _field(spec, spec.fields[name], entry))


def _field(group: GroupSpec, field: FieldSpec, entry: FieldMap) -> Iterator[str]:
    if entry.level and Level(entry.level) < field.level:
        yield f"labelled {entry.level}, weaker than the graph's {field.level}"
    if entry.kind and entry.kind not in (fits := fitting(group, field)):
        unit = f" in {field.unit}" if field.unit else ""
        yield f"kind {entry.kind} gives no {field.kind}{unit}; {' or '.join(sorted(fits))} does"
    if entry.kind == "code":
        yield from _codes(field, entry)
    forms = {leaf.name: leaf.form for leaf in LEAVES[field.kind]}
    for leaf, computed in entry.computes.items():
        if forms.get(leaf) in {None, Form.FULL}:
            yield f"computes.{leaf}: {field.kind} has no such weaker form"
        elif leaf == "band" and (wrong := sorted(str(one) for one in computed.codes.values() if not band_table(_unit(field)).has(str(one)))):
            yield f"computes.band: {', '.join(wrong)} is no band of the table"


def _codes(field: FieldSpec, entry: FieldMap) -> Iterator[str]:
    known = CODE_LISTS.get(field.codes)
    for ours in dict.fromkeys(entry.codes.values()):
        if isinstance(ours, bool) != (not field.codes):
            yield f"code {ours!r}: {'a code of ' + field.codes if field.codes else 'true or false'} is expected"
        elif known is not None and not known.holds(str(ours)):
            yield f"code {ours!r} is not in {field.codes}"


def _unit(field: FieldSpec) -> str:
    return "yuan" if field.kind is Kind.AMOUNT else field.unit
