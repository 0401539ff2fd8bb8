"""What became of one question about one subject: what a source said, believed only where it fits the ask, or why nothing is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from connectors.interface import Below, Raw, Records, Told
from hub.authorizations.matter import Person
from hub.telling import Columns
from policies.freshness import AgeRule, Freshness, judge

STATUSES = frozenset({
    "MATCHED", "NO_RECORD", "PENDING", "NOT_AUTHORIZED", "NOT_COVERED", "CATALOG_DENIED", "SOURCE_TIMEOUT", "SOURCE_ERROR",
    "SOURCE_MAINTENANCE", "SOURCE_STALE",
})


class Outcome(NamedTuple):
    """What became of one question about one subject. `rows` None: nothing is told; `reason` a code where coverage fell or the
    facts are too old; `back_at` when a source in maintenance can be asked again; `expected` when a PENDING answer is.
    """

    status: str
    as_of: str | None
    rows: tuple[tuple[Told, ...], ...] | None
    reason: str = ""
    freshness: Freshness | None = None
    back_at: str | None = None
    below: Below | None = None
    expected: str | None = None


BROKEN = Outcome("SOURCE_ERROR", None, None)
"""Of a subject whose source said nothing, or what cannot be believed."""


def registered(columns: Columns, person: Person) -> Outcome:
    """What the platform registered, reduced here as a department's connector would reduce it."""
    raw = _raw(person)
    return Outcome("MATCHED", None, (tuple([column.reduce(raw[column.field]) for column in columns.columns]),))


def _raw(person: Person) -> Mapping[str, Raw]:
    return {"name": person.name, "idNumber": person.id_number, "sex": person.sex, "birthDate": person.birth_date}


def believed(
    records: Records | None, width: int, rule: AgeRule, on: date, judged: dict[str | None, tuple[Freshness | None, str]],
) -> Outcome:
    """One subject's records if they fit the ask, else SOURCE_ERROR: a row misread is a fact invented. With them their freshness: what is
    too old for this purpose is not told, whether or not there is a record.
    """
    if records is None or records.status not in STATUSES:
        return BROKEN
    status, as_of, rows, below = records.status, records.as_of, records.rows, records.below
    if status == "MATCHED":
        for row in rows:
            if len(row) != width:
                return BROKEN
        if below is not None and not below.rows:
            return Outcome(status, as_of, None, below=below)
    elif status == "NO_RECORD":
        if rows:
            return BROKEN
    else:
        return Outcome(status, as_of, None, below=below, expected=records.expected if status == "PENDING" else None)
    day = as_of if as_of.__class__ is str else None
    known = judged.get(day)
    if known is None:
        known = judged[day] = judge(rule, day, on)
    freshness, refused = known
    if refused:
        return Outcome("SOURCE_STALE", as_of, None, refused, freshness)
    return Outcome(status, as_of, rows, "", freshness, None, below)
