"""Step 1 on real tokens: one answer outward for whatever is wrong, the exact reason for the log."""

from __future__ import annotations

import hmac
import time

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey

from hub.authorizations.presented import NotStanding
from hub.authorizations.reasons import Reason
from hub.canonical import canonical
from hub.errors import Overloaded
from hub.identity import TokenRefused
from hub.keys import Use
from hub.oauth.binding import Binding
from hub.oauth.presenting import build_assertion
from hub.oauth.tokens import Tokens
from hub.signatures import base64url, unbase64url
from tests.hub.authorizations.family import HUB, PLATFORM_KEY
from tests.hub.authorizations.world import CLIENT_KEYS, open_world

PROVING = ECKey.generate_key("P-256")


@pytest.fixture
async def world(database_url, engine, pool, keys, random, clock, tmp_path):
    async with open_world(database_url, engine, pool, keys, random, clock, tmp_path=tmp_path) as opened:
        yield opened


@pytest.fixture
async def strict(database_url, engine, pool, keys, random, clock, tmp_path):
    async with open_world(database_url, engine, pool, keys, random, clock, require_dpop=True, tmp_path=tmp_path) as opened:
        yield opened


async def refused(world, token, **more) -> TokenRefused:
    with pytest.raises(TokenRefused) as caught:
        await world.identify(token, **more)
    error = caught.value
    assert (error.status, error.code, error.message, str(error)) == (401, "TOKEN_INVALID", "no good token", "no good token")
    assert len(token) < 20 or token[-20:] not in error.detail
    return error


async def good(world) -> str:
    return await world.token(world.details(await world.register()))


async def bound(world) -> str:
    """A token bound to PROVING."""
    details = world.details(await world.register())
    answer = await world.ask(details, headers={"dpop": world.proof(PROVING, path="/oauth/token")})
    assert answer.json()["token_type"] == "DPoP", answer.text
    return answer.json()["access_token"]


async def test_whoever_holds_a_good_token_stands(world):
    standing = await world.identify(await good(world))
    assert standing.caller.client == "client-hd"
    assert standing.caller.look_ups_per_day == 200


async def test_a_token_ends_on_the_second(world, clock):
    token = await good(world)
    clock.advance(599)
    await world.identify(token)
    clock.advance(1)
    assert (await refused(world, token)).reason is Reason.TOKEN_EXPIRED


async def test_a_revoked_token_stops_by_itself(world, clock):
    token = await good(world)
    await world.identify(token)
    assertion = world.assertion()
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    await world.http.post("/oauth/revoke", data={"token": token, "client_assertion_type": kind, "client_assertion": assertion})
    await world.heard()
    assert (await refused(world, token)).detail == "TOKEN_INVALID: revoked"


@pytest.mark.parametrize("header", ["", "x", "Bearer", "Bearer ", "Basic eDp5", "Bearer ÿÿ", "Bearer " + "A" * 9000, "Bearer a.b.c d"])
async def test_headers_without_a_token_are_refused_alike(world, header):
    scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": [(b"authorization", header.encode("latin-1"))]}
    with pytest.raises(TokenRefused, match="no good token"):
        await world.desk.identify(scope)


async def test_no_header_and_two_headers_are_refused(world):
    token = await good(world)
    pair = (b"authorization", f"Bearer {token}".encode())
    for headers in ([], [pair, pair]):
        with pytest.raises(TokenRefused):
            await world.desk.identify({"type": "http", "method": "POST", "path": "/graphql", "headers": headers})


async def test_forged_tokens_are_refused_each_for_its_reason(world, keys, random, clock):
    token = await good(world)
    header, payload, signature = token.split(".")
    claims = orjson.loads(unbase64url(payload))
    jwks = (await world.http.get("/oauth/jwks")).json()["keys"][0]

    def with_header(**more) -> str:
        return base64url(canonical({"alg": "Ed25519", "typ": "at+jwt", "kid": "token-1"} | more))

    def hmac_under(secret: bytes) -> str:
        signed = f"{with_header(alg='HS256')}.{payload}"
        return f"{signed}.{base64url(hmac.digest(secret, signed.encode(), 'sha256'))}"

    own = OKPKey.generate_key("Ed25519")
    by_own_key = jws.serialize_compact({"alg": "Ed25519", "typ": "at+jwt", "kid": "token-1"}, canonical(claims), own, algorithms=["Ed25519"])
    other_hub = Tokens(keys, issuer="https://hub.511725.test", random=random)
    _, elsewhere = other_hub.issue(
        client="client-hd", organisation="mz-hd-500152", officer="o", details=claims["authorization_details"][0], bound=Binding(), now=clock()
    )
    forged = {
        f"{with_header(alg='none')}.{payload}.": "algorithm is not allow-listed",
        hmac_under(unbase64url(jwks["x"])): "algorithm is not allow-listed",
        hmac_under(canonical(jwks)): "algorithm is not allow-listed",
        f"{with_header(kid='token-9')}.{payload}.{signature}": "InvalidKeyIdError",
        f"{with_header(typ='JWT')}.{payload}.{signature}": "wrong typ",
        f"{header}.{base64url(canonical(claims | {'organisation': 'x'}))}.{signature}": "BadSignatureError",
        f"{header}.{payload}.{base64url(bytes(64))}": "BadSignatureError",
        by_own_key: "BadSignatureError",
        elsewhere: "claims refused",
        world.assertion(): "wrong typ",
        build_assertion(PLATFORM_KEY, client=HUB, kid="token-1", audience=HUB, jti="x" * 10, now=clock(), officer=None): "wrong typ",
    }
    for text, why in forged.items():
        error = await refused(world, text)
        assert error.reason is Reason.TOKEN_INVALID
        assert why in error.detail, (why, error.detail)


async def test_something_else_signed_under_the_token_key_is_no_token(world, keys, clock):
    secret = Ed25519PrivateKey.from_private_bytes(keys.current(Use.TOKEN).secret)
    now = int(clock().timestamp())
    for claims in ({}, {"client_id": "c"}, {"client_id": "c", "organisation": "o", "officer": "x", "authorization_details": []}):
        told = {"iss": HUB, "aud": HUB, "jti": "jti-1", "iat": now, "exp": now + 60} | claims
        header = {"alg": "Ed25519", "typ": "at+jwt", "kid": "token-1"}
        text = jws.serialize_compact(header, canonical(told), OKPKey.import_key(secret), algorithms=["Ed25519"])
        assert (await refused(world, text)).detail == "TOKEN_INVALID: signed by us, and not a household token"


# --- DPoP ----------------------------------------------------------------------------------------------------------------


async def test_a_bound_token_needs_its_keys_proof_for_this_request(strict):
    token = await bound(strict)
    standing = await strict.identify(token, scheme="DPoP", proof=strict.proof(PROVING, token=token))
    assert standing.caller.client == "client-hd"
    for proof in (
        None, strict.proof(PROVING), strict.proof(PROVING, token="other"), strict.proof(PROVING, token=token, method="GET"),
        strict.proof(PROVING, token=token, path="/receipts/1"), strict.proof(CLIENT_KEYS["hd"], token=token), "x", token,
    ):  # fmt: skip
        error = await refused(strict, token, scheme="DPoP", proof=proof)
        assert (error.reason, error.scheme) == (Reason.TOKEN_INVALID, "DPoP")


async def test_a_bound_token_is_no_bearer_token(strict):
    token = await bound(strict)
    assert (await refused(strict, token)).detail == "TOKEN_INVALID: a bound token came without proof"
    assert (await refused(strict, token, proof=strict.proof(PROVING, token=token))).reason is Reason.TOKEN_INVALID


async def test_a_proof_is_good_once_in_all_workers(strict, database_url, engine, pool, keys, random, clock, tmp_path):
    token = await bound(strict)
    proof = strict.proof(PROVING, token=token)
    await strict.identify(token, scheme="DPoP", proof=proof)
    assert (await refused(strict, token, scheme="DPoP", proof=proof)).reason is Reason.TOKEN_REPLAYED
    async with open_world(database_url, engine, pool, keys, random, clock, require_dpop=True, tmp_path=tmp_path) as other:
        assert (await refused(other, token, scheme="DPoP", proof=proof)).reason is Reason.TOKEN_REPLAYED


async def test_an_old_proof_is_expired(strict, clock):
    token = await bound(strict)
    proof = strict.proof(PROVING, token=token)
    clock.advance(61)
    assert (await refused(strict, token, scheme="DPoP", proof=proof)).reason is Reason.TOKEN_EXPIRED


async def test_where_binding_is_required_no_bearer_token_is_issued_or_taken(strict, world, clock):
    answer = await strict.ask(strict.details(await strict.register()))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")
    unbound = await world.token(world.details(await world.register()))
    assert (await refused(strict, unbound)).detail == "TOKEN_INVALID: the token is bound to no key"
    assert (await refused(world, unbound, scheme="DPoP")).reason is Reason.TOKEN_INVALID


async def test_the_proof_at_the_token_endpoint_is_single_use_too(strict):
    details = strict.details(await strict.register())
    proof = {"dpop": strict.proof(PROVING, path="/oauth/token")}
    assert (await strict.ask(details, headers=proof)).status_code == 200
    assert (await strict.ask(details, headers=proof)).json()["error"] == "invalid_dpop_proof"
    wrong = {"dpop": strict.proof(PROVING, path="/graphql")}
    assert (await strict.ask(details, headers=wrong)).json()["error"] == "invalid_dpop_proof"


# --- cost ----------------------------------------------------------------------------------------------------------------


async def test_a_warm_token_costs_little(world):
    """Loose on purpose: the figure is printed by `make bench`; this only finds a signature checked every time."""
    token = await good(world)
    await world.identify(token)
    began = time.process_time()
    for _ in range(1000):
        await world.identify(token)
    assert (time.process_time() - began) / 1000 < 0.0005


# --- what a token rests on changed after it was given -----------------------------------------------------------------------


async def changed(world, **columns) -> None:
    """The check office's client as an operator changed it; read again at the next question."""
    for name, value in columns.items():
        await world.pool.execute(f"UPDATE client SET {name} = $1 WHERE id = 'client-hd'", value)
    world.desk._identifier._clients.drop("CLIENT", "client-hd")


async def test_a_token_whose_client_has_no_good_keys_any_more_is_none(world):
    token = await good(world)
    await changed(world, jwks='{"keys": []}')
    assert (await refused(world, token)).detail == "TOKEN_INVALID: its client is gone"


async def test_a_client_whose_officers_must_prove_themselves_now_is_refused_by_its_older_tokens(world):
    token = await good(world)
    await changed(world, officer_identity="proven")
    with pytest.raises(NotStanding) as caught:
        await world.identify(token)
    assert (caught.value.code, caught.value.caller.client) == ("OFFICER_NOT_PROVEN", "client-hd")


async def test_a_token_opens_no_more_than_its_client_may_still_be_granted(world):
    accepted = await world.register()
    token = await world.token(world.details(accepted, groups=["vehicle", "tax", "identity"]))
    assert (await world.identify(token)).caller.groups == {"vehicle", "tax", "identity"}
    await changed(world, groups=["vehicle", "education"])
    assert (await world.identify(token)).caller.groups == {"vehicle", "identity"}


async def test_where_the_database_cannot_be_asked_nobody_is_let_in(world):
    token = await good(world)
    world.desk._identifier._clients.drop("CLIENT", "client-hd")
    world.pool.terminate()
    with pytest.raises(Overloaded):
        await world.identify(token)


async def test_a_token_first_shown_after_its_end_is_expired(world, clock):
    token = await good(world)
    clock.advance(601)
    assert (await refused(world, token)).reason is Reason.TOKEN_EXPIRED
