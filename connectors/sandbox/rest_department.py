"""Any department that answers JSON over HTTP, from its dialect: reads the question strictly, tells the items named, in batch or in pages.

Rules of this file:
- A question counts only if its proof holds; only the items named come back, with the key of the subject.
- Every subject is answered for: with records, or as one without. A page is not a new question: the journal notes the first.
- What a department lies about when told to (`Mood.lie`) is the same for all, so that every connector meets it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial

from aiohttp import web

from connectors.sandbox.controls import NEW_CODE, Controls, Mood
from connectors.sandbox.dialect import Flat, Nested, Query, RestDialect
from connectors.sandbox.openapi import openapi
from connectors.sandbox.population import Population
from connectors.sandbox.proofs import Call, proof
from connectors.sandbox.replay import Clock
from connectors.sandbox.server import DepartmentServer, Refusal, WireShelf, as_json

DESCRIPTION = "/openapi.json"
COLUMNS = 20
_TOKEN_SECONDS = 60
_STRANGER = "509999200001010012"

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class _Question:
    organisation: str
    columns: tuple[str, ...]
    people: tuple[dict[str, str], ...]
    limits: tuple[tuple[str, Decimal], ...]
    size: int
    token: str | None
    digest: str


class RestDepartment(DepartmentServer):
    """One department; its caller is the region's hub."""

    def __init__(self, population: Population, dialect: RestDialect, *, clock: Clock, controls: Controls | None = None) -> None:
        super().__init__(population, controls=controls)
        self._dialect, self._clock = dialect, clock
        self._proof = proof(dialect.scheme, dialect.code, population, clock, dialect.intent_header)
        self._pages = population.secret(f"{dialect.code} pages")
        self._queries = {query.path: query for query in dialect.queries}
        self._shelves = {
            query.path: WireShelf(population, query.group, partial(query.written, null=dialect.null)) for query in dialect.queries
        }

    @property
    def settings(self) -> dict[str, str]:
        """What the hub is given to ask it."""
        return {"url": self.url, **self._proof.settings}

    async def answer(self, request: web.BaseRequest, body: bytes, mood: Mood) -> web.Response:
        """The description, or an answered question."""
        if request.method == "GET" and request.path == DESCRIPTION:
            return as_json(openapi(self._dialect))
        query = self._queries.get(request.path)
        if query is None or request.method != "POST":
            raise Refusal(404, "", "无此接口")
        self._proof.check(Call(request.method, self.url + request.raw_path, request.path, request.headers, body))
        asked = _question(self._dialect, query, body)
        self._named(asked, request.headers.get(self._dialect.intent_header, ""))
        offset = 0 if asked.token is None else self._offset(asked.token, asked.digest)
        if offset == 0:
            self._note(query, asked)
        shape = self._dialect.shape
        told = self._nested(shape, query, asked, mood.lie) if isinstance(shape, Nested) else self._flat(shape, query, asked, offset, mood.lie)
        told[self._dialect.as_of] = self._dialect.dated(self.population.today)
        inside = self._dialect.inside
        return as_json({**self._dialect.ok, **({inside: told} if inside else told)})

    def refuse(self, refusal: Refusal) -> web.Response:
        """A refusal with the department's own code."""
        code, text = self._dialect.failure
        told = {**self._dialect.not_ok, code: self._dialect.error(refusal.status), text: refusal.text}
        return as_json(told, status=refusal.status)

    def _named(self, asked: _Question, intents: str) -> None:
        reference = self._dialect.asking.reference
        if self._dialect.intent_header and not {person[reference] for person in asked.people} <= set(intents.split(", ")):
            raise Refusal(400, "", "业务流水号与签名头不符")

    def _note(self, query: Query, asked: _Question) -> None:
        names = self._dialect.asking
        self.journal.note(
            group=query.group, columns=[*asked.columns, *(f"{name}>={limit}" for name, limit in asked.limits)],
            organisation=asked.organisation,
            subjects=[(one[names.reference], one[names.purpose], one[names.approval]) for one in asked.people],
        )

    def _rows(self, query: Query, asked: _Question, id_number: str) -> list[Row]:
        comparison = self._dialect.comparison
        rows = []
        for record in self._shelves[query.path].of(id_number):
            row = {name: record[name] for name in asked.columns}
            if comparison is not None and asked.limits:
                row[comparison.told] = [_compared(record[comparison.of], limit) for _, limit in asked.limits]
            rows.append(row)
        return rows

    def _nested(self, shape: Nested, query: Query, asked: _Question, lie: str | None) -> Row:
        key, number = self._dialect.asking.key, self._dialect.asking.id
        told: list[Row] = []
        for person in _half(asked.people) if lie == "half" else asked.people:
            rows = self._rows(query, asked, person[number])
            told.append({
                key: person[key], number: person[number], shape.status: shape.found if rows else shape.none,
                shape.records: [_tampered(row, lie, query.coded) for row in rows],
            })
        if lie == "extra_people":
            told.append({key: "999", number: _STRANGER, shape.status: shape.found, shape.records: []})
        return {shape.results: told}

    def _flat(self, shape: Flat, query: Query, asked: _Question, offset: int, lie: str | None) -> Row:
        key, number = self._dialect.asking.key, self._dialect.asking.id
        told: list[Row] = []
        without: list[str] = []
        for person in _half(asked.people) if lie == "half" else asked.people:
            rows = self._rows(query, asked, person[number])
            told += [{key: person[key], **_tampered(row, lie, query.coded)} for row in rows]
            without += [] if rows else [person[key]]
        end = offset + asked.size
        page = told[offset:end]
        if lie == "extra_people":
            page.append({**(page[0] if page else {}), key: "999"})
        return {
            shape.rows: page, shape.without: without, shape.total: len(told),
            shape.next_page: self._token(end, asked.digest) if end < len(told) else None,
        }

    def _token(self, offset: int, digest: str) -> str:
        until = int(self._clock().timestamp()) + _TOKEN_SECONDS
        return f"{offset}.{until}.{self._seal(offset, until, digest)}"

    def _offset(self, token: str, digest: str) -> int:
        offset, _, rest = token.partition(".")
        until, _, seal = rest.partition(".")
        if not (offset.isdigit() and until.isdigit()) or not hmac.compare_digest(seal.encode(), self._seal(int(offset), int(until), digest).encode()):
            raise Refusal(400, "", "翻页标记无效")
        if int(until) < self._clock().timestamp():
            raise Refusal(400, "", "翻页标记已过期")
        return int(offset)

    def _seal(self, offset: int, until: int, digest: str) -> str:
        return hmac.new(self._pages, f"{offset}\n{until}\n{digest}".encode(), hashlib.sha256).hexdigest()[:32]


def _question(dialect: RestDialect, query: Query, body: bytes) -> _Question:
    """A body read by the dialect's names. Raises Refusal."""
    names, bad = dialect.asking, Refusal(400, "", "请求格式错误")
    flat = dialect.shape if isinstance(dialect.shape, Flat) else None
    try:
        asked = json.loads(body)
        organisation, columns = asked[names.organisation], tuple(asked[names.columns])
        people = tuple({name: one[name] for name in names.subject} for one in asked[names.subjects])
        size, token = (asked.get(flat.page_size, flat.most), asked.get(flat.page_mark)) if flat else (0, None)
        limits = _limits(dialect, query, asked)
    except (ValueError, KeyError, TypeError, AttributeError, InvalidOperation) as error:
        raise bad from error
    if not all(isinstance(value, str) and value for one in people for value in one.values()) or not isinstance(organisation, str):
        raise bad
    if not all(isinstance(name, str) for name in columns) or not set(columns) <= query.items.keys() or len(columns) > COLUMNS:
        raise bad
    if not (columns or limits) or not isinstance(token, str | None) or (flat and not (isinstance(size, int) and 1 <= size <= flat.most)):
        raise bad
    if not 1 <= len(people) <= dialect.batch:
        raise Refusal(413, "", f"单次最多{dialect.batch}人")
    bound = json.dumps([organisation, columns, people, size], ensure_ascii=False).encode()
    return _Question(organisation, columns, people, limits, size, token, hashlib.sha256(bound).hexdigest())


def _limits(dialect: RestDialect, query: Query, asked: Row) -> tuple[tuple[str, Decimal], ...]:
    comparison = dialect.comparison
    if comparison is None or comparison.asked not in asked:
        return ()
    given = asked[comparison.asked]
    if not isinstance(given, list) or len(given) > comparison.most or comparison.of not in query.items:
        raise ValueError(comparison.asked)
    limits = tuple((str(one[comparison.name]), Decimal(one[comparison.amount])) for one in given)
    if any(name != comparison.of for name, _ in limits):
        raise ValueError(comparison.name)
    return limits


def _compared(value: object, limit: Decimal) -> str:
    return "" if not value else "1" if Decimal(str(value)) >= limit else "0"


def _half(people: Sequence[dict[str, str]]) -> Sequence[dict[str, str]]:
    return people[: len(people) // 2]


def _tampered(row: Row, lie: str | None, coded: frozenset[str]) -> Row:
    """A record as a department that breaks its contract would give it."""
    match lie:
        case "types":
            return {name: {"value": value} for name, value in row.items()}
        case "codes":
            return {name: NEW_CODE if name in coded and value else value for name, value in row.items()}
        case "renamed":
            return {f"{name}_v3": value for name, value in row.items()}
        case "extra_fields":
            return {**row, "xm": "张三", "lxdh": "13800000000"}
    return row
