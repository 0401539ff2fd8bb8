"""Canonical bytes of a JSON value, for whatever is hashed or signed: RFC 8785 for the subset that entries, letters and agreements use.

Allowed are objects with ASCII keys, lists and tuples, text, integers within ±(2^53 - 1), true, false and null. A float, a date or any
other type is refused rather than written in some way a second program would have to guess. ASCII keys sort the same by code
point as by UTF-16 code unit, which is why orjson's sort is RFC 8785's here.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Any

import orjson

_LARGEST = 2**53 - 1
_PLAIN = frozenset({str, bool, type(None)})
_COUNTS = {int}
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
        inner: Collection[Any]
        if isinstance(one, dict):
            _check_keys(one)
            inner = one.values()
        else:
            inner = one if isinstance(one, list | tuple) else (one,)
        kinds = set(map(type, inner))
        if kinds == _COUNTS:  # counts by name, as most of what an entry nests
            _check_integers(inner)
        elif not kinds <= _PLAIN:
            for item in inner:
                kind = type(item)
                if kind in _NESTED:
                    pending.append(item)
                elif kind not in _PLAIN:
                    _check_rare(item, pending)


def _check_rare(item: Any, pending: list[Any]) -> None:
    """An item of mixed company that is neither text nor one of JSON's own containers."""
    if type(item) is int:
        _check_integers((item,))
    elif isinstance(item, dict | list | tuple):
        pending.append(item)
    elif not isinstance(item, StrEnum):
        raise NotCanonical(f"a value of type {type(item).__name__}")


def _check_integers(values: Collection[int]) -> None:
    if min(values) < -_LARGEST or max(values) > _LARGEST:
        raise NotCanonical("an integer beyond 2^53 - 1 is not the same number everywhere")


def _check_keys(value: Collection[str]) -> None:
    try:
        ascii_keys = "".join(value).isascii()
    except TypeError:
        ascii_keys = False
    if not ascii_keys:
        raise NotCanonical("a key is not ASCII text")
