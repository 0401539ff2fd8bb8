"""Handles: stable within a case, useless elsewhere, and impossible to make up."""

from __future__ import annotations

import base64
import re
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.keys import Use
from hub.people.handles import Handles

ID = UUID("6f8e6a3c-1111-4222-8333-444455556666")
HERE = {"organisation": "MZ-HD", "case": "c1"}


@pytest.fixture
def handles(keys) -> Handles:
    return Handles(keys)


def test_a_handle_comes_back_where_it_was_given_and_is_the_same_each_time(handles) -> None:
    for kind in ("per", "hh"):
        handle = handles.encode(kind, ID, **HERE)
        assert handle == handles.encode(kind, ID, **HERE)
        assert re.fullmatch(kind + r"_[A-Za-z0-9_-]{44}", handle)
        assert handles.decode(handle, kind=kind, **HERE) == ID


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"organisation": "TAX", "case": "c1"}, {"organisation": "MZ-HD", "case": "c2"}, {"organisation": "MZ-HDc", "case": "1"},
        {"organisation": "c1", "case": "MZ-HD"}, {"organisation": "MZ-HD", "case": ""},
    ],
)  # fmt: skip
def test_elsewhere_it_is_nothing_and_looks_unrelated(handles, elsewhere) -> None:
    handle = handles.encode("per", ID, **HERE)
    assert handles.decode(handle, kind="per", **elsewhere) is None
    other = handles.encode("per", ID, **elsewhere)
    assert handle[8:30] != other[8:30]


def test_a_person_is_no_household(handles) -> None:
    handle = handles.encode("per", ID, **HERE)
    assert handles.decode(handle, kind="hh", **HERE) is None
    assert handles.decode("hh" + handle[3:], kind="hh", **HERE) is None


def test_every_changed_bit_is_found(handles) -> None:
    handle = handles.encode("per", ID, **HERE)
    raw = base64.urlsafe_b64decode(handle[4:])
    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        assert handles.decode("per_" + base64.urlsafe_b64encode(changed).decode(), kind="per", **HERE) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text() | st.text("ABCdef-_=", min_size=40, max_size=48))
def test_anything_else_is_none_and_never_an_error(handles, text) -> None:
    assert handles.decode(text, kind="per", **HERE) is None
    assert handles.decode("per_" + text, kind="per", **HERE) is None


def test_handles_made_before_a_rotation_stay_good_and_new_ones_differ(handles, keys, random, clock) -> None:
    old = handles.encode("per", ID, **HERE)
    keys.rotate(Use.HANDLE, random=random, at=clock())
    new = handles.encode("per", ID, **HERE)
    assert new != old
    assert {handles.decode(handle, kind="per", **HERE) for handle in (old, new)} == {ID}


def test_only_people_and_households_have_handles(handles) -> None:
    with pytest.raises(ValueError, match="person or of a household"):
        handles.encode("case", ID, **HERE)
