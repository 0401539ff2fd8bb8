"""Any department with one SOAP 1.1 operation, from its dialect: a batch of subjects, items by code, a UsernameToken digest, a WSDL.

Rules of this file:
- A document type is refused unread, so no entity is ever expanded; every text that leaves is escaped.
- Every subject once, in order, with its status; items in the order asked; null is xsi:nil.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from xml.sax.saxutils import escape

from aiohttp import web
from lxml import etree

from connectors.sandbox.controls import NEW_CODE, Controls, Mood
from connectors.sandbox.dialect import SoapDialect
from connectors.sandbox.population import Population
from connectors.sandbox.proofs import SOAP, WSSE, PasswordDigest, hub_name, word
from connectors.sandbox.replay import Clock, ReplayGuard
from connectors.sandbox.server import DepartmentServer, Refusal, WireShelf
from connectors.sandbox.wsdl import wsdl

_BAD = Refusal(500, "soapenv:Client", "4000 报文格式错误")
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>{}</soapenv:Body></soapenv:Envelope>'
)
_STRANGER = "509999200001010012"


@dataclass(frozen=True, slots=True)
class _Subject:
    key: str
    id_number: str
    reference: tuple[str, str, str]  # reference, purpose, approval


@dataclass(frozen=True, slots=True)
class _Question:
    organisation: str
    codes: list[str]
    months: int | None
    subjects: list[_Subject]


class SoapDepartment(DepartmentServer):
    """One department; its caller is the region's hub."""

    def __init__(self, population: Population, dialect: SoapDialect, *, clock: Clock, controls: Controls | None = None) -> None:
        super().__init__(population, controls=controls)
        self._dialect = dialect
        self._proof = PasswordDigest(hub_name(population), word(population, dialect.code), ReplayGuard(clock))
        self._shelf = WireShelf(population, dialect.query.group, partial(dialect.query.written, null=None))

    @property
    def settings(self) -> dict[str, str]:
        """What the hub is given to ask it."""
        return {"url": self.url, **self._proof.settings}

    async def answer(self, request: web.BaseRequest, body: bytes, mood: Mood) -> web.Response:
        """The WSDL, or an answered query."""
        dialect = self._dialect
        if request.path != dialect.query.path:
            raise Refusal(404, "soapenv:Client", "4004 无此服务")
        if request.method == "GET" and "wsdl" in request.query_string.lower():
            return web.Response(body=wsdl(dialect, self.url).encode(), content_type="text/xml", charset="utf-8")
        if request.method != "POST":
            raise Refusal(405, "soapenv:Client", "4005 只接受POST")
        envelope = _parse(body)
        self._proof.check(envelope)
        asked = _question(dialect, envelope)
        self.journal.note(group=dialect.query.group, columns=asked.codes, organisation=asked.organisation,
                          subjects=[one.reference for one in asked.subjects])
        told = "".join(self._tell(one, asked, mood.lie) for one in _chosen(asked.subjects, mood.lie))
        as_of = f"<{dialect.as_of}>{dialect.dated(self.population.today)}</{dialect.as_of}>"
        return _xml(f'<{dialect.response} xmlns="{dialect.namespace}">{as_of}{told}</{dialect.response}>', 200)

    def refuse(self, refusal: Refusal) -> web.Response:
        """A SOAP fault."""
        code, _, text = refusal.text.partition(" ")
        if not text:  # the server's own refusals are not numbered
            code, text = "5000", refusal.text
        faultcode = refusal.code if ":" in refusal.code else "soapenv:Server"
        namespace = f' xmlns:wsse="{WSSE[1:-1]}"' if faultcode.startswith("wsse:") else ""
        return _xml(
            f"<soapenv:Fault{namespace}><faultcode>{faultcode}</faultcode><faultstring>{escape(text)}</faultstring>"
            f'<detail><fault xmlns="{self._dialect.namespace}"><code>{self._dialect.error}-{escape(code)}</code>'
            f"<message>{escape(text)}</message></fault></detail></soapenv:Fault>", refusal.status,
        )

    def _tell(self, subject: _Subject, asked: _Question, lie: str | None) -> str:
        names, window = self._dialect.asking, self._dialect.window
        rows = self._shelf.of(subject.id_number)
        if window is not None and asked.months is not None:
            earliest = self.population.setting.month(asked.months).replace("-", "")
            rows = [row for row in rows if str(row[window.item]) >= earliest]
        told = "".join(self._record([(code, row[code]) for code in asked.codes], lie) for row in rows)
        status = self._dialect.found if rows else self._dialect.none
        return (
            f"<{self._dialect.result}><{names.key}>{escape(subject.key)}</{names.key}><{names.id}>{subject.id_number}</{names.id}>"
            f"<{self._dialect.status}>{status}</{self._dialect.status}>{told}</{self._dialect.result}>"
        )

    def _record(self, values: list[tuple[str, object]], lie: str | None) -> str:
        record = self._dialect.record
        return f"<{record}>{''.join(self._value(code, value, lie) for code, value in values)}</{record}>"

    def _value(self, code: str, value: object, lie: str | None) -> str:
        if lie == "codes" and value is not None and code in self._dialect.query.coded:
            value = NEW_CODE
        name, attribute = self._dialect.value, f'{self._dialect.value_column}="{code}"'
        told = f'<{name} {attribute} xsi:nil="true"/>' if value is None else f"<{name} {attribute}>{escape(str(value))}</{name}>"
        match lie:
            case "types":
                return f"<{name} {attribute}>约三千</{name}>"
            case "renamed":
                return f'<ziduan daima="{code}">{escape(str(value))}</ziduan>'
            case "extra_fields":
                return f'{told}<{name} {self._dialect.value_column}="LXDH">13800000000</{name}>'
        return told


def _chosen(subjects: list[_Subject], lie: str | None) -> list[_Subject]:
    if lie == "half":
        return subjects[: len(subjects) // 2]
    if lie == "extra_people":
        return [*subjects, _Subject("999", _STRANGER, ("", "", ""))]
    return subjects


def _parse(body: bytes) -> etree._Element:
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise _BAD
    try:
        return etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError as error:
        raise _BAD from error


def _question(dialect: SoapDialect, envelope: etree._Element) -> _Question:
    """The body read by the dialect's names. Raises Refusal."""
    names, prefix = dialect.asking, f"{{{dialect.namespace}}}"
    query = envelope.find(f"{SOAP}Body/{prefix}{dialect.request}")
    if query is None:
        raise _BAD
    codes = [one.text or "" for one in query.findall(f"{prefix}{names.columns}/{prefix}{dialect.column}")]
    if not codes or not set(codes) <= dialect.query.items.keys() or len(codes) > len(dialect.query.items):
        raise _BAD
    subjects = []
    for one in query.findall(prefix + names.subjects):
        key, number, purpose, approval, reference = (one.findtext(prefix + name) or "" for name in names.subject)
        if not all((key, number, purpose, approval, reference)) or not number.isalnum():
            raise _BAD
        subjects.append(_Subject(key, number, (reference, purpose, approval)))
    months = _months(dialect, query, prefix)
    if not 1 <= len(subjects) <= dialect.batch:
        raise Refusal(500, "soapenv:Client", f"4013 单次最多{dialect.batch}人")
    return _Question(query.findtext(prefix + names.organisation) or "", codes, months, subjects)


def _months(dialect: SoapDialect, query: etree._Element, prefix: str) -> int | None:
    window = dialect.window
    if window is None:
        return None
    months = query.findtext(prefix + window.name) or str(window.usual)
    if not months.isdigit() or not 1 <= int(months) <= window.most:
        raise _BAD
    return int(months)


def _xml(inner: str, status: int) -> web.Response:
    return web.Response(status=status, body=_ENVELOPE.replace("{}", inner).encode(), content_type="text/xml", charset="utf-8")
