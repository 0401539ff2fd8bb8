"""One name in two spellings is one name; another character is another name."""

from __future__ import annotations

import pytest

from connectors.person_name import same


@pytest.mark.parametrize(("one", "other"), [
    ("阿依古丽·买买提", "阿依古丽•买买提"), ("阿依古丽·买买提", "阿依古丽・买买提"), ("阿依古丽·买买提", "阿依古丽．买买提"),
    ("阿依古丽·买买提", "阿依古丽 · 买买提"), ("阿依古丽·买买提", "阿依古丽･买买提"), ("张三", "张　三"), ("ＪＯＨＮ Smith", "john smith"),
])
def test_the_same_name_in_another_spelling_is_the_same(one, other):
    assert same(one, other)
    assert same(other, one)


@pytest.mark.parametrize(("one", "other"), [("张三", "张四"), ("张三", "张三丰"), ("阿依古丽·买买提", "阿依古丽买买提"), ("", ""), (" ", ""), (None, ""), (3, "3")])
def test_another_name_and_no_name_are_not(one, other):
    assert not same(one, other)
