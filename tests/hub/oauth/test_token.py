"""The token endpoint: who gets a token, and how each forged or repeated assertion fails the same way outward."""

from __future__ import annotations

import hmac
import json
from datetime import timedelta

import pytest
from authlib.oauth2.rfc7523 import private_key_jwt_sign
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from joserfc import jws
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from hub.canonical import canonical
from hub.oauth.assertion import ASSERTION_TYPE
from hub.oauth.presenting import household_facts, token_request
from hub.signatures import base64url, claims_unverified, unbase64url
from tests.hub.authorizations.family import HUB, PLATFORM, REFERENCE
from tests.hub.authorizations.world import CLIENT_KEYS, open_world

AUDIT = household_facts(purpose="PRIVACY_AUDIT", basis={"kind": "audit"})
UNIFORM = {"error": "invalid_client", "error_description": "client authentication failed"}


async def posted(world, assertion, details=AUDIT, **form):
    return await world.http.post("/oauth/token", data=token_request(assertion, details) | form)


async def uniformly_refused(world, assertion, **form) -> None:
    answer = await posted(world, assertion, **form)
    assert (answer.status_code, answer.json()) == (401, UNIFORM)
    assert answer.headers["cache-control"] == "no-store"


async def test_a_token_is_an_rfc_9068_token_anybody_can_check_by_the_published_keys(world, clock):
    accepted = await world.register()
    answer = await world.ask(world.details(accepted))
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 600)
    jwks = (await world.http.get("/oauth/jwks")).json()
    assert all("d" not in key for key in jwks["keys"])
    opened = jws.deserialize_compact(told["access_token"], KeySet.import_key_set(jwks), algorithms=["Ed25519"])
    claims = json.loads(opened.payload)
    assert opened.headers()["typ"] == "at+jwt"
    assert {"iss", "exp", "aud", "sub", "client_id", "iat", "jti"} <= claims.keys()
    assert claims["exp"] - claims["iat"] == 600
    assert claims["authorization_details"] == told["authorization_details"] == [world.granted(accepted)]
    assert claims["officer"] == "officer-7"
    assert "某某" not in str(claims), "the officer's name stays in the assertion"


async def test_authlibs_client_gets_a_token_with_an_es256_assertion(world, clock):
    """Interoperation with a client library not ours."""
    own = CLIENT_KEYS["hd"].as_dict(private=True)
    assertion = private_key_jwt_sign(
        own, client_id="client-hd", token_endpoint=f"{HUB}/oauth/token", alg="ES256", claims={"officer": {"id": "o-1"}},
        header={"kid": "c1"}, issued_at=int(clock().timestamp()), expires_in=120,
    )  # fmt: skip
    accepted = await world.register()
    answer = await posted(world, assertion, world.details(accepted))
    assert answer.status_code == 200, answer.text


async def test_the_metadata_satisfies_authlibs_validation(world):
    told = (await world.http.get("/.well-known/oauth-authorization-server")).json()
    checked = AuthorizationServerMetadata(told)
    checked.validate_issuer()
    checked.validate_token_endpoint()
    checked.validate_jwks_uri()
    checked.validate_token_endpoint_auth_methods_supported()
    checked.validate_introspection_endpoint()
    assert told["authorization_details_types_supported"] == ["household_facts"]
    assert told["token_endpoint_auth_signing_alg_values_supported"] == ["Ed25519", "ES256"]


# --- assertions that must fail, all alike --------------------------------------------------------------------------------


async def test_a_replayed_assertion_is_refused_in_every_worker(world, clock, database_url, engine, pool, keys, random, tmp_path):
    assertion = world.assertion("officer")
    assert (await posted(world, assertion)).status_code == 200
    await uniformly_refused(world, assertion)
    async with open_world(database_url, engine, pool, keys, random, clock, tmp_path=tmp_path) as other:
        await uniformly_refused(other, assertion)


async def test_a_replay_is_remembered_as_long_as_the_assertion_lives(world, clock):
    assertion = world.assertion("officer", lifetime=timedelta(minutes=5))
    assert (await posted(world, assertion)).status_code == 200
    clock.advance(290)
    assert (await posted(world, world.assertion("officer"))).status_code == 200
    await uniformly_refused(world, assertion)
    clock.advance(300)
    assert (await posted(world, world.assertion("officer"))).status_code == 200
    assert await world.pool.fetchval("SELECT count(*) FROM used_assertion") < 3, "what has ended is forgotten"


@pytest.mark.parametrize(
    "wrong",
    [
        {"audience": "https://hub.511725.test"},
        {"key": CLIENT_KEYS["jy"]},
        {"kid": "c2"},
        {"lifetime": timedelta(minutes=6)},
        {"lifetime": timedelta(seconds=-6)},
        {"client": "client-nobody"},
        {"client": "client-hd"},
        {"client": "\0"},
    ],
)
async def test_a_wrong_assertion_is_refused_without_saying_why(world, wrong):
    await uniformly_refused(world, world.assertion("officer", **wrong))


async def test_an_assertion_from_the_future_is_refused(world, clock):
    await uniformly_refused(world, world.assertion("officer", now=clock() + timedelta(minutes=10)))


async def test_another_clients_assertion_is_refused_under_this_clients_name(world):
    await uniformly_refused(world, world.assertion("jy"), client_id="client-officer")


@pytest.mark.parametrize("attack", ["none", "None", "HS256", "RS256", "EdDSA", "jwk", "kid-list", "crit", "no-signature", "stripped"])
async def test_jose_attacks_are_refused_alike(world, attack):
    good = world.assertion("officer")
    payload = unbase64url(good.split(".")[1])
    header = {"alg": "Ed25519", "typ": "JWT", "kid": "c1"}
    key = CLIENT_KEYS["officer"]
    match attack:
        case "none" | "None":
            forged = f"{base64url(canonical(header | {'alg': attack}))}.{base64url(payload)}."
        case "HS256":
            for secret in (key.as_pem(private=False), canonical(key.as_dict(private=False)), unbase64url(key.as_dict()["x"])):
                signed = f"{base64url(canonical(header | {'alg': 'HS256'}))}.{base64url(payload)}"
                forged = f"{signed}.{base64url(hmac.digest(secret, signed.encode(), 'sha256'))}"
                await uniformly_refused(world, forged)
        case "RS256":
            forged = jws.serialize_compact(header | {"alg": "RS256"}, payload, RSAKey.generate_key(2048), algorithms=["RS256"])
        case "EdDSA":
            forged = good.replace(good.split(".")[0], base64url(canonical(header | {"alg": "EdDSA"})))
        case "jwk":
            own = OKPKey.generate_key("Ed25519")
            forged = jws.serialize_compact(header | {"jwk": own.as_dict(private=False)}, payload, own, algorithms=["Ed25519"])
        case "kid-list":
            forged = f"{base64url(canonical(header | {'kid': ['c1']}))}.{base64url(payload)}.{good.split('.')[2]}"
        case "crit":
            forged = f"{base64url(canonical(header | {'crit': ['exp']}))}.{base64url(payload)}.{good.split('.')[2]}"
        case "no-signature":
            forged = good.rpartition(".")[0] + "."
        case _:
            forged = good.rpartition(".")[0]
    await uniformly_refused(world, forged)


@pytest.mark.parametrize("garbage", ["", "x", "..", "a.b.c", "e30.e30.", "ÿ.ÿ.ÿ", "." * 9000, "A" * 9000, "W10.W10.W10"])
async def test_garbage_is_refused_alike(world, garbage):
    await uniformly_refused(world, garbage)


async def test_an_assertion_in_another_signature_scheme_of_its_own_key_type_is_refused(world):
    key = ECKey.generate_key("P-384")
    good = world.assertion("hd")
    forged = jws.serialize_compact(
        {"alg": "ES384", "typ": "JWT", "kid": "c1"}, unbase64url(good.split(".")[1]), key, algorithms=["ES384"]
    )
    await uniformly_refused(world, forged)


async def test_a_revoked_client_gets_no_token(world, clock):
    await world.pool.execute("UPDATE client SET active = false WHERE id = 'client-officer'")
    await uniformly_refused(world, world.assertion("officer"))


# --- requests ------------------------------------------------------------------------------------------------------------


async def test_the_officer_must_be_named_in_the_signed_assertion(world):
    answer = await posted(world, world.assertion("officer", officer=None), officer="officer-7")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    for officer in ({"name": "x"}, {"id": ""}, {"id": "x" * 81}, {"id": "a\nb"}, {"id": 7}):
        answer = await posted(world, world.assertion("officer", officer=officer))
        assert answer.status_code == 400, officer


@pytest.mark.parametrize(
    "details",
    [
        "", "{}", "[]", "[1]", "nonsense", '[{"type":"other"}]', json.dumps([AUDIT, AUDIT]),
        json.dumps([AUDIT | {"case": "case_1"}]), json.dumps([AUDIT | {"more": 1}]),
        json.dumps([household_facts(purpose="DIBAO_REVIEW", basis={"kind": "letter", "letters": []}, case="c")]),
        json.dumps([household_facts(purpose="DIBAO_REVIEW", basis={"kind": "statute"}, case="c")]),
        json.dumps([household_facts(purpose="DIBAO_REVIEW", basis={"kind": "statute", "article": "SAL §42"})]),
        json.dumps([household_facts(purpose="DIBAO_REVIEW", basis={"kind": "statute", "article": "a\0b"}, case="c")]),
        json.dumps([household_facts(purpose="DIBAO_REVIEW", basis={"kind": "letter", "letters": [{"id": "a", "hash": "A" * 64}]}, case="c")]),
    ],
)  # fmt: skip
async def test_details_that_do_not_fit_their_schema_are_refused(world, details):
    answer = await posted(world, world.assertion("officer"), authorization_details=details)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_authorization_details")


async def test_only_client_credentials_are_served(world):
    answer = await posted(world, world.assertion("officer"), grant_type="password")
    assert answer.json()["error"] == "unsupported_grant_type"


async def test_a_form_is_read_strictly(world):
    form = {"content-type": "application/x-www-form-urlencoded"}
    twice = "grant_type=client_credentials&grant_type=client_credentials"
    for body, headers, status in (
        (twice, form, 400), ("{}", {"content-type": "application/json"}, 400), ("a" * 270_000, form, 413), ("a=%FF", form, 400),
        ("&".join(f"a{n}=1" for n in range(30)), form, 400), ("", form, 401), ("a=1", form | {"authorization": "Basic eDp5"}, 401),
        (b"\xff\xfe", form, 400),
    ):  # fmt: skip
        answer = await world.http.post("/oauth/token", content=body, headers=headers)
        assert answer.status_code == status, body[:40]
    assert (await world.http.get("/oauth/token")).status_code == 405


async def test_the_schema_is_published(world):
    answer = await world.http.get("/schemas/household_facts.json")
    assert answer.headers["content-type"] == "application/schema+json"
    assert set(answer.json()["$defs"]) == {"letter", "file", "statute", "emergency", "self", "audit"}
    for name in ("registration", "letter", "revocation"):
        assert (await world.http.get(f"/schemas/{name}.json")).status_code == 200
    assert (await world.http.get("/schemas/other.json")).status_code == 404


# --- introspection, revocation -------------------------------------------------------------------------------------------


def with_assertion(world, client, token) -> dict[str, str]:
    return {"token": token, "client_assertion_type": ASSERTION_TYPE, "client_assertion": world.assertion(client)}


async def test_an_organisation_introspects_its_own_tokens_alone(world, clock):
    accepted = await world.register()
    token = await world.token(world.details(accepted))
    told = (await world.http.post("/oauth/introspect", data=with_assertion(world, "hd", token))).json()
    assert (told["active"], told["client_id"], told["officer"]) == (True, "client-hd", "officer-7")
    for client, asked in (("jy", token), ("hd", token[:-4] + "AAAA"), ("hd", ""), ("hd", world.assertion("hd"))):
        answer = await world.http.post("/oauth/introspect", data=with_assertion(world, client, asked))
        assert answer.json() == {"active": False}
    clock.advance(601)
    answer = await world.http.post("/oauth/introspect", data=with_assertion(world, "hd", token))
    assert answer.json() == {"active": False}


async def test_a_client_revokes_its_own_tokens_alone(world, clock):
    accepted = await world.register()
    token = await world.token(world.details(accepted))
    for asked in (token, "nonsense"):
        assert (await world.http.post("/oauth/revoke", data=with_assertion(world, "jy", asked))).status_code == 200
    assert await world.pool.fetchval("SELECT count(*) FROM revocation WHERE kind = 'TOKEN'") == 0
    assert (await world.http.post("/oauth/revoke", data=with_assertion(world, "hd", token))).status_code == 200
    jti = claims_unverified(token)["jti"]
    assert await world.pool.fetchval("SELECT ref FROM revocation WHERE kind = 'TOKEN'") == jti
    for path in ("/oauth/introspect", "/oauth/revoke"):
        assert (await world.http.post(path, data={"token": token})).status_code == 401




# --- a case by its platform's number, letters by their hash ---------------------------------------------------------------


def _by_name(world, accepted, **changed):
    told = world.details(accepted)
    del told["case"]
    told["matter"] = {"platform": PLATFORM, "reference": REFERENCE} | changed
    told["basis"] = {"kind": "letter", "letters": [{"hash": digest} for _, digest in accepted.letters.values()]}
    return told


async def test_a_case_named_by_its_platform_and_letters_by_hash_give_a_token_that_names_the_hubs_own_ids(world):
    accepted = await world.register()
    answer = await world.ask(_by_name(world, accepted))
    assert answer.status_code == 200, answer.text
    assert answer.json()["authorization_details"] == [world.granted(accepted)]
    standing = await world.identify(answer.json()["access_token"])
    assert standing.matter.case == accepted.case


async def test_names_that_lead_nowhere_are_refused_like_a_case_or_letter_that_does_not_exist(world):
    accepted = await world.register()
    nowhere = await world.ask(world.details(accepted) | {"case": "case_00000000000000000000000000"})
    for changed in ({"reference": "nobody's"}, {"platform": "another"}, {"reference": "a\0b"}):
        answer = await world.ask(_by_name(world, accepted, **changed))
        assert answer.status_code == 400
        assert answer.json()["error"] == nowhere.json()["error"]
    stranger = await world.ask(_by_name(world, accepted), client="jy")
    assert (stranger.status_code, stranger.json()["error"]) == (400, "invalid_authorization_details")
    wrong = _by_name(world, accepted)
    wrong["basis"] = {"kind": "letter", "letters": [{"hash": "0" * 64}]}
    answer = await world.ask(wrong)
    assert answer.json()["error_description"].startswith("AUTH_NOT_FOUND")


async def test_a_case_is_named_once_and_an_audit_names_none(world):
    accepted = await world.register()
    both = world.details(accepted) | {"matter": {"platform": PLATFORM, "reference": REFERENCE}}
    neither = {name: value for name, value in both.items() if name not in {"case", "matter"}}
    audit = AUDIT | {"matter": {"platform": PLATFORM, "reference": REFERENCE}}
    for details, client in ((both, "hd"), (neither, "hd"), (audit, "officer")):
        answer = await world.ask(details, client)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_authorization_details")
