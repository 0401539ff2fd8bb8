"""How a platform makes what the hub verifies: letters, signers' signatures, registrations, revocations. The reference to build against.

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

from hub.authorizations.letters import signed_message
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


@dataclass(frozen=True, slots=True)
class Signatory:
    """One row of a letter's table of signers, with the key they sign with."""

    ref: str
    key: PrivateKey | Sm2Key
    capacity: str = "SELF"
    covers: tuple[str, ...] = ()  # empty: themselves
    method: str = "ESIGN"
    assurance: str = "HIGH"
    mandate: Mapping[str, str] | None = None
    x5c: tuple[str, ...] = ()  # base64 DER, their own certificate first

    def listed(self) -> dict[str, Any]:
        """As the document lists them."""
        row: dict[str, Any] = {"ref": self.ref, "capacity": self.capacity, "for": list(self.covers or (self.ref,))}
        return row | ({"mandate": dict(self.mandate)} if self.mandate else {})


def algorithm(key: PrivateKey | Sm2Key) -> str:
    """Ed25519, ES256 or SM2-SM3."""
    if isinstance(key, Sm2Key):
        return SM2
    return "Ed25519" if isinstance(key, OKPKey) else "ES256"


def letter_document(
    *, number: str, platform: str, reference: str, matter: str, purposes: Sequence[str], people: Sequence[Mapping[str, Any]],
    signatories: Sequence[Signatory], signed_at: datetime, fact_groups: Sequence[str] = ("ALL_LISTED",),
    receivers: Sequence[str] = ("ALL_LEVELS",), until: datetime | None = None, notice: str = "2026-07",
) -> bytes:  # fmt: skip
    """The canonical bytes of a letter (letter.schema.json). `people` are the registration's; those it speaks of are picked."""
    spoken_of = {ref for signatory in signatories for ref in (signatory.ref, *signatory.covers)}
    return canonical({
        "title": "居民家庭经济状况核对授权书", "number": number, "platform": platform, "reference": reference, "matter": matter,
        "purposes": list(purposes), "factGroups": list(fact_groups), "receivers": list(receivers),
        "validity": {"kind": "DATE", "until": until.isoformat()} if until else {"kind": "EVENT_EXIT"},
        "signedAt": signed_at.isoformat(), "notice": notice,
        "people": [{name: person[name] for name in ("ref", "name", "idNumber")} for person in people if person["ref"] in spoken_of],
        "signers": [signatory.listed() for signatory in signatories],
    })  # fmt: skip


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


def sign_letter(document: bytes, signatory: Signatory) -> dict[str, Any]:
    """One signer's entry under a letter: their signature over the document's hash, with their public key."""
    public, alg = signatory.key.as_dict(private=False), algorithm(signatory.key)
    row = signatory.listed()
    row.pop("mandate", None)
    certificates = {"x5c": list(signatory.x5c)} if signatory.x5c else {}
    return row | certificates | {
        "method": signatory.method, "assurance": signatory.assurance, "alg": alg, "kid": signatory.key.thumbprint(), "jwk": public,
        "signature": base64url(sign_raw(signatory.key, signed_message(document, alg))),
    }  # fmt: skip


def letter_entry(number: str, document: bytes, signatories: Sequence[Signatory]) -> dict[str, Any]:
    """A letter as a registration carries it."""
    return {"number": number, "document": base64url(document), "signers": [sign_letter(document, one) for one in signatories]}


def sign_registration(
    key: PrivateKey, *, kid: str, platform: str, audience: str, jti: str, now: datetime, case: Mapping[str, Any],
    household: Mapping[str, Any], letters: Sequence[Mapping[str, Any]],
) -> str:  # fmt: skip
    """The compact JWS to POST to /registrations."""
    claims = {"case": dict(case), "household": dict(household), "letters": list(letters)}
    return sign_message(key, REGISTRATION, claims, kid=kid, issuer=platform, audience=audience, jti=jti, now=now)


def sign_revocation(
    key: PrivateKey, *, kid: str, platform: str, audience: str, jti: str, now: datetime, reference: str, letter: str = "",
    reason: str = "", **part: Any,
) -> str:  # fmt: skip
    """The compact JWS to POST to /revocations; without a letter, and nobody who withdraws, the whole matter ends. `part`: `by`, `people`,
    `factGroups`, `purposes`, `receivers`, `preview` (revocation.schema.json).
    """
    claims = {"reference": reference} | ({"letter": letter} if letter else {}) | ({"reason": reason} if reason else {}) | part
    return sign_message(key, REVOCATION, claims, kid=kid, issuer=platform, audience=audience, jti=jti, now=now)


def sign_message(
    key: PrivateKey, typ: str, claims: Mapping[str, Any], *, kid: str, issuer: str, audience: str, jti: str, now: datetime
) -> str:
    """Any of a platform's messages."""
    header = {"alg": algorithm(key), "typ": typ, "kid": kid}
    told = {"iss": issuer, "aud": audience, "iat": int(now.timestamp()), "jti": jti} | dict(claims)
    return jws.serialize_compact(header, canonical(told), key, algorithms=[header["alg"]])
