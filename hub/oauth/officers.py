"""Officers who prove themselves: a token of their organisation's own log-in, exchanged for one of the hub's (RFC 8693).

The operator enrols who may vouch for an organisation's officers (`hub officer-issuer add`): its `iss`, its keys, the audience its tokens
must name. A token of another organisation's issuer, of another audience, past its end, shown before, or signed by a key that is not
this issuer's is refused like one that was made up. What it says of the log-in is kept as evidence, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import orjson

from hub.claims import check_claims
from hub.oauth.clients import RegisteredClient
from hub.oauth.details import Details
from hub.oauth.grants import Behalf, NotProven
from hub.oauth.single_use import SingleUse
from hub.signatures import BadSignature, claims_unverified, key_set, open_jws, sha256

TYPES = ("urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:id_token")
"""Types of a subject token (RFC 8693 §3) that are an officer's."""
LONGEST = timedelta(hours=1)
"""How long an officer's token may live; it is good once all the same."""
LONGEST_LOG_IN = timedelta(hours=12)
"""A log-in of yesterday proves nobody at the desk today."""

_ISSUER = "SELECT name, audience, jwks FROM officer_issuer WHERE organisation = $1 AND issuer = $2 AND active"


class OfficerTokens:
    """ID tokens (OpenID Connect Core §2) and other JWTs of enrolled issuers."""

    asks = None
    remedies = ()

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], used: SingleUse) -> None:
        """`pool` of records."""
        self._pool = pool
        self._used = used

    async def accept(self, token: str, *, client: RegisteredClient, asked: Details, now: datetime) -> Behalf:
        """The officer of the client's own organisation. Raises `NotProven`, asyncpg's errors."""
        try:
            issuer = claims_unverified(token).get("iss")
            if not isinstance(issuer, str) or "\0" in issuer:
                raise NotProven("the token names no issuer")
            row = await self._pool.fetchrow(_ISSUER, client.requester.organisation, issuer)
            if row is None:
                raise NotProven("nobody of this name vouches for the organisation's officers")
            claims = open_jws(token, key_set(orjson.loads(row["jwks"])), typ=("jwt", ""))
            # An ID token need not have a `jti`; what was signed names it as well. Without the signature: of an ES256 one anybody makes a second.
            digest = sha256(token.rpartition(".")[0].encode()).hex()
            check_claims({**claims, "jti": digest}, now=now, issuer=issuer, audience=(row["audience"],), longest=LONGEST)
            officer, evidence = _officer(claims), _evidence(claims, row["name"], now)
        except BadSignature as error:
            raise NotProven(str(error)) from None
        ends = datetime.fromtimestamp(float(str(claims["exp"])), UTC)
        if not await self._used.first(f"officer:{row['name']}", digest, expires_at=ends, now=now):
            raise NotProven("TOKEN_REPLAYED: the officer's token was exchanged before")
        return Behalf(officer, asked, evidence)


def _officer(claims: Mapping[str, object]) -> str:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= 80 or not subject.isprintable():
        raise BadSignature("the token's sub is no name the log can hold")
    return subject


def _evidence(claims: Mapping[str, object], name: str, now: datetime) -> Mapping[str, Any]:
    """What the log-in was, as far as the token says it (RFC 9068 §2.2.1: auth_time, acr, amr)."""
    told: dict[str, Any] = {"issuer": name}
    at = claims.get("auth_time")
    if at is not None:
        if not isinstance(at, int) or isinstance(at, bool) or not timedelta(0) <= now - _instant(at) + timedelta(seconds=5) <= LONGEST_LOG_IN:
            raise BadSignature("auth_time is none, or not of today")
        told["auth_time"] = at
    acr, amr = claims.get("acr"), claims.get("amr")
    if isinstance(acr, str) and len(acr) <= 80 and acr.isprintable():
        told["acr"] = acr
    if isinstance(amr, list) and len(amr) <= 8 and all(isinstance(one, str) and len(one) <= 20 and one.isprintable() for one in amr):
        told["amr"] = amr
    return told


def _instant(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        raise BadSignature("auth_time is no time") from None
