"""The one interface every department is reached through, and the errors it may raise.

Rules of this file:
- A connector is asked for named columns of named subjects and for nothing else; there is no "all".
- Reduction happens inside: a row holds only the forms that were asked, JSON-ready; no raw value crosses this boundary.
- A connector raises `DepartmentError` and nothing else; a foreign exception is wrapped, its text kept for the log only.

    DepartmentError             a department failed; its code is shown, its detail logged
    ├── DepartmentUnavailable   it could not be reached, or failed to serve us   SOURCE_ERROR
    │   ├── DepartmentRefused   it refused the hub: credentials, quota          SOURCE_ERROR
    │   │   └── DepartmentForbade  it refused who asks, not the hub              SOURCE_ERROR
    │   └── DepartmentLeftAlone it failed too often and was not asked           SOURCE_ERROR
    ├── DepartmentClosed        it is in its maintenance and was not asked      SOURCE_MAINTENANCE
    ├── DepartmentTimeout       it did not answer before the deadline            SOURCE_TIMEOUT
    └── DepartmentBroke         it answered something its contract forbids       SOURCE_ERROR
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from connectors.value import value

Raw = str | int | bool | Decimal | date | None
"""A value after a connector's unit and code conversions, before reduction. Months are "YYYY-MM" text; amounts are yuan."""

Told = str | int | bool | None
"""A value as it may stand in JSON: decimals and dates are text."""


class DepartmentError(Exception):
    """A department failed; `code` is public, the message goes to the operator's log and never to a caller. One call that failed for
    several askers is one error: `counted` once it was held against the department.
    """

    code = "SOURCE_ERROR"
    counted = False


class DepartmentUnavailable(DepartmentError):
    """The department could not be reached, or could not serve the hub."""


class DepartmentRefused(DepartmentUnavailable):
    """The department answered and would not serve the hub: asking again at once would be refused again."""


class DepartmentForbade(DepartmentRefused):
    """The department serves the hub, and not this organisation or purpose (403)."""


class DepartmentLeftAlone(DepartmentUnavailable):
    """The department failed several times in a row and was not asked."""


class DepartmentClosed(DepartmentError):
    """The department is in a window of maintenance and was not asked; `back_at` is when it can be, ISO 8601 with +08:00."""

    code = "SOURCE_MAINTENANCE"

    def __init__(self, message: str, *, back_at: str) -> None:
        """See the class."""
        super().__init__(message)
        self.back_at = back_at


class DepartmentTimeout(DepartmentError):
    """The department did not answer before its deadline."""

    code = "SOURCE_TIMEOUT"


class DepartmentBroke(DepartmentError):
    """The department answered something its contract forbids: a wrong type, another person, HTML, too much."""


@dataclass(frozen=True, slots=True)
class Column:
    """One field in one form. `field` and `leaf` are the schema's names ("value", "band"); `parameter` is a resolved
    threshold in yuan for `atLeast`. `reduce` turns the raw value into what may be told; it never raises on a value of the
    field's type, and gives None for None.
    """

    field: str
    leaf: str
    form: str
    parameter: str | None
    reduce: Callable[[Raw], Told] = dataclasses.field(compare=False, repr=False)
    threshold: str = ""  # the threshold's name, for a source that has its own yuan for it


@value
class Subject:
    """A person as a department is asked about them. `key` is the asker's own opaque key; `intent` the durable log entry
    this person's question stands under, `approval` the case or agreement; both travel with the person where the protocol
    allows a reference, for one call may be about people of several cases.
    """

    key: str
    id_number: str
    name: str
    intent: str
    approval: str

    def __repr__(self) -> str:
        """The key alone: an ID number or name must not reach a traceback or a log."""
        return f"Subject({self.key!r})"


@dataclass(frozen=True, slots=True)
class Mandate:
    """On what a question stands, for a source that decides by itself whether to tell: a hub below. `basis` is the kind of the
    token's basis, `article` and `reason` its own; `letters` are SHA-256 in hex of the letters' documents; `platform` and
    `reference` name the matter as its platform does, since each hub gives it an id of its own.
    """

    officer: str
    basis: str
    article: str
    reason: str
    letters: tuple[str, ...]
    platform: str
    reference: str


@value
class Ask:
    """One question to one department: a fact group, the columns, the subjects, and on whose behalf."""

    group: str
    columns: tuple[Column, ...]
    subjects: tuple[Subject, ...]
    organisation: str
    purpose: str
    deadline: float  # seconds from now
    mandate: Mandate | None = None  # where the source asks for one


@dataclass(frozen=True, slots=True)
class Below:
    """What a hub below said beside its rows: who told them (department, region, system), what it told weaker or not at all, as
    (field, form, reason), whether it told the rows or the status alone, how fresh it judged them, when its source is back.
    """

    source: Mapping[str, str | None]
    disclosure: tuple[tuple[str, str, str], ...]
    rows: bool
    freshness: str | None = None
    back_at: str | None = None


@value
class Records:
    """What a department told of one subject: rows aligned with `Ask.columns`. `status` is MATCHED, NO_RECORD or, for one
    subject a department left out of its answer, SOURCE_ERROR; of a deferred department PENDING, with `expected` where it said
    when, or SOURCE_TIMEOUT. `as_of` and `expected` are ISO 8601 with +08:00. `below`: it was a hub.
    """

    status: str
    as_of: str | None
    rows: tuple[tuple[Told, ...], ...]
    below: Below | None = None
    expected: str | None = None


class Connector(Protocol):
    """A department behind its manifest."""

    @property
    def department(self) -> str:
        """The department's code (domain A2)."""
        ...

    @property
    def groups(self) -> frozenset[str]:
        """The fact groups this connector answers."""
        ...

    async def fetch(self, ask: Ask) -> Mapping[str, Records]:
        """Rows by `Subject.key`, every subject present. Raises DepartmentError."""
        ...

    async def close(self) -> None:
        """Give back sockets, pools and files."""
        ...
