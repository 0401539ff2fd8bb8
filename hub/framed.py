"""The places between a question's roots and its people, made into readers once per layout: case, household, members.

Rules of this file:
- A reader knows the expected path only: it keeps no path and makes no error. Whatever is not as the schema says raises `Unexpected`,
  and the interpretation, which does both, reads the whole answer instead.
- What a reader holds follows from the question alone; values and people come with each answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.authorizations.standing import Party
from hub.compiled import NotCompilable, Unexpected
from hub.layout import Layout, PersonPlace
from hub.leaf_types import LeafType
from hub.question import OWN_ROOTS, Place
from hub.records import Surroundings, getter, json_ready

Whole = Callable[[PersonPlace, Party], object]
"""One whole person, from the program of their telling; raises `Unexpected` where none is at hand."""

Reader = Callable[[Surroundings, Whole, object], object]
"""What stands at a place, from the value the place above gives."""


class Frame:
    """The roots of one layout."""

    def __init__(self, layout: Layout, types: Mapping[str, LeafType]) -> None:
        """Raises `NotCompilable` for a question with a root or a union only the interpretation reads."""
        self._at = layout.at
        self._types = types
        self._roots = [(place.key, self._reader(place)) for place in layout.question.places]

    def read(self, around: Surroundings, whole: Whole) -> dict[str, object]:
        """The answer's data. Raises `Unexpected`."""
        roots = around.plan.reached.roots
        return {key: reader(around, whole, roots[key]) for key, reader in self._roots}

    def _reader(self, place: Place) -> Reader:
        if place.name in OWN_ROOTS or place.name == "__typename":
            raise NotCompilable
        at, leaf = self._at.get(place), self._types.get(place.type)
        if at is not None:
            return _wrapped(_person(at), place.wrapping)
        return _wrapped(_leaf(leaf) if leaf is not None else self._object(place), place.wrapping)

    def _object(self, place: Place) -> Reader:
        if len(place.selections) != 1:
            raise NotCompilable
        ((type_name, fields),) = place.selections.items()
        entries = [
            (one.key, _named, _constant(type_name)) if one.name == "__typename" else (one.key, getter(type_name, one.name), self._reader(one))
            for one in fields
        ]

        def read(around: Surroundings, whole: Whole, value: object) -> object:
            return {key: reader(around, whole, get(around, value)) for key, get, reader in entries}

        return read


def _named(_around: Surroundings, value: object) -> object:
    return value


def _constant(type_name: str) -> Reader:
    return lambda _around, _whole, _value: type_name


def _person(at: PersonPlace) -> Reader:
    def read(_around: Surroundings, whole: Whole, value: object) -> object:
        if not isinstance(value, Party):
            raise Unexpected
        return whole(at, value)

    return read


def _leaf(leaf: LeafType) -> Reader:
    def read(_around: Surroundings, _whole: Whole, value: object) -> object:
        ready = json_ready(value)
        if not leaf.holds(ready):
            raise Unexpected
        return ready

    return read


def _wrapped(inner: Reader, wrapping: tuple[str, ...]) -> Reader:
    """A reader with the lists and non-null marks around it, outermost first."""
    required = wrapping[:1] == ("!",)
    rest = wrapping[1:] if required else wrapping
    within = _list(_wrapped(inner, rest[1:])) if rest else inner

    def read(around: Surroundings, whole: Whole, value: object) -> object:
        if value is None:
            if required:
                raise Unexpected
            return None
        return within(around, whole, value)

    return read


def _list(item: Reader) -> Reader:
    def read(around: Surroundings, whole: Whole, value: object) -> object:
        if not isinstance(value, list | tuple):
            raise Unexpected
        return [item(around, whole, one) for one in value]

    return read
