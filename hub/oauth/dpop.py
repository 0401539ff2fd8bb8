"""DPoP proofs (RFC 9449): whoever uses a token shows, for this one request, that they hold the key it was bound to.

The proof's own key verifies it and proves nothing by itself; only its thumbprint being the token's `cnf.jkt` does. The `jti` is to be
used once by the caller of `check_proof` (`SingleUse`): that needs a database, this file does not.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from hub.signatures import LEEWAY, BadSignature, OutOfTime, base64url, header_of, open_jws, public_key, sha256, thumbprint

LIFETIME = timedelta(seconds=60)
"""How old a proof may be; its `jti` is remembered at least as long."""
TYP = "dpop+jwt"


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that holds for its request. `expires_at` is when its `jti` may be forgotten."""

    thumbprint: str
    jti: str
    expires_at: datetime


def check_proof(proof: str, *, method: str, url: str, now: datetime, token: str = "", bound_to: str = "") -> Proof:
    """The proof of one request (RFC 9449 §4.3). With a `token`, `ath` and `bound_to` must fit. Raises `BadSignature`."""
    jwk = header_of(proof).get("jwk")
    if isinstance(jwk, dict) and "d" in jwk:
        raise BadSignature("the proof shows a private key")
    key = public_key(jwk)
    claims = open_jws(proof, key, typ=(TYP,))
    jti, issued = claims.get("jti"), claims.get("iat")
    if not isinstance(jti, str) or not 8 <= len(jti) <= 200 or "\0" in jti:
        raise BadSignature("the proof has no good jti")
    if claims.get("htm") != method:
        raise BadSignature("the proof is of another method")
    if _target(claims.get("htu")) != _target(url):
        raise BadSignature("the proof is of another URL")
    if not isinstance(issued, int | float) or isinstance(issued, bool):
        raise BadSignature("the proof has no iat")
    age = now.timestamp() - issued
    if not -LEEWAY <= age <= LIFETIME.total_seconds():
        raise OutOfTime("the proof is too old, or from the future")
    mark = thumbprint(key)
    if token and not hmac.compare_digest(str(claims.get("ath")).encode(), base64url(sha256(token.encode())).encode()):
        raise BadSignature("the proof is of another token")
    if token and not hmac.compare_digest(mark, bound_to):
        raise BadSignature("the token is bound to another key")
    return Proof(mark, jti, now + LIFETIME + timedelta(seconds=LEEWAY))


def _target(url: object) -> tuple[str, str, str]:
    """Scheme, host with port, path: without query and fragment, default ports and letter case aside (RFC 9449 §4.3 no. 9)."""
    if not isinstance(url, str):
        raise BadSignature("the proof has no htu")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadSignature("the proof's htu is no URL") from error
    default = {"https": 443, "http": 80}.get(parts.scheme)
    host = (parts.hostname or "").lower()
    return parts.scheme.lower(), f"{host}:{port or default}", parts.path or "/"
