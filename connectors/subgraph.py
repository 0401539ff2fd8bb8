"""Departments that serve an Apollo Federation subgraph: people asked as entities, a batch of representations a call.

Rules of this file:
- The entity's key says who is asked about and why: ID number, organisation, purpose, approval, reference. All travel in variables.
- The answer is a list aligned with the question. Another length, or another person at a place, and nothing of it is believed.
- Nobody is asked about before the subgraph's own SDL was seen to hold what the manifest names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import orjson
from yarl import URL

from connectors.batches import MISSING, UNREADABLE
from connectors.conversion import Unreadable
from connectors.department import OverHttp
from connectors.door import accepted
from connectors.envelope import ROWS_A_SUBJECT
from connectors.graphql import row_of
from connectors.instants import instant
from connectors.interface import Ask, DepartmentBroke, DepartmentUnavailable, Records, Subject
from connectors.manifest import Manifest
from connectors.selection import SHAPES_KEPT, Selection
from connectors.signing import Clock, Random, signer
from connectors.subgraph_contract import Contract, faults

_SDL = orjson.dumps({"query": "{ _service { sdl } }"})


class SubgraphConnector(OverHttp):
    """A federated department behind its manifest."""

    def __init__(self, manifest: Manifest, *, clock: Clock, random: Random) -> None:
        super().__init__(manifest, clock=clock, random=random)
        self._sign = signer(manifest.scheme, manifest.credentials, intent_header="", clock=clock, random=random)
        self._document = lru_cache(SHAPES_KEPT)(lambda group, names: document(self._names, manifest.groups[group].call["list"], names))
        self._url = URL(manifest.place, encoded=True)
        self._contract = Contract(manifest.department, self._look)

    async def faults(self) -> tuple[str, ...]:
        """What the manifest names and the subgraph's SDL no longer has, in sentences. Raises DepartmentError where it shows none."""
        return await self._contract.faults()

    async def _look(self) -> tuple[str, ...]:
        data = await self._told(_SDL)
        service = data.get("_service")
        sdl = service.get("sdl") if type(service) is dict else None
        if type(sdl) is not str:
            raise DepartmentBroke(f"{self.department} shows no SDL")
        return faults(sdl, self._manifest)

    async def fetch(self, ask: Ask) -> Mapping[str, Records]:
        selection = self._selections[ask.group].of(ask.columns)
        text = self._document(ask.group, selection.names)
        return await self._batches.run(ask, lambda subjects: self._call(ask, selection, text, subjects))

    async def _call(self, ask: Ask, selection: Selection, text: str, subjects: Sequence[Subject]) -> Sequence[Records]:
        await self._contract.held()
        data = await self._told(orjson.dumps({"query": text, "variables": {"r": self._representations(ask, subjects)}}))
        entities = data.get("_entities")
        if type(entities) is not list or len(entities) != len(subjects):
            raise DepartmentBroke(f"{self.department} answered with a list not aligned with the question")
        records = self._manifest.groups[ask.group].call["list"]
        return [
            self._records(ask, selection, entity, records, subject) for entity, subject in zip(entities, subjects, strict=True)
        ]

    async def _told(self, content: bytes) -> Mapping[str, object]:
        def make() -> tuple[bytes, Mapping[str, str]]:
            return content, {"Content-Type": "application/json", **self._sign("", "", content, "")}

        whole = accepted(self.department, await self._door.post(self._url, make), "application/json")
        try:
            answer = orjson.loads(whole)
        except orjson.JSONDecodeError:
            raise DepartmentBroke(f"{self.department} answered with what is not JSON") from None
        data = answer.get("data") if type(answer) is dict else None
        if type(data) is not dict:
            # A GraphQL error's text is the department's own and may quote a variable: it stays unread.
            raise DepartmentUnavailable(f"{self.department} answered without data")
        return data

    def _representations(self, ask: Ask, subjects: Sequence[Subject]) -> list[dict[str, str]]:
        names = self._names
        return [
            {"__typename": names["entity"], names["id"]: subject.id_number, names["organisation"]: ask.organisation,
             names["purpose"]: ask.purpose, names["approval"]: subject.approval, names["reference"]: subject.intent}
            for subject in subjects
        ]

    def _records(self, ask: Ask, selection: Selection, entity: object, records: str, subject: Subject) -> Records:
        """One entity as its subject's records. Null is no "no record": an empty list, dated, would be."""
        if entity is None:
            return MISSING
        if type(entity) is not dict or entity.get(self._names["id"]) != subject.id_number:
            raise DepartmentBroke(f"{self.department} answered with an entity of another person")
        found = entity.get(records)
        if type(found) is not list or len(found) > ROWS_A_SUBJECT:
            return UNREADABLE
        try:
            as_of = instant(entity.get(self._names["as_of"]))
        except (Unreadable, TypeError, AttributeError):  # null, a number, a list: of one person, and no other's loss
            return UNREADABLE
        return self._batches.records(selection, ask, [row_of(record, selection.names) for record in found], as_of)



def document(names: Mapping[str, str], records: str, columns: Sequence[str]) -> str:
    """The query of a question shape; a list of which no column is wanted is asked for its `__typename` alone."""
    return (
        f"query($r: [_Any!]!) {{ _entities(representations: $r) {{ ... on {names['entity']} "
        f"{{ {names['id']} {names['as_of']} {records} {{ {' '.join(columns) or '__typename'} }} }} }} }}"
    )
