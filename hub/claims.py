"""Claims of a verified message: who made it, for whom, once, and when (RFC 7519 §4.1, RFC 8725 §3.8–3.9). Pure; the time is an argument."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypeGuard

from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwt import JWTClaimsRegistry

from hub.signatures import LEEWAY, BadSignature, OutOfTime

LONGEST_JTI = 200


def check_claims(claims: Mapping[str, object], *, now: datetime, issuer: str, audience: tuple[str, ...], longest: timedelta) -> None:
    """`iss`, `aud`, `jti`, `iat` and, within `longest` of `iat`, `exp`; raises `OutOfTime` or `BadSignature`."""
    at = int(now.timestamp())
    jti, named = claims.get("jti"), claims.get("aud")
    if not isinstance(jti, str) or "\0" in jti or not 1 <= len(jti) <= LONGEST_JTI:
        raise BadSignature("claims refused: 'jti'")
    # One audience: whoever else is named in the list could use the message here (RFC 8725 §3.9).
    if not isinstance(named, str) and not (isinstance(named, list) and len(named) == 1):
        raise BadSignature("claims refused: 'aud'")
    registry = JWTClaimsRegistry(
        now=at,
        leeway=LEEWAY,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "values": list(audience)},
        iat={"essential": True},
        exp={"essential": True},
    )
    try:
        registry.validate(dict(claims))
    except ExpiredTokenError as error:
        raise OutOfTime("expired") from error
    except JoseError as error:
        raise BadSignature(f"claims refused: {error.description or type(error).__name__}") from error
    issued, expires = claims["iat"], claims["exp"]
    if not _number(issued) or not _number(expires) or issued < 0:
        raise BadSignature("claims refused: not a time")
    if expires - issued > longest.total_seconds() or expires - at > longest.total_seconds() + LEEWAY:
        raise BadSignature("lives longer than allowed")


def _number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
