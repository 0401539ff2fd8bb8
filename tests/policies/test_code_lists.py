"""Code lists: every list a label names exists, and a code nobody knows has no label."""

from __future__ import annotations

import pytest

from policies.code_lists import CODE_LISTS, CodeListWrong, read
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


@pytest.mark.parametrize(("text", "named"), [
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
