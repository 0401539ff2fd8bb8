"""JSON Schemas the hub publishes and holds its callers to; a mismatch names a place, never the value that stands there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft202012Validator

_HUB = Path(__file__).parent
_FILES = {
    "registration": _HUB / "authorizations" / "registration.schema.json",
    "letter": _HUB / "authorizations" / "letter.schema.json",
    "letter-1": _HUB / "authorizations" / "letter-1.schema.json",
    "revocation": _HUB / "authorizations" / "revocation.schema.json",
    "pause": _HUB / "authorizations" / "pause.schema.json",
    "message": _HUB / "messages" / "message.schema.json",
    "bodies": _HUB / "messages" / "bodies.schema.json",
    "collection": _HUB / "messages" / "collection.schema.json",
    "terms": _HUB / "disposal" / "terms.schema.json",
    "citizen": _HUB / "citizens" / "citizen.schema.json",
    "household_facts": _HUB / "oauth" / "household_facts.schema.json",
}
PUBLISHED: Mapping[str, bytes] = {name: path.read_bytes() for name, path in _FILES.items()}
_VALIDATORS = {
    name: Draft202012Validator(orjson.loads(text), format_checker=Draft202012Validator.FORMAT_CHECKER)
    for name, text in PUBLISHED.items()
}


class Misshapen(Exception):
    """A value does not fit its published schema; the text is a JSON path and the rule broken."""


def fit(name: str, value: Mapping[str, Any], *, part: str = "") -> None:
    """Nothing if `value` fits the published schema, or its definition `part`; else `Misshapen` for the place nearest the root."""
    validator = _part(name, part) if part else _VALIDATORS[name]
    try:
        errors = sorted(validator.iter_errors(value), key=lambda error: (len(error.absolute_path), error.json_path))
        printable = bool(errors) or _printable(value)
    except RecursionError:
        raise Misshapen("$ is nested too deeply") from None  # lists in lists by the thousand, which orjson still reads
    if not printable:
        raise Misshapen("$ holds a control character")  # no name has one, PostgreSQL stores no NUL, and a log line must stay one
    if errors:
        # jsonschema's own message quotes the value, which may be an ID number
        raise Misshapen(f"{errors[0].json_path} breaks '{errors[0].validator}'")


@lru_cache(64)
def _part(name: str, part: str) -> Draft202012Validator:
    schema = {"$defs": orjson.loads(PUBLISHED[name])["$defs"], "$ref": f"#/$defs/{part}"}
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def _printable(value: object) -> bool:
    if isinstance(value, str):
        return not any(character < " " or "\x7f" <= character < "\xa0" for character in value)
    if isinstance(value, dict):
        return all(_printable(key) and _printable(member) for key, member in value.items())
    if isinstance(value, list):
        return all(_printable(member) for member in value)
    return True
