"""Which region lies in which, by the digits of a region's code (GB/T 2260, 12 digits), and who is a receiver by name or by place."""

from __future__ import annotations

from collections.abc import Iterable

ALL_LEVELS = "ALL_LEVELS"
"""全国各级: the national letter form names every level's check bodies as receivers."""


def within(region: str, outer: str) -> bool:
    """Whether a 12-digit region lies in another: 500152103000 in 500152000000 and in 500000000000."""
    if len(region) != 12 or len(outer) != 12 or not outer.isdecimal():
        return False
    return region.startswith(significant(outer))


def receives(names: Iterable[str], *, organisation: str, region: str) -> bool:
    """Whether names of receivers mean an organisation: itself, a region it lies in, or all levels nationwide."""
    return any(name in (ALL_LEVELS, organisation) or within(region, name) for name in names)


def significant(region: str) -> str:
    """The digits that mean something: province 2, city 4, county 6, township 9, village 12."""
    for length in (2, 4, 6, 9):
        if not region[length:].strip("0"):
            return region[:length]
    return region
