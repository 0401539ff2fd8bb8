"""A department's manifest as a value: where it is, how it authenticates, its names and units for our fields.

Rules of this file:
- Parsing is pure: text and settings in, a `Manifest` or a `ManifestFault` out. Nothing is opened.
- What a connector may ask for is exactly what stands here; identifiers of a query come from no other place.
- Secrets are in `Manifest.credentials` alone, which no repr shows.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.conversion import CONVERSIONS, Convert, coded, sliced, with_words
from connectors.credentials import read_credentials
from connectors.deferral import Deferral, read_deferral
from connectors.exchange_resource import Exchange, read_exchange
from connectors.limits import Limits, read_limits
from connectors.section import ManifestFault, Section

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,63}|[\u4e00-\u9fff]{1,20}")
_KINDS = frozenset(CONVERSIONS) | {"code"}
_DERIVED = frozenset({"severe", "absent"})
_LEVELS = frozenset({"", "L1", "L2", "L3", "L4"})
_LEAVES = ("band", "masked", "known", "any", "year", "group", "atLeast")

CALLS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "rest": (frozenset({"path", "presence"}), frozenset()),
    "soap": (frozenset({"presence"}), frozenset()),
    "sql": (frozenset({"view", "subject", "order"}), frozenset({"function", "as_of", "ordinal", "refreshed"})),
    "files": (frozenset({"dataset", "subject", "subject_end", "header"}), frozenset({"encoding", "format", "lines"})),
    "graphql": (frozenset({"list"}), frozenset({"name"})),
    "subgraph": (frozenset({"list"}), frozenset()),
    "hub": (frozenset(), frozenset()),
    "deferred": (frozenset({"submit", "poll", "presence"}), frozenset()),
}
"""Per protocol: the keys a group's `call` must have, and those it may have. `presence` is the column asked when only the
existence of records is wanted and the protocol cannot ask for no column; `name` is the department's word for a person's name,
where its records are believed only if number and name are those asked."""

_FREE: Mapping[str, re.Pattern[str]] = {
    key: re.compile(pattern, re.ASCII) for key, pattern in {
        "path": r"(/[A-Za-z0-9_\-.]+)+", "shape": r"nested|flat", "header": r"[\w\u4e00-\u9fff]+(,[\w\u4e00-\u9fff]+)*", "encoding": r"gb18030|utf-8", "format": r"csv|xlsx", "lines": r"one|many", "subject_end": r"\d{1,2}",
        "rows_per_page": r"\d{1,3}", "namespace": r"[A-Za-z0-9:/.#_\-]+", "action": r"[A-Za-z0-9:/.#_\-]+", "ok_value": r"\w+",
        "found": r"\w+", "none": r"\w+", "waiting": r"\w+", "failed": r"\w+", "submit": r"(/[A-Za-z0-9_\-.]+)+", "poll": r"(/[A-Za-z0-9_\-.]+)+",
    }.items()
}
"""The parts of a call or envelope that are no identifier, and what they may be instead."""

_SUBJECT = frozenset({"organisation", "columns", "subjects", "key", "id", "purpose", "approval", "reference", "as_of"})
ENVELOPES: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "rest": (
        _SUBJECT | {"shape", "ok", "ok_value", "results", "none"},
        frozenset({"status", "found", "records", "page_size", "page_token", "next_page", "rows_per_page",
                   "thresholds", "threshold_name", "threshold_amount", "intent_header"}),
    ),
    "soap": (
        _SUBJECT | {"namespace", "action", "request", "response", "column", "result", "status", "found", "none",
                    "record", "value_column"}, frozenset(),
    ),
    "sql": (frozenset(), frozenset()),
    "files": (frozenset(), frozenset()),
    "graphql": (frozenset({"field", "ask_type", "organisation", "key", "id", "purpose", "approval", "reference", "as_of", "results"}),
                frozenset()),
    "subgraph": (frozenset({"entity", "organisation", "id", "purpose", "approval", "reference", "as_of"}), frozenset()),
    "hub": (frozenset(), frozenset()),
    "deferred": (
        _SUBJECT | {"ok", "ok_value", "callback", "accepted", "expected", "jobs", "results", "status", "found", "none", "waiting", "failed",
                    "records", "intent_header"}, frozenset(),
    ),
}
"""Per protocol: the department's own names for the parts of a question and an answer, required and optional."""


_BATCH = {"hub": (10, 1, 10)}
"""Subjects a call by default, at least and at most; a hub takes ten roots a question (hub/operations/limits.py)."""


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


@dataclass(frozen=True, slots=True)
class Manifest:
    """A department as the hub knows it. Deadlines are in seconds, `max_bytes` bounds one answer."""

    department: str
    title: str
    system: str
    region: str
    protocol: str
    place: str = dataclasses.field(repr=False)  # a data source name holds a password
    scheme: str
    credentials: Mapping[str, str] = dataclasses.field(repr=False)
    batch: int
    concurrency: int
    deadline: float
    max_bytes: int
    look_every: float  # seconds between two looks into an SFTP account
    gather: bool
    freshness: str
    limits: Limits
    envelope: Mapping[str, str]
    groups: Mapping[str, GroupMap]
    exchange: Exchange | None = None
    deferral: Deferral | None = None  # of protocol "deferred" alone


def parse(name: str, text: str, settings: Mapping[str, str]) -> Manifest:
    """The manifest in `text`; `name` is what faults call it. Raises `ManifestFault`."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ManifestFault(f"{name}: not TOML, {_position(error)}") from None
    root = Section(name, document, settings)
    protocol = root.choice("protocol", frozenset(CALLS))
    scheme, credentials = read_credentials(root.table("auth"))
    limits = root.table("limits", optional=True)
    department = root.text("department")
    gather, freshness = limits.flag("gather", default=False), root.choice("freshness", frozenset({"live", "daily", "monthly"}))
    manifest = Manifest(
        department=department, title=root.text("title"), system=root.text("system"),
        region=root.located("region"), protocol=protocol, place=root.located("place"),
        scheme=scheme, credentials=credentials,
        batch=limits.whole("batch", *_BATCH.get(protocol, (50, 1, 1000))), concurrency=limits.whole("concurrency", 4, 1, 64),
        deadline=limits.seconds("deadline", 3.0), max_bytes=limits.whole("max_bytes", 8_000_000, 1_000, 1_000_000_000),
        look_every=limits.seconds("look_every", 300.0), gather=gather, freshness=freshness,
        limits=read_limits(root, limits, freshness=freshness),
        envelope=_envelope(root, protocol),
        groups=_groups(root, protocol, department),
        exchange=read_exchange(root, protocol),
        deferral=read_deferral(root, limits, gather=gather) if protocol == "deferred" else None,
    )
    if (protocol == "hub") != (scheme == "region-key") or (protocol == "hub" and manifest.gather):
        raise root.fault("protocol", "a hub is asked with the region-key, ungathered, and nobody else with it")
    if manifest.limits.together and protocol != "graphql":
        raise limits.fault("together", "only a department with a graph of its own is asked about several groups in one call")
    limits.done()
    root.done()
    return manifest


def _groups(root: Section, protocol: str, department: str) -> Mapping[str, GroupMap]:
    """The groups, each with its fields; of a hub their names alone, since it speaks our own schema."""
    if protocol != "hub":
        return {group: _group(group, section, protocol, department) for group, section in root.tables("groups")}
    names = root.names("groups")
    if not names or not all(_IDENTIFIER.fullmatch(name) for name in names):
        raise root.fault("groups", "not a list of fact groups")
    return {name: GroupMap(name, {}, {}) for name in names}


def _position(error: tomllib.TOMLDecodeError) -> str:
    """Where the text stops being TOML; the parser's own message may quote a line, and so a secret."""
    match = re.search(r"line \d+, column \d+|end of document", str(error))
    return match[0] if match else "unreadable"


def _envelope(root: Section, protocol: str) -> Mapping[str, str]:
    required, allowed = ENVELOPES[protocol]
    section = root.table("envelope", optional=not required)
    return _named(section, section.rest(required=required, allowed=allowed))


def _named(section: Section, parts: Mapping[str, str]) -> Mapping[str, str]:
    """`parts`, each an identifier or what `_FREE` allows: they are composed into statements and documents."""
    for key, value in parts.items():
        if not _FREE.get(key, _IDENTIFIER).fullmatch(value):
            raise section.fault(key, "not an identifier")
    return parts


def _group(group: str, section: Section, protocol: str, department: str) -> GroupMap:
    required, allowed = CALLS[protocol]
    calling = section.table("call")
    call = _named(calling, calling.rest(required=required, allowed=allowed))
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
        field=name, name="" if derive else _identifier(section, "name"), kind=kind, derive=derive, inputs=inputs,
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
        made = Computed(_identifier(entry, "name", ""), entry.codes("codes"), _identifier(entry, "threshold", ""))
        entry.done()
        if made.name and not made.codes:
            raise entry.fault("codes", "missing: an answer that cannot be checked is not asked for")
        if bool(made.threshold) != (bool(made.name) and leaf == "atLeast"):
            raise entry.fault("threshold", "belongs to atLeast, and to no other leaf")
        if made.name:
            computed[leaf] = made
    table.done()
    return computed


def _identifier(section: Section, key: str, default: str | None = None) -> str:
    name = section.text(key, default)
    if name != default and not _IDENTIFIER.fullmatch(name):
        raise section.fault(key, "not an identifier")
    return name
