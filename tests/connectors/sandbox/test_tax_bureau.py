from __future__ import annotations

import asyncio
import base64
import hashlib
from datetime import UTC

import pytest
import zeep
from zeep.wsse.username import UsernameToken

from tests.connectors.sandbox.conftest import family_numbers


@pytest.fixture
def ask(government, clock, random):
    settings = government.settings["SW"]

    def call(codes, numbers, *, password=None, nonce=None, months=None):
        token = UsernameToken(settings["username"], password or settings["password"], use_digest=True, created=clock().astimezone(UTC), nonce=nonce or random(16).hex())
        client = zeep.Client(f"{settings['url']}/services/TaxQuery?wsdl", wsse=token)
        people = [
            {"xh": str(i), "sfzjhm": n, "yt": "DIBAO_REVIEW", "spwh": "case-1", "ywlsh": f"intent-{i}"} for i, n in enumerate(numbers)
        ]
        with client.transport.session:
            return client.service.Query(sqdw="MZ-HD", xm={"dm": codes}, zjys=months, nsr=people)

    async def ask(*args, **kwargs):
        return await asyncio.to_thread(call, *args, **kwargs)

    return ask


async def test_an_ordinary_soap_client_reads_the_wsdl_and_gets_the_items_by_code(ask, population):
    told = await ask(["D01", "D03"], family_numbers(population))
    assert told.sjsj == "2026-11-20T02:00:00+08:00"
    assert [one.zt for one in told.jg] == ["Y", "N", "N", "N", "Y", "Y"]
    assert [[(v.dm, v["_value_1"]) for v in row.zd] for row in told.jg[0].jl] == [
        [("D01", "202610"), ("D03", "290000")], [("D01", "202609"), ("D03", "286000")], [("D01", "202608"), ("D03", "290000")],
    ]


async def test_fewer_months_are_told_when_fewer_are_asked(ask, population):
    told = await ask(["D01"], family_numbers(population)[:1], months=1)
    assert [row.zd[0]["_value_1"] for row in told.jg[0].jl] == ["202610"]


async def test_what_is_unknown_is_nil(ask, population, government):
    trader = next(p for p in population.people() if p.life == "BUSINESS")
    told = await ask(["D05", "D06"], [trader.id_number])
    assert [(v.dm, v["_value_1"]) for v in told.jg[0].jl[0].zd] == [("D05", None), ("D06", "Y")]
    [entry] = government.journal("SW").entries
    assert (entry["columns"], entry["subjects"][0]["reference"]) == (["D05", "D06"], "intent-0")


async def test_a_wrong_password_and_a_repeated_nonce_are_faults(ask, population):
    numbers = family_numbers(population)[:1]
    with pytest.raises(zeep.exceptions.Fault) as refused:
        await ask(["D01"], numbers, password="wrong")
    assert refused.value.code == "wsse:FailedAuthentication"
    await ask(["D01"], numbers, nonce="once" * 8)
    with pytest.raises(zeep.exceptions.Fault) as repeated:
        await ask(["D01"], numbers, nonce="once" * 8)
    assert repeated.value.code == "wsse:MessageExpired"


def envelope(settings, clock, *, codes=("D01",), people=1, purpose="DIBAO_REVIEW", nonce=b"0123456789abcdef"):
    created = clock().astimezone(UTC).isoformat()
    digest = base64.b64encode(hashlib.sha1(nonce + created.encode() + settings["password"].encode()).digest()).decode()
    oasis = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
    subject = f"<xh>1</xh><sfzjhm>509900198503141035</sfzjhm><yt>{purpose}</yt><spwh>case-1</spwh><ywlsh>intent-1</ywlsh>"
    return f"""<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header>
      <s:Security xmlns:s="{oasis}-wssecurity-secext-1.0.xsd" xmlns:u="{oasis}-wssecurity-utility-1.0.xsd"><s:UsernameToken>
      <s:Username>{settings["username"]}</s:Username><s:Password Type="{oasis}-username-token-profile-1.0#PasswordDigest">{digest}</s:Password>
      <s:Nonce>{base64.b64encode(nonce).decode()}</s:Nonce><u:Created>{created}</u:Created></s:UsernameToken></s:Security></e:Header>
      <e:Body><QueryRequest xmlns="urn:sw:tax:query:v1"><sqdw>MZ-HD</sqdw><xm>{"".join(f"<dm>{code}</dm>" for code in codes)}</xm>
      {f"<nsr>{subject}</nsr>" * people}</QueryRequest></e:Body></e:Envelope>"""


@pytest.mark.parametrize(("asked", "status", "told"), [
    ({}, 200, "<zt>Y</zt>"),
    ({"people": 21}, 500, "SW-4013"),
    ({"people": 0}, 500, "SW-4013"),
    ({"codes": ()}, 500, "SW-4000"),
    ({"codes": ("D99",)}, 500, "SW-4000"),
    ({"purpose": ""}, 500, "SW-4000"),
])
async def test_only_a_whole_question_within_the_batch_is_answered(government, http, clock, asked, status, told):
    settings = government.settings["SW"]
    async with http.post(f"{settings['url']}/services/TaxQuery", data=envelope(settings, clock, **asked)) as answer:
        assert (answer.status, told in await answer.text()) == (status, True)
    # Refused or not: whoever was refused left nothing in the journal.
    assert len(government.journal("SW").entries) == (status == 200)


@pytest.mark.parametrize("body", [b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", b"<x", b"{}", b"<x/>"])
async def test_what_is_no_soap_envelope_is_a_fault(government, http, body):
    async with http.post(f"{government.settings['SW']['url']}/services/TaxQuery", data=body) as answer:
        assert answer.status == 500
        assert "Fault>" in await answer.text()


@pytest.mark.parametrize(("lie", "shown"), [
    ("types", "约三千"), ("renamed", "<ziduan "), ("extra_fields", 'dm="LXDH"'), ("extra_people", "<xh>999</xh>"),
])
async def test_it_lies_when_told(government, http, clock, lie, shown):
    settings = government.settings["SW"]
    await government.control("SW", {"lie": lie, "times": 1})
    for nonce, lied in ((b"first", True), (b"second", False)):
        async with http.post(f"{settings['url']}/services/TaxQuery", data=envelope(settings, clock, nonce=nonce)) as answer:
            assert (answer.status, shown in await answer.text()) == (200, lied)


async def test_half_a_batch_is_half_a_batch(ask, government, population):
    await government.control("SW", {"lie": "half"})
    assert len((await ask(["D01"], family_numbers(population))).jg) == 3
