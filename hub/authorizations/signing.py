"""How a platform signs what the hub verifies: registrations, revocations, pauses; letters are drawn up in `drafting.py`. The reference to build against.

The hub itself never calls this: its tests, `make demo` and whoever connects a platform do. Keys here are the platform's
and the signers', never the hub's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey

from hub.authorizations.pause import TYP as PAUSE
from hub.authorizations.registration import TYP as REGISTRATION
from hub.authorizations.withdrawals import TYP as REVOCATION
from hub.canonical import canonical
from hub.signatures import base64url
from hub.suites import SM2, sm2_sign, sm2_thumbprint

PrivateKey = ECKey | OKPKey


@dataclass(frozen=True, slots=True)
class Sm2Key:
    """A signer's SM2 key (GB/T 32918.1 §6): `point` x‖y, `secret` d, 64 and 32 bytes. Needs the extra `sm`."""

    point: bytes
    secret: bytes = field(repr=False)

    def as_dict(self, *, private: bool) -> dict[str, str]:
        """The public JWK, in the profile of hub/suites.py."""
        if private:
            raise ValueError("an SM2 key is shown without its secret")
        return {"kty": "EC", "crv": "SM2", "x": base64url(self.point[:32]), "y": base64url(self.point[32:])}

    def thumbprint(self) -> str:
        """RFC 7638."""
        return sm2_thumbprint(base64url(self.point[:32]), base64url(self.point[32:]))


def algorithm(key: PrivateKey | Sm2Key) -> str:
    """Ed25519, ES256 or SM2-SM3."""
    if isinstance(key, Sm2Key):
        return SM2
    return "Ed25519" if isinstance(key, OKPKey) else "ES256"


def sign_raw(key: PrivateKey | Sm2Key, message: bytes) -> bytes:
    """A signature in JWS form: 64 bytes for each algorithm."""
    if isinstance(key, Sm2Key):
        return sm2_sign(key.secret, key.point, message)
    private = key.private_key
    if isinstance(private, Ed25519PrivateKey):
        return private.sign(message)
    if isinstance(private, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(private.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)
    raise ValueError("a key without private part cannot sign")


def sign_registration(
    key: PrivateKey | Sm2Key, *, kid: str, platform: str, audience: str, jti: str, now: datetime, case: Mapping[str, Any],
    household: Mapping[str, Any], letters: Sequence[Mapping[str, Any]],
) -> str:  # fmt: skip
    """The compact JWS to POST to /registrations."""
    claims = {"case": dict(case), "household": dict(household), "letters": list(letters)}
    return sign_message(key, REGISTRATION, claims, kid=kid, issuer=platform, audience=audience, jti=jti, now=now)


def sign_revocation(
    key: PrivateKey | Sm2Key, *, kid: str, platform: str, audience: str, jti: str, now: datetime, reference: str, letter: str = "",
    reason: str = "", **part: Any,
) -> str:  # fmt: skip
    """The compact JWS to POST to /revocations; without a letter, and nobody who withdraws, the whole matter ends. `part`: `by`, `people`,
    `factGroups`, `purposes`, `receivers`, `preview` (revocation.schema.json).
    """
    claims = {"reference": reference} | ({"letter": letter} if letter else {}) | ({"reason": reason} if reason else {}) | part
    return sign_message(key, REVOCATION, claims, kid=kid, issuer=platform, audience=audience, jti=jti, now=now)


def sign_pause(
    key: PrivateKey | Sm2Key, *, kid: str, platform: str, audience: str, jti: str, now: datetime, reference: str, state: str, letter: str = "",
) -> str:  # fmt: skip
    """The compact JWS to POST to /pauses; `state` PAUSED or ACTIVE, without a letter every letter of the matter."""
    claims = {"reference": reference, "state": state} | ({"letter": letter} if letter else {})
    return sign_message(key, PAUSE, claims, kid=kid, issuer=platform, audience=audience, jti=jti, now=now)


def sign_message(
    key: PrivateKey | Sm2Key, typ: str, claims: Mapping[str, Any], *, kid: str, issuer: str, audience: str, jti: str, now: datetime
) -> str:
    """Any of a platform's messages."""
    header = {"alg": algorithm(key), "typ": typ, "kid": kid}
    told = {"iss": issuer, "aud": audience, "iat": int(now.timestamp()), "jti": jti} | dict(claims)
    if isinstance(key, Sm2Key):  # no library of JOSE knows it
        text = f"{base64url(canonical(header))}.{base64url(canonical(told))}"
        return f"{text}.{base64url(sign_raw(key, text.encode('ascii')))}"
    return jws.serialize_compact(header, canonical(told), key, algorithms=[header["alg"]])
