"""Canonical bytes of a JSON value, for whatever is hashed or signed: RFC 8785 for the subset that entries, letters and agreements use.

Allowed are objects with ASCII keys, lists and tuples, text, integers within ±(2^53 - 1), true, false and null. A float, a date or any
other type is refused rather than written in some way a second program would have to guess. ASCII keys sort the same by code
point as by UTF-16 code unit, which is why orjson's sort is RFC 8785's here.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

import orjson

_LARGEST = 2**53 - 1
_PLAIN = frozenset({str, bool, type(None)})
_NESTED = frozenset({dict, list, tuple})


class NotCanonical(ValueError):
    """A value is outside the subset; the message names its type or place, never the value."""


def canonical(value: object) -> bytes:
    """The one byte string RFC 8785 gives `value`; raises `NotCanonical` outside the subset."""
    _check(value)
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError as refused:  # a lone surrogate has no UTF-8
        raise NotCanonical("text is not valid Unicode") from refused


def _check(value: object) -> None:
    """Looks at the types of a whole list or object at once: an entry is checked on the hot path."""
    pending = [value]
    for one in pending:  # grows while it is walked
        if isinstance(one, dict):
            _check_keys(one)
            inner: Collection[object] = one.values()
        else:
            inner = one if isinstance(one, list | tuple) else (one,)
        if _PLAIN.issuperset(map(type, inner)):
            continue
        for item in inner:
            kind = type(item)
            if kind in _PLAIN:
                continue
            if kind in _NESTED or isinstance(item, dict | list | tuple):
                pending.append(item)
            elif kind is int:
                if not -_LARGEST <= item <= _LARGEST:  # type: ignore[operator]
                    raise NotCanonical("an integer beyond 2^53 - 1 is not the same number everywhere")
            elif not isinstance(item, StrEnum):
                raise NotCanonical(f"a value of type {kind.__name__}")


def _check_keys(value: Collection[str]) -> None:
    try:
        ascii_keys = "".join(value).isascii()
    except TypeError:
        ascii_keys = False
    if not ascii_keys:
        raise NotCanonical("a key is not ASCII text")
