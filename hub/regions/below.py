"""A hub below: a regional hub asked by an upper one as a source of facts, in the graph both speak.

Rules of this file:
- Each column is asked as the leaf it is, and told as it came: what the hub below weakened or withheld stays so, and its own
  disclosure, status, time and source come with it.
- People are named by ID number in variables (`lookUp`), for a handle of one hub means nothing to another.
- The upper hub's intent travels as Parent-Question, so that both logs hold the question under one id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

import aiohttp
import orjson

from connectors.batches import UNREADABLE, Batches, Noted
from connectors.guard import Changed
from connectors.instants import instant
from connectors.interface import Ask, Below, Column, DepartmentBroke, DepartmentUnavailable, Records, Subject, Told
from connectors.manifest import Manifest
from hub.parent_question import HEADER
from hub.regions.asking import RegionKeys, whole
from hub.regions.below_token import Errand, RefusedBelow, TokensBelow
from hub.sources import Source
from policies.forms import Form

SHAPES_KEPT = 512
ROWS = 1000
"""Most records of one person that are believed."""

Answer = tuple[int, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Shape:
    """The document of one group, set of columns and number of people; `at` is each column's field and leaf key in a record."""

    text: str
    at: tuple[tuple[str, str], ...]


class HubBelow:
    """One regional hub behind its manifest, as a connector."""

    def __init__(
        self, manifest: Manifest, *, keys: RegionKeys, session: aiohttp.ClientSession, clock: Callable[[], datetime],
        random: Callable[[int], bytes], changed: Changed | None = None, noted: Callable[[str, Noted], None] | None = None,
    ) -> None:  # fmt: skip
        """`keys` are the upper region's own; `changed` hears of its breaker, `noted` of its manners, as of any department's."""
        self._manifest = manifest
        self._session = session
        self._batches = Batches(manifest)
        self._batches.guard.watch(clock, changed)
        self._batches.tally.told = partial(noted, manifest.department) if noted is not None else None
        self._source = {"department": manifest.department, "region": manifest.region.ljust(12, "0"), "system": manifest.system}
        self._tokens = TokensBelow(
            url=manifest.place, client=manifest.credentials["client"], keys=keys, session=session, clock=clock, random=random,
        )
        self._shape = lru_cache(SHAPES_KEPT)(_shape)

    @property
    def department(self) -> str:
        """Whose hub it is."""
        return self._manifest.department

    @property
    def groups(self) -> frozenset[str]:
        """The groups it is asked for."""
        return frozenset(self._manifest.groups)

    def sources(self) -> list[Source]:
        """One source a group, of the hub's own region."""
        manifest = self._manifest
        return [
            Source(group, manifest.department, self._source["region"], manifest.system, manifest.deadline, gathers=False, connector=self,
                   mandated=True, one_matter=True)
            for group in manifest.groups
        ]

    async def fetch(self, ask: Ask) -> Mapping[str, Records]:
        """Rows by subject key. Raises DepartmentError."""
        return await self._batches.run(ask, lambda subjects: self._call(ask, subjects))

    async def close(self) -> None:
        """The session belongs to whoever opened it."""

    async def _call(self, ask: Ask, subjects: Sequence[Subject]) -> Sequence[Records]:
        if ask.mandate is None:
            raise DepartmentBroke("a hub below is asked on a mandate or not at all")
        errand = Errand(ask.organisation, ask.purpose, ask.mandate)
        shape = self._shape(ask.group, ask.columns, len(subjects))
        content = orjson.dumps({"query": shape.text, "variables": {f"n{at}": one.id_number for at, one in enumerate(subjects)}})
        try:
            try:
                status, answer = await self._asked(errand, content, subjects[0].intent)
                if status == 401:  # restarted with other keys, or its clock and ours disagree on the end: once more, with a new token
                    self._tokens.drop(errand)
                    status, answer = await self._asked(errand, content, subjects[0].intent)
            except aiohttp.ClientError as error:
                raise DepartmentUnavailable(f"the hub below was not reached: {type(error).__name__}") from None
            data = _data(status, answer)
        except RefusedBelow as refused:
            self._tokens.drop(errand)
            return [self._withheld(ask, "NOT_AUTHORIZED", refused.code)] * len(subjects)
        return [self._records(ask, shape, data.get(f"p{at}")) for at in range(len(subjects))]

    async def _asked(self, errand: Errand, content: bytes, intent: str) -> Answer:
        token, url = await self._tokens.token(errand), f"{self._manifest.place}/graphql"
        headers = {
            "Content-Type": "application/json", "Accept": "application/graphql-response+json", "Authorization": f"DPoP {token}",
            "DPoP": self._tokens.proof(url, token), HEADER: intent,
        }
        async with self._session.post(url, data=content, headers=headers, allow_redirects=False) as reply:
            body = await whole(reply)
        try:
            answer = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise DepartmentBroke(f"the hub below answered with what is not JSON, status {reply.status}") from None
        if not isinstance(answer, dict):
            raise DepartmentBroke("the hub below answered with what is no object")
        return reply.status, answer

    def _withheld(self, ask: Ask, status: str, reason: str) -> Records:
        """Nothing told, and why, in the words of the hub below."""
        fields = dict.fromkeys(column.field for column in ask.columns) or {"records": None}
        return Records(status, None, (), Below(self._source, tuple((name, "WITHHELD", reason) for name in fields), rows=False))

    def _records(self, ask: Ask, shape: _Shape, person: object) -> Records:
        if person is None:  # not of its case, or not there at all: one answer for both
            return self._withheld(ask, "NOT_COVERED", "SUBJECT_NOT_COVERED")
        try:
            facts = person[ask.group]  # type: ignore[index]
            status, records = facts["status"], facts["records"]
            as_of = instant(facts["asOf"]) if facts["asOf"] is not None else None
            lines = tuple((str(line["field"]), Form(line["form"]).value, str(line["reason"])) for line in facts["disclosure"]["fields"])
            expected = instant(facts["expectedAt"]) if facts["expectedAt"] is not None else None
            source = {name: facts["source"][name] for name in ("department", "region", "system")}
            if records is not None and len(records) > ROWS:
                return UNREADABLE
            rows = tuple(tuple(_cell(record, field, key) for field, key in shape.at) for record in records or ())
            said = facts["freshness"], facts["backAt"]
        except (KeyError, TypeError, AttributeError, ValueError):  # a date or a form that is none is a ValueError
            return UNREADABLE
        below = Below(source, lines, records is not None, *said)
        if type(status) is not str or (rows and status != "MATCHED") or not all(one is None or type(one) is str for one in (*said, *source.values())):
            return UNREADABLE
        return Records(status, as_of, rows, below, expected)


def _cell(record: Mapping[str, Any], field: str, key: str) -> Told:
    value = record[field]
    told = value[key] if key and value is not None else value
    if told is not None and type(told) not in {str, int, bool}:
        raise TypeError
    return told  # type: ignore[no-any-return]


def _data(status: int, answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The data of an answer. Raises RefusedBelow for a refusal of its checks, DepartmentError for anything else."""
    data = answer.get("data")
    if status == 200 and isinstance(data, dict):
        return data
    if status == 403:
        errors = answer.get("errors")
        code = errors[0].get("extensions", {}).get("code") if isinstance(errors, list) and errors and isinstance(errors[0], dict) else None
        raise RefusedBelow(code if isinstance(code, str) and code.isascii() and len(code) <= 40 else "REFUSED_BELOW")
    if status in {401, 429} or status >= 500:
        raise DepartmentUnavailable(f"the hub below refused with status {status}")
    raise DepartmentBroke(f"the hub below did not take the question, status {status}")


def _shape(group: str, columns: Sequence[Column], people: int) -> _Shape:
    """The document for so many people: no text of a caller's or a person's is in it."""
    leaves: dict[str, dict[str, str]] = {}
    at: list[tuple[str, str]] = []
    for column in columns:
        of = leaves.setdefault(column.field, {})
        if not column.threshold:
            key, text = column.leaf, column.leaf
        else:
            compared = f"{column.leaf}(threshold: {column.threshold})"
            key = next((key for key, text in of.items() if text.endswith(compared)), f"{column.leaf}{len(of) or ''}")
            text = compared if key == column.leaf else f"{key}: {compared}"
        of[key] = text
        at.append((column.field, key))
    fields = " ".join(
        f"{field} {{ {' '.join(filter(None, of.values()))} }}" if any(of.values()) else field for field, of in leaves.items()
    )
    names = range(people)
    return _Shape(
        f"query Below({', '.join(f'$n{n}: IdNumber!' for n in names)}) {{ {' '.join(f'p{n}: lookUp(idNumber: $n{n}) {{ ...Told }}' for n in names)} }} "
        f"fragment Told on Person {{ {group} {{ status asOf freshness backAt expectedAt source {{ department region system }} "
        f"disclosure {{ fields {{ field form reason }} }} records {{ {fields or '__typename'} }} }} }}",
        tuple(at),
    )
