"""Purposes asked in batches are purposes there are, and how many cases is stated."""

from __future__ import annotations

import pytest

from policies.batches import batches, read_batches
from policies.parameters import ParametersRefused
from policies.purposes import PURPOSES

GOOD = '[batches]\npurposes = ["PAYMENT"]\ncases = 3\nsource = "example"\nexample = true\n'


def test_the_shipped_file_names_its_purposes_and_is_an_example() -> None:
    assert batches().purposes < PURPOSES.keys()
    assert batches().example


def test_a_file_is_read_strictly() -> None:
    assert (read_batches("x", GOOD).purposes, read_batches("x", GOOD).cases) == ({"PAYMENT"}, 3)
    for changed in (GOOD.replace("PAYMENT", "ANYTHING"), GOOD.replace("= 3", "= 0"), GOOD.replace("cases = 3\n", ""), GOOD + "more = 1\n"):
        with pytest.raises(ParametersRefused):
            read_batches("x", changed)
