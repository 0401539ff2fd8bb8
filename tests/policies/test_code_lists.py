"""Code lists: every list a label names exists, and a code nobody knows has no label."""

from __future__ import annotations

import re

import pytest

from policies.code_lists import CODE_LISTS, REGIONS, CodeListWrong, read
from schema.register import GROUPS

LIST = '[[list]]\nname = "x"\ntitle_zh = "某"\nsource = "s"\ncodes = {codes}\n'


def test_every_list_the_schema_names_is_shipped_and_in_words() -> None:
    named = {field.codes for group in GROUPS.values() for field in group.fields.values() if field.codes}
    assert named
    assert named <= CODE_LISTS.keys()
    for name in named:
        assert CODE_LISTS[name].title_zh
        assert CODE_LISTS[name].source
        assert all(code.label_zh and code.group_zh for code in CODE_LISTS[name].codes.values())


def test_a_list_spelled_out_in_a_label_holds_exactly_those_codes() -> None:
    spelled = [name for name in CODE_LISTS if "/" in name and " " not in name]
    assert len(spelled) >= 10
    assert all(set(CODE_LISTS[name].codes) == set(name.split("/")) for name in spelled)


def test_a_code_has_its_label_and_group_and_an_unknown_one_has_neither() -> None:
    relation = CODE_LISTS["GB/T 4761"]
    assert (relation.label("22"), relation.group("22")) == ("长子", "子")
    assert (relation.label("77777"), relation.group("77777")) == (None, None)


def test_lists_of_a_standard_carry_its_number_with_the_year() -> None:
    standards = {name: one.standard for name, one in CODE_LISTS.items() if one.standard}
    assert standards["GB/T 4761"] == "GB/T 4761-2008"
    assert standards["1-7"] == standards["1-4"] == "GB/T 26341-2010"
    assert all(re.search(r"-(19|20)\d\d$", number) for number in standards.values())
    assert all(standards.get(name, "").startswith(name) for name in CODE_LISTS if name.startswith("GB"))


@pytest.mark.parametrize(("code", "held"), [
    ("500152", True), ("500152101200", True), ("511725000000", True), ("510000", True), ("110101", True), ("820000", True),
    ("500199", False), ("509900000000", False), ("990000", False), ("MZ:99", False),
])
def test_regions_are_known_by_their_county_here_and_by_their_province_elsewhere(code: str, held: bool) -> None:
    assert CODE_LISTS[REGIONS].holds(code) is held


def test_a_list_without_digits_holds_its_codes_alone() -> None:
    disability = CODE_LISTS["1-7"]
    assert [disability.holds("7"), disability.holds("70"), disability.holds("8"), disability.holds("CL:7")] == [True, False, False, False]


@pytest.mark.parametrize(("text", "named"), [
    (LIST.format(codes="[]") + 'digits = "6"', "digits is no number"),
    ("[[list", "TOMLDecodeError"),
    ("x = 1", "KeyError"),
    (LIST.format(codes='"A"'), "not an array"),
    (LIST.format(codes='[["A", "甲"]]'), "ValueError"),
    (LIST.format(codes='[["A", "甲", "g"], ["A", "乙", "g"]]'), "a code twice"),
    (LIST.format(codes="[]") * 2, "given twice"),
])
def test_a_list_that_cannot_be_trusted_names_its_file(text: str, named: str) -> None:
    with pytest.raises(CodeListWrong, match=f"broken.toml.*{named}"):
        read({"broken.toml": text})
