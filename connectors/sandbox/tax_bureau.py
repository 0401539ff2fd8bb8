"""税务局: one SOAP 1.1 operation with a WSDL, protected by a UsernameToken digest (docs/contracts/SW.md)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import importlib.resources
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from typing import ClassVar
from xml.sax.saxutils import escape

from aiohttp import web
from lxml import etree

from connectors.sandbox.controls import Controls, Mood
from connectors.sandbox.people import Record
from connectors.sandbox.population import Population
from connectors.sandbox.replay import Clock, ReplayGuard
from connectors.sandbox.server import DepartmentServer, Refusal, WireShelf

BATCH = 20
PATH = "/services/TaxQuery"
WSDL = importlib.resources.files("connectors.sandbox").joinpath("tax.wsdl").read_text(encoding="utf-8")
_SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
_WSSE = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"
_WSU = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}"
_T = "{urn:sw:tax:query:v1}"
_DIGEST = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
_KINDS = {"WAGE": "0100", "LABOUR": "0400", "BUSINESS": "0500", "PROPERTY": "0800", "OTHER": "1000"}
_CODES = ("D01", "D02", "D03", "D04", "D05", "D06")
_BEIJING = timezone(timedelta(hours=8))
_BAD = Refusal(500, "soapenv:Client", "SW-4000 报文格式错误")
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>{}</soapenv:Body></soapenv:Envelope>'
)


@dataclass(frozen=True, slots=True)
class _Taxpayer:
    key: str
    id_number: str
    reference: tuple[str, str, str]  # reference, purpose, approval


def _wire(record: Record) -> dict[str, object]:
    def fen(value: object) -> str | None:
        return str(int(value * 100)) if isinstance(value, Decimal) else None

    return {
        "D01": str(record["month"]).replace("-", ""), "D02": _KINDS[str(record["incomeKind"])], "D03": fen(record["incomeBand"]),
        "D04": fen(record["taxPaid"]), "D05": record["withholdingAgent"], "D06": "Y" if record["businessTaxRecord"] else "N",
    }


class TaxBureau(DepartmentServer):
    """The bureau's Query operation for one user."""

    department: ClassVar[str] = "SW"

    def __init__(self, population: Population, *, username: str, password: str, clock: Clock, controls: Controls | None = None) -> None:
        super().__init__(population, controls=controls)
        self._username, self._password = username, password
        self._guard = ReplayGuard(clock)
        self._shelf = WireShelf(population, "tax", _wire)

    async def answer(self, request: web.BaseRequest, body: bytes, mood: Mood) -> web.Response:
        """The WSDL, or an answered query."""
        if request.path != PATH:
            raise Refusal(404, "soapenv:Client", "SW-4004 无此服务")
        if request.method == "GET" and "wsdl" in request.query_string.lower():
            text = WSDL.replace("http://127.0.0.1/services/TaxQuery", self.url + PATH)
            return web.Response(body=text.encode(), content_type="text/xml", charset="utf-8")
        if request.method != "POST":
            raise Refusal(405, "soapenv:Client", "SW-4005 只接受POST")
        envelope = _parse(body)
        self._authenticate(envelope)
        organisation, codes, months, taxpayers = _question(envelope)
        self.journal.note(group="tax", columns=codes, organisation=organisation, subjects=[one.reference for one in taxpayers])
        told = "".join(self._tell(one, codes, months, mood.lie) for one in _chosen(taxpayers, mood.lie))
        as_of = datetime.combine(self.population.today - timedelta(days=2), time(2), tzinfo=_BEIJING).isoformat()
        return _xml(f'<QueryResponse xmlns="urn:sw:tax:query:v1"><sjsj>{as_of}</sjsj>{told}</QueryResponse>', 200)

    def refuse(self, refusal: Refusal) -> web.Response:
        """A SOAP fault."""
        code, _, text = refusal.text.partition(" ")
        faultcode = refusal.code if ":" in refusal.code else "soapenv:Server"
        namespace = f' xmlns:wsse="{_WSSE[1:-1]}"' if faultcode.startswith("wsse:") else ""
        return _xml(
            f"<soapenv:Fault{namespace}><faultcode>{faultcode}</faultcode><faultstring>{escape(text or code)}</faultstring>"
            f'<detail><fault xmlns="urn:sw:tax:query:v1"><code>{escape(code)}</code><message>{escape(text or code)}</message></fault></detail></soapenv:Fault>',
            max(refusal.status, 500),
        )

    def _authenticate(self, envelope: etree._Element) -> None:
        token = envelope.find(f"{_SOAP}Header/{_WSSE}Security/{_WSSE}UsernameToken")
        failed = Refusal(500, "wsse:FailedAuthentication", "SW-4010 身份验证失败")
        if token is None:
            raise failed
        password = token.find(f"{_WSSE}Password")
        nonce, created = token.findtext(f"{_WSSE}Nonce") or "", token.findtext(f"{_WSU}Created") or ""
        if password is None or password.get("Type") != _DIGEST or not nonce:
            raise failed
        try:
            secret = base64.b64decode(nonce, validate=True) + created.encode() + self._password.encode()
            stamp = datetime.fromisoformat(created)
        except (binascii.Error, ValueError) as error:
            raise failed from error
        digest = base64.b64encode(hashlib.sha1(secret, usedforsecurity=False).digest())
        if token.findtext(f"{_WSSE}Username") != self._username or not hmac.compare_digest(digest, (password.text or "").encode()):
            raise failed
        if stamp.tzinfo is None or not self._guard.fresh(stamp.timestamp()) or not self._guard.first_use(self._username, nonce):
            raise Refusal(500, "wsse:MessageExpired", "SW-4011 报文过期或重复")

    def _tell(self, taxpayer: _Taxpayer, codes: list[str], months: int, lie: str | None) -> str:
        earliest = self.population.setting.month(months).replace("-", "")
        rows = [row for row in self._shelf.of(taxpayer.id_number) if str(row["D01"]) >= earliest]
        told = "".join(f"<jl>{''.join(_value(code, row[code], lie) for code in codes)}</jl>" for row in rows)
        return f"<jg><xh>{escape(taxpayer.key)}</xh><sfzjhm>{taxpayer.id_number}</sfzjhm><zt>{'Y' if rows else 'N'}</zt>{told}</jg>"


def _value(code: str, value: object, lie: str | None) -> str:
    match lie:
        case "types":
            return f'<zd dm="{code}">约三千</zd>'
        case "renamed":
            return f'<ziduan daima="{code}">{value}</ziduan>'
        case "extra_fields":
            return f'<zd dm="{code}">{escape(str(value))}</zd><zd dm="D99">13800000000</zd>'
    return f'<zd dm="{code}" xsi:nil="true"/>' if value is None else f'<zd dm="{code}">{escape(str(value))}</zd>'


def _chosen(taxpayers: list[_Taxpayer], lie: str | None) -> list[_Taxpayer]:
    if lie == "half":
        return taxpayers[: len(taxpayers) // 2]
    if lie == "extra_people":
        return [*taxpayers, _Taxpayer("999", "509999200001010012", ("", "", ""))]
    return taxpayers


def _parse(body: bytes) -> etree._Element:
    """The envelope; a document type is refused unread, so no entity is ever expanded."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise _BAD
    try:
        return etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError as error:
        raise _BAD from error


def _question(envelope: etree._Element) -> tuple[str, list[str], int, list[_Taxpayer]]:
    query = envelope.find(f"{_SOAP}Body/{_T}QueryRequest")
    if query is None:
        raise _BAD
    codes = [one.text or "" for one in query.findall(f"{_T}xm/{_T}dm")]
    months = query.findtext(f"{_T}zjys") or "12"
    taxpayers = []
    for one in query.findall(f"{_T}nsr"):
        key, number, use, approval, reference = (one.findtext(f"{_T}{name}") or "" for name in ("xh", "sfzjhm", "yt", "spwh", "ywlsh"))
        if not all((key, number, use, approval, reference)) or not number.isalnum():
            raise _BAD
        taxpayers.append(_Taxpayer(key, number, (reference, use, approval)))
    if not codes or not set(codes) <= set(_CODES) or len(codes) > 6 or not months.isdigit() or not 1 <= int(months) <= 36:
        raise _BAD
    if not 1 <= len(taxpayers) <= BATCH:
        raise Refusal(500, "soapenv:Client", "SW-4013 单次最多20人")
    return query.findtext(f"{_T}sqdw") or "", codes, int(months), taxpayers


def _xml(inner: str, status: int) -> web.Response:
    return web.Response(status=status, body=_ENVELOPE.replace("{}", inner).encode(), content_type="text/xml", charset="utf-8")
