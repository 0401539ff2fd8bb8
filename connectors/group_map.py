"""A fact group at a department: the call that asks for it, its fields by our name, their kinds, codes and derivations."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.calls import CALLS, IDENTIFIER, identifier, named
from connectors.codes import CODES, coded, sliced, with_words
from connectors.conversion import MEASURES, Convert
from connectors.instants import DAYS
from connectors.section import Section

CONVERSIONS: Mapping[str, Convert] = {**MEASURES, **DAYS, **CODES}
"""The conversions a manifest may name."""

_KINDS = frozenset(CONVERSIONS) | {"code"}
_DERIVED = frozenset({"severe", "absent"})
_LEVELS = frozenset({"", "L1", "L2", "L3", "L4"})
_LEAVES = ("band", "masked", "known", "any", "year", "group", "atLeast")


@dataclass(frozen=True, slots=True)
class Computed:
    """A leaf the department works out itself: its name for it, and its answers as we tell them."""

    name: str
    codes: Mapping[str, str | int | bool]
    threshold: str  # their name of the value they compare themselves; empty unless the leaf is atLeast


@dataclass(frozen=True, slots=True)
class FieldMap:
    """One of our fields at this department. `name` is theirs, empty when `derive` says how it follows from `inputs`; `codes` turns
    their codes or words into ours; `level` is their own classification of the field ("L3"), empty where they state none.
    """

    field: str
    name: str
    kind: str
    derive: str
    inputs: tuple[str, ...]
    computes: Mapping[str, Computed]
    codes: Mapping[str, str | int | bool]
    level: str
    convert: Convert = dataclasses.field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class GroupMap:
    """One fact group at this department: the call that asks for it, and its fields by our name."""

    group: str
    call: Mapping[str, str]
    fields: Mapping[str, FieldMap]


def read_groups(root: Section, protocol: str, department: str) -> Mapping[str, GroupMap]:
    """The groups, each with its fields; of a hub their names alone, since it speaks our own schema."""
    if protocol != "hub":
        return {group: _group(group, section, protocol, department) for group, section in root.tables("groups")}
    names = root.names("groups")
    if not names or not all(IDENTIFIER.fullmatch(name) for name in names):
        raise root.fault("groups", "not a list of fact groups")
    return {name: GroupMap(name, {}, {}) for name in names}


def _group(group: str, section: Section, protocol: str, department: str) -> GroupMap:
    required, allowed = CALLS[protocol]
    calling = section.table("call")
    call = named(calling, calling.rest(required=required, allowed=allowed))
    if protocol == "files" and ("encoding" in call) == (call.get("format") == "xlsx"):
        raise calling.fault("encoding", "goes with csv, and with it alone")
    if protocol == "files" and call["subject"] not in call["header"].split(","):
        raise calling.fault("subject", "no column of the header")
    if "refreshed" in call and ("as_of" not in call or "function" in call):
        raise calling.fault("refreshed", "goes with as_of, its column, and without function, which says it itself")
    fields = {name: _field(name, entry, department) for name, entry in section.tables("fields")}
    section.done()
    for entry in fields.values():
        for needed in entry.inputs:
            if needed not in fields or fields[needed].derive:
                raise section.fault(f"fields.{entry.field}", f"derived from {needed!r}, which is no field of the department")
    return GroupMap(group, call, fields)


def _field(name: str, section: Section, department: str) -> FieldMap:
    derive = section.choice("derive", _DERIVED | {""}, "")
    inputs = section.names("from")
    if bool(inputs) != (derive == "severe"):
        raise section.fault("from", "names the fields of a derivation that needs some, and of no other")
    kind = "" if derive else section.choice("kind", _KINDS)
    codes = section.codes("codes")
    entry = FieldMap(
        field=name, name="" if derive else identifier(section, "name"), kind=kind, derive=derive, inputs=inputs,
        computes=_computes(section), codes=codes, level=section.choice("level", _LEVELS, ""),
        convert=_conversion(section, kind, codes, department) if kind else CONVERSIONS["text"],
    )
    section.done()
    return entry


def _conversion(section: Section, kind: str, codes: Mapping[str, str | int | bool], department: str) -> Convert:
    start, end = section.span("slice")
    if kind == "code" and not codes:
        raise section.fault("codes", "missing: a code without its table is not told")
    convert = coded(codes, department) if kind == "code" else with_words(codes, CONVERSIONS[kind]) if codes else CONVERSIONS[kind]
    return sliced(start, end, convert) if end else convert


def _computes(section: Section) -> Mapping[str, Computed]:
    table = section.table("computes", optional=True)
    computed = {}
    for leaf in _LEAVES:
        entry = table.table(leaf, optional=True)
        made = Computed(identifier(entry, "name", ""), entry.codes("codes"), identifier(entry, "threshold", ""))
        entry.done()
        if made.name and not made.codes:
            raise entry.fault("codes", "missing: an answer that cannot be checked is not asked for")
        if bool(made.threshold) != (bool(made.name) and leaf == "atLeast"):
            raise entry.fault("threshold", "belongs to atLeast, and to no other leaf")
        if made.name:
            computed[leaf] = made
    table.done()
    return computed
