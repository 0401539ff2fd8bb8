"""Departments that open a front-end database (前置库): one read-only SELECT a call, composed of the manifest's identifiers.

Rules of this file:
- Only identifiers enter a statement, each checked by the manifest's grammar and quoted by its dialect; people, purposes and references
  are parameters, always.
- Every value is fetched as text cut at the longest a value may be: a column that changed its type, or holds a novel, is
  noticed as unreadable and never held.
- Where the department says when its rows were refreshed, an answer without that is broken: "no record" must have a date.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from connectors.batches import MISSING
from connectors.conversion import TEXT_LIMIT
from connectors.department import Department
from connectors.dialects import POSTGRESQL, Dialect, dialect_of
from connectors.drivers import DRIVERS
from connectors.group_map import GroupMap
from connectors.instants import instant
from connectors.interface import Ask, DepartmentBroke, Records, Subject
from connectors.manifest import Manifest
from connectors.postgresql import PostgresqlPool
from connectors.section import ManifestFault
from connectors.selection import SHAPES_KEPT, Selection, Selections
from connectors.signing import Clock
from connectors.threaded import ThreadedDatabase

ROWS_A_SUBJECT = 100
"""More rows than this a person, on average over a call, is no answer about people."""

_PERSON = re.compile(r"\d{17}[\dX]", re.ASCII)
_NUMBER_LENGTH = 19  # one more than an ID number has, so that a longer one is not taken for it


def statement(dialect: Dialect, group: GroupMap, names: Sequence[str], count: int) -> str:
    """The SELECT about `count` subjects: place in the call, data as of, the subject's own number, then the columns as text.

    With `function` (PostgreSQL) the department journals the question itself and its function gives one row a subject; without it, the
    subjects are the parameter, purpose and reference stay in the hub's log, and `refreshed` names the view that says how fresh all is.
    """
    if "function" in group.call:
        return _through_function(group, names)
    call, quoted = group.call, dialect.quoted
    subject = f"v.{quoted(call['subject'])}"
    columns = "".join(f", {dialect.text(f'v.{quoted(name)}', TEXT_LIMIT + 1)}" for name in names)
    asked, view = dialect.among(subject, count), quoted(call["view"])
    if "refreshed" in call:
        as_of = dialect.moment("a.as_of")
        # An aggregate is one row whatever the table holds: the date comes with every answer, also where nobody has a record.
        dated = f"(SELECT MAX(r.{quoted(call['as_of'])}) AS as_of FROM {quoted(call['refreshed'])} r) a"  # noqa: S608
        source = f"{dated} LEFT JOIN {view} v ON {asked}"
    else:
        as_of, source = "NULL", f"{view} v WHERE {asked}"
    return (
        f"SELECT NULL, {as_of}, {dialect.text(subject, _NUMBER_LENGTH)}{columns} FROM {source} "  # noqa: S608 - quoted identifiers only
        f"ORDER BY v.{quoted(call['order'])} {dialect.first(ROWS_A_SUBJECT * count + 1)}"
    )


def _through_function(group: GroupMap, names: Sequence[str]) -> str:
    call, quoted = group.call, POSTGRESQL.quoted
    subject, ordinal = quoted(call["subject"]), quoted(call.get("ordinal", "ordinal"))
    columns = "".join(f", {POSTGRESQL.text(f'v.{quoted(name)}', TEXT_LIMIT + 1)}" for name in names)
    as_of = POSTGRESQL.moment(f"a.{quoted(call['as_of'])}") if "as_of" in call else "NULL"
    return (
        f"SELECT a.{ordinal}, {as_of}, {POSTGRESQL.text(f'v.{subject}', _NUMBER_LENGTH)}{columns} "  # noqa: S608 - quoted identifiers only
        f"FROM {quoted(call['function'])}($1::text[], $2::text[], $3::text[], $4::text[], $5::text) AS a "
        f"LEFT JOIN {quoted(call['view'])} AS v ON v.{subject} = a.{subject} "
        f"ORDER BY a.{ordinal}, v.{quoted(call['order'])} LIMIT $6"
    )


class SqlConnector(Department):
    """A front-end database behind its manifest. Raises ManifestFault where the place is no data source it can ask."""

    def __init__(self, manifest: Manifest, *, clock: Clock) -> None:
        super().__init__(manifest)
        self._clock = clock
        self._selections = {name: Selections(group) for name, group in manifest.groups.items()}
        self._dialect = dialect = dialect_of(manifest.department, manifest.place)
        blocking = dialect in DRIVERS
        if blocking and any("function" in group.call for group in manifest.groups.values()):
            raise ManifestFault(f"{manifest.department}: call.function takes arrays, which {dialect.name} has not")
        self._database = ThreadedDatabase(manifest, dialect) if blocking else PostgresqlPool(manifest, dialect)
        # As many as there are selections, and no more: askers order columns as they like.
        self._statement = lru_cache(SHAPES_KEPT)(lambda group, names, count: statement(dialect, manifest.groups[group], names, count))

    async def fetch(self, ask: Ask) -> Mapping[str, Records]:
        selection = self._selections[ask.group].of(ask.columns)
        return await self._batches.run(ask, lambda subjects: self._call(ask, selection, subjects))

    async def _call(self, ask: Ask, selection: Selection, subjects: Sequence[Subject]) -> Sequence[Records]:
        text = self._statement(ask.group, selection.names, len(subjects))
        rows = await self._database.query(text, self._parameters(ask, subjects))
        if len(rows) > ROWS_A_SUBJECT * len(subjects):
            raise DepartmentBroke(f"{self.department} gave more rows than there can be")
        call = self._manifest.groups[ask.group].call
        found = self._by_place(rows, subjects) if "function" in call else self._by_number(rows, subjects)
        as_of = next((str(row[1]) for row in rows if row[1]), None)
        if as_of is None and "refreshed" in call:
            raise DepartmentBroke(f"{self.department} does not say as of when its rows are")
        dated = instant(as_of or self._clock().isoformat(timespec="seconds"))
        return [
            MISSING if (raw := found.get(at)) is None else self._batches.records(selection, ask, raw, dated)
            for at in range(len(subjects))
        ]

    def _by_place(self, rows: Sequence[Sequence[object]], subjects: Sequence[Subject]) -> Mapping[int, Sequence[Sequence[object]]]:
        """Rows of a function that answers each subject by its place, also where it has no record."""
        found: dict[int, list[Sequence[object]]] = {}
        for row in rows:
            place, number = int(str(row[0])) - 1, row[2]
            if not 0 <= place < len(subjects) or number not in {None, subjects[place].id_number}:
                self._batches.tally.note("strays")
                continue
            known = found.setdefault(place, [])
            if number is not None:
                known.append(row[3:])
        return found

    def _by_number(self, rows: Sequence[Sequence[object]], subjects: Sequence[Subject]) -> Mapping[int, Sequence[Sequence[object]]]:
        """Rows of a view: whoever is not in it has no record. A database that does not tell x from X finds both."""
        told: dict[str, list[Sequence[object]]] = {subject.id_number: [] for subject in subjects}
        for row in rows:
            if row[2] is None:
                continue  # the date of the refresh alone
            known = told.get(str(row[2]).upper())
            if known is None:
                self._batches.tally.note("strays")
            else:
                known.append(row[3:])
        return {at: told[subject.id_number] for at, subject in enumerate(subjects)}

    def _parameters(self, ask: Ask, subjects: Sequence[Subject]) -> tuple[object, ...]:
        numbers = [subject.id_number for subject in subjects]
        count = len(subjects)
        if "function" in self._manifest.groups[ask.group].call:
            approvals, references = [subject.approval for subject in subjects], [subject.intent for subject in subjects]
            return numbers, [ask.purpose] * count, approvals, references, ask.organisation, ROWS_A_SUBJECT * count + 1
        if not all(_PERSON.fullmatch(number) for number in numbers):
            # Some drivers write values into the statement themselves: nothing but digits and an X ever reaches their escaping.
            raise DepartmentBroke(f"{self.department} was to be asked about something that is no ID number")
        return tuple(numbers) if self._dialect in DRIVERS else (numbers,)

    async def knock(self) -> None:
        """Log in and ask about nobody. Raises DepartmentError."""
        await self._database.query(self._dialect.nothing, ())

    async def close(self) -> None:
        await self._database.close()
