"""Scalars: what callers send is read strictly, and no refusal repeats it."""

from __future__ import annotations

import pytest
from graphql import GraphQLError
from hypothesis import given
from hypothesis import strategies as st

from schema.scalars import PARSERS, parse_id_number

GOOD = "51990119491231002"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def checked(first: str) -> str:
    return first + "10X98765432"[sum(int(d) * w for d, w in zip(first, WEIGHTS, strict=True)) % 11]


@pytest.mark.parametrize(("name", "sent", "read"), [
    ("Date", "2026-11-23", "2026-11-23"),
    ("DateTime", "2026-11-23T09:00:00+08:00", "2026-11-23T09:00:00+08:00"),
    ("DateTime", "2026-11-23T01:00:00Z", "2026-11-23T01:00:00+00:00"),
    ("YearMonth", "2026-02", "2026-02"),
    ("RegionCode", "500152", "500152000000"),
    ("RegionCode", "500152100000", "500152100000"),
    ("YuanDecimal", "1234.50", "1234.50"),
    ("Decimal", "-0.333333", "-0.333333"),
])
def test_a_good_value_is_read(name: str, sent: str, read: str) -> None:
    assert PARSERS[name](sent) == read


@pytest.mark.parametrize(("name", "sent"), [
    ("Date", "2026-02-30"), ("Date", "20261123"), ("Date", 20261123), ("Date", "2026-11-23T00:00"),
    ("DateTime", "2026-11-23T09:00:00"), ("DateTime", "yesterday"), ("DateTime", 0),
    ("YearMonth", "2026-13"), ("YearMonth", "2026-1"), ("RegionCode", "50015"), ("RegionCode", "０" * 6), ("RegionCode", 500152),
    ("YuanDecimal", "1.234"), ("YuanDecimal", 1.5), ("YuanDecimal", "1e9"), ("Decimal", "NaN"),
    ("IdNumber", 519901194912310021), ("IdNumber", ""), ("IdNumber", "519901"), ("IdNumber", None), ("IdNumber", True),
])
def test_a_bad_value_is_refused_without_being_repeated(name: str, sent: object) -> None:
    with pytest.raises(GraphQLError) as refused:
        PARSERS[name](sent)
    assert not str(sent) or str(sent) not in refused.value.message


@pytest.mark.parametrize(("sent", "why"), [
    (checked(GOOD)[:-1] + ("0" if checked(GOOD)[-1] != "0" else "1"), "the check digit of the IdNumber is wrong"),
    ("519901194902300024", "the date inside the IdNumber does not exist"),
    ("5199011949123100", "an IdNumber has 18 characters, or 15 digits in old papers"),
    ("５" + checked(GOOD)[1:], "an IdNumber has 18 characters, or 15 digits in old papers"),
])
def test_an_id_number_is_refused_for_a_stated_reason(sent: str, why: str) -> None:
    with pytest.raises(GraphQLError) as refused:
        parse_id_number(sent)
    assert refused.value.message == why


def test_an_id_number_of_a_county_never_heard_of_is_read() -> None:
    assert parse_id_number(checked("50990119900307123")) == checked("50990119900307123")


def test_an_old_number_of_15_digits_is_brought_to_18() -> None:
    assert parse_id_number("519901491231002") == checked("51990119491231002")


@given(st.dates(), st.integers(0, 999))
def test_every_number_with_a_good_check_digit_is_read_and_any_one_changed_digit_is_found(born, sequence) -> None:
    number = checked(f"519901{born:%Y%m%d}".replace(" ", "0").rjust(14, "0")[:14] + f"{sequence:03d}") if born.year >= 1000 else checked(GOOD)
    assert parse_id_number(number.lower()) == number
    wrong = number[:15] + str((int(number[15]) + 1) % 10) + number[16:]
    with pytest.raises(GraphQLError):
        parse_id_number(wrong)
