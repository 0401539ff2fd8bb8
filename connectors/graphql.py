"""Departments that serve a graph of their own: one POST, the selections composed of the manifest's names, people in variables.

Rules of this file:
- No value ever stands in a document: people, purposes and references are variables, so a department's log of documents tells
  of nobody, and its cache of them works.
- Where a group's call says `name`, a number alone finds nobody: what the department has of a person it calls otherwise is no
  record of the person asked about, and looks like one who has none.
- With `together = true` the groups one question asks about stand beside each other in one document, each with its own people and columns:
  the bureau is contacted once. What it cannot tell of one list costs that list alone. Two questions share a call only where they are gathered.
- Only the group's list and the named fields are selected; the answer is read by those names and everything else is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import orjson
from yarl import URL

from connectors.batches import MISSING
from connectors.conversion import Unreadable
from connectors.department import OverHttp
from connectors.door import accepted
from connectors.envelope import ROWS_A_SUBJECT
from connectors.instants import instant
from connectors.interface import Ask, DepartmentBroke, DepartmentError, DepartmentUnavailable, Records, Subject
from connectors.joint import Joint
from connectors.manifest import Manifest
from connectors.person_name import same
from connectors.selection import SHAPES_KEPT, Selection
from connectors.signing import Clock, Random, signer

Rows = tuple[str, dict[int, list[list[object]]]]
"""Data as of, rows by position."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One list of some people in a document; `text` is its selection."""

    ask: Ask
    text: str
    names: Sequence[str]
    subjects: Sequence[Subject]


class GraphqlConnector(OverHttp):
    """A GraphQL department behind its manifest."""

    def __init__(self, manifest: Manifest, *, clock: Clock, random: Random) -> None:
        super().__init__(manifest, clock=clock, random=random)
        self._sign = signer(manifest.scheme, manifest.credentials, intent_header="", clock=clock, random=random)
        # As many as there are selections, and no more: askers order columns as they like.
        self._selected = lru_cache(SHAPES_KEPT)(lambda group, names: selected(self._names, manifest.groups[group].call, names))
        self._url = URL(manifest.place, encoded=True)
        self._joint = Joint[_Part, Rows](self._sent, most=manifest.batch) if manifest.limits.together else None

    async def fetch(self, ask: Ask) -> Mapping[str, Records]:
        selection = self._selections[ask.group].of(ask.columns)
        text = self._selected(ask.group, selection.names)
        return await self._batches.run(ask, lambda subjects: self._call(selection, _Part(ask, text, selection.names, subjects)))

    async def _call(self, selection: Selection, part: _Part) -> Sequence[Records]:
        if self._joint is not None:
            about = frozenset([subject.intent for subject in part.subjects])
            as_of, rows = await self._joint.ask((part.ask.organisation, part.ask.purpose, about), part, len(part.subjects))
        else:
            (told,) = await self._sent([part])
            if isinstance(told, DepartmentError):
                raise told
            as_of, rows = told
        return [
            MISSING if (raw := rows.get(at)) is None else self._batches.records(selection, part.ask, raw, as_of)
            for at in range(len(part.subjects))
        ]

    async def _sent(self, parts: Sequence[_Part]) -> Sequence[Rows | DepartmentError]:
        """What one call tells of each part, or what is wrong with it."""
        content = orjson.dumps({"query": document(self._names, [part.text for part in parts]), "variables": self._variables(parts)})

        def make() -> tuple[bytes, Mapping[str, str]]:
            return content, {"Content-Type": "application/json", **self._sign("", "", content, "")}

        return self._read(accepted(self.department, await self._door.post(self._url, make), "application/json"), parts)

    def _read(self, body: bytes, parts: Sequence[_Part]) -> Sequence[Rows | DepartmentError]:
        try:
            data = orjson.loads(body)["data"]
        except orjson.JSONDecodeError:
            raise DepartmentBroke(f"{self.department} answered with what is not JSON") from None
        except (KeyError, TypeError):
            # A GraphQL error's text is the department's own and may quote a variable: it stays unread.
            raise DepartmentUnavailable(f"{self.department} answered without data") from None
        return [self._told(data, number, part) for number, part in enumerate(parts)]

    def _variables(self, parts: Sequence[_Part]) -> dict[str, object]:
        names = self._names
        return {"o": parts[0].ask.organisation} | {
            f"a{number}": [
                {names["key"]: str(place), names["id"]: subject.id_number, names["purpose"]: part.ask.purpose,
                 names["approval"]: subject.approval, names["reference"]: subject.intent}
                for place, subject in enumerate(part.subjects, 1)
            ]
            for number, part in enumerate(parts)
        }

    def _told(self, data: Mapping[str, Mapping[str, object]], number: int, part: _Part) -> Rows | DepartmentError:
        call = self._manifest.groups[part.ask.group].call
        try:
            told = data[f"p{number}"]
            people, as_of = told[self._names["results"]], instant(told[self._names["as_of"]])
        except (KeyError, TypeError, AttributeError, Unreadable):
            return DepartmentUnavailable(f"{self.department} answered without data")
        try:
            return as_of, self._rows(people, call, part.subjects, part.names)
        except DepartmentBroke as error:
            return error
        except Exception as error:  # noqa: BLE001 (a value nested past what can be read costs its own list, as the rule above says)
            return DepartmentBroke(f"{self.department}: {type(error).__name__} while reading its answer")

    def _rows(
        self, people: object, call: Mapping[str, str], subjects: Sequence[Subject], wanted: Sequence[str],
    ) -> dict[int, list[list[object]]]:
        if type(people) is not list or any(type(person) is not dict for person in people):
            raise DepartmentBroke(f"{self.department} answered with what is no list of people")
        places = {str(place): place - 1 for place in range(1, len(subjects) + 1)}
        rows: dict[int, list[list[object]]] = {}
        for person in people:
            at = places.get(str(person.get(self._names["key"])))
            if at is None or person.get(self._names["id"]) != subjects[at].id_number:
                self._batches.tally.note("strays")
            elif at in rows:
                raise DepartmentBroke(f"{self.department} gave two answers for one subject")
            elif "name" in call and not same(person.get(call["name"]), subjects[at].name):
                self._batches.tally.note("strays")
                rows[at] = []
            elif type(found := person.get(call["list"])) is list and len(found) <= ROWS_A_SUBJECT:
                rows[at] = [row_of(record, wanted) for record in found]
        return rows


def document(names: Mapping[str, str], selections: Sequence[str]) -> str:
    """The query of one or more selections: `p0`, `p1` and so on, of the people in `$a0`, `$a1` and so on."""
    people = ", ".join(f"$a{number}: [{names['ask_type']}!]!" for number in range(len(selections)))
    fields = " ".join(
        f"p{number}: {names['field']}(asks: $a{number}, {names['organisation']}: $o) {text}" for number, text in enumerate(selections)
    )
    return f"query({people}, $o: String!) {{ {fields} }}"


def selected(names: Mapping[str, str], call: Mapping[str, str], columns: Sequence[str]) -> str:
    """What is selected of a question shape; a list of which no column is wanted is asked for its `__typename` alone."""
    return (
        f"{{ {names['as_of']} {names['results']} {{ {names['key']} {names['id']} {call.get('name', '')} "
        f"{call['list']} {{ {' '.join(columns) or '__typename'} }} }} }}"
    )


def row_of(record: object, wanted: Sequence[str]) -> list[object]:
    """A record's named values in the order wanted. Raises DepartmentBroke."""
    if type(record) is not dict:
        raise DepartmentBroke("a record that is no object")
    try:
        return [record[name] for name in wanted]
    except KeyError:
        raise DepartmentBroke("a record without a column asked for") from None
