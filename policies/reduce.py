"""From a raw value to what one leaf may tell of it: the functions connectors run inside themselves.

Every function here gives None for None, and None for a value whose type its leaf does not expect: what cannot be reduced is
not told. What a weaker leaf tells is a function of the full value and of policy's own tables alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from policies.bands import BandTable, band_table
from policies.code_lists import CODE_LISTS, CodeList
from policies.forms import Kind, leaf_form
from policies.masks import MaskProfile, mask

Raw = str | int | bool | Decimal | date | None
"""A value after a department's units and codes became ours, before reduction. Months are "YYYY-MM"; amounts are yuan."""

Told = str | int | bool | None
"""A value as it may stand in JSON: decimals and dates are text."""

Reducer = Callable[[Raw], Told]


class NotReducible(ValueError):
    """No department can be asked for this leaf: it is metadata, or its threshold was not resolved."""


def reducer(
    kind: Kind,
    leaf: str,
    *,
    field: str,
    group: str,
    mask_profile: str = MaskProfile.STRICT,
    codes: str = "",
    parameter: str | None = None,
    unit: str = "yuan",
    pseudonym: Callable[[str], str] | None = None,
) -> Reducer:
    """The reducer of one leaf of a field. `codes` is the label's code list, `unit` its unit, `parameter` the threshold of
    `atLeast` in yuan, resolved from the region's profile; `pseudonym` turns a named person's ID number into the asker's
    pseudonym (without it a pseudonym is never told). KeyError for a leaf the kind does not have; NotReducible for one that
    is no column.
    """
    if leaf_form(kind, leaf) is None or kind is Kind.PRESENCE:
        raise NotReducible(f"{group}.{field}: the leaf {leaf} of {kind} is not a column")
    match kind:
        case Kind.PLAIN:
            return plain
        case Kind.FLAG:
            return flag
        case Kind.TEXT:
            return text if leaf == "full" else _masked(group, field, MaskProfile(mask_profile))
        case Kind.AMOUNT:
            return _amount(leaf, band_table("yuan"), parameter, f"{group}.{field}")
        case Kind.QUANTITY:
            return number if leaf == "value" else _some if leaf == "any" else _banded(band_table(unit))
        case Kind.DATED:
            return _dated(leaf, five_years=(group, field) == ("identity", "birthDate") and mask_profile == MaskProfile.STRICT)
        case Kind.CODED:
            return _coded(leaf, CODE_LISTS.get(codes))
        case _:
            return _pseudonymous(pseudonym) if leaf == "pid" else known


def plain(raw: Raw) -> Told:
    """A scalar as JSON: decimals as plain text, dates as ISO 8601."""
    if isinstance(raw, Decimal):
        return format(raw, "f")
    return raw.isoformat() if isinstance(raw, date) else raw


def flag(raw: Raw) -> Told:
    """A Boolean, or nothing: a number is no Boolean."""
    return raw if isinstance(raw, bool) else None


def text(raw: Raw) -> Told:
    """A text as it is."""
    return raw if isinstance(raw, str) else None


def number(raw: Raw) -> Told:
    """A number as plain decimal text."""
    value = _numeric(raw)
    return None if value is None else format(value, "f")


def known(raw: Raw) -> Told:
    """Whether there is a value; nothing for none, since "not recorded" is not "is not"."""
    return None if raw is None else True


def _numeric(raw: Raw) -> Decimal | None:
    if isinstance(raw, Decimal):
        return raw if raw.is_finite() else None
    return Decimal(raw) if isinstance(raw, int) and not isinstance(raw, bool) else None


def _some(raw: Raw) -> Told:
    value = _numeric(raw)
    return None if value is None else value > 0


def _masked(group: str, field: str, profile: MaskProfile) -> Reducer:
    masked = mask(group, field, profile)
    return lambda raw: masked(raw) if isinstance(raw, str) else None


def _banded(table: BandTable) -> Reducer:
    def band(raw: Raw) -> Told:
        if isinstance(raw, str):  # a department that keeps bands only
            return raw if table.has(raw) else None
        value = _numeric(raw)
        return None if value is None else table.of(value).text

    return band


def _amount(leaf: str, table: BandTable, parameter: str | None, where: str) -> Reducer:
    if leaf == "yuan":
        return number
    if leaf == "band":
        return _banded(table)
    if parameter is None:
        raise NotReducible(f"{where}: atLeast without a threshold resolved by the region's profile")
    limit = Decimal(parameter)

    def at_least(raw: Raw) -> Told:
        value = _numeric(raw)
        return None if value is None else value >= limit

    return at_least


def _dated(leaf: str, *, five_years: bool) -> Reducer:
    if leaf == "known":
        return known
    if leaf == "on":
        return lambda raw: raw.isoformat() if isinstance(raw, date) else None
    # 出生日期 across regions: the five-year band's first year (domain B7, STRICT)
    step = 5 if five_years else 1
    return lambda raw: raw.year - raw.year % step if isinstance(raw, date) else None


def _coded(leaf: str, codes: CodeList | None) -> Reducer:
    if leaf == "any":
        return known

    def told(raw: Raw) -> Told:
        if raw is None or isinstance(raw, bool | Decimal | date):
            return None
        code = str(raw)
        if leaf == "code":
            return code
        if codes is None:
            return None
        if leaf == "listed":
            return codes.holds(code)
        return codes.label(code) if leaf == "label" else codes.group(code)

    return told


def _pseudonymous(pseudonym: Callable[[str], str] | None) -> Reducer:
    # A raw ID number must not stand where a pseudonym was promised.
    return lambda raw: pseudonym(raw) if pseudonym is not None and isinstance(raw, str) else None
