"""From a department's codes, and numbers of identity, to ours: as they stand, by a table of the manifest, or cut out of a longer number.

Rules of this file: those of `conversion.py`, and
- A code the manifest does not list is kept under the department's name (docs/decisions/0021); where it would have become a boolean, nothing can
  hold it: unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from connectors.conversion import Convert, Unreadable, text
from connectors.interface import Raw

_REGION = re.compile(r"\d{6}(\d{6})?", re.ASCII)
_PERSON = re.compile(r"\d{17}[\dX]", re.ASCII)
# Shorter than an ID number, and no fifteen digits in a row, which were one until 2013: nobody's number is kept as somebody's code.
_CODE = re.compile(r"(?!.*[0-9]{15})[0-9A-Za-z_.\-\u4e00-\u9fff]{1,16}")
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, S, V, Z
_GRADES, _DISABILITIES = frozenset("1234"), frozenset("1234567")


def _region(value: object) -> Raw:
    number = text(value)
    if number is not None and not _REGION.fullmatch(str(number)):
        raise Unreadable("not a region code")
    return number


def _person(value: object) -> Raw:
    number = text(value)
    if number is not None and not _PERSON.fullmatch(str(number)):
        raise Unreadable("not an ID number")
    return number


def _as_is(value: object) -> Raw:
    if value is None or value == "":
        return None
    code = value if type(value) is str else _spelled(value)
    if not _CODE.fullmatch(code):
        raise Unreadable("not a code")
    return code


def _uscc(value: object) -> Raw:
    """A unified social credit code whose check character holds (GB 32100 §4): another is some other number, or a slip."""
    number = text(value)
    if number is None:
        return None
    symbols = [_USCC.find(symbol) for symbol in str(number)]
    if len(symbols) != 18 or -1 in symbols or sum(symbol * pow(3, place, 31) for place, symbol in enumerate(symbols[:17])) % 31 != -symbols[17] % 31:
        raise Unreadable("not a unified social credit code")
    return number


def coded(codes: Mapping[str, str | int | bool], department: str = "") -> Convert:
    """A conversion by table: the department's code, or a boolean spelled "true"/"false", to ours.

    "*" in the table takes what it does not list, where the contract says so. Otherwise an unlisted code is kept as
    "GA:7", which no list of ours holds, if `department` is given and the table makes codes; if not it is unreadable.
    """
    table = dict(codes)
    fallback = table.pop("*", None)
    keeps = bool(department) and not any(type(ours) is bool for ours in table.values())

    def convert(value: object) -> Raw:
        if value is None or value == "":
            return None
        theirs = value if type(value) is str else _spelled(value)
        found = table.get(theirs, fallback)
        if found is not None:
            return found
        if keeps and _CODE.fullmatch(theirs):
            return f"{department}:{theirs}"
        raise Unreadable("a code outside the manifest's table")

    return convert


def with_words(words: Mapping[str, str | int | bool], convert: Convert) -> Convert:
    """`convert`, except for the words a department writes instead of a value (单独所有 for a share of 1)."""
    def convert_words(value: object) -> Raw:
        return convert(words.get(value, value) if type(value) is str else value)

    return convert_words


def sliced(start: int, end: int, convert: Convert) -> Convert:
    """`convert` of the characters from `start` up to `end` of a longer number; a number too short is unreadable."""
    def convert_slice(value: object) -> Raw:
        if value is None or value == "":
            return None
        if type(value) is not str or len(value) < end:
            raise Unreadable("too short a number")
        return convert(value[start:end])

    return convert_slice


def _spelled(value: object) -> str:
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is int:
        return str(value)
    raise Unreadable("not a code")


def severe_disability(category: object, grade: object) -> bool | None:
    """Whether a disability is 重度: grades 1–2, and grade 3 when intellectual (5) or mental (6); 57 §8. None where the grade, or
    the category grade 3 depends on, is outside GB/T 26341: what an unknown grade amounts to is not guessed.
    """
    if grade not in _GRADES or (grade == "3" and category not in _DISABILITIES):
        return None
    return grade in {"1", "2"} or (grade == "3" and category in {"5", "6"})


CODES: Mapping[str, Convert] = {
    "code-as-is": _as_is,  # a code of the list the field's label names, as it stands
    "region": _region,     # GB/T 2260, 6 or 12 digits
    "uscc": _uscc,         # GB 32100, 18 characters
    "person": _person,     # another person's ID number; reduced to a pseudonym before it leaves the connector
}
"""The conversions of this file, by the kind a manifest names; `code` is made by `coded`."""
