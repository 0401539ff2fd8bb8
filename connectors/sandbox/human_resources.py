"""人社局: paged REST with an API key and an HMAC over the body (docs/contracts/RS.md)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

from aiohttp import web

from connectors.sandbox.controls import Controls, Mood
from connectors.sandbox.people import Record, Value
from connectors.sandbox.population import Population
from connectors.sandbox.replay import Clock, ReplayGuard
from connectors.sandbox.server import DepartmentServer, Refusal, WireShelf, as_json

BATCH = 100
PAGE = 100
_TOKEN_SECONDS = 60
_PATHS = {"/si/v2/payments": "socialInsurance", "/job/v2/status": "employment"}
_INSURANCE = {
    "aae140": "scheme", "aic079": "insuredMonths12", "aae003": "lastPaidMonth", "aic020": "contributionBase", "aab004": "employerName",
    "aic263": "pensionMonthly", "aic160": "pensionFrom", "ajc071": "unemploymentBenefit", "aab301": "insuredRegion",
}
_JOBS = {
    "acc210": "employmentCode", "ajc090": "registeredUnemployedOn", "acc040": "hardToEmployKind", "acc0j3": "refusedOffers",
    "acc0l0": "zeroEmploymentHousehold", "acc0g1": "publicPost", "acc0b2": "jobSubsidyUntil",
}
_COLUMNS = {"socialInsurance": frozenset(_INSURANCE), "employment": frozenset(_JOBS)}
_SCHEMES = {"EMPLOYEE": "110", "RESIDENT": "170"}
_WORK = {"24": "1", "27": "2", "31": "3", "51": "4", "54": "5", "70": "6", "80": "7", "17": "8"}
_PERSON = ("seq", "aac002", "ref", "purpose", "approval")


@dataclass(frozen=True, slots=True)
class _Ask:
    organisation: str
    columns: tuple[str, ...]
    people: tuple[dict[str, str], ...]
    size: int
    token: str | None
    digest: str


def _value(value: Value) -> object:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if value is None or isinstance(value, int):
        return value
    text = str(value)
    return text.replace("-", "") if len(text) == 7 and text[4] == "-" else text


def _insurance(record: Record) -> dict[str, object]:
    row = {theirs: _value(record[ours]) for theirs, ours in _INSURANCE.items()}
    return {**row, "aae140": _SCHEMES[str(record["scheme"])]}


def _job(record: Record) -> dict[str, object]:
    row = {theirs: _value(record[ours]) for theirs, ours in _JOBS.items()}
    return {**row, "acc210": _WORK.get(str(record["employmentCode"]), "9")}


class HumanResources(DepartmentServer):
    """The bureau's two lists for one application."""

    department: ClassVar[str] = "RS"

    def __init__(self, population: Population, *, app_key: str, secret: str, clock: Clock, controls: Controls | None = None) -> None:
        super().__init__(population, controls=controls)
        self._app_key, self._secret, self._clock = app_key, secret.encode(), clock
        self._guard = ReplayGuard(clock)
        self._shelves = {"socialInsurance": WireShelf(population, "socialInsurance", _insurance), "employment": WireShelf(population, "employment", _job)}

    async def answer(self, request: web.BaseRequest, body: bytes, mood: Mood) -> web.Response:
        """One page."""
        group = _PATHS.get(request.path)
        if group is None or request.method != "POST":
            raise Refusal(404, "RS-404", "no such resource")
        self._authenticate(request.path, request.headers, body)
        ask = _question(body, _COLUMNS[group])
        offset = 0 if ask.token is None else self._offset(ask.token, ask.digest)
        if offset == 0:
            self.journal.note(group=group, columns=ask.columns, organisation=ask.organisation,
                              subjects=[(one["ref"], one["purpose"], one["approval"]) for one in ask.people])
        return as_json(self._page(group, ask, offset, mood.lie))

    def refuse(self, refusal: Refusal) -> web.Response:
        """`{"success": false, "errorCode", "message"}`."""
        code = refusal.code if refusal.code.startswith("RS-") else f"RS-{refusal.status}"
        return as_json({"success": False, "errorCode": code, "message": refusal.text}, status=refusal.status)

    def _authenticate(self, path: str, headers: Mapping[str, str], body: bytes) -> None:
        stamp, nonce, given = headers.get("X-Timestamp", ""), headers.get("X-Nonce", ""), headers.get("X-Signature", "")
        signed = f"POST\n{path}\n{stamp}\n{nonce}\n{hashlib.sha256(body).hexdigest()}"
        expected = hmac.new(self._secret, signed.encode(), hashlib.sha256).hexdigest()
        known = hmac.compare_digest(headers.get("X-App-Key", "").encode(), self._app_key.encode())
        if not known or not hmac.compare_digest(expected.encode(), given.encode()):
            raise Refusal(401, "RS-401", "bad key or signature")
        fresh = stamp.isdigit() and len(stamp) < 16 and self._guard.fresh(int(stamp) / 1000)
        if not fresh or not 16 <= len(nonce) <= 64 or not self._guard.first_use(self._app_key, nonce):
            raise Refusal(401, "RS-401", "stale or repeated")

    def _page(self, group: str, ask: _Ask, offset: int, lie: str | None) -> dict[str, object]:
        rows: list[dict[str, object]] = []
        without: list[str] = []
        for person in ask.people[: len(ask.people) // 2] if lie == "half" else ask.people:
            records = self._shelves[group].of(person["aac002"])
            if not records:
                without.append(person["seq"])
            rows += [{"seq": person["seq"], **{name: record[name] for name in ask.columns}} for record in records]
        end = offset + ask.size
        return {
            "success": True, "dataTime": f"{self.population.today - timedelta(days=1)} 23:00:00", "total": len(rows),
            "rows": _tampered(rows[offset:end], lie), "noData": without, "nextPage": self._token(end, ask.digest) if end < len(rows) else None,
        }

    def _token(self, offset: int, digest: str) -> str:
        until = int(self._clock().timestamp()) + _TOKEN_SECONDS
        return f"{offset}.{until}.{self._seal(offset, until, digest)}"

    def _offset(self, token: str, digest: str) -> int:
        offset, _, rest = token.partition(".")
        until, _, seal = rest.partition(".")
        if not (offset.isdigit() and until.isdigit()) or not hmac.compare_digest(seal.encode(), self._seal(int(offset), int(until), digest).encode()):
            raise Refusal(400, "RS-400", "bad page token")
        if int(until) < self._clock().timestamp():
            raise Refusal(400, "RS-400", "page token expired")
        return int(offset)

    def _seal(self, offset: int, until: int, digest: str) -> str:
        return hmac.new(self._secret, f"page\n{offset}\n{until}\n{digest}".encode(), hashlib.sha256).hexdigest()[:32]


def _question(body: bytes, known: frozenset[str]) -> _Ask:
    bad = Refusal(400, "RS-400", "malformed request")
    try:
        asked = json.loads(body)
        people = tuple({name: one[name] for name in _PERSON} for one in asked["persons"])
        columns, size, token = tuple(asked["columns"]), asked.get("pageSize", PAGE), asked.get("pageToken")
        organisation = asked["orgCode"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise bad from error
    if not all(isinstance(value, str) and value for one in people for value in one.values()) or not isinstance(organisation, str):
        raise bad
    if not columns or not set(columns) <= known or not isinstance(size, int) or not 1 <= size <= PAGE or not isinstance(token, str | None):
        raise bad
    if not 1 <= len(people) <= BATCH:
        raise Refusal(413, "RS-413", "at most 100 persons")
    bound = json.dumps([organisation, columns, people, size], ensure_ascii=False).encode()
    return _Ask(organisation, columns, people, size, token, hashlib.sha256(bound).hexdigest())


def _tampered(rows: list[dict[str, object]], lie: str | None) -> list[dict[str, object]]:
    match lie:
        case "types":
            return [{name: value if name == "seq" else {"value": value} for name, value in row.items()} for row in rows]
        case "renamed":
            return [{name if name == "seq" else name + "_v3": value for name, value in row.items()} for row in rows]
        case "extra_fields":
            return [{**row, "aac003": "张三", "aae005": "13800000000"} for row in rows]
        case "extra_people":
            return [*rows, {**(rows[0] if rows else {}), "seq": "999"}]
    return rows
