"""What a manifest says of a call, by protocol: which parts there are, and what each may be, since they are composed into statements and
documents.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from connectors.section import Section

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,63}|[\u4e00-\u9fff]{1,20}")

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
        "path": r"(/[A-Za-z0-9_\-.]+)+", "shape": r"nested|flat", "header": r"[\w\u4e00-\u9fff]+(,[\w\u4e00-\u9fff]+)*",
        "encoding": r"gb18030|utf-8", "format": r"csv|xlsx", "lines": r"one|many", "subject_end": r"\d{1,2}",
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


def read_envelope(root: Section, protocol: str) -> Mapping[str, str]:
    """The department's own names for the parts of a question and an answer. Raises ManifestFault."""
    required, allowed = ENVELOPES[protocol]
    section = root.table("envelope", optional=not required)
    return named(section, section.rest(required=required, allowed=allowed))


def named(section: Section, parts: Mapping[str, str]) -> Mapping[str, str]:
    """`parts`, each an identifier or what `_FREE` allows: they are composed into statements and documents."""
    for key, value in parts.items():
        if not _FREE.get(key, IDENTIFIER).fullmatch(value):
            raise section.fault(key, "not an identifier")
    return parts


def identifier(section: Section, key: str, default: str | None = None) -> str:
    """The identifier of that key. Raises ManifestFault."""
    name = section.text(key, default)
    if name != default and not IDENTIFIER.fullmatch(name):
        raise section.fault(key, "not an identifier")
    return name
