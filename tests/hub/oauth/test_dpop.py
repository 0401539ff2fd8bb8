"""DPoP: a proof is good for one request, one token, one key, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey

from hub.canonical import canonical
from hub.oauth.dpop import LIFETIME, check_proof
from hub.oauth.presenting import build_proof
from hub.signatures import BadSignature, OutOfTime, base64url, thumbprint, unbase64url

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
URL = "https://hub.500152.test/graphql"
KEY = ECKey.generate_key("P-256")


def proof(key=KEY, **more) -> str:
    return build_proof(key, **({"method": "POST", "url": URL, "jti": "jti-00000001", "now": NOW} | more))


def check(text, **more):
    return check_proof(text, **({"method": "POST", "url": URL, "now": NOW} | more))


def test_a_good_proof_names_its_keys_thumbprint():
    assert check(proof()).thumbprint == thumbprint(KEY)
    assert check(proof(token="t"), token="t", bound_to=thumbprint(KEY)).jti == "jti-00000001"


@pytest.mark.parametrize(
    ("made", "checked", "text"),
    [
        ({"method": "GET"}, {}, "another method"),
        ({"url": URL + "/x"}, {}, "another URL"),
        ({"url": URL.replace("https", "http")}, {}, "another URL"),
        ({"url": "https://evil.test/graphql"}, {}, "another URL"),
        ({"url": "https://hub.500152.test:8443/graphql"}, {}, "another URL"),
        ({"url": "https://hub.500152.test:x/graphql"}, {}, "no URL"),
        ({"jti": "short"}, {}, "jti"),
        ({"jti": "x" * 201}, {}, "jti"),
        ({}, {"token": "t", "bound_to": thumbprint(KEY)}, "another token"),
        ({"token": "other"}, {"token": "t", "bound_to": thumbprint(KEY)}, "another token"),
        ({"token": "t"}, {"token": "t", "bound_to": "x"}, "another key"),
    ],
)
def test_a_proof_of_something_else_is_refused(made, checked, text):
    with pytest.raises(BadSignature, match=text):
        check(proof(**made), **checked)


def test_query_fragment_default_port_and_case_do_not_matter():
    for url in ("https://HUB.500152.test:443/graphql?a=1#b", URL + "?x"):
        check(proof(url=url))


def test_a_proof_lives_a_minute():
    check(proof(now=NOW - LIFETIME))
    check(proof(now=NOW + timedelta(seconds=5)))
    for at in (NOW - LIFETIME - timedelta(seconds=1), NOW + timedelta(seconds=6)):
        with pytest.raises(OutOfTime):
            check(proof(now=at))


def test_its_jti_is_remembered_at_least_as_long_as_it_lives():
    assert check(proof(now=NOW + timedelta(seconds=5))).expires_at >= NOW + timedelta(seconds=5) + LIFETIME


def forged(header, key=KEY, alg="ES256"):
    claims = unbase64url(proof().split(".")[1])
    return jws.serialize_compact({"alg": alg, "typ": "dpop+jwt"} | header, claims, key, algorithms=[alg])


def test_a_proof_must_bring_a_public_key_it_is_signed_with():
    other = OKPKey.generate_key("Ed25519")
    for header in (
        {"jwk": other.as_dict(private=False)}, {"jwk": KEY.as_dict(private=True)}, {}, {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"jwk": ECKey.generate_key("P-256").as_dict(private=False)}, {"jwk": "x"} | {"typ": "JWT"},
    ):  # fmt: skip
        try:
            text = forged(header)
        except Exception:  # noqa: BLE001 - the library will not even make this one
            continue
        with pytest.raises(BadSignature):
            check(text)


def test_none_and_other_types_are_refused():
    header, payload, signature = proof().split(".")
    jwk = KEY.as_dict(private=False)
    for told in ({"alg": "none", "typ": "dpop+jwt", "jwk": jwk}, {"alg": "ES256", "typ": "JWT", "jwk": jwk}):
        with pytest.raises(BadSignature):
            check(f"{base64url(canonical(told))}.{payload}.{signature}")
    for text in ("", "a.b.c", header + "." + payload + ".", "x" * 9000):
        with pytest.raises(BadSignature):
            check(text)
