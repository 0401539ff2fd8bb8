"""What the financial platform is asked, read strictly: to which institution, by whom, about whom, where to call back (docs/contracts/JR.md)."""

from __future__ import annotations

import json
from typing import Any

from connectors.sandbox.institutions import INSTITUTIONS, Institution
from connectors.sandbox.server import Refusal

BATCH = 20
"""Subjects a call at the most."""

_SUBJECT = ("sqbh", "sfzh", "yt", "spwh", "ywlsh")


def addressed(path: str) -> tuple[Institution | None, str]:
    """The institution and the call a path names; (None, "") for no such door."""
    parts = path.strip("/").split("/")
    known = len(parts) == 4 and parts[:2] == ["jr", "v1"] and parts[3] in {"apply", "result"}
    return (INSTITUTIONS.get(parts[2]), parts[3]) if known else (None, "")


def parsed(body: bytes) -> dict[str, Any]:
    """The object a body holds. Raises Refusal."""
    try:
        asked = json.loads(body)
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise Refusal(400, "J0400", "请求格式错误")
    return asked


def question(asked: dict[str, Any], institution: Institution) -> tuple[tuple[str, ...], list[dict[str, str]], str, str]:
    """Fields, subjects, call-back address and organisation. Raises Refusal."""
    bad = Refusal(400, "J0400", "请求格式错误")
    try:
        fields, callback, organisation = tuple(asked["fields"]), asked["hddz"], asked["sqdw"]
        items = [{name: item[name] for name in _SUBJECT} for item in asked["items"]]
    except (KeyError, TypeError) as error:
        raise bad from error
    if not fields or not set(fields) <= institution.fields or not isinstance(organisation, str):
        raise bad
    # A platform calls back where its contract says; of the sandbox that is this machine.
    if not isinstance(callback, str) or not callback.startswith("http://127.0.0.1:"):
        raise Refusal(400, "J0403", "回调地址未登记")
    if not all(isinstance(value, str) and value for item in items for value in item.values()):
        raise bad
    if not 1 <= len(items) <= BATCH:
        raise Refusal(413, "J0413", "单次最多20人")
    return fields, items, callback, organisation
