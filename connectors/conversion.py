"""From a department's texts, numbers and units to ours: named conversions, each a small pure function.

Rules of this file:
- A conversion gives None for null and for empty text, a value of `Raw` otherwise, and raises `Unreadable` for anything else.
- `Unreadable` names the conversion and never the value: the value is somebody's fact.
- Nothing is guessed. A month 13, a JSON float where text was promised: unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from connectors.interface import Raw

Convert = Callable[[object], Raw]
"""One department value to one of ours; raises `Unreadable`."""


TEXT_LIMIT = 512
"""Longest text a department may give for one value; longer is a broken answer, not a long name."""

_DIGITS = re.compile(r"-?\d{1,15}", re.ASCII)
_AMOUNT = re.compile(r"-?\d{1,14}(\.\d{1,6})?", re.ASCII)
_FRACTION = re.compile(r"(\d{1,6})/(\d{1,6})", re.ASCII)
_FEN = Decimal("0.01")  # six decimals of 10,000 yuan, the most that is read
_SHARE_STEP = Decimal("0.000001")


class Unreadable(ValueError):
    """A department's value is not what its manifest says; the text names the expectation, never the value."""


def text(value: object) -> Raw:
    """A text as it stands."""
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


def _flag(value: object) -> Raw:
    if value is None or value == "":
        return None
    if type(value) is bool:
        return value
    raise Unreadable("not a boolean")


MEASURES: Mapping[str, Convert] = {
    "text": text,
    "integer": _integer,
    "decimal": _decimal,  # already in our unit
    "fen": _fen,          # integer fen -> yuan
    "wan": _wan,          # 万元 -> yuan
    "percent": _percent,  # "35%" or 35 -> 0.35
    "share": _share,      # "1/2" -> 0.5
    "flag": _flag,
}
"""The conversions of this file, by the kind a manifest names."""
