"""Access tokens (RFC 9068): signed by the hub under its TOKEN key, ten minutes, for this hub alone; and the keys to check them by (rollover.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.jwk import KeySet, OKPKey

from hub.caller import ASSERTED
from hub.canonical import canonical
from hub.claims import check_claims
from hub.keys import Key, KeyRing, Random
from hub.oauth.binding import Binding
from hub.oauth.details import Details, details
from hub.oauth.rollover import LIFETIME, TokenKeys
from hub.signatures import BadSignature, OutOfTime, open_jws
from hub.ulid import new_id

TYP = "at+jwt"


@dataclass(frozen=True, slots=True)
class Token:
    """What a verified token says, and what it is bound to (nothing: a bearer token)."""

    jti: str
    client: str
    organisation: str
    officer: str
    details: Details
    expires_at: datetime
    bound: Binding
    cases: str = ""  # of a token over several cases: the list it grants, by its SHA-256 in hex
    evidence: Mapping[str, Any] = field(default_factory=dict)  # how the officer was proven; empty: named by the client


class Tokens:
    """Issues and opens. A key version opens until its tokens have ended; which one signs is `keys`' to say."""

    def __init__(self, keys: KeyRing, *, issuer: str, random: Random) -> None:
        """`issuer` is the hub's URL and the only audience."""
        self._issuer = issuer
        self._random = random
        self.keys = TokenKeys(keys)
        self._public: tuple[tuple[Key, ...], KeySet] | None = None

    def issue(
        self, *, client: str, organisation: str, officer: str, details: Mapping[str, Any], bound: Binding, now: datetime,
        evidence: Mapping[str, Any] | None = None, cases: str = "",
    ) -> tuple[Token, str]:
        """A new token, as value and as text. `cases` names the list of one over several (`cases.py`). With `evidence` the officer is its subject and the client the actor (RFC 8693 §4.1)."""
        jti = new_id("tok", now, self._random(10))
        claims: dict[str, Any] = {
            "iss": self._issuer, "aud": self._issuer, "sub": client, "client_id": client, "jti": jti,
            "iat": int(now.timestamp()), "exp": int((now + LIFETIME).timestamp()),
            "organisation": organisation, "officer": officer, "authorization_details": [dict(details)],
        }  # fmt: skip
        if evidence:
            claims |= {"sub": officer or client, "act": {"sub": client}, "officer_evidence": dict(evidence)}
        if cases:
            claims["cases_sha256"] = cases
        if bound:
            claims["cnf"] = bound.as_claim()
        current = self.keys.signing(now)
        header = {"alg": "Ed25519", "typ": TYP, "kid": _kid(current.version)}
        key = OKPKey.import_key(Ed25519PrivateKey.from_private_bytes(current.secret))
        return _token(claims, now), jws.serialize_compact(header, canonical(claims), key, algorithms=["Ed25519"])

    def open(self, text: str, now: datetime) -> Token:
        """Checks 1 and 2 of a token: signature, typ, key, audience, lifetime. Raises `BadSignature`, `OutOfTime`."""
        claims = open_jws(text, self._keys(now), typ=(TYP,))
        check_claims(claims, now=now, issuer=self._issuer, audience=(self._issuer,), longest=LIFETIME)
        try:
            token = _token(claims, now)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise BadSignature("signed by us, and not a household token") from error
        if token.expires_at <= now:  # no leeway: our own clock wrote it
            raise OutOfTime("expired")
        return token

    def jwks(self, now: datetime) -> Mapping[str, object]:
        """Public keys for whoever checks our tokens (RFC 7517), those to come among them."""
        return {"keys": [dict(key.as_dict(private=False), use="sig", alg="Ed25519") for key in self._keys(now)]}

    def _keys(self, now: datetime) -> KeySet:
        shown = self.keys.shown(now)
        if self._public is None or self._public[0] != shown:
            self._public = shown, KeySet([_public(key.version, key.secret) for key in shown])
        return self._public[1]


def _token(claims: Mapping[str, Any], now: datetime) -> Token:
    return Token(
        jti=claims["jti"],
        client=claims["client_id"],
        organisation=claims["organisation"],
        officer=claims["officer"],
        details=details(claims["authorization_details"][0]),
        expires_at=datetime.fromtimestamp(claims["exp"], now.tzinfo),
        bound=Binding.of_claim(claims.get("cnf")),
        cases=claims.get("cases_sha256", ""),
        evidence=claims.get("officer_evidence", {}),
    )


def proof_text(evidence: Mapping[str, Any]) -> str:
    """How an officer is known, in one line for the log: ASSERTED, or "PROVEN by idp-500152, auth_time 1764068400, acr 2, amr pwd otp"."""
    if not evidence:
        return ASSERTED
    told = [f"PROVEN by {evidence['issuer']}"]
    told += [f"{name} {evidence[name]}" for name in ("auth_time", "acr") if name in evidence]
    told += [f"amr {' '.join(evidence['amr'])}"] if evidence.get("amr") else []
    return ", ".join([*told, *([evidence["kinship"]] if "kinship" in evidence else [])])


def _kid(version: int) -> str:
    return f"token-{version}"


def _public(version: int, secret: bytes) -> OKPKey:
    key = OKPKey.import_key(Ed25519PrivateKey.from_private_bytes(secret).public_key(), {"kid": _kid(version)})
    key.ensure_kid()
    return key
