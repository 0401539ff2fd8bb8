"""Canonical bytes of a JSON value: RFC 8785 for the subset an entry uses.

Allowed are objects with ASCII keys, lists, text, integers within ±(2^53 - 1), true, false and null. A float, a date or any
other type is refused rather than written in some way a second program would have to guess. ASCII keys sort the same by code
point as by UTF-16 code unit, which is why orjson's sort is RFC 8785's here.
"""

from __future__ import annotations

import orjson

_LARGEST = 2**53 - 1


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
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return
    if kind is int:
        if not -_LARGEST <= value <= _LARGEST:  # type: ignore[operator]
            raise NotCanonical("an integer beyond 2^53 - 1 is not the same number everywhere")
    elif kind is dict:
        for key, inner in value.items():  # type: ignore[attr-defined]
            if type(key) is not str or not key.isascii():
                raise NotCanonical("a key is not ASCII text")
            _check(inner)
    elif kind is list:
        for inner in value:  # type: ignore[attr-defined]
            _check(inner)
    else:
        raise NotCanonical(f"a value of type {kind.__name__}")
