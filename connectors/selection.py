"""Which of a department's columns a question needs, and how its rows become ours: compiled once per question shape.

Rules of this file:
- Asked is the least: each of their columns once; a form the department computes instead of the value, unless the value
  itself is wanted too.
- A value is converted, then reduced, then told; nothing between leaves this module.
- One unreadable value makes its subject `SOURCE_ERROR`. A null in its place would read as "has none".
- A selection is shared between askers, so it holds no `Column.reduce`: reductions differ by asker where the columns are equal.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.codes import coded, severe_disability
from connectors.conversion import Unreadable
from connectors.group_map import Computed, FieldMap, GroupMap
from connectors.interface import Column, DepartmentBroke, Raw, Told

Read = Callable[[Sequence[object]], Raw]
"""A value out of a row aligned with `Selection.row_names`."""

_WHOLE = slice(None)

SHAPES_KEPT = 128
"""How many question shapes a connector remembers; askers cannot make it grow without end."""


@dataclass(frozen=True, slots=True)
class Cell:
    """How one column is read: the part of a row `at`, through `read`. A computed cell is what the department may tell
    already, and is not reduced again.
    """

    at: int | slice
    read: Callable[[Any], Raw]
    computed: bool


@dataclass(frozen=True, slots=True)
class Selection:
    """A question's columns in the department's words. `thresholds` are (their value, yuan) pairs it compares itself; their
    results stand in the row after the named columns, as one list each under `comparison`.
    """

    names: tuple[str, ...]
    thresholds: tuple[tuple[str, str], ...]
    comparison: str
    cells: tuple[Cell, ...]

    @property
    def row_names(self) -> tuple[str, ...]:
        """What a row handed to `rows` is aligned with."""
        return (*self.names, self.comparison) if self.comparison else self.names

    def asking(self, name: str) -> Selection:
        """The same question where the protocol must name a column: `name` is asked, and read by no cell."""
        return dataclasses.replace(self, names=(name,))

    def rows(self, raw: Iterable[Sequence[object]], columns: Sequence[Column]) -> tuple[tuple[Told, ...], ...]:
        """The department's rows as ours. Raises `Unreadable`."""
        steps = [
            (cell.at, cell.read, _told if cell.computed else column.reduce)
            for cell, column in zip(self.cells, columns, strict=True)
        ]
        return tuple([tuple([reduce(read(row[at])) for at, read, reduce in steps]) for row in raw])


def _told(value: Raw) -> Told:
    """What a department computed is told as it says; its table holds nothing but what may be told."""
    return value  # type: ignore[return-value]


class Selections:
    """The selections of one group, kept by question shape."""

    def __init__(self, group: GroupMap) -> None:
        self._group = group
        self._kept: dict[tuple[Column, ...], Selection] = {}

    def of(self, columns: tuple[Column, ...]) -> Selection:
        """The selection for `columns`; raises DepartmentBroke for a field the manifest does not declare."""
        kept = self._kept.get(columns)
        if kept is None:
            kept = select(self._group, columns)
            if len(self._kept) >= SHAPES_KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[columns] = kept
        return kept


def select(group: GroupMap, columns: Sequence[Column]) -> Selection:
    """Compile one question shape."""
    for column in columns:
        if column.field not in group.fields:
            raise DepartmentBroke(f"the manifest declares no field {column.field!r} of {group.group}")
    whole = {column.field for column in columns if column.leaf not in group.fields[column.field].computes}
    draft = _Draft(group)
    cells = tuple(
        draft.cell(group.fields[column.field], column, computed=column.field not in whole) for column in columns
    )
    return Selection(tuple(draft.names), tuple(draft.thresholds), draft.comparison, cells)


class _Draft:
    """Positions given out while a selection is compiled."""

    def __init__(self, group: GroupMap) -> None:
        self.names: dict[str, int] = {}
        self.thresholds: dict[tuple[str, str], int] = {}
        self.comparison = ""
        self._group = group

    def position(self, name: str) -> int:
        return self.names.setdefault(name, len(self.names))

    def cell(self, entry: FieldMap, column: Column, *, computed: bool) -> Cell:
        if not computed:
            if entry.name:
                return Cell(self.position(entry.name), entry.convert, computed=False)
            return Cell(_WHOLE, self._derived(entry), computed=False)
        answer = entry.computes[column.leaf]
        if answer.threshold:
            return Cell(_WHOLE, self._compared(answer, str(column.parameter)), computed=True)
        return Cell(self.position(answer.name), coded(answer.codes), computed=True)

    def _derived(self, entry: FieldMap) -> Read:
        if entry.derive == "absent":
            return lambda _row: None
        (category, read_category), (grade, read_grade) = (
            (self.position(made.name), made.convert) for made in (self._group.fields[name] for name in entry.inputs)
        )
        return lambda row: severe_disability(read_category(row[category]), read_grade(row[grade]))

    def _compared(self, answer: Computed, yuan: str) -> Read:
        self.comparison = answer.name
        place, table = self.thresholds.setdefault((answer.threshold, yuan), len(self.thresholds)), coded(answer.codes)

        def read(row: Sequence[object]) -> Raw:
            results = row[-1]  # the comparison stands after every named column
            if type(results) is not list or len(results) <= place:
                raise Unreadable("a comparison missing")
            return table(results[place])

        return read

