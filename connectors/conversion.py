"""From a department's units, codes and date spellings to ours: a table of named conversions, each a small pure function.

Rules of this file:
- A conversion gives None for null and for empty text, a value of `Raw` otherwise, and raises `Unreadable` for anything else.
- `Unreadable` names the conversion and never the value: the value is somebody's fact.
- Nothing is guessed. A month 13, a JSON float where text was promised: unreadable. A code the manifest does not list is kept under
  the department's name (docs/decisions/0021); where it would have become a boolean, nothing can hold it: unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache

from connectors.interface import Raw

Convert = Callable[[object], Raw]
"""One department value to one of ours; raises `Unreadable`."""

BEIJING = timezone(timedelta(hours=8))
"""The time zone of every department: +08:00 the year round."""

TEXT_LIMIT = 512
"""Longest text a department may give for one value; longer is a broken answer, not a long name."""

_DIGITS = re.compile(r"-?\d{1,15}", re.ASCII)
_AMOUNT = re.compile(r"-?\d{1,14}(\.\d{1,6})?", re.ASCII)
_REGION = re.compile(r"\d{6}(\d{6})?", re.ASCII)
_PERSON = re.compile(r"\d{17}[\dX]", re.ASCII)
_FRACTION = re.compile(r"(\d{1,6})/(\d{1,6})", re.ASCII)
_MONTH = re.compile(r"(\d{4})(?:-|/|)(0[1-9]|1[0-2])", re.ASCII)
_DATE = re.compile(r"(\d{4})(?:(\d\d)(\d\d)|-(\d\d)-(\d\d)|/(\d\d)/(\d\d)|年(\d{1,2})月(\d{1,2})日)", re.ASCII)
# Shorter than an ID number, and no fifteen digits in a row, which were one until 2013: nobody's number is kept as somebody's code.
_CODE = re.compile(r"(?!.*[0-9]{15})[0-9A-Za-z_.\-\u4e00-\u9fff]{1,16}")
_GRADES, _DISABILITIES = frozenset("1234"), frozenset("1234567")
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, S, V, Z
_FEN = Decimal("0.01")  # six decimals of 10,000 yuan, the most that is read
_SHARE_STEP = Decimal("0.000001")


class Unreadable(ValueError):
    """A department's value is not what its manifest says; the text names the expectation, never the value."""


def _text(value: object) -> Raw:
    if value is None or value == "":
        return None
    if type(value) is not str or len(value) > TEXT_LIMIT:
        raise Unreadable("not a text")
    return value


def _integer(value: object) -> Raw:
    if value is None or value == "":
        return None
    if type(value) is int:
        return value
    if type(value) is str and _DIGITS.fullmatch(value):
        return int(value)
    raise Unreadable("not an integer")


def _decimal(value: object) -> Decimal | None:
    if value is None or value == "":
        return None
    if type(value) is int or (type(value) is str and _AMOUNT.fullmatch(value)):
        return Decimal(value)
    if isinstance(value, Decimal) and value.is_finite():
        return value
    if type(value) is float:
        # The shortest spelling is what the department wrote in its JSON; binary noise never enters.
        return _decimal(repr(value))
    raise Unreadable("not a decimal")


def _fen(value: object) -> Raw:
    amount = _integer(value)
    return None if amount is None else Decimal(amount).scaleb(-2)  # type: ignore[arg-type]


def _wan(value: object) -> Raw:
    amount = _decimal(value)
    return None if amount is None else (amount * 10_000).quantize(_FEN)


def _percent(value: object) -> Raw:
    if type(value) is str:
        value = value.removesuffix("%")
    amount = _decimal(value)
    return None if amount is None else amount.scaleb(-2)


def _share(value: object) -> Raw:
    """A share of a right: "1/3" or a decimal, 0 to 1, six places."""
    if value is None or value == "":
        return None
    match = _FRACTION.fullmatch(value) if type(value) is str else None
    try:
        share = Decimal(match[1]) / Decimal(match[2]) if match else _decimal(value)
    except ArithmeticError:
        raise Unreadable("not a share") from None
    if share is None or not 0 <= share <= 1:
        raise Unreadable("not a share of 0 to 1")
    return share.quantize(_SHARE_STEP).normalize() if share not in {0, 1} else Decimal(int(share))


def _date(value: object) -> Raw:
    if value is None or value == "":
        return None
    if type(value) is date:
        return value
    if type(value) is str and len(value) >= 19 and value[10] in " T":
        value = value[:10]  # a registry's local timestamp: the day counts
    match = _DATE.fullmatch(value) if type(value) is str else None
    if match is None:
        raise Unreadable("not a date")
    try:
        if len(match[0]) == 8 or match[0][4] == "-":
            return date.fromisoformat(match[0])
        year, month, day = (part for part in match.groups() if part is not None)
        return date(int(year), int(month), int(day))
    except ValueError:
        raise Unreadable("not a day of the calendar") from None


def _month(value: object) -> Raw:
    if value is None or value == "":
        return None
    match = _MONTH.fullmatch(value) if type(value) is str else _MONTH.fullmatch(str(value)) if type(value) is int else None
    if match is None:
        raise Unreadable("not a month")
    return f"{match[1]}-{match[2]}"


def _flag(value: object) -> Raw:
    if value is None or value == "":
        return None
    if type(value) is bool:
        return value
    raise Unreadable("not a boolean")


def _region(value: object) -> Raw:
    text = _text(value)
    if text is not None and not _REGION.fullmatch(str(text)):
        raise Unreadable("not a region code")
    return text


def _person(value: object) -> Raw:
    text = _text(value)
    if text is not None and not _PERSON.fullmatch(str(text)):
        raise Unreadable("not an ID number")
    return text


def _as_is(value: object) -> Raw:
    if value is None or value == "":
        return None
    code = value if type(value) is str else _spelled(value)
    if not _CODE.fullmatch(code):
        raise Unreadable("not a code")
    return code


def _uscc(value: object) -> Raw:
    """A unified social credit code whose check character holds (GB 32100 §4): another is some other number, or a slip."""
    text = _text(value)
    if text is None:
        return None
    symbols = [_USCC.find(symbol) for symbol in str(text)]
    if len(symbols) != 18 or -1 in symbols or sum(symbol * pow(3, place, 31) for place, symbol in enumerate(symbols[:17])) % 31 != -symbols[17] % 31:
        raise Unreadable("not a unified social credit code")
    return text


CONVERSIONS: Mapping[str, Convert] = {
    "text": _text,        # as it stands
    "integer": _integer,
    "decimal": _decimal,  # already in our unit
    "fen": _fen,          # integer fen -> yuan
    "wan": _wan,          # 万元 -> yuan
    "percent": _percent,  # "35%" or 35 -> 0.35
    "share": _share,      # "1/2" -> 0.5
    "date": _date,        # 2026-10-01, 20261001, 2026/10/01, 2026年10月1日
    "month": _month,      # 202610, 2026-10
    "flag": _flag,
    "code-as-is": _as_is,  # a code of the list the field's label names, as it stands
    "region": _region,    # GB/T 2260, 6 or 12 digits
    "uscc": _uscc,        # GB 32100, 18 characters
    "person": _person,    # another person's ID number; reduced to a pseudonym before it leaves the connector
}
"""The conversions a manifest may name; `code` is made by `coded`."""


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


@lru_cache(maxsize=64)
def instant(text: str) -> str:
    """A department's "data as of", ISO or bare digits, as ISO 8601 with +08:00; without an offset it is Beijing time."""
    digits = f"{text[:8]}T{text[8:]}" if len(text) == 14 and text.isdigit() else text
    try:
        moment = datetime.fromisoformat(digits)
        moment = moment.astimezone(BEIJING) if moment.tzinfo else moment.replace(tzinfo=BEIJING)
    except (ValueError, OverflowError):  # the last hours of the year 9999 elsewhere are no instant here
        raise Unreadable("not an instant") from None
    return moment.isoformat(timespec="seconds")


def severe_disability(category: object, grade: object) -> bool | None:
    """Whether a disability is 重度: grades 1–2, and grade 3 when intellectual (5) or mental (6); 57 §8. None where the grade, or
    the category grade 3 depends on, is outside GB/T 26341: what an unknown grade amounts to is not guessed.
    """
    if grade not in _GRADES or (grade == "3" and category not in _DISABILITIES):
        return None
    return grade in {"1", "2"} or (grade == "3" and category in {"5", "6"})
