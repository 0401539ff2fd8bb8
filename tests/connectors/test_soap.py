"""SOAP: what is sent fits the department's WSDL as another library reads it; what comes back resolves nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from lxml import etree
from zeep import Client, Settings
from zeep.transports import Transport

from connectors.interface import DepartmentBroke, Subject
from connectors.manifest import parse
from connectors.sandbox.departments import DIALECTS
from connectors.sandbox.dialect import SoapDialect
from connectors.selection import select
from connectors.soap import _question, _Reader
from tests.connectors.asking import ask, columns, household
from tests.connectors.shipped import SETTINGS

PATH = Path("connectors/manifests/SW.toml")
MANIFEST = parse(PATH.name, PATH.read_text(encoding="utf-8"), SETTINGS)
SERVED = {dialect.query.group: dialect for dialect in DIALECTS if isinstance(dialect, SoapDialect)}
PERSON = Subject("s0", "50990119850101001X", "张三", "intent-0000", "case-1")
ANSWER = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><s:Body>'
    '<QueryResponse xmlns="urn:sw:tax:query:v1"><sjsj>2026-11-20T02:00:00+08:00</sjsj><jg><xh>1</xh>'
    '<sfzjhm>50990119850101001X</sfzjhm><zt>Y</zt><jl><zd dm="D01">202610</zd><zd dm="D03" xsi:nil="true"/></jl></jg>'
    "</QueryResponse></s:Body></s:Envelope>"
)


def read(answer: str):
    return _Reader(MANIFEST.envelope).read(answer.encode(), [PERSON], ("D01", "D03"))


def test_an_answer_is_read_by_element_name():
    assert read(ANSWER) == ("2026-11-20T02:00:00+08:00", {0: [["202610", None]]}, 0)


@pytest.mark.parametrize("prolog", [
    '<!DOCTYPE s [<!ENTITY x "202610">]>',
    '<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE s SYSTEM "http://127.0.0.1:9/x.dtd">',
    "<!DOCTYPE s>",
    '<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY x "&b;&b;&b;&b;&b;&b;&b;&b;">]>',
])
def test_a_document_type_is_refused_whatever_it_declares(prolog):
    with pytest.raises(DepartmentBroke, match="an answer with a document type"):
        read(prolog + ANSWER.replace("<s:Envelope", "<s:Envelope", 1))
    with pytest.raises(DepartmentBroke):
        read(prolog + ANSWER.replace("202610", "&x;"))


def test_a_document_type_in_another_encoding_is_refused_too():
    text = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE s [<!ENTITY x "1">]>' + ANSWER
    with pytest.raises(DepartmentBroke, match="an answer with a document type"):
        _Reader(MANIFEST.envelope).read(text.encode("utf-16"), [PERSON], ("D01", "D03"))


@pytest.mark.parametrize(("old", "new"), [
    ("<s:Body>", "<s:Body><x>"), ("QueryResponse", "Response"), ("urn:sw:tax:query:v1", "urn:other"), ("2026-11-20T02", "gestern"),
    ('dm="D01"', 'dm="D09"'), ("</s:Envelope>", ""),
])
def test_an_answer_of_another_shape_is_broken(old, new):
    with pytest.raises(DepartmentBroke):
        read(ANSWER.replace(old, new))


def test_somebody_else_at_our_place_is_a_stray_and_not_our_subject():
    _, rows, strays = read(ANSWER.replace("50990119850101001X", "509901198501010028"))
    assert (rows, strays) == ({}, 1)


def test_every_text_is_escaped():
    asked = ask("tax", [])
    odd = Subject("s", "1</sfzjhm><sfzjhm>2", "n", "<i>&", "<c>&")
    text = _question(MANIFEST.envelope, asked, select(MANIFEST.groups["tax"], columns("tax")), [odd])
    element = etree.fromstring(text)
    [subject] = element.findall("{urn:sw:tax:query:v1}nsr")
    assert [child.text for child in subject] == ["1", "1</sfzjhm><sfzjhm>2", "DIBAO_REVIEW", "<c>&", "<i>&"]


@pytest.mark.parametrize("group", SERVED)
async def test_what_is_sent_is_what_the_wsdl_describes(group, government, population):
    """zeep reads the WSDL and writes the same question; ours has its elements, in its order."""
    dialect = SERVED[group]
    names, path = dialect.asking, Path(f"connectors/manifests/{dialect.code}.toml")
    manifest = parse(path.name, path.read_text(encoding="utf-8"), SETTINGS)
    url = f"{government.settings[dialect.code]['url']}{dialect.query.path}?wsdl"
    client = await asyncio.to_thread(lambda: Client(url, transport=Transport(timeout=5), settings=Settings(strict=True)))
    people = household(population, group)[:2]
    asked = ask(group, people)
    chosen = select(manifest.groups[group], columns(group))
    theirs = client.create_message(
        client.service, dialect.operation,
        **{names.organisation: asked.organisation, names.columns: {dialect.column: list(chosen.names)}, names.subjects: [
            {names.key: str(place), names.id: one.id_number, names.purpose: asked.purpose, names.approval: one.approval,
             names.reference: one.intent}
            for place, one in enumerate(asked.subjects, 1)
        ]},
    )
    [body] = theirs.iter(f"{{{dialect.namespace}}}{dialect.request}")
    ours = etree.fromstring(_question(manifest.envelope, asked, chosen, asked.subjects))
    assert [(one.tag, one.text) for one in ours.iter()] == [(one.tag, one.text) for one in body.iter()]
    assert manifest.envelope["action"] == client.service._binding.get(dialect.operation).soapaction
