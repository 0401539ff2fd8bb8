"""Bands: one table for yuan, every number in exactly one band, the text true to the edges."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.bands import BANDS, YUAN, band_table
from schema.register import GROUPS


@pytest.mark.parametrize(("yuan", "band"), [
    ("-300", "0"), ("0", "0"), ("0.01", "(0,1000)"), ("999.99", "(0,1000)"), ("1000", "[1000,5000)"), ("4999.99", "[1000,5000)"),
    ("5000", "[5000,20000)"), ("20000", "[20000,50000)"), ("50000", "[50000,100000)"), ("99999.99", "[50000,100000)"),
    ("100000", "[100000,+)"),
])
def test_a_band_is_closed_below_and_open_above(yuan: str, band: str) -> None:
    assert YUAN.of(Decimal(yuan)).text == band


@pytest.mark.parametrize("unit", BANDS)
def test_the_text_of_a_band_names_its_own_edges(unit: str) -> None:
    table = BANDS[unit]
    assert list(table.edges) == sorted(set(table.edges))
    for band, lower in zip(table.bands[1:], table.edges, strict=True):
        written = band.text.strip("[(").split(",")[0]
        assert Decimal(written) == lower or (band.text.startswith("(0,") and lower < 1)


@given(st.sampled_from(sorted(BANDS)), st.decimals(-10**6, 10**9, places=2), st.decimals(-10**6, 10**9, places=2))
def test_a_larger_number_is_never_in_a_lower_band(unit: str, one: Decimal, other: Decimal) -> None:
    table = band_table(unit)
    low, high = sorted((one, other))
    assert table.bands.index(table.of(low)) <= table.bands.index(table.of(high))
    assert table.has(table.of(low).text)


def test_a_unit_without_bands_is_an_error_and_no_guess() -> None:
    with pytest.raises(KeyError):
        band_table("furlong")
    assert not YUAN.has("[1000,2000)")


def test_every_unit_of_an_amount_or_quantity_in_the_schema_has_bands() -> None:
    fields = [field for group in GROUPS.values() for field in group.fields.values() if field.kind in {"AMOUNT", "QUANTITY"}]
    assert len(fields) > 5
    assert all(field.unit in BANDS for field in fields)
