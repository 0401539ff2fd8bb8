"""private_key_jwt (RFC 7523): a client proves itself by an assertion it signed, and names in it the officer who asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hub.claims import check_claims
from hub.oauth.clients import Clients, RegisteredClient
from hub.oauth.refusals import malformed, not_authenticated
from hub.oauth.single_use import SingleUse
from hub.signatures import BadSignature, claims_unverified, open_jws

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST = timedelta(minutes=5)
TYPES = ("jwt", "", "client-authentication+jwt")


@dataclass(frozen=True, slots=True)
class Authenticated:
    """A client that proved itself just now, and the officer it named ("" where it named none)."""

    client: RegisteredClient
    officer: str


class Assertions:
    """Checks assertions addressed to this authorization server."""

    def __init__(self, clients: Clients, used: SingleUse, *, audience: tuple[str, ...]) -> None:
        """`audience`: the issuer and its token endpoint, either of which an assertion may name (RFC 7523 §3)."""
        self._clients = clients
        self._used = used
        self._audience = audience

    async def authenticate(self, form: Mapping[str, str], now: datetime) -> Authenticated:
        """Raises `OAuthRefused`; the reason is in its `detail` alone."""
        assertion = form.get("client_assertion", "")
        if form.get("client_assertion_type") != ASSERTION_TYPE or not assertion:
            raise not_authenticated("no client assertion")
        try:
            named = claims_unverified(assertion).get("iss")
            client = await self._clients.load(named) if isinstance(named, str) else None
            if client is None or not client.requester.active:
                raise not_authenticated("unknown or inactive client")
            if client.certificate is not None:
                raise not_authenticated("a client that proves itself by its certificate brings no assertion")
            claims = open_jws(assertion, client.keys, typ=TYPES)
            identifier = client.requester.client
            check_claims(claims, now=now, issuer=identifier, audience=self._audience, longest=LONGEST)
        except BadSignature as error:
            raise not_authenticated(str(error)) from None
        if claims.get("sub") != identifier or form.get("client_id", identifier) != identifier:
            raise not_authenticated("another client's assertion")
        jti, ends = str(claims["jti"]), claims["exp"]
        if "\0" in jti or not isinstance(ends, int | float):
            raise not_authenticated("unusable jti")
        expires_at = datetime.fromtimestamp(ends, UTC)
        if not await self._used.first(f"client:{identifier}", jti, expires_at=expires_at, now=now):
            raise not_authenticated("TOKEN_REPLAYED: the assertion was presented before")
        return Authenticated(client, _officer(claims, identifier))


def _officer(claims: Mapping[str, object], client: str) -> str:
    officer = claims.get("officer")
    if officer is None:
        return ""
    identifier = officer.get("id") if isinstance(officer, dict) else None
    if not isinstance(identifier, str) or not 1 <= len(identifier) <= 80 or not identifier.isprintable():
        raise malformed("claim 'officer' must be an object with a printable 'id' of at most 80 characters", client=client)
    return identifier
