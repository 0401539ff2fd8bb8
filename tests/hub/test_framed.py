"""Readers of a frame know the expected path only: whatever is not as the schema says is left to the interpretation."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from hub.compiled import NotCompilable, Unexpected
from hub.framed import Frame
from hub.leaf_types import LeafType
from hub.question import Place

TYPES = {"String": LeafType("String", frozenset({str}), None), "Int": LeafType("Int", frozenset({int}), None)}


def place(name: str, type_: str = "String", *wrapping: str, **selections: tuple[Place, ...]) -> Place:
    return Place(key=name, name=name, parent="", type=type_, wrapping=wrapping, arguments={}, selections=selections, path=(name,))


def frame(root: Place, people: dict[Place, object] | None = None) -> Frame:
    return Frame(SimpleNamespace(question=SimpleNamespace(places=(root,)), at=people or {}), TYPES)


def read(root: Place, value: object, people: dict[Place, object] | None = None) -> object:
    around = SimpleNamespace(plan=SimpleNamespace(reached=SimpleNamespace(roots={root.key: value})))
    return frame(root, people).read(around, lambda _at, member: member)[root.key]


def test_what_is_as_the_schema_says_is_read():
    inner = place("stage")
    thing = place("thing", "Case", Case=(place("__typename"), inner))
    assert read(thing, {"stage": "REVIEW"}) == {"__typename": "Case", "stage": None}, "the table of records names the field's own type"
    assert read(place("at"), datetime(2026, 11, 25, tzinfo=UTC)) == "2026-11-25T08:00:00+08:00"
    assert read(place("all", "Int", "[", "!"), [1, 2]) == [1, 2]
    assert read(place("all", "Int", "["), None) is None


@pytest.mark.parametrize(("root", "value"), [
    (place("a", "Int"), "one"), (place("a", "Int"), True), (place("a", "String", "!"), None), (place("a", "Int", "[", "!"), [1, None]),
    (place("a", "Int", "["), 7),
])
def test_a_value_of_another_kind_is_unexpected(root, value):
    with pytest.raises(Unexpected):
        read(root, value)


def test_somebody_who_is_no_member_is_unexpected():
    root = place("person", "Person")
    with pytest.raises(Unexpected):
        read(root, "somebody", {root: object()})


@pytest.mark.parametrize("root", [
    place("accessLog", "Log"), place("__typename"), place("basis", "Basis", A=(), B=()),
])
def test_what_only_the_interpretation_reads_makes_no_frame(root):
    with pytest.raises(NotCompilable):
        frame(root)
