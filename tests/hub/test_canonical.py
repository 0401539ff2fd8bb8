"""Canonical bytes equal an independent RFC 8785 library's, and nothing outside the subset is written."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from hub.canonical import NotCanonical, canonical

KEYS = st.text(st.characters(max_codepoint=127), max_size=12)
LEAVES = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=25)


@given(VALUES)
def test_bytes_equal_those_of_the_rfc8785_library(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("character", [chr(code) for code in [*range(33), 34, 92, 127, 128, 0x2028, 0xFFFF, 0x1F600]])
def test_every_special_character_is_escaped_as_the_library_does(character: str) -> None:
    assert canonical({"a": character}) == rfc8785.dumps({"a": character})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "a value of type float"),
        ({"a": [1, {"b": 0.5}]}, "a value of type float"),
        (2**53, "an integer beyond 2^53 - 1 is not the same number everywhere"),
        ({"低保": 1}, "a key is not ASCII text"),
        ({1: 1}, "a key is not ASCII text"),
        ({1, 2}, "a value of type set"),
        ([1, (2**60,)], "an integer beyond 2^53 - 1 is not the same number everywhere"),
        ({"a": {"b": [object()]}}, "a value of type object"),
        (datetime(2026, 1, 1, tzinfo=UTC), "a value of type datetime"),
        (UUID(int=1), "a value of type UUID"),
        (b"x", "a value of type bytes"),
        ("\ud800", "text is not valid Unicode"),
    ],
)
def test_whatever_a_second_program_would_have_to_guess_is_refused(value: object, text: str) -> None:
    with pytest.raises(NotCanonical) as refused:
        canonical(value)
    assert str(refused.value) == text
