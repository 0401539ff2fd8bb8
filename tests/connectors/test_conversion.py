"""Units, codes and spellings: what each conversion reads, and that it reads nothing else and quotes nothing."""

from __future__ import annotations

import contextlib
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.codes import coded, severe_disability, sliced, with_words
from connectors.conversion import TEXT_LIMIT, Unreadable
from connectors.group_map import CONVERSIONS
from connectors.instants import instant


@pytest.mark.parametrize(("kind", "theirs", "ours"), [
    ("fen", 420000, Decimal("4200.00")), ("fen", "1", Decimal("0.01")), ("fen", "-250", Decimal("-2.50")),
    ("wan", "12.5", Decimal("125000.0")), ("percent", "35%", Decimal("0.35")), ("percent", 5, Decimal("0.05")),
    ("share", "1/2", Decimal("0.5")), ("share", "1/3", Decimal("0.333333")), ("share", "0.25", Decimal("0.25")), ("share", "2/2", Decimal(1)),
    ("share", 0, Decimal(0)), ("decimal", "89.50", Decimal("89.50")), ("decimal", 89.5, Decimal("89.5")), ("decimal", 0, Decimal(0)),
    ("integer", 12, 12), ("integer", "007", 7), ("month", "202610", "2026-10"), ("month", 202610, "2026-10"), ("month", "2026-01", "2026-01"),
    ("date", "20190412", date(2019, 4, 12)), ("date", "2019-04-12", date(2019, 4, 12)), ("date", "2019/04/12", date(2019, 4, 12)),
    ("date", "2019年4月2日", date(2019, 4, 2)), ("date", "2019-04-12 10:00:00", date(2019, 4, 12)), ("date", date(2019, 4, 12), date(2019, 4, 12)),
    ("flag", False, False), ("text", "渝C", "渝C"), ("region", "500152", "500152"), ("region", "500152001000", "500152001000"),
    ("person", "50990119850101001X", "50990119850101001X"), ("uscc", "91110000600037341L", "91110000600037341L"),
])
def test_a_value_of_the_contract_is_read(kind, theirs, ours):
    read = CONVERSIONS[kind](theirs)
    assert read == ours
    assert type(read) is type(ours)


@pytest.mark.parametrize(("kind", "theirs"), [
    ("fen", "42.5"), ("fen", True), ("fen", 42.5), ("integer", True), ("integer", "١٢"), ("integer", 1.0), ("integer", "9" * 40),
    ("decimal", "1e9"), ("decimal", "NaN"), ("decimal", float("nan")), ("decimal", float("inf")), ("decimal", True), ("decimal", "1_000"),
    ("share", "3/2"), ("share", "1/0"), ("share", "-0.1"), ("share", "一半"), ("month", "202613"), ("month", "2026-00"), ("month", 20261),
    ("date", "20190230"), ("date", "2019-W01"), ("date", "2019W011"), ("date", "2019-13-01"), ("date", 20190412), ("date", "２０１９0412"),
    ("flag", 1), ("flag", "true"), ("text", 5), ("text", ["a"]), ("text", "x" * (TEXT_LIMIT + 1)), ("region", "5001"), ("person", "50990119850101001x"),
    ("text", {"v": "x"}), ("uscc", "91110000600037341M"), ("uscc", "91110000600037341"), ("uscc", "9111000060003734IL"), ("uscc", "91110000600037341l"),
])
def test_anything_else_is_unreadable_and_not_quoted(kind, theirs):
    with pytest.raises(Unreadable) as caught:
        CONVERSIONS[kind](theirs)
    assert str(theirs) not in str(caught.value)


@pytest.mark.parametrize("convert", [*CONVERSIONS.values(), coded({"1": "A"}), sliced(0, 2, CONVERSIONS["text"])])
def test_null_and_empty_are_no_value(convert):
    assert convert(None) is None
    assert convert("") is None


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.lists(st.text()), st.dictionaries(st.text(), st.text())))
def test_no_conversion_raises_anything_but_unreadable(value):
    for convert in [*CONVERSIONS.values(), coded({"1": True, "0": False}), with_words({"x": "1"}, CONVERSIONS["share"])]:
        with contextlib.suppress(Unreadable):
            convert(value)


def test_a_code_is_told_by_the_table_and_by_nothing_else():
    convert = coded({"10": "RESIDENTIAL", "true": "URBAN", "1": True})
    assert [convert("10"), convert(10), convert(True), convert(1), convert("1")] == ["RESIDENTIAL", "RESIDENTIAL", "URBAN", True, True]
    for unlisted in ("11", 11, False, 1.0, ["10"]):
        with pytest.raises(Unreadable):
            convert(unlisted)
    assert coded({"10": "RESIDENTIAL", "*": "OTHER"}, "GZ")("99") == "OTHER"


def test_a_code_outside_the_table_is_kept_under_the_departments_name():
    convert = coded({"10": "RESIDENTIAL", "20": "2"}, "GZ")
    assert [convert("11"), convert(2), convert("车库"), convert("2")] == ["GZ:11", "GZ:2", "GZ:车库", "GZ:2"]
    for no_code in ("509901198501010010", "509901850101001", "X509901850101001", "a b", "1;2", "x" * 17, ["11"], 1.5):
        with pytest.raises(Unreadable):
            convert(no_code)


def test_a_code_as_it_stands_is_short_and_no_number_of_a_person():
    convert = CONVERSIONS["code-as-is"]
    assert [convert("K33"), convert(7), convert("遗属"), convert("")] == ["K33", "7", "遗属", None]
    for no_code in ("509901198501010010", "509901850101001", 509901850101001, "a b", ["K33"], 1.5):
        with pytest.raises(Unreadable):
            convert(no_code)


def test_where_a_table_makes_booleans_no_code_can_be_kept():
    with pytest.raises(Unreadable, match="outside the manifest's table"):
        coded({"1": True, "0": False}, "GA")("2")


def test_words_stand_for_values_and_slices_for_parts():
    assert with_words({"单独所有": "1"}, CONVERSIONS["share"])("单独所有") == 1
    assert sliced(18, 19, CONVERSIONS["text"])("50990119850101001X42B1") == "4"
    with pytest.raises(Unreadable, match="too short a number"):
        sliced(18, 20, CONVERSIONS["text"])("50990119850101001X4")


@pytest.mark.parametrize(("theirs", "ours"), [
    ("20261121233000", "2026-11-21T23:30:00+08:00"), ("2026-11-21 23:00:00", "2026-11-21T23:00:00+08:00"),
    ("2026-11-21T16:00:00Z", "2026-11-22T00:00:00+08:00"), ("2026-10-31T22:00:00+08:00", "2026-10-31T22:00:00+08:00"),
])
def test_every_spelling_of_an_instant_becomes_beijing_time(theirs, ours):
    assert instant(theirs) == ours


def test_what_is_no_instant_is_unreadable():
    for wrong in ("", "yesterday", "20261399000000", "9999-12-31T23:59:59Z"):
        with pytest.raises(Unreadable):
            instant(wrong)


@pytest.mark.parametrize(("category", "grade", "severe"), [
    ("4", "1", True), ("4", "2", True), ("4", "3", False), ("5", "3", True), ("6", "3", True), ("6", "4", False), ("1", None, None), (None, "2", True),
    (None, "3", None), ("CL:8", "3", None), ("CL:8", "4", False), ("4", "CL:5", None),
])
def test_severe_is_grade_two_or_worse_and_three_of_the_mind(category, grade, severe):
    assert severe_disability(category, grade) is severe
