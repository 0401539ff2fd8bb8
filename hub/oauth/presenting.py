"""How a client system makes what the hub verifies: assertions, DPoP proofs, token requests. The reference to build against.

Called by tests, `make demo`, the load generator, whoever connects a system, and an upper hub that asks hubs below it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from joserfc import jws

from hub.authorizations.signing import PrivateKey, algorithm
from hub.canonical import canonical
from hub.oauth.assertion import ASSERTION_TYPE
from hub.oauth.details import TYPE
from hub.oauth.dpop import TYP
from hub.signatures import base64url, sha256


def letter_basis(*letters: tuple[str, str]) -> dict[str, Any]:
    """The basis `letter` from (id, hash) pairs, as a registration's answer gives them."""
    return {"kind": "letter", "letters": [{"id": identifier, "hash": digest} for identifier, digest in letters]}


def household_facts(
    *, purpose: str, basis: Mapping[str, Any], case: str = "", groups: Sequence[str] | None = None
) -> dict[str, Any]:
    """One authorization detail."""
    told: dict[str, Any] = {"type": TYPE, "purpose": purpose, "basis": dict(basis)}
    return told | ({"case": case} if case else {}) | ({"groups": list(groups)} if groups is not None else {})


def build_assertion(
    key: PrivateKey, *, client: str, kid: str, audience: str, jti: str, now: datetime, officer: Mapping[str, str] | None,
    lifetime: timedelta = timedelta(minutes=2),
) -> str:  # fmt: skip
    """A client assertion (RFC 7523) that names the officer who asks. `jti` is good once."""
    claims: dict[str, Any] = {
        "iss": client, "sub": client, "aud": audience, "jti": jti, "iat": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
    }  # fmt: skip
    if officer is not None:
        claims["officer"] = dict(officer)
    return signed(key, {"typ": "JWT", "kid": kid}, claims)


def build_proof(key: PrivateKey, *, method: str, url: str, jti: str, now: datetime, token: str = "") -> str:
    """A DPoP proof (RFC 9449) for one request; with the `token` it accompanies, except at the token endpoint."""
    claims: dict[str, Any] = {"htm": method, "htu": url, "jti": jti, "iat": int(now.timestamp())}
    if token:
        claims["ath"] = base64url(sha256(token.encode()))
    return signed(key, {"typ": TYP, "jwk": key.as_dict(private=False)}, claims)


def token_request(assertion: str, *details: Mapping[str, Any]) -> dict[str, str]:
    """The form to POST to /oauth/token; several details for one token over several cases."""
    return {"grant_type": "client_credentials", "authorization_details": json.dumps(details)} | authenticated(assertion)


def authenticated(assertion: str, **form: str) -> dict[str, str]:
    """Any form of the authorization server's endpoints, with the client's assertion."""
    return form | {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}


def signed(key: PrivateKey, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    """A compact JWS over canonical claims."""
    alg = algorithm(key)
    return jws.serialize_compact({"alg": alg, **header}, canonical(claims), key, algorithms=[alg])
