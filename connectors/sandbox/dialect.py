"""A department as a value: its queries, its names for the parts of a question and an answer, its spellings, its proof of who asks.

What `rest_department.py` and `soap_department.py` serve is one of these values, so a department is data
(`connectors/sandbox/departments/`). A dialect is written from the department's contract, never from the hub's manifest:
that the two agree is what the conformance suite tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from connectors.sandbox.people import Record
from connectors.sandbox.writing import Item

Scheme = Literal["bearer", "api-key-hmac", "http-signature", "wss-digest"]
"""How callers prove themselves; the words of a manifest's `auth.scheme`."""


@dataclass(frozen=True, slots=True)
class Query:
    """One query a department serves: where, about which fact group, what it is called, and its items by their wire names."""

    path: str
    group: str
    title: str
    items: Mapping[str, Item]

    def written(self, record: Record, null: str | None) -> dict[str, object]:
        """A record with every item of the wire."""
        return {
            name: null if (value := record[item.fact]) is None else item.writer.write(value) for name, item in self.items.items()
        }

    @property
    def coded(self) -> frozenset[str]:
        """Items written in a code list of the department's."""
        return frozenset(name for name, item in self.items.items() if item.writer.coded)


@dataclass(frozen=True, slots=True)
class Asking:
    """A department's names for the parts of a question."""

    organisation: str
    columns: str
    subjects: str
    key: str
    id: str
    purpose: str
    approval: str
    reference: str

    @property
    def subject(self) -> tuple[str, ...]:
        """The parts every subject must have."""
        return self.key, self.id, self.purpose, self.approval, self.reference


@dataclass(frozen=True, slots=True)
class Nested:
    """An answer with one result a subject, its records inside, a status beside them."""

    results: str
    status: str
    found: str
    none: str
    records: str


@dataclass(frozen=True, slots=True)
class Flat:
    """An answer with everybody's rows in one list, those without records in another, page after page of at most `most` rows."""

    rows: str
    without: str
    total: str
    page_size: str
    page_mark: str
    next_page: str
    most: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Thresholds a department compares itself, so that the value need not travel: `asked` is the list in the question, its
    entries hold `name` and `amount`; `of` the one item compared, written in yuan; `told` the list of results in a record.
    """

    asked: str
    name: str
    amount: str
    of: str
    told: str
    most: int = 4


@dataclass(frozen=True, slots=True)
class RestDialect:
    """A department that answers JSON over HTTP. `inside` is the object of an answer that holds results and date ("" for the
    answer itself), `ok` its sign of success, `code` and `text` the parts of a refusal, `error` a refusal's code for a status.
    """

    code: str
    title: str
    scheme: Scheme
    batch: int
    queries: tuple[Query, ...]
    asking: Asking
    shape: Nested | Flat
    ok: Mapping[str, object]
    not_ok: Mapping[str, object]
    failure: tuple[str, str]
    error: Callable[[int], str]
    as_of: str
    dated: Callable[[date], str]
    inside: str = ""
    null: str | None = None
    intent_header: str = ""
    comparison: Comparison | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """An optional element that says how many of the latest months are wanted, and the item that holds a record's month."""

    name: str
    item: str
    usual: int
    most: int


@dataclass(frozen=True, slots=True)
class SoapDialect:
    """A department with one SOAP 1.1 operation over a batch of subjects. Element names are the department's; `error` is the
    prefix of its fault codes, `person_name` an optional element it would take a name in.
    """

    code: str
    title: str
    batch: int
    query: Query
    namespace: str
    service: str
    operation: str
    request: str
    response: str
    asking: Asking
    column: str
    as_of: str
    dated: Callable[[date], str]
    result: str
    status: str
    found: str
    none: str
    record: str
    value: str
    value_column: str
    error: str
    person_name: str = ""
    window: Window | None = None


Dialect = RestDialect | SoapDialect
