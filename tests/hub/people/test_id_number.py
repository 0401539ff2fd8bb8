"""ID numbers: what is right, what is wrong and why, and that no error repeats them. Test numbers use county codes never assigned."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.people.id_number import BadIdNumber, check_digit, parse

TODAY = date(2026, 11, 23)


def number(first17: str) -> str:
    return first17 + check_digit(first17)


GOOD = number("50990119900307123")


def with_x() -> str:
    return next(value for sequence in range(1000) if (value := number(f"51990119900307{sequence:03}")).endswith("X"))


def test_the_standards_own_example_is_good() -> None:
    told = parse("11010519491231002X", today=TODAY)
    assert (told.value, told.birth_date, told.sex, told.warnings) == ("11010519491231002X", date(1949, 12, 31), "2", ())


def test_birth_date_and_sex_are_read_from_the_number() -> None:
    told = parse(GOOD, today=TODAY)
    assert (told.birth_date, told.sex) == (date(1990, 3, 7), "1")


@pytest.mark.parametrize(
    "written", [with_x().lower(), f"  {with_x()}\n", with_x().replace("X", "Ｘ"), with_x().replace("1", "１")]
)
def test_ways_people_write_the_same_number_are_one_number(written) -> None:
    assert parse(written, today=TODAY).value == with_x()


def test_fifteen_digits_are_upgraded_and_kept() -> None:
    old = "509901490131002"
    told = parse(old, today=TODAY)
    assert told.value == number("50990119490131002")
    assert (told.original, told.birth_date) == (old, date(1949, 1, 31))


def test_an_unknown_county_code_is_only_a_warning() -> None:
    assert parse(number("99990119900307123"), today=TODAY).warnings == ()  # a foreign permanent resident's card
    assert parse(number("18990119900307123"), today=TODAY).warnings == ("UNKNOWN_COUNTY_CODE",)
    assert parse(GOOD, today=TODAY).warnings == ()  # county codes of a known province are not looked up: many are abolished


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "FORMAT"), ("50990119900307123", "FORMAT"), (GOOD + "0", "FORMAT"), ("A" + GOOD[1:], "FORMAT"), (GOOD[:10] + "X" + GOOD[11:], "FORMAT"),
        ("0" + GOOD[1:], "FORMAT"), (GOOD.replace("9", "٩"), "FORMAT"), (GOOD[:9] + " " + GOOD[10:], "FORMAT"),
        (number("50990119900230123"), "DATE"), (number("50990120270101123"), "DATE"), (number("50990118000101123"), "DATE"), (number("50990120230229123"), "DATE"),
        (GOOD[:17] + ("0" if GOOD[17] != "0" else "1"), "CHECK"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_reason(text, reason) -> None:
    with pytest.raises(BadIdNumber) as told:
        parse(text, today=TODAY)
    assert told.value.reason == reason


@given(st.from_regex(r"[1-9][0-9]{16}[0-9X]", fullmatch=True))
def test_no_error_repeats_any_part_of_the_number(text) -> None:
    try:
        told = parse(text, today=TODAY)
    except BadIdNumber as refused:
        shown = f"{refused!r} {refused}"
    else:
        shown = repr(told)
    assert not any(text[at : at + 4] in shown for at in range(15))


@given(st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_never_passes(position, off) -> None:
    digits = list(GOOD)
    digits[position] = str((int(digits[position]) + off) % 10)
    with pytest.raises(BadIdNumber):
        parse("".join(digits), today=TODAY)


@given(st.integers(0, 15))
def test_two_neighbours_exchanged_never_pass(position) -> None:
    digits = list(GOOD)
    if digits[position] != digits[position + 1]:
        digits[position], digits[position + 1] = digits[position + 1], digits[position]
        with pytest.raises(BadIdNumber):
            parse("".join(digits), today=TODAY)
