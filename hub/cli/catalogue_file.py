"""A catalogue file, as a data steward writes it: what an entry must state (GDS §13) and how it is read, strictly and whole.

    [[entry]]
    id = "GA-vehicle"
    fact_group = "vehicle"
    name = "机动车登记信息"
    provider = "公安局"
    items = ["车辆类型", "号牌号码", "登记日期"]
    format = "JSON"
    frequency = "实时"
    attribute = "CONDITIONAL"          # UNCONDITIONAL, CONDITIONAL, NOT_SHARED (GDS §14)
    departments = ["MZ", "MZ-HD"]      # of a CONDITIONAL entry: who, and for what (GDS §15)
    purposes = ["DIBAO_REVIEW"]
    conditions = "仅限持有效核对授权书的家庭"
    modes = ["API"]                    # API, BATCH, FILE (GDS §22)
    grade = "重要/L2"                  # 数据分类分级
    legal_basis = "SAL §41"            # of a NOT_SHARED entry: why not (GDS §15)
    valid_from = 2026-01-01

Optional: `valid_to`, the first day it no longer holds; `by_request = true` opens the entry only to organisations it was supplied to
on their share request (GDS §20–22); `onward_sharing = true` lets it be handed on to a third party (GDS §25); `disposal` says how its data are
disposed of after use, `keep_days` within how many days after they were told (GDS §27).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import click

from policies.groups import GROUPS
from policies.purposes import PURPOSES
from policies.sharing import MODES

ATTRIBUTES = ("UNCONDITIONAL", "CONDITIONAL", "NOT_SHARED")

_REQUIRED = frozenset({
    "id", "fact_group", "name", "provider", "items", "format", "frequency", "attribute", "modes", "grade", "legal_basis", "valid_from",
})
_OPTIONAL = frozenset({"departments", "purposes", "conditions", "valid_to", "by_request", "onward_sharing", "disposal", "keep_days"})


class CatalogueFault(click.ClickException):
    """The file is not a catalogue; the text names entry and key."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the file, as `hub.enrolment.publish_catalogue_entry` takes it."""

    entry: str
    fact_group: str
    name: str
    provider: str
    attribute: str
    departments: tuple[str, ...]
    purposes: tuple[str, ...]
    legal_basis: str
    valid_from: date
    valid_to: date | None
    items: tuple[str, ...]
    data_format: str
    frequency: str
    modes: tuple[str, ...]
    conditions: str
    grade: str
    onward_sharing: bool
    by_request: bool
    disposal: str
    keep_days: int | None


def read_entries(document: Mapping[str, Any]) -> Sequence[Entry]:
    """The entries of a parsed file. Raises CatalogueFault."""
    listed = document.get("entry")
    if set(document) != {"entry"} or not isinstance(listed, list) or not listed:
        raise CatalogueFault("the file holds [[entry]] tables and nothing else")
    entries = [_entry(number, given) for number, given in enumerate(listed, 1)]
    seen: set[str] = set()
    for entry in entries:
        if entry.entry in seen:
            raise CatalogueFault(f"entry {entry.entry} stands in the file twice")
        seen.add(entry.entry)
    return entries


def _entry(number: int, given: Mapping[str, Any]) -> Entry:
    identifier = given.get("id")
    where = f"entry {identifier if isinstance(identifier, str) else number}"
    for key in sorted(_REQUIRED - given.keys()):
        raise CatalogueFault(f"{where}: has no {key} (GDS §13)")
    for key in sorted(given.keys() - _REQUIRED - _OPTIONAL):
        raise CatalogueFault(f"{where}: unknown key {key}")
    entry = Entry(
        entry=_text(where, given, "id"), fact_group=_text(where, given, "fact_group"), name=_text(where, given, "name"),
        provider=_text(where, given, "provider"), attribute=_text(where, given, "attribute"),
        departments=_texts(where, given, "departments"), purposes=_texts(where, given, "purposes"),
        legal_basis=_text(where, given, "legal_basis"), valid_from=_day(where, given, "valid_from"),
        valid_to=_day(where, given, "valid_to") if "valid_to" in given else None, items=_texts(where, given, "items"),
        data_format=_text(where, given, "format"), frequency=_text(where, given, "frequency"), modes=_texts(where, given, "modes"),
        conditions=_text(where, given, "conditions") if "conditions" in given else "", grade=_text(where, given, "grade"),
        onward_sharing=_flag(where, given, "onward_sharing"), by_request=_flag(where, given, "by_request"),
        disposal=_text(where, given, "disposal") if "disposal" in given else "",
        keep_days=_days(where, given, "keep_days") if "keep_days" in given else None,
    )
    _sensible(where, entry)
    return entry


def _sensible(where: str, entry: Entry) -> None:
    if entry.fact_group not in GROUPS:
        raise CatalogueFault(f"{where}: there is no fact group {entry.fact_group}")
    if entry.attribute not in ATTRIBUTES:
        raise CatalogueFault(f"{where}: attribute is one of {', '.join(ATTRIBUTES)}")
    for purpose in entry.purposes:
        if purpose not in PURPOSES:
            raise CatalogueFault(f"{where}: there is no purpose {purpose}")
    if not entry.items:
        raise CatalogueFault(f"{where}: items are the data items it lists (GDS §13)")
    if not entry.modes or not set(entry.modes) <= set(MODES):
        raise CatalogueFault(f"{where}: modes are of {', '.join(MODES)} (GDS §22)")
    if entry.attribute == "CONDITIONAL" and not (entry.departments and entry.purposes):
        raise CatalogueFault(f"{where}: a CONDITIONAL entry names departments and purposes; without them it shares nothing")
    if entry.attribute == "NOT_SHARED" and (entry.by_request or entry.onward_sharing):
        raise CatalogueFault(f"{where}: what is not shared is neither requested nor handed on")
    if entry.valid_to is not None and entry.valid_to <= entry.valid_from:
        raise CatalogueFault(f"{where}: valid_to lies after valid_from")


def _text(where: str, given: Mapping[str, Any], key: str) -> str:
    value = given[key]
    if not isinstance(value, str) or not value:
        raise CatalogueFault(f"{where}: {key} is a text")
    return value


def _days(where: str, given: Mapping[str, Any], key: str) -> int:
    value = given[key]
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise CatalogueFault(f"{where}: {key} is a whole number of days above 0")
    return value


def _texts(where: str, given: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = given.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise CatalogueFault(f"{where}: {key} is a list of texts")
    return tuple(value)


def _flag(where: str, given: Mapping[str, Any], key: str) -> bool:
    value = given.get(key, False)
    if not isinstance(value, bool):
        raise CatalogueFault(f"{where}: {key} is true or false")
    return value


def _day(where: str, given: Mapping[str, Any], key: str) -> date:
    value = given[key]
    if type(value) is not date:
        raise CatalogueFault(f"{where}: {key} is a day, 2026-01-01")
    return value
