"""Public attacks on JWS at every door that takes one: each is refused, outward all alike, and the log says exactly why."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import gmssl_pyx
import orjson
import pytest
import structlog
from joserfc.jwk import ECKey, OKPKey

from hub.authorizations.key_changes import add_key
from hub.authorizations.reasons import Flaw, Refused
from hub.authorizations.registration import verify
from hub.authorizations.signing import Sm2Key, sign_message, sign_revocation
from hub.identity import TokenRefused
from hub.keys import Use
from hub.messages.sending import push
from hub.oauth.presenting import build_assertion, household_facts, token_request
from hub.oauth.tokens import TYP as ACCESS_TOKEN
from hub.signatures import LONGEST_REGISTRATION, BadSignature, base64url, header_of, key_set, open_jws, public_key
from hub.suites import platform_keys
from tests.hub.authorizations.family import HUB, PLATFORM, letter, letters, platform_jwks, registration, revocation, signs
from tests.hub.authorizations.family import PLATFORM_KEY as KEY
from tests.hub.authorizations.world import CLIENT_KEYS
from tests.hub.jose_vectors import WRONG_KEYS, Good, forgeries, other_spelling, taken_apart

Door = Callable[[str], Awaitable[tuple[int, bytes, str]]]
"""Knocks with one message: status and body of the answer, and the reason in the log."""

CURVE = ECKey.generate_key("P-256")


async def refused_alike(door: Door, good: Good) -> set[str]:
    """The reasons of all. Fails naming the first that was let in, answered otherwise, or refused without a reason."""
    at, first, reasons = None, "", set()
    for name, token in forgeries(good):
        status, body, reason = await door(token)
        assert status in {400, 401}, f"{name}: {status} {body[:200]!r}"
        at, first = at or (status, body), first or name
        assert (status, body) == at, f"{name} is answered otherwise than {first}: {body[:200]!r}"
        assert reason, f"{name}: no reason in the log"
        assert reason.encode() not in body, name
        reasons.add(reason)
    assert len(reasons) > 15, "the log tells causes apart"
    return reasons


def posting(world, path: str) -> Door:
    """A platform's door."""

    async def knock(token: str) -> tuple[int, bytes, str]:
        with structlog.testing.capture_logs() as logged:
            answer = await world.http.post(path, content=token.encode("utf-8", "surrogatepass"), headers={"content-type": "application/jose"})
        return answer.status_code, answer.content, logged[-1].get("detail", "") if logged else ""

    return knock


async def test_registrations(world, clock):
    good = taken_apart(registration(clock(), jti=world.jti(), letters=letters(clock())), KEY)
    await refused_alike(posting(world, "/registrations"), good)
    assert await world.pool.fetchval("SELECT count(*) FROM matter_case") == 0
    answer = await world.http.post("/registrations", content=good.signed(), headers={"content-type": "application/jose"})
    assert answer.status_code == 201, "what the forgeries were made of is good"


async def test_revocations_under_a_p256_key(world, clock):
    await world.register()
    await add_key(
        world.engine, platform=PLATFORM, jwk={**CURVE.as_dict(private=False), "kid": "curve"}, at=clock(), valid_from=clock() - timedelta(days=1),
    )
    token = sign_revocation(CURVE, kid="curve", platform=PLATFORM, audience=HUB, jti=world.jti(), now=clock(), reference="TN-2026-0001")
    good = taken_apart(token, CURVE)
    await refused_alike(posting(world, "/revocations"), good)
    assert await world.pool.fetchval("SELECT count(*) FROM letter WHERE status = 'REVOKED'") == 0
    answer = await world.http.post("/revocations", content=good.signed(), headers={"content-type": "application/jose"})
    assert answer.status_code == 200


def opened_by_sm2(token: str, rows) -> object:
    """As a platform's door reads it: the kid of the message says which key is looked for."""
    kid = header_of(token, longest=LONGEST_REGISTRATION).get("kid")
    return open_jws(token, platform_keys(rows, kid), typ=("household-revocation+jws",), longest=LONGEST_REGISTRATION)


async def test_revocations_under_an_sm2_key(world, clock):
    await world.register()
    key = Sm2Key(*gmssl_pyx.sm2_key_generate())
    await add_key(
        world.engine, platform=PLATFORM, jwk={**key.as_dict(private=False), "kid": "sm2"}, at=clock(), valid_from=clock() - timedelta(days=1),
    )
    token = sign_revocation(key, kid="sm2", platform=PLATFORM, audience=HUB, jti=world.jti(), now=clock(), reference="TN-2026-0001")
    good, knock = taken_apart(token, key), posting(world, "/revocations")
    rows = [*platform_jwks()["keys"], {**key.as_dict(private=False), "kid": "sm2"}]
    for name, forged in forgeries(good, claims=False):  # what is read of claims is the same whoever signed
        with pytest.raises(BadSignature):
            pytest.fail(f"{name}: {opened_by_sm2(forged, rows)}")
    for name, other in (("its kid by another key", good.signed(key=KEY)), ("its algorithm for another's kid", good.headed(kid="platform-1"))):
        assert (await knock(other))[0] == 401, name
    assert await world.pool.fetchval("SELECT count(*) FROM letter WHERE status = 'REVOKED'") == 0
    assert (await knock(good.signed()))[0] == 200


async def test_client_assertions(world, clock):
    async def knock(token: str) -> tuple[int, bytes, str]:
        form = {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion": token, "token": "x"}
        with structlog.testing.capture_logs() as logged:
            answer = await world.http.post("/oauth/introspect", data=form)
        return answer.status_code, answer.content, logged[-1].get("detail", "") if logged else ""

    for short in ("hd", "jy"):
        good = taken_apart(world.assertion(short), CLIENT_KEYS[short])
        await refused_alike(knock, good)
        assert (await knock(good.signed()))[0] == 200


async def test_dpop_proofs(world, clock):
    accepted = await world.register()
    details, key = world.details(accepted), ECKey.generate_key("P-256")

    async def knock(token: str) -> tuple[int, bytes, str]:
        form = token_request(world.assertion("hd"), details)
        with structlog.testing.capture_logs() as logged:
            answer = await world.http.post("/oauth/token", data=form, headers={b"dpop": token.encode("utf-8", "surrogatepass")})
        return answer.status_code, answer.content, logged[-1].get("detail", "") if logged else ""

    proof = world.proof(key, path="/oauth/token")
    good = taken_apart(proof, key, never=frozenset({"iss", "aud", "nbf"}))
    await refused_alike(knock, good)
    uniform = (await knock(good.signed() + "."))[:2]
    for name, jwk in WRONG_KEYS.items():
        assert (await knock(good.headed(jwk=jwk)))[:2] == uniform, name
    assert (await knock(good.signed()))[0] == 200


async def test_access_tokens(world, keys):
    accepted = await world.register()
    token = await world.token(world.details(accepted))
    secret = keys.current(Use.TOKEN).secret
    key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "d": base64url(secret), "x": world.desk.authorization.tokens.jwks(world.clock())["keys"][0]["x"]})

    async def knock(text: str) -> tuple[int, bytes, str]:
        with pytest.raises(TokenRefused) as caught:
            await world.identify(text)
        return 401, caught.value.message.encode(), caught.value.detail

    good = taken_apart(token, key)
    assert good.header["typ"] == ACCESS_TOKEN
    reasons = await refused_alike(knock, good)
    assert {reason.partition(":")[0] for reason in reasons} == {"TOKEN_INVALID", "TOKEN_EXPIRED"}
    assert (await world.identify(good.signed())).caller.client == "client-hd"


async def test_a_message_for_one_door_opens_no_other(world, clock):
    """Typ confusion with whole, good messages: each knocks at every other door of its sender."""
    accepted = await world.register()
    platform = {
        "/registrations": registration(clock(), jti=world.jti(), letters=letters(clock())),
        "/revocations": revocation(clock(), jti=world.jti()),
        "/messages": push(
            KEY, kid="platform-1", platform=PLATFORM, audience=HUB, message=world.jti(), kind="LEAD", reference="x", body={}, now=clock(), occurred_at=clock(),
        ),
    }
    token = await world.token(world.details(accepted))
    client = {"assertion": world.assertion("jy"), "proof": world.proof(CLIENT_KEYS["jy"]), "token": token}
    for path in ("/registrations", "/revocations"):
        for name, message in {**platform, **client}.items():
            if name != path:
                status, body, _ = await posting(world, path)(message)
                assert (status, orjson.loads(body)["code"]) == (401, "MESSAGE_UNSIGNED"), (path, name)
    for name, message in {**platform, **client}.items():
        if name != "token":
            with pytest.raises(TokenRefused):
                await world.identify(message)
        if name != "assertion":
            answer = await asked_with(world, message)
            assert answer.status_code == 401, name


async def asked_with(world, assertion: str):
    return await world.http.post("/oauth/token", data=token_request(assertion, household_facts(purpose="DIBAO_REVIEW", basis={"kind": "audit"})))


async def test_the_other_signature_anybody_makes_of_an_es256_one_opens_nothing_twice(world, clock):
    assertion = world.assertion("hd")
    assert (await asked_with(world, assertion)).status_code != 401
    assert (await asked_with(world, other_spelling(assertion))).status_code == 401
    await add_key(
        world.engine, platform=PLATFORM, jwk={**CURVE.as_dict(private=False), "kid": "curve"}, at=clock(), valid_from=clock() - timedelta(days=1),
    )
    case = taken_apart(registration(clock(), jti=world.jti(), letters=letters(clock())), KEY).claims
    token = sign_message(
        CURVE, "household-registration+jws", case, kid="curve", issuer=PLATFORM, audience=HUB, jti=case["jti"], now=clock(),
    )
    await world.desk.registrar.accept(token, clock())
    with pytest.raises(Refused) as caught:
        await world.desk.registrar.accept(other_spelling(token), clock())
    assert caught.value.flaw is Flaw.MESSAGE_REPLAYED


@pytest.mark.parametrize("name", WRONG_KEYS)
def test_no_such_key_is_enrolled_or_signs_a_letter(name, clock):
    with pytest.raises(BadSignature):
        public_key(dict(WRONG_KEYS[name]))
    with pytest.raises(BadSignature):
        key_set({"keys": [dict(WRONG_KEYS[name])]})
    made = letter("H-1", [signs("wife")], now=clock())
    made["signers"][0]["jwk"] = dict(WRONG_KEYS[name])
    with pytest.raises(Refused) as caught:
        verify(
            registration(clock(), jti="registration-1", letters=[made]), key_set(platform_jwks()), platform=PLATFORM, audience=HUB, now=clock(),
        )
    assert caught.value.flaw is Flaw.SIGNATURE_ALGORITHM


def test_a_key_has_one_spelling():
    shown = KEY.as_dict(private=False)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(shown["x"][-1])
    for other in (shown["x"] + "=", shown["x"][:-1] + alphabet[last | 1], shown["x"] + "\n"):
        if other != shown["x"]:
            with pytest.raises(BadSignature):
                public_key({**shown, "x": other})


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (lambda good: good.headed(alg="none"), "algorithm is not allow-listed"),
        (lambda good: good.headed(alg="ES256"), "algorithm does not fit the key"),
        (lambda good: good.headed(crit=["exp"]), "critical header parameters are not understood"),
        (lambda good: good.headed(b64=False), "critical header parameters are not understood"),
        (lambda good: good.headed(jku="https://x"), "the header brings a key along"),
        (lambda good: good.headed(x5c=["MIIB"]), "the header brings a key along"),
        (lambda good: good.headed(cty="JWT"), "a message within the message"),
        (lambda good: good.headed(typ="at+jwt"), "wrong typ"),
        (lambda good: good.headed(kid=""), "no kid"),
        (lambda good: good.headed(x="x" * 3000), "the header is too long"),
        (lambda good: good.signed(body=b'{"a":1,"a":2}'), "payload has a member twice"),
        (lambda good: good.signed(b'{"alg":"none",' + b'"alg":"Ed25519","typ":"JWT","kid":"c1"}'), "header has a member twice"),
        (lambda good: good.signed(body=b"[" * 1010 + b"]" * 1010), "payload is nested too deep"),
        (lambda good: good.signed() + "=", "not base64url"),
        (lambda good: good.signed(body=b"[]"), "payload is not an object"),
    ],
)
def test_the_reason_is_exact(made, reason, clock):
    key = OKPKey.generate_key("Ed25519")
    token = build_assertion(key, client="c", kid="c1", audience=HUB, jti="jti-00000001", now=clock(), officer=None)
    with pytest.raises(BadSignature) as caught:
        open_jws(made(taken_apart(token, key)), key_set({"keys": [{**key.as_dict(private=False), "kid": "c1"}]}), typ=("jwt",))
    assert str(caught.value) == reason
