"""Officers prove themselves by token exchange; whatever is wrong with what they show is one answer outward, exact in the log."""

from __future__ import annotations

import json
from dataclasses import replace

import httpx2
import pytest
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core.grants.util import generate_id_token
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey

from hub.canonical import canonical
from hub.enrolment import disable_officer_issuer, enrol_client, enrol_officer_issuer
from hub.oauth.grants import ACCESS_TOKEN, TOKEN_EXCHANGE
from hub.signatures import claims_unverified
from tests.hub.authorizations.family import HUB, adults, letter
from tests.hub.authorizations.world import CLIENT_KEYS, PURPOSES, open_world
from tests.hub.jose_vectors import forgeries, other_spelling, taken_apart

IDP, OTHER_IDP = "https://login.mz-500152.test", "https://login.jy-500152.test"
KEY, OTHER = ECKey.generate_key("P-256", {"kid": "idp-1"}), OKPKey.generate_key("Ed25519", {"kid": "other-1"})
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
REFUSED = (400, {"error": "invalid_request", "error_description": "OFFICER_NOT_PROVEN: this officer is not proven"})


def public(key) -> dict:
    return {"keys": [key.as_dict(private=False)]}


@pytest.fixture
async def refusals() -> list:
    return []


@pytest.fixture
async def office(database_url, engine, pool, keys, random, clock, tmp_path, refusals):
    """A world whose check office and education office have a log-in of their own each."""
    async def heard(caller, code, at) -> None:
        refusals.append((caller.client, caller.case, code))

    async with open_world(database_url, engine, pool, keys, random, clock, tmp_path=tmp_path, on_refusal=heard) as world:
        for name, organisation, issuer, key in (("idp-hd", "mz-hd-500152", IDP, KEY), ("idp-jy", "jy-500152", OTHER_IDP, OTHER)):
            await enrol_officer_issuer(
                engine, name=name, organisation=organisation, issuer=issuer, audience=HUB, jwks=public(key), at=clock(),
            )
        world.accepted = await world.register()
        yield world


def id_token(world, key=KEY, *, header=None, **changed) -> str:
    now = int(world.clock().timestamp())
    claims = {
        "iss": IDP, "sub": "zhang.san", "aud": HUB, "iat": now, "exp": now + 300, "auth_time": now - 60, "acr": "urn:loa:2",
        "amr": ["pwd", "otp"],
    } | changed
    told = {name: value for name, value in claims.items() if value is not None}
    alg = "ES256" if key.key_type == "EC" else "Ed25519"
    protected = {"alg": alg, "typ": "JWT", "kid": key.kid, **(header or {})}
    return jws.serialize_compact({name: value for name, value in protected.items() if value}, canonical(told), key, algorithms=[alg])


async def exchanged(world, subject: str, client: str = "hd", **more):
    given = {"officer": more.pop("officer", None)}
    form = {
        "grant_type": TOKEN_EXCHANGE, "subject_token": subject, "subject_token_type": ID_TOKEN,
        "authorization_details": json.dumps([world.details(world.accepted)]),
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": world.assertion(client, **given),
    } | more
    return await world.http.post("/oauth/token", data=form)


async def test_an_officers_own_log_in_is_exchanged_for_a_token_that_says_who_acts_for_whom(office):
    answer = (await exchanged(office, id_token(office))).json()
    assert answer["issued_token_type"] == ACCESS_TOKEN
    claims = claims_unverified(answer["access_token"])
    assert (claims["sub"], claims["act"], claims["client_id"]) == ("zhang.san", {"sub": "client-hd"}, "client-hd")
    at = int(office.clock().timestamp()) - 60
    assert claims["officer_evidence"] == {"issuer": "idp-hd", "auth_time": at, "acr": "urn:loa:2", "amr": ["pwd", "otp"]}
    caller = (await office.identify(answer["access_token"])).caller
    assert (caller.officer, caller.officer_proof) == ("zhang.san", f"PROVEN by idp-hd, auth_time {at}, acr urn:loa:2, amr pwd otp")
    named = await office.identify(await office.token(office.details(office.accepted)))
    assert (named.caller.officer, named.caller.officer_proof) == ("officer-7", "ASSERTED")
    told = await office.http.post("/oauth/introspect", data={
        "token": answer["access_token"], "client_assertion": office.assertion(),
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    })  # fmt: skip
    assert {name: told.json()[name] for name in ("sub", "act", "officer_evidence")} == {
        name: claims[name] for name in ("sub", "act", "officer_evidence")
    }


async def test_authlibs_issuer_and_client_exchange_a_token(office):
    """Interoperation with a library not ours, on both sides."""
    issued = generate_id_token(
        {}, {"sub": "li.si"}, {**KEY.as_dict(private=True), "kid": "idp-1"}, IDP, [HUB], alg="ES256", exp=300, kid="idp-1",
    )
    claims = claims_unverified(issued)
    office.clock.now = office.clock().fromtimestamp(claims["iat"], office.clock().tzinfo)  # Authlib reads the machine's clock
    office.accepted = await office.register(letters=[letter("H-2", adults(), now=office.clock())])
    async with AsyncOAuth2Client("client-hd", token_endpoint_auth_method="none", transport=httpx2.ASGITransport(office.http._transport.app), base_url=HUB) as client:
        told = await client.fetch_token(
            f"{HUB}/oauth/token", grant_type=TOKEN_EXCHANGE, subject_token=issued, subject_token_type=ID_TOKEN,
            authorization_details=json.dumps([office.details(office.accepted)]), client_assertion=office.assertion(officer=None),
            client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        )  # fmt: skip
    assert claims_unverified(told["access_token"])["officer"] == "li.si"


@pytest.mark.parametrize(("key", "changed"), [
    (KEY, {"aud": "https://another.hub.test"}), (KEY, {"aud": None}), (KEY, {"iss": OTHER_IDP}), (KEY, {"iss": "https://nobody.test"}),
    (KEY, {"iss": None}), (KEY, {"iss": "a\0b"}), (OTHER, {"iss": OTHER_IDP}), (OTHER, {}), (KEY, {"header": {"kid": "other-1"}}),
    (KEY, {"header": {"kid": None}}), (KEY, {"header": {"typ": "at+jwt"}}), (KEY, {"exp": 1}), (KEY, {"exp": None}), (KEY, {"iat": None}),
    (KEY, {"sub": None}), (KEY, {"sub": ""}), (KEY, {"sub": "x" * 81}), (KEY, {"sub": "a\nb"}), (KEY, {"auth_time": 1}),
    (KEY, {"auth_time": "now"}), (KEY, {"auth_time": 10**15}), (KEY, {"nbf": 4_102_444_800}),
])  # fmt: skip
async def test_a_subject_token_that_proves_nobody_of_this_organisation_is_refused_alike(office, refusals, key, changed):
    answer = await exchanged(office, id_token(office, key, **changed))
    assert (answer.status_code, answer.json()) == REFUSED
    assert refusals == [("client-hd", office.accepted.case, "OFFICER_NOT_PROVEN")]


async def test_unsigned_long_lived_and_broken_ones_are_refused_alike(office, refusals):
    good = id_token(office)
    head, body, signature = good.split(".")
    unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + body + "."
    far = int(office.clock().timestamp()) + 3601
    for forged in (unsigned, f"{head}.{body}.{signature[:-4]}AAAA", "", "x", office.assertion(), id_token(office, exp=far)):
        answer = await exchanged(office, forged)
        assert (answer.status_code, answer.json()) == REFUSED
    assert len(refusals) == 6


async def test_an_officers_token_is_exchanged_once_in_every_worker(office, database_url, engine, pool, keys, random, clock, tmp_path):
    subject = id_token(office)
    assert (await exchanged(office, subject)).status_code == 200
    assert ((await exchanged(office, subject)).status_code) == 400
    async with open_world(database_url, engine, pool, keys, random, clock, tmp_path=tmp_path) as other:
        other.accepted = office.accepted
        answer = await exchanged(other, subject)
        assert (answer.status_code, answer.json()) == REFUSED


async def test_another_office_cannot_exchange_it_and_a_disabled_issuer_proves_nobody(office, engine, clock):
    answer = await exchanged(office, id_token(office), "jy")
    assert (answer.status_code, answer.json()) == REFUSED
    assert await disable_officer_issuer(engine, name="idp-hd", at=clock())
    assert not await disable_officer_issuer(engine, name="idp-hd", at=clock())
    answer = await exchanged(office, id_token(office))
    assert (answer.status_code, answer.json()) == REFUSED


async def test_a_client_set_to_proven_names_nobody_and_its_earlier_tokens_ask_nothing(office, engine, clock, refusals):
    details = office.details(office.accepted)
    earlier = await office.token(details)
    await enrol_client(
        engine, client_id="client-hd", organisation="mz-hd-500152", name="hd", purposes=PURPOSES["hd"], at=clock(), officer_identity="proven",
        jwks={"keys": [{**CLIENT_KEYS["hd"].as_dict(private=False), "kid": "c1"}]},
    )
    office.desk._identifier._clients.drop("CLIENT", "client-hd")  # half a minute later
    answer = await office.ask(details)
    assert (answer.status_code, answer.json()) == REFUSED
    assert refusals[-1][2] == "OFFICER_NOT_PROVEN"
    with pytest.raises(Exception, match="prove themselves") as refused:
        await office.identify(earlier)
    assert (refused.value.code, refused.value.caller.officer) == ("OFFICER_NOT_PROVEN", "officer-7")
    answer = await exchanged(office, id_token(office))
    assert answer.status_code == 200, answer.text
    await office.identify(answer.json()["access_token"])


async def test_what_is_no_exchange_is_refused_by_name(office):
    for more, error in (
        ({"actor_token": "x"}, "invalid_request"), ({"subject_token_type": "urn:other"}, "invalid_request"), ({"resource": "https://else.test"}, "invalid_target"),
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}, "invalid_request"), ({"audience": "https://else.test"}, "invalid_target"),
    ):  # fmt: skip
        answer = await exchanged(office, id_token(office), **more)
        assert (answer.status_code, answer.json()["error"]) == (400, error), more
    assert (await exchanged(office, id_token(office), audience=HUB, officer={"id": "zhang.san"})).status_code == 200
    answer = await exchanged(office, id_token(office), officer={"id": "somebody.else"})
    assert (answer.status_code, answer.json()) == REFUSED


async def test_a_refused_officers_case_may_be_anybodys(office, clock):
    """The refusal comes before the checks: it says nothing of the case."""
    office.accepted = replace(office.accepted, case="case_none")
    answer = await exchanged(office, id_token(office, aud="x"))
    assert (answer.status_code, answer.json()) == REFUSED
    later = id_token(office)
    clock.advance(360)
    assert (await exchanged(office, later)).json() == REFUSED[1]


async def test_public_attacks_on_an_officers_token_are_refused_alike_and_its_other_signature_opens_nothing_twice(office):
    good = taken_apart(id_token(office), KEY, never=frozenset({"jti"}))
    for name, forged in forgeries(good):
        answer = await exchanged(office, forged)
        assert (answer.status_code, answer.json()) == REFUSED, name
    token = good.signed()
    assert (await exchanged(office, token)).status_code == 200
    answer = await exchanged(office, other_spelling(token))
    assert (answer.status_code, answer.json()) == REFUSED
