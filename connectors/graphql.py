"""Departments that serve a graph of their own: one POST, the selection composed of the manifest's names, people in variables.

Rules of this file:
- No value ever stands in a document: people, purposes and references are variables, so a department's log of documents tells
  of nobody, and its cache of them works.
- Where a group's call says `name`, a number alone finds nobody: what the department has of a person it calls otherwise is no
  record of the person asked about, and looks like one who has none.
- Only the group's list and the named fields are selected; the answer is read by those names and everything else is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import orjson
from yarl import URL

from connectors.batches import MISSING
from connectors.conversion import Unreadable, instant
from connectors.department import OverHttp
from connectors.door import accepted
from connectors.envelope import ROWS_A_SUBJECT
from connectors.interface import Ask, DepartmentBroke, DepartmentUnavailable, Records, Subject
from connectors.manifest import Manifest
from connectors.person_name import same
from connectors.selection import SHAPES_KEPT, Selection
from connectors.signing import Clock, Random, signer


class GraphqlConnector(OverHttp):
    """A GraphQL department behind its manifest."""

    def __init__(self, manifest: Manifest, *, clock: Clock, random: Random) -> None:
        super().__init__(manifest, clock=clock, random=random)
        self._sign = signer(manifest.scheme, manifest.credentials, intent_header="", clock=clock, random=random)
        # As many as there are selections, and no more: askers order columns as they like.
        self._document = lru_cache(SHAPES_KEPT)(lambda group, names: document(self._names, manifest.groups[group].call, names))
        self._url = URL(manifest.place, encoded=True)

    async def fetch(self, ask: Ask) -> Mapping[str, Records]:
        selection = self._selections[ask.group].of(ask.columns)
        text = self._document(ask.group, selection.names)
        return await self._batches.run(ask, lambda subjects: self._call(ask, selection, text, subjects))

    async def _call(self, ask: Ask, selection: Selection, text: str, subjects: Sequence[Subject]) -> Sequence[Records]:
        content = orjson.dumps({"query": text, "variables": self._variables(ask, subjects)})

        def make() -> tuple[bytes, Mapping[str, str]]:
            return content, {"Content-Type": "application/json", **self._sign("", "", content, "")}

        whole = accepted(self.department, await self._door.post(self._url, make), "application/json")
        as_of, rows = self._read(whole, self._manifest.groups[ask.group].call, subjects, selection.names)
        return [
            MISSING if (raw := rows.get(at)) is None else self._batches.records(selection, ask, raw, as_of)
            for at in range(len(subjects))
        ]

    def _variables(self, ask: Ask, subjects: Sequence[Subject]) -> dict[str, object]:
        names = self._names
        return {"o": ask.organisation, "a": [
            {names["key"]: str(place), names["id"]: subject.id_number, names["purpose"]: ask.purpose,
             names["approval"]: subject.approval, names["reference"]: subject.intent}
            for place, subject in enumerate(subjects, 1)
        ]}

    def _read(
        self, body: bytes, call: Mapping[str, str], subjects: Sequence[Subject], wanted: Sequence[str],
    ) -> tuple[str, dict[int, list[list[object]]]]:
        try:
            answer = orjson.loads(body)
            told = answer["data"][self._names["field"]]
            people, as_of = told[self._names["results"]], instant(told[self._names["as_of"]])
        except orjson.JSONDecodeError:
            raise DepartmentBroke(f"{self.department} answered with what is not JSON") from None
        except (KeyError, TypeError, AttributeError, Unreadable):
            # A GraphQL error's text is the department's own and may quote a variable: it stays unread.
            raise DepartmentUnavailable(f"{self.department} answered without data") from None
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
        return as_of, rows



def document(names: Mapping[str, str], call: Mapping[str, str], columns: Sequence[str]) -> str:
    """The query of a question shape; a list of which no column is wanted is asked for its `__typename` alone."""
    return (
        f"query($a: [{names['ask_type']}!]!, $o: String!) {{ {names['field']}(asks: $a, {names['organisation']}: $o) "
        f"{{ {names['as_of']} {names['results']} {{ {names['key']} {names['id']} {call.get('name', '')} "
        f"{call['list']} {{ {' '.join(columns) or '__typename'} }} }} }} }}"
    )


def row_of(record: object, wanted: Sequence[str]) -> list[object]:
    """A record's named values in the order wanted. Raises DepartmentBroke."""
    if type(record) is not dict:
        raise DepartmentBroke("a record that is no object")
    try:
        return [record[name] for name in wanted]
    except KeyError:
        raise DepartmentBroke("a record without a column asked for") from None
