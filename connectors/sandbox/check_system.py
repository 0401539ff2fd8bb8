"""核对系统: takes a check, works on it for a while, seals a report; which words it uses for that is its dialect (docs/contracts).

Rules of this file:
- The same outer reference is the same check, however often it is submitted.
- A report says what the population's records say: a hit or no record per person and item; nobody's values.
- Where its contract has a callback, the system itself pushes one signed message when the report stands.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.jwk import OKPKey

from connectors.sandbox.controls import Mood
from connectors.sandbox.dialect import Scheme
from connectors.sandbox.population import Population
from connectors.sandbox.proofs import Call, proof
from connectors.sandbox.replay import Clock
from connectors.sandbox.server import DepartmentServer, Refusal, as_json

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CheckDialect:
    """One system's words. `wrap` puts an answer into its envelope, `refuse` a refusal; `items` are fact groups by its codes."""

    platform: str
    title: str
    scheme: Scheme
    intent_header: str
    paths: tuple[str, str, str]  # submit, state, report
    reference: str
    people: str
    place: str
    number: str
    letters: str
    ticket: str
    required: frozenset[str]
    state: str
    states: tuple[str, str]  # at work, finished
    document: str
    seal: str
    items: Mapping[str, str]
    hit: tuple[str, str]  # found, no record
    prefix: str
    wrap: Callable[[Json], Json]
    refusal: Callable[[str, str], Json]
    report: Callable[[Json], Json]


@dataclass(slots=True)
class Running:
    """One check the system has taken."""

    ticket: str
    reference: str
    people: list[Json] = field(repr=False)
    taken_at: datetime


class CheckSystem(DepartmentServer):
    """One means-check system. `takes` is how long a check lasts by its own clock."""

    department: ClassVar[str] = ""

    def __init__(self, population: Population, dialect: CheckDialect, *, clock: Clock, takes: timedelta = timedelta(minutes=2)) -> None:
        super().__init__(population)
        self.dialect, self._clock, self._takes = dialect, clock, takes
        self._proof = proof(dialect.scheme, dialect.platform, population, clock, dialect.intent_header)
        self._seal = Ed25519PrivateKey.from_private_bytes(population.secret(f"{dialect.platform} seal"))
        self.checks: dict[str, Running] = {}
        self.callback = ""  # where finished checks are told, and the name of the hub that is told

    @property
    def settings(self) -> Mapping[str, str]:
        """What the hub is given: address, credentials, and the public key of the seal."""
        return {"url": self.url, **self._proof.settings, "seal_key": _base64url(self._seal.public_key().public_bytes_raw())}

    def message_key(self) -> OKPKey:
        """The key it signs callbacks with; the hub enrols the public part."""
        private = Ed25519PrivateKey.from_private_bytes(self.population.secret(f"{self.dialect.platform} messages"))
        public = _base64url(private.public_key().public_bytes_raw())
        return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "kid": "check-1", "d": _base64url(private.private_bytes_raw()), "x": public})

    async def answer(self, request: web.BaseRequest, body: bytes, mood: Mood) -> web.Response:
        """Take a check, say how it stands, or hand its report over."""
        dialect = self.dialect
        if request.method != "POST" or request.path not in dialect.paths:
            raise Refusal(404, "404", "无此接口")
        self._proof.check(Call(request.method, self.url + request.raw_path, request.raw_path, request.headers, body))
        asked = _object(body)
        if request.path == dialect.paths[0]:
            return as_json(dialect.wrap({dialect.ticket: self._take(asked).ticket}))
        check = self.checks.get(str(asked.get(dialect.ticket)))
        if check is None:
            raise Refusal(200, "404", "无此核对任务")
        if request.path == dialect.paths[1]:
            return as_json(dialect.wrap({dialect.state: dialect.states[int(self._finished(check))]}))
        if not self._finished(check):
            raise Refusal(200, "409", "报告尚未出具")
        return as_json(dialect.wrap(self._sealed(check, mood)))

    def refuse(self, refusal: Refusal) -> web.Response:
        """In the system's own envelope."""
        return as_json(self.dialect.refusal(refusal.code, refusal.text), status=refusal.status)

    async def call_back(self, ticket: str, *, jti: str) -> int:
        """Push CHECK_REPORTED to the hub; the status it answered."""
        check = self.checks[ticket]
        hub, now = self.callback.removesuffix("/messages"), self._clock()
        claims = {
            "iss": self.dialect.platform, "aud": hub, "iat": int(now.timestamp()), "jti": jti, "kind": "CHECK_REPORTED",
            "reference": check.reference, "occurredAt": now.isoformat(), "body": {"checkNo": ticket, "status": "COMPLETE"},
        }
        header = {"alg": "Ed25519", "typ": "household-message+jws", "kid": "check-1"}
        token = jws.serialize_compact(header, json.dumps(claims).encode(), self.message_key(), algorithms=["Ed25519"])
        async with aiohttp.ClientSession() as session, session.post(
            self.callback, data=token, headers={"Content-Type": "application/jose"},
        ) as answer:
            return answer.status

    def _take(self, asked: Json) -> Running:
        dialect = self.dialect
        people = asked.get(dialect.people)
        if not dialect.required <= asked.keys() or not isinstance(people, list) or not people or not asked[dialect.letters]:
            raise Refusal(200, "400", "核对委托不完整")
        reference = str(asked[dialect.reference])
        self.journal.note(group="means-check", columns=sorted(asked), organisation=dialect.platform, subjects=[(reference, "", "")])
        for check in self.checks.values():
            if check.reference == reference:
                return check
        ticket = f"{dialect.prefix}{self.population.region}{len(self.checks) + 1:06d}"
        return self.checks.setdefault(ticket, Running(ticket, reference, people, self._clock()))

    def _finished(self, check: Running) -> bool:
        return self._clock() - check.taken_at >= self._takes

    def _sealed(self, check: Running, mood: Mood) -> Json:
        dialect = self.dialect
        lines = []
        for one in check.people:
            person = self.population.by_id_number(str(one[dialect.number]))
            for code, group in dialect.items.items():
                found = person is not None and bool(self.population.records(group, person))
                lines.append({"place": one[dialect.place], "item": code, "result": dialect.hit[0 if found else 1]})
        told = dialect.report({
            "number": f"BG{check.ticket}", "reference": "another" if mood.lie == "extra_people" else check.reference,
            "at": self._clock(), "lines": lines,
        })
        document = json.dumps(told, ensure_ascii=False).encode()
        seal = self._seal.sign(document + (b" " if mood.lie == "types" else b""))
        return {dialect.document: _base64url(document), dialect.seal: _base64url(seal)}


def _object(body: bytes) -> Json:
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Refusal(400, "400", "请求格式错误")
    return value


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
