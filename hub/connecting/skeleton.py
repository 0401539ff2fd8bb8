"""A manifest begun: everything a protocol needs to be told, with a question mark wherever only the department's contract knows.

What stands here already follows from the graph: the group's fields with their conversion where only one fits, and what each field is in
Chinese, its unit and its code list as a comment. `hub connector check` names every question mark that is left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from connectors.calls import CALLS, ENVELOPES
from connectors.credentials import CREDENTIALS
from hub.connecting.comparison import fitting
from policies.code_lists import CODE_LISTS
from schema.register import GROUPS, PRESENCE, FieldSpec, GroupSpec

OPEN = "?"
"""Stands where the department's contract must be read."""

SCHEMES = {"rest": "bearer", "soap": "wss-digest", "sql": "none", "files": "none", "graphql": "bearer", "subgraph": "bearer", "deferred": "http-signature"}
"""The scheme a skeleton begins with; any other the protocol takes may be written instead."""

_LIKELY = ("text", "code")
_MOST = 40  # codes written out; of a longer list the rest are the department's to add

_CALL_BESIDES = {"files": (f'encoding = "{OPEN}" # gb18030 or utf-8; of a workbook format = "xlsx" in its place',)}
"""What a call of the protocol must say besides, in one way or another."""

_PLACES = {"sql": "DSN", "files": "DIRECTORY"}


_QUESTION = re.compile(r'"\?')


def unanswered(text: str) -> list[int]:
    """The lines of a manifest on which a question mark is left, from 1."""
    return [number for number, line in enumerate(text.splitlines(), start=1) if _QUESTION.search(line.partition(" # ")[0])]


class NoSuchGroup(ValueError):
    """A fact group the graph does not have, or has at another department."""


def skeleton(department: str, protocol: str, groups: Sequence[str]) -> str:
    """The TOML text of a new manifest. Raises NoSuchGroup; KeyError for an unknown protocol."""
    specs = [_group(code, department) for code in groups]
    setting = f"{department}_{_PLACES.get(protocol, 'URL')}"
    lines = [
        f"# docs/contracts/{department}.md; every {OPEN} is for the department's contract to answer",
        f'department = "{department}"', f'title = "{OPEN}"', f'system = "{OPEN}"', 'region = "${REGION}"', f'protocol = "{protocol}"',
        f'place = "${{{setting}}}"', f'freshness = "{OPEN}" # live, daily or monthly', "", *_auth(department, SCHEMES[protocol]), "",
        "[limits]", "batch = 50 # subjects a call", "concurrency = 4 # calls at once", "deadline = 3.0 # seconds a question is given",
        "queries_counted = true # until the department says that it neither bills nor journals a query",
    ]
    required, _ = ENVELOPES[protocol]
    if required:
        lines += ["", "[envelope] # their names for the parts of a question and an answer", *(f'{key} = "{OPEN}"' for key in sorted(required))]
    if protocol == "deferred":
        lines += [
            "", "[deferred] # how long it is waited for, and whose key signs what it calls back with", "answer_hours = 16 # working hours",
            "keep_hours = 120", "poll_seconds = 1800", *(f'{key} = "${{{department}_CALLBACK_{key.upper()}}}"' for key in ("key_id", "public_key")),
        ]
    for spec in specs:
        lines += ["", f"[groups.{spec.code}.call] # {spec.title_zh}", *(f'{key} = "{OPEN}"' for key in sorted(CALLS[protocol][0]))]
        lines += _CALL_BESIDES.get(protocol, ())
        lines += ["", f"[groups.{spec.code}.fields]", *_fields(spec)]
    return "\n".join(lines) + "\n"


def _group(code: str, department: str) -> GroupSpec:
    spec = GROUPS.get(code)
    if spec is None or code == "identity":
        raise NoSuchGroup(f"the graph has no fact group {code!r}; it has {', '.join(sorted(set(GROUPS) - {'identity'}))}")
    if spec.department != department:
        raise NoSuchGroup(f"{code} is a group of {spec.department}, not of {department}")
    return spec


def _auth(department: str, scheme: str) -> Iterator[str]:
    yield "[auth]"
    yield f'scheme = "{scheme}" # or {", ".join(sorted(set(CREDENTIALS) - {scheme}))}'
    open_keys, secrets = CREDENTIALS[scheme]
    for key in sorted(open_keys | secrets):
        yield f'{key} = "${{{department}_{key.upper()}}}"'


def _fields(spec: GroupSpec) -> Iterator[str]:
    for name, field in spec.fields.items():
        if name != PRESENCE:
            kinds = sorted(fitting(spec, field))
            kind = kinds[0] if len(kinds) == 1 else next((likely for likely in _LIKELY if likely in kinds), OPEN)
            codes = f", codes = {{ {_codes(field)} }}" if kind == "code" else ""
            yield f'{name} = {{ name = "{OPEN}", kind = "{kind}"{codes} }} # {_said(field, kinds)}'


def _codes(field: FieldSpec) -> str:
    """Our codes, each waiting for theirs."""
    known = CODE_LISTS.get(field.codes)
    ours = ["true", "false"] if not field.codes else [f'"{code}"' for code in known.codes][:_MOST] if known is not None else [f'"{OPEN}"']
    return ", ".join(f'"{OPEN}{number}" = {code}' for number, code in enumerate(ours, start=1))


def _said(field: FieldSpec, kinds: Sequence[str]) -> str:
    parts = [field.title_zh, field.level.value]
    if field.unit:
        parts.append(f"in {field.unit}")
    if field.codes:
        known = CODE_LISTS.get(field.codes)
        parts.append(f"codes {field.codes}" + (f" ({known.standard})" if known is not None and known.standard not in {"", field.codes} else ""))
    if len(kinds) > 1:
        parts.append(f"kind {' or '.join(kinds)}")
    return "; ".join(parts)
