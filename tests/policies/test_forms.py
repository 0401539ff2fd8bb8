"""Forms are totally ordered, and every kind of value says which leaf is which form."""

from __future__ import annotations

import itertools

import pytest

from policies.forms import LEAVES, Form, Kind, Level, leaf_form
from policies.reasons import Reason


def test_forms_are_totally_ordered() -> None:
    assert [form.rank for form in Form] == [4, 3, 2, 1, 0]


@pytest.mark.parametrize(("verdict", "asked"), list(itertools.product(Form, Form)))
def test_a_verdict_lets_every_weaker_form_be_told_and_withheld_lets_none(verdict: Form, asked: Form) -> None:
    assert verdict.allows(asked) is (asked is not Form.WITHHELD and verdict.rank >= asked.rank)


def test_a_level_goes_up_one_and_stays_at_the_top() -> None:
    assert [level.uplifted() for level in Level] == [Level.L2, Level.L3, Level.L4, Level.L4]


def test_every_leaf_has_a_form_but_metadata() -> None:
    assert {leaf.name for leaves in LEAVES.values() for leaf in leaves if leaf.form is None} == {"unit"}


def test_an_unknown_leaf_is_an_error() -> None:
    with pytest.raises(KeyError, match="no leaf 'yuan'"):
        leaf_form(Kind.TEXT, "yuan")


def test_reasons_outrank_each_other_in_the_order_they_are_written() -> None:
    assert [reason.precedence for reason in Reason] == list(range(len(Reason)))
