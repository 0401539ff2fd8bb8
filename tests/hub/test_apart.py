"""What stands for each subject of one question: written only where they differ, and read back for one alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.apart import apart, of_one, strongest
from policies.forms import Form

LISTS = st.lists(st.lists(st.sampled_from(["tax=FULL", "vehicle=BAND", "identity=FULL"]), unique=True).map(tuple), max_size=6)


@given(LISTS)
def test_each_reads_their_own_list_back(each: list[tuple[str, ...]]) -> None:
    written = apart(each)
    assert bool(written) == (len(set(each)) > 1)
    for position, one in enumerate(each):
        assert of_one(written, position) == (one if written else None)


@pytest.mark.parametrize("written", [{"of": [0]}, {"lists": [["a"]]}, {"of": "x", "lists": []}])
def test_what_cannot_be_read_tells_nobody_anything(written: object) -> None:
    assert of_one(written, 0) == ()


def test_a_subject_beyond_those_written_has_nothing() -> None:
    assert of_one(apart([("a",), ("b",)]), 2) == ()


def test_the_strongest_form_of_a_source_counts() -> None:
    assert strongest(["tax.income=BAND", "tax.month=FULL", "confirmation@511725000000.category=BOOLEAN"]) == {
        "tax": Form.FULL, "confirmation@511725000000": Form.BOOLEAN,
    }
