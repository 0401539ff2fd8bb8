"""Departments that speak SOAP 1.1: an envelope composed once a question shape, an answer read by element name.

Rules of this file:
- The WSDL is for people and for tests; nothing of it is loaded to ask a question.
- What comes back may hold no document type: no entity, no external file, no address is ever resolved.
- Every text that enters an envelope is escaped, the hub's own included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from lxml import etree
from yarl import URL

from connectors.batches import MISSING
from connectors.conversion import Unreadable
from connectors.department import OverHttp
from connectors.door import accepted
from connectors.instants import instant
from connectors.interface import Ask, DepartmentBroke, Records, Subject
from connectors.manifest import Manifest
from connectors.selection import Selection
from connectors.signing import Clock, Random, password_digest

_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
_SECURITY = (
    f'<soapenv:Envelope xmlns:soapenv="{_SOAP}"><soapenv:Header><wsse:Security soapenv:mustUnderstand="1" '
    f'xmlns:wsse="{_WSS}-wssecurity-secext-1.0.xsd" xmlns:wsu="{_WSS}-wssecurity-utility-1.0.xsd"><wsse:UsernameToken>'
    '<wsse:Username>%s</wsse:Username>'
    f'<wsse:Password Type="{_WSS}-username-token-profile-1.0#PasswordDigest">%s</wsse:Password>'
    f'<wsse:Nonce EncodingType="{_WSS}-soap-message-security-1.0#Base64Binary">%s</wsse:Nonce>'
    '<wsu:Created>%s</wsu:Created></wsse:UsernameToken></wsse:Security></soapenv:Header><soapenv:Body>'
)
_END = "</soapenv:Body></soapenv:Envelope>"

Told = tuple[str, dict[int, list[list[object]]], int]
"""Data as of, rows by position, strays."""


class SoapConnector(OverHttp):
    """A SOAP department behind its manifest."""

    def __init__(self, manifest: Manifest, *, clock: Clock, random: Random) -> None:
        super().__init__(manifest, clock=clock, random=random)
        self._clock, self._random = clock, random
        self._user = escape(manifest.credentials["username"])
        self._password = manifest.credentials["password"].encode()
        self._url = URL(manifest.place, encoded=True)
        self._headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{self._names["action"]}"'}
        self._reader = _Reader(self._names)

    async def fetch(self, ask: Ask) -> Mapping[str, Records]:
        selection = self._selections[ask.group].of(ask.columns)
        if not selection.names:
            selection = selection.asking(self._manifest.groups[ask.group].call["presence"])
        return await self._batches.run(ask, lambda subjects: self._call(ask, selection, subjects))

    async def _call(self, ask: Ask, selection: Selection, subjects: Sequence[Subject]) -> Sequence[Records]:
        question = _question(self._names, ask, selection, subjects)

        def make() -> tuple[bytes, Mapping[str, str]]:
            proof = password_digest(self._password, clock=self._clock, random=self._random)
            return (_SECURITY % (self._user, *proof) + question + _END).encode(), self._headers

        answer = await self._door.post(self._url, make)
        as_of, rows, strays = self._reader.read(accepted(self.department, answer, "text/xml"), subjects, selection.names)
        self._batches.tally.note("strays", strays)
        return [
            MISSING if (raw := rows.get(at)) is None else self._batches.records(selection, ask, raw, as_of)
            for at in range(len(subjects))
        ]



def _question(names: Mapping[str, str], ask: Ask, selection: Selection, subjects: Sequence[Subject]) -> str:
    """The request element. Element names are the manifest's; what stands between them is escaped."""
    key, number, column = names["key"], names["id"], names["column"]
    purpose = f"<{names['purpose']}>{escape(ask.purpose)}</{names['purpose']}>"
    approval = names["approval"]
    asked = "".join([f"<{column}>{escape(name)}</{column}>" for name in selection.names])
    people = "".join([
        f"<{names['subjects']}><{key}>{place}</{key}><{number}>{escape(subject.id_number)}</{number}>{purpose}"
        f"<{approval}>{escape(subject.approval)}</{approval}>"
        f"<{names['reference']}>{escape(subject.intent)}</{names['reference']}></{names['subjects']}>"
        for place, subject in enumerate(subjects, 1)
    ])
    return (
        f'<{names["request"]} xmlns="{escape(names["namespace"])}"><{names["organisation"]}>{escape(ask.organisation)}'
        f'</{names["organisation"]}><{names["columns"]}>{asked}</{names["columns"]}>{people}</{names["request"]}>'
    )


class _Reader:
    """An answer's elements by qualified name."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        prefix = f"{{{names['namespace']}}}"
        self._body = f"{{{_SOAP}}}Body/{prefix}{names['response']}"
        self._as_of, self._result, self._record = prefix + names["as_of"], prefix + names["result"], prefix + names["record"]
        self._key, self._id, self._status = prefix + names["key"], prefix + names["id"], prefix + names["status"]
        self._parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True,
        )
        self._column = names["value_column"]

    def read(self, body: bytes, subjects: Sequence[Subject], wanted: Sequence[str]) -> Told:
        """Raises DepartmentBroke."""
        response = self._response(body)
        rows: dict[int, list[list[object]]] = {}
        strays = 0
        places = {str(place): place - 1 for place in range(1, len(subjects) + 1)}
        for result in response.iterchildren(self._result):
            at = places.get(result.findtext(self._key) or "")
            status = result.findtext(self._status)
            if at is None or result.findtext(self._id) != subjects[at].id_number:
                strays += 1
            elif at in rows:
                raise DepartmentBroke("two results for one subject")
            elif status == self._names["found"]:
                rows[at] = [self._row(record, wanted) for record in result.iterchildren(self._record)]
            elif status == self._names["none"]:
                rows[at] = []
        try:
            return instant(response.findtext(self._as_of) or ""), rows, strays
        except Unreadable:
            raise DepartmentBroke("an answer without its date") from None

    def _response(self, body: bytes) -> etree._Element:
        try:
            root = etree.fromstring(body, self._parser)
        except etree.XMLSyntaxError:
            raise DepartmentBroke("an answer that is not XML") from None
        if root.getroottree().docinfo.internalDTD is not None:
            raise DepartmentBroke("an answer with a document type")
        response = root.find(self._body)
        if response is None:
            raise DepartmentBroke("an answer without its response element")
        return response

    def _row(self, record: etree._Element, wanted: Sequence[str]) -> list[object]:
        column = self._column
        # xsi:nil needs no look: an element that is nil is empty, and empty text is null anyway.
        values = {value.get(column): value.text for value in record}
        try:
            return [values[name] for name in wanted]
        except KeyError:
            raise DepartmentBroke("a record without a column asked for") from None
