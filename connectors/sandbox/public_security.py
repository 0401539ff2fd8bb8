"""公安局: a signed REST batch for household register and vehicles (docs/contracts/GA.md).

Rules of this file:
- A question counts only if its RFC 9421 signature covers method, target, body digest and intents, is fresh, and was never seen.
- Only the fields named come back; a value band and comparisons are computed here, so that the value itself need not travel.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import HTTPMessageSignaturesException, HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms

from connectors.sandbox.controls import Controls, Mood
from connectors.sandbox.people import Record, Value
from connectors.sandbox.population import Population
from connectors.sandbox.replay import Clock, ReplayGuard
from connectors.sandbox.server import DepartmentServer, Refusal, WireShelf, as_json

BATCH = 50
_COVERED = ("@method", "@target-uri", "content-digest", "hub-intent")
_CANCEL = {"DEATH": "1", "MOVE": "2", "ABROAD": "3", "OTHER": "9"}
_STATUS = {"NORMAL": "A", "SCRAPPED": "E", "TRANSFERRED": "B"}
_BANDS = (1_000, 5_000, 20_000, 50_000, 100_000)
_PATHS = {"/api/v1/query/hukou": "householdRegister", "/api/v1/query/vehicle": "vehicle"}
_SUBJECT = ("xh", "sfzh", "yt", "spwh", "ywlsh")


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value).replace("-", "") if hasattr(value, "isoformat") else str(value)


def _hukou(record: Record) -> dict[str, object]:
    relation = record["relationToHead"]
    return {
        "hh": _text(record["hukouNo"]), "hjd": _text(record["hukouRegion"]),
        "hlb": "1" if record["householdKind"] == "FAMILY" else "2", "yhzgx": "00" if relation == "02" else _text(relation),
        "hnrs": _text(record["memberCount"]), "qrrq": _text(record["movedInOn"]), "qcrq": _text(record["movedOutOn"]),
        "zxyy": _CANCEL.get(str(record["cancelReason"]), ""), "swrq": _text(record["deathOn"]), "jzzyxq": _text(record["residencePermitValidTo"]),
    }


def _vehicle(record: Record) -> dict[str, object]:
    value = record["valueBand"]
    amount = value if isinstance(value, Decimal) else None
    return {
        "hphm": _text(record["plateNo"]), "syxz": "A" if record["useNature"] == "NON_COMMERCIAL" else "F", "cllx": _text(record["vehicleType"]),
        "ccdjrq": _text(record["registeredOn"]), "jdczt": _STATUS[str(record["status"])], "cjrdbc": _text(record["isDisabilityMobility"]),
        "pgjz": "" if amount is None else f"{amount:.2f}",
        "pgqj": "" if amount is None else "0" if amount == 0 else str(1 + sum(amount >= limit for limit in _BANDS)),
    }


_FIELDS = {
    "householdRegister": frozenset({"hh", "hjd", "hlb", "yhzgx", "hnrs", "qrrq", "qcrq", "zxyy", "swrq", "jzzyxq"}),
    "vehicle": frozenset({"hphm", "syxz", "cllx", "ccdjrq", "jdczt", "cjrdbc", "pgjz", "pgqj"}),
}


class _Keys(HTTPSignatureKeyResolver):
    def __init__(self, keys: dict[str, Ed25519PublicKey]) -> None:
        self._keys = keys

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey | None:
        return self._keys.get(key_id)


class _Message:
    """A request as the signature library reads it."""

    def __init__(self, method: str, url: str, headers: Any) -> None:
        self.method, self.url, self.headers = method, url, headers


class PublicSecurity(DepartmentServer):
    """The bureau's two queries. `keys` are the public keys of who may ask, by key id."""

    department: ClassVar[str] = "GA"

    def __init__(self, population: Population, *, keys: dict[str, Ed25519PublicKey], clock: Clock, controls: Controls | None = None) -> None:
        super().__init__(population, controls=controls)
        self._shelves = {"householdRegister": WireShelf(population, "householdRegister", _hukou), "vehicle": WireShelf(population, "vehicle", _vehicle)}
        self._guard = ReplayGuard(clock)
        guard = self._guard

        class Verifier(HTTPMessageVerifier):  # the library reads the wall clock; the bureau has its own
            def validate_created_and_expires(self, sig_input: Any, max_age: timedelta | None = None) -> None:
                del max_age
                created = sig_input.params.get("created")
                if type(created) is not int or not guard.fresh(created):
                    raise Refusal(401, "A0401", "签名时间无效")

        self._verifier = Verifier(signature_algorithm=algorithms.ED25519, key_resolver=_Keys(keys))

    async def answer(self, request: web.BaseRequest, body: bytes, mood: Mood) -> web.Response:
        """Verify, read, tell."""
        group = _PATHS.get(request.path)
        if group is None or request.method != "POST":
            raise Refusal(404, "A0404", "无此接口")
        self._verify(request, body)
        fields, limits, items, organisation = _question(body, group)
        intents = request.headers.get("Hub-Intent", "").split(", ")
        if not {item["ywlsh"] for item in items} <= set(intents):
            raise Refusal(400, "A0400", "业务流水号与签名头不符")
        self.journal.note(group=group, columns=[*fields, *(f"{name}>={limit}" for name, limit in limits)], organisation=organisation,
                          subjects=[(item["ywlsh"], item["yt"], item["spwh"]) for item in items])
        told = [self._tell(group, fields, limits, item) for item in items]
        return as_json({"code": "0000", "msg": "成功", "data": {"gxsj": self._as_of(), "jg": _tampered(told, mood.lie)}})

    def refuse(self, refusal: Refusal) -> web.Response:
        """`{"code", "msg"}`."""
        return as_json({"code": refusal.code, "msg": refusal.text}, status=refusal.status)

    def _as_of(self) -> str:
        yesterday = self.population.today - timedelta(days=1)
        return datetime(yesterday.year, yesterday.month, yesterday.day, 23, 30).strftime("%Y%m%d%H%M%S")  # noqa: DTZ001 # Beijing by contract

    def _verify(self, request: web.BaseRequest, body: bytes) -> None:
        message = _Message(request.method, self.url + request.raw_path, request.headers)
        try:
            [result] = self._verifier.verify(message, max_age=None, require_components=_COVERED, body=body)
        except Refusal:
            raise
        except (HTTPMessageSignaturesException, ValueError) as error:
            raise Refusal(401, "A0401", "签名验证失败") from error
        nonce = str(result.nonce or "")
        if len(nonce) < 16 or not self._guard.first_use(str(result.parameters.get("keyid")), nonce):
            raise Refusal(401, "A0401", "重放请求")

    def _tell(self, group: str, fields: Sequence[str], limits: Sequence[tuple[str, Decimal]], item: dict[str, str]) -> dict[str, object]:
        records = []
        for record in self._shelves[group].of(item["sfzh"]):
            row = {name: record[name] for name in fields}
            if limits:
                row["pgjz_db"] = [_compare(str(record["pgjz"]), limit) for _, limit in limits]
            records.append(row)
        return {"xh": item["xh"], "sfzh": item["sfzh"], "zt": "1" if records else "0", "jl": records}


def _compare(value: str, limit: Decimal) -> str:
    return "" if not value else "1" if Decimal(value) >= limit else "0"


def _question(body: bytes, group: str) -> tuple[list[str], list[tuple[str, Decimal]], list[dict[str, str]], str]:
    """Fields, thresholds, subjects and organisation of a request body. Raises Refusal."""
    bad = Refusal(400, "A0400", "请求格式错误")
    try:
        asked = json.loads(body)
        fields, items, organisation = asked["fields"], asked["items"], asked["sqdw"]
        limits = [(str(one["zd"]), Decimal(one["fz"])) for one in asked.get("yz", ())]
        subjects = [{name: item[name] for name in _SUBJECT} for item in items]
    except (ValueError, KeyError, TypeError, AttributeError, InvalidOperation) as error:
        raise bad from error
    known = isinstance(fields, list) and all(isinstance(name, str) for name in fields) and set(fields) <= _FIELDS[group]
    comparable = all(name == "pgjz" for name, _ in limits) and len(limits) <= 4 and (not limits or group == "vehicle")
    texts = all(isinstance(value, str) and value for subject in subjects for value in subject.values())
    if not known or not comparable or not texts or not (fields or limits) or not isinstance(organisation, str):
        raise bad
    if not 1 <= len(subjects) <= BATCH:
        raise Refusal(413, "A0413", "单次最多50人")
    return fields, limits, subjects, organisation


def _tampered(told: list[dict[str, object]], lie: str | None) -> list[Any]:
    """The answer as a department that breaks its contract would give it."""
    match lie:
        case "half":
            return told[: len(told) // 2]
        case "extra_people":
            return [*told, {"xh": "999", "sfzh": "509999200001010012", "zt": "1", "jl": [{"hphm": "渝A00000"}]}]
        case "types":
            return [{**one, "jl": [{name: {"v": value} for name, value in row.items()} for row in _rows(one)]} for one in told]
        case "renamed":
            return [{**one, "jl": [{name.upper() + "_NEW": value for name, value in row.items()} for row in _rows(one)]} for one in told]
        case "extra_fields":
            return [{**one, "jl": [{**row, "sfzh": one["sfzh"], "lxdh": "13800000000"} for row in _rows(one)]} for one in told]
    return told


def _rows(one: dict[str, object]) -> list[dict[str, object]]:
    rows = one["jl"]
    return rows if isinstance(rows, list) else []
