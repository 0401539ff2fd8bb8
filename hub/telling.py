"""What is asked for one subject and told at each of their places: the places' columns joined, each place keeping its own leaves.

A subject may stand at several places of a question (two aliases, a list and a name). Their columns for one source leave in one
ask; but a place is told only the cells its own decision holds, so that no alias widens another.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from connectors.interface import Column
from hub.bounded import Bounded
from hub.decision import GroupDecision, PlaceDecision
from hub.layout import IDENTITY, PRESENCE
from policies.aggregation import ordinary

Program = Callable[..., dict[str, object]]
"""A compiled answer of one place: see `hub/compiled.py`."""


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """One set of columns of one source. Interned: two subjects have the same set exactly when it is the same object."""

    source: str
    group: str
    region: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Count:
    """What the outcome entry counts of one group at one place: the status where it was decided, leaves of each form a row."""

    source: str
    status: str
    rows: bool
    forms: tuple[tuple[str, int], ...]
    fields: tuple[str, ...]


@dataclass(slots=True, eq=False)
class Telling:
    """One place as told to one class of subjects in one join. `slots[g][c]` is the position, in the rows of the group's
    source, of column c of the place's group g. `program` is made on the second use.
    """

    decision: PlaceDecision
    slots: tuple[tuple[int, ...], ...]
    counted: tuple[Count, ...]
    uses: int = 0
    program: Program | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Join:
    """Everything one subject is asked and told. `tellings` are in the order of the joined decisions."""

    tellings: tuple[Telling, ...]
    identity: Columns | None
    asks: tuple[Columns, ...]
    log_fields: tuple[str, ...]
    sources: tuple[str, ...]  # of the log fields
    digest: str
    ordinary: tuple[str, ...] = ()  # what of it adds up with other facts (敏感聚合), as group.field, sorted


def join(decisions: tuple[PlaceDecision, ...], kept: Bounded[object, Columns]) -> Join:
    """The join of a subject's places. Equal column sets come out of `kept` as the same object."""
    merged: dict[str, dict[Column, int]] = {}
    at: dict[str, GroupDecision] = {}
    for group in (group for decision in decisions for group in decision.groups if group.asks):
        columns = merged.setdefault(group.at.source, {})
        at.setdefault(group.at.source, group)
        for column in group.columns:
            columns.setdefault(column, len(columns))
    sets = [_interned(at[source], tuple(columns), kept) for source, columns in merged.items()]
    fields = sorted({name for one in sets for name in _names(one)})
    return Join(
        tellings=tuple(_telling(decision, merged) for decision in decisions),
        identity=next((one for one in sets if one.group == IDENTITY), None),
        asks=tuple(one for one in sets if one.group != IDENTITY),
        log_fields=tuple(fields), sources=tuple(dict.fromkeys([line.partition(".")[0] for line in fields])),
        digest=hashlib.sha256("\n".join([*fields, *_statuses(decisions)]).encode()).hexdigest(),
        ordinary=tuple(sorted({fact for decision in decisions for group in decision.groups if group.asks for fact in _ordinary(group)})),
    )


def _ordinary(group: GroupDecision) -> Iterator[str]:
    """Fields told, in whatever form, and whether there is a record, by the group's own name: another region's is the same kind of fact."""
    spec = group.at.spec
    told = dict.fromkeys([column.field for column in group.columns] + ([PRESENCE] if PRESENCE in spec.fields else []))
    return (f"{spec.code}.{name}" for name in told if ordinary(spec.fields[name].level))


def _telling(decision: PlaceDecision, merged: Mapping[str, Mapping[Column, int]]) -> Telling:
    slots = tuple(tuple(merged[group.at.source][column] for column in group.columns) for group in decision.groups)
    return Telling(decision, slots, tuple(_count(group) for group in decision.groups if group.asks or group.status))


def _count(group: GroupDecision) -> Count:
    forms = Counter(group.columns[cell].form for cell in group.cells.values())
    source = group.at.source
    return Count(
        source=source, status=group.status, rows=bool(group.rows), forms=tuple(sorted(forms.items())),
        fields=tuple(sorted({f"{source}.{column.field}={column.form}" for column in group.columns})),
    )


def _interned(group: GroupDecision, columns: tuple[Column, ...], kept: Bounded[object, Columns]) -> Columns:
    # The reducers are part of the set: a pseudonym's differs per asker where the column is otherwise equal.
    ordered = tuple(columns)
    key = (group.at.source, ordered, tuple(column.reduce for column in ordered))
    return kept.get(key) or kept.put(key, Columns(group.at.source, group.at.spec.code, group.at.region, ordered), 1 + len(ordered))


def _names(columns: Columns) -> list[str]:
    """Source, field, leaf and form of each column: what the intent entry says is asked, so readable by an officer."""
    if not columns.columns:
        return [f"{columns.source}.status=BOOLEAN"]
    return [
        f"{columns.source}.{'.'.join(filter(None, (column.field, column.leaf)))}={column.form}"
        + (f">={column.parameter}" if column.parameter else "")
        for column in columns.columns
    ]


def _statuses(decisions: tuple[PlaceDecision, ...]) -> list[str]:
    return sorted(
        f"{'/'.join(decision.place.place.path)} {group.at.source} {group.status}:{group.reason}"
        for decision in decisions for group in decision.groups if group.status
    )
