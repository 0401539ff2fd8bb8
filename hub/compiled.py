"""One person place compiled for one class of subjects: generated Python that builds the whole person in one go.

Rules of this file:
- No text of the caller's enters generated source: response keys and constants are objects in the namespace, named k0, k1, ….
  Source text is made of positions (integers) and of names written in this file.
- A program knows the expected path only. A value of another type, a null where none may be, a row of another width: it raises
  `Unexpected` (or Python does), and the interpretation tells that person with its errors.
- Constants are shared between answers: an answer is written out, never changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.decision import GroupDecision
from hub.interpreted import Bubble, Interpretation
from hub.layout import IDENTITY
from hub.leaf_types import INT_LIMIT, LeafType
from hub.outcome import BROKEN
from hub.question import Place
from hub.telling import Program, Telling
from hub.unlisted import unlisted
from policies.forms import Kind

LEAVES_A_PROGRAM = 800
"""A place with more leaves is always interpreted: compiling it would hold the loop too long."""


class Unexpected(Exception):
    """The compiled path met what it does not handle."""


class NotCompilable(Exception):
    """A place that would have an error in every answer, or is too large: it is interpreted."""


def compiled(telling: Telling, reading: Interpretation) -> Program:
    """The program of a telling: program(handle, outcomes) -> the person. `reading` supplies what is constant in the place."""
    if sum(len(group.at.leaves) for group in telling.decision.groups) > LEAVES_A_PROGRAM:
        raise NotCompilable
    try:
        return _Writer(telling, reading).program()
    except Bubble:
        raise NotCompilable from None


@dataclass(slots=True)
class _Writer:
    """Source and namespace of one program while it is written."""

    telling: Telling
    reading: Interpretation
    lines: list[str] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=dict)
    known: dict[object, str] = field(default_factory=dict)
    locals: int = 0

    def program(self) -> Program:
        place = self.telling.decision.place
        body = self._dict([(one, self._person_field(one)) for one in place.place.selections["Person"]])
        source = "\n".join(["def tell(handle, outcomes):", *self.lines, f" return {body}"])
        self.names["Unexpected"] = Unexpected
        exec(compile(source, "<a place of a plan>", "exec"), self.names)  # noqa: S102 (made of this file's own words alone)
        made: Program = self.names["tell"]
        return made

    def _constant(self, value: object) -> str:
        """The name of a constant; hashable ones are held once."""
        key = (type(value), value) if isinstance(value, str | int | None) else object()
        if key not in self.known:
            self.known[key] = f"k{len(self.known)}"
            self.names[self.known[key]] = value
        return self.known[key]

    def _local(self) -> str:
        self.locals += 1
        return f"v{self.locals}"

    def _dict(self, entries: list[tuple[Place, str]]) -> str:
        return "{" + ", ".join(f"{self._constant(place.key)}: {value}" for place, value in entries) + "}"

    def _person_field(self, place: Place) -> str:
        if place.name == "__typename":
            return self._constant("Person")
        if place.name == "id":
            return "handle"
        positions = self.telling.decision.place.of[place]
        if place.name == "facts":
            return "[" + ", ".join([self._group(position) for position in positions]) + "]"
        position = positions[0]
        if self.telling.decision.groups[position].at.spec.code == IDENTITY:
            return self._identity(place, position)
        return self._group(position)

    def _identity(self, place: Place, position: int) -> str:
        """A field of the person's registered identity: its group is a source of one row."""
        group = self.telling.decision.groups[position]
        cells: dict[int, str] = {}
        value = self._form(place, group, self.telling.slots[position], cells)
        if cells:
            row = self._local()
            self.lines.append(f" ({row},) = outcomes[{self._constant(group.at.source)}][2]")
            self.lines += [f" {name} = {row}[{slot}]" for slot, name in cells.items()]
            self._checks([place], group, self.telling.slots[position], cells, " ")
        return value

    def _group(self, position: int) -> str:
        group, slots = self.telling.decision.groups[position], self.telling.slots[position]
        if not group.asks:
            return self._constant(self.reading.facts(group, slots, BROKEN))
        told = self._local()
        self.lines.append(f" {told} = outcomes[{self._constant(group.at.source)}]")
        entries = [(field, self._facts_field(field, group, slots, told)) for field in group.at.selections]
        return self._dict(entries)

    def _facts_field(self, place: Place, group: GroupDecision, slots: tuple[int, ...], told: str) -> str:
        match place.name:
            case "__typename":
                return self._constant(group.at.spec.facts_type)
            case "status":
                return f"{told}[0]"
            case "asOf":
                self.lines.append(f" if {told}[1].__class__ not in {self._or_null(str)}: raise Unexpected")
                return f"{told}[1]"
            case "freshness":
                return f"{told}[4]"
            case "backAt":
                return f"{told}[5]"
            case "expectedAt":
                return f"{told}[7]"
            case "records":
                return self._records(place, group, slots, told) if place in group.rows else "None"
            case "unlisted":
                return f"{self._constant(unlisted(group, slots))}({told}[2])"
            case _:
                return self._constant(self.reading.constant(place, group))

    def _records(self, place: Place, group: GroupDecision, slots: tuple[int, ...], told: str) -> str:
        fields = place.selections.get(group.at.spec.record_type, ())
        cells: dict[int, str] = {}
        entries = [(one, self._record_field(one, group, slots, cells)) for one in fields]
        rows, row = self._local(), self._local()
        self.lines += [f" {rows} = {told}[2]", f" if {rows} is not None:", f"  {rows}, rows = [], {rows}", f"  for {row} in rows:"]
        self.lines += [f"   {name} = {row}[{slot}]" for slot, name in cells.items()]
        self._checks(fields, group, slots, cells, "   ")
        self.lines.append(f"   {rows}.append({self._dict(entries)})")
        return rows

    def _record_field(self, place: Place, group: GroupDecision, slots: tuple[int, ...], cells: dict[int, str]) -> str:
        if place.name == "__typename":
            return self._constant(group.at.spec.record_type)
        if group.at.spec.fields[place.name].kind in (Kind.PLAIN, Kind.FLAG):
            return self._cell(place, group, slots, cells)
        return self._form(place, group, slots, cells)

    def _form(self, place: Place, group: GroupDecision, slots: tuple[int, ...], cells: dict[int, str]) -> str:
        """A form-bearing value: an object of its leaves."""
        spec = group.at.spec.fields[place.name]
        entries = []
        for leaf in place.selections.get(place.type, ()):
            if leaf.name == "__typename":
                entries.append((leaf, self._constant(place.type)))
            elif leaf.name == "unit":
                entries.append((leaf, self._constant(spec.unit)))
            else:
                entries.append((leaf, self._cell(leaf, group, slots, cells)))
        return self._dict(entries)

    def _cell(self, place: Place, group: GroupDecision, slots: tuple[int, ...], cells: dict[int, str]) -> str:
        position = group.cells.get(place)
        if position is None:
            return "None"
        return cells.setdefault(slots[position], f"v{self.locals}_{slots[position]}")

    def _checks(
        self, places: list[Place] | tuple[Place, ...], group: GroupDecision, slots: tuple[int, ...], cells: Mapping[int, str], indent: str,
    ) -> None:
        """One condition over all values a row tells: each is of its leaf's type."""
        conditions: dict[str, None] = {}
        for place in places:
            leaves = [place] if place in group.cells else [leaf for one in place.selections.values() for leaf in one]
            for leaf in leaves:
                if leaf in group.cells:
                    name = cells[slots[group.cells[leaf]]]
                    conditions[self._refused(self.reading.types[leaf.type], name)] = None
        if conditions:
            self.lines.append(f"{indent}if {' or '.join(conditions)}: raise Unexpected")

    def _refused(self, leaf: LeafType, name: str) -> str:
        """A leaf of a fact is a scalar that may be null (tests/schema holds the catalogue to it): whatever is told may be withheld."""
        refused = f"{name}.__class__ not in {self._or_null(*leaf.classes)}"
        if leaf.name == "Int":
            refused += f" or {name} is not None and not {-INT_LIMIT} <= {name} < {INT_LIMIT}"
        return refused

    def _or_null(self, *classes: type) -> str:
        values = frozenset({*classes, type(None)})
        if values not in self.known:
            self.known[values] = f"k{len(self.known)}"
            self.names[self.known[values]] = values
        return self.known[values]
