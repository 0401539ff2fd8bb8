"""How a platform makes what the hub verifies: letters, signers' signatures, registrations, revocations, pauses. The reference to build against.

The hub itself never calls this: its tests, `make demo` and whoever connects a platform do. Keys here are the platform's
and the signers', never the hub's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey

from hub.authorizations.evidence import attested
from hub.authorizations.mandates import mandate_bytes
from hub.authorizations.pause import TYP as PAUSE
from hub.authorizations.registration import TYP as REGISTRATION
from hub.authorizations.sheet import ATTESTATION, LETTER, MANDATE
from hub.authorizations.withdrawals import TYP as REVOCATION
from hub.canonical import canonical
from hub.signatures import base64url, sha256
from hub.suites import SM2, document_digest, sm2_sign, sm2_thumbprint
from policies.letter_templates import NATIONAL, TEMPLATES

PrivateKey = ECKey | OKPKey


TRUTH_PROMISE = "所申报的家庭人口、收入、财产和支出情况真实、完整，如有隐瞒或虚假，愿承担相应责任。"
READING_DECLARATION = "已阅读并知晓本授权书及个人信息处理告知书的全部内容。"
HOLDERS = ("GOVERNMENT", "FINANCIAL", "NON_BANK_PAYMENT", "BIG_DATA", "PUBLIC_INSTITUTION", "ASSOCIATION")


@dataclass(frozen=True, slots=True)
class Officer:
    """A member of staff before whom somebody signs on paper, with the key they attest with."""

    organisation: str
    officer: str
    key: PrivateKey | Sm2Key


@dataclass(frozen=True, slots=True)
class Mandate:
    """委托书: what a letter says of an agent's mandate; signed by the giver's `key`, or kept as a `scan` (sha256, mediaType)."""

    number: str
    giver: str
    valid_from: date
    valid_until: date
    relation: str = "99"
    covers: tuple[str, ...] = ()  # empty: the giver
    key: PrivateKey | Sm2Key | None = None
    scan: Mapping[str, str] | None = None


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
    """One row of a letter's table of signers: with the key they sign with, or the officers before whom they signed on paper."""

    ref: str
    key: PrivateKey | Sm2Key | None = None
    capacity: str = "SELF"
    covers: tuple[str, ...] = ()  # empty: themselves
    method: str = "ESIGN"
    mandates: tuple[Mandate, ...] = ()
    x5c: tuple[str, ...] = ()  # base64 DER, their own certificate first
    proof: Mapping[str, Any] | None = None  # identityProof; None: by face, just before signing, passed
    officers: tuple[Officer, ...] = ()
    scan: Mapping[str, str] | None = None  # of the signed page
    separately: tuple[str, ...] = ()  # items they consent to one by one (PIPL §29): fact groups, UNDER_14

    def listed(self) -> dict[str, Any]:
        """As the document lists them."""
        return self.row() | ({"separately": list(self.separately)} if self.separately else {})

    def row(self) -> dict[str, Any]:
        """What names the row, in the document and in the signer's entry under it."""
        return {"ref": self.ref, "capacity": self.capacity, "for": list(self.covers or (self.ref,)), "method": self.method}


def algorithm(key: PrivateKey | Sm2Key) -> str:
    """Ed25519, ES256 or SM2-SM3."""
    if isinstance(key, Sm2Key):
        return SM2
    return "Ed25519" if isinstance(key, OKPKey) else "ES256"


def letter_document(
    *, number: str, platform: str, reference: str, matter: str, purposes: Sequence[str], people: Sequence[Mapping[str, Any]],
    signatories: Sequence[Signatory], signed_at: datetime, fact_groups: Sequence[str] = ("ALL_LISTED",),
    receivers: Sequence[str] = ("ALL_LEVELS",), until: datetime | None = None, notice: str = "2025-01", holders: Sequence[str] = HOLDERS,
    monitoring: bool = True, check_failed: bool = False, members_changed: bool = False, max_uses: int | None = None,
    frequency: Mapping[str, int] | None = None, words: str = TEMPLATES[NATIONAL].text,
) -> bytes:  # fmt: skip
    """The canonical bytes of a letter (letter.schema.json), by default as the national form has it, `words` with its sheet of separate
    consents: each signatory says what they tick. `people` are the registration's; those it speaks of are picked.
    """
    numbers = {str(person["ref"]): str(person["idNumber"]).upper() for person in people}
    told: dict[str, Any] = {
        "title": "居民家庭经济状况核对授权书", "number": number, "platform": platform, "reference": reference, "matter": matter,
        "purposes": list(purposes), "factGroups": list(fact_groups), "receivers": list(receivers),
        "scope": {
            "text": words, "authorised": ["APPROVING_ORGANS", "CHECK_BODIES"], "holders": list(holders),
            "matters": ["SOCIAL_ASSISTANCE", "SOCIAL_SECURITY", "SOCIAL_WELFARE", "OTHER_ADMINISTRATIVE"],
        },
        "validity": {"exit": {"monitoring": monitoring, "checkFailed": check_failed, "membersChanged": members_changed}}
        | ({"until": until.isoformat()} if until else {}) | ({"maxUses": max_uses} if max_uses else {})
        | ({"frequency": dict(frequency)} if frequency else {}),
        "signedAt": signed_at.isoformat(), "notice": notice, "truthPromise": TRUTH_PROMISE, "readingDeclaration": READING_DECLARATION,
        "people": [_shown(person) for person in people if person["ref"] in _spoken_of(signatories)],
        "signers": [signatory.listed() for signatory in signatories],
    }  # fmt: skip
    agents = [
        {"ref": one.ref, "mandates": [_mandate(told, one.ref, mandate, numbers) for mandate in one.mandates]}
        for one in signatories
        if one.mandates
    ]
    return canonical(told | ({"agents": agents} if agents else {}))


def _spoken_of(signatories: Sequence[Signatory]) -> set[str]:
    mandates = [mandate for one in signatories for mandate in one.mandates]
    return {ref for one in signatories for ref in (one.ref, *one.covers)} | {ref for one in mandates for ref in (one.giver, *one.covers)}


def _shown(person: Mapping[str, Any]) -> dict[str, Any]:
    return {name: person[name] for name in ("ref", "name", "idNumber", "relation")} | {"idType": person.get("idType", "IDCARD")}


def _mandate(letter: Mapping[str, Any], agent: str, mandate: Mandate, numbers: Mapping[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "number": mandate.number, "from": mandate.giver, "for": list(mandate.covers or (mandate.giver,)), "relation": mandate.relation,
        "validFrom": mandate.valid_from.isoformat(), "validUntil": mandate.valid_until.isoformat(),
    }  # fmt: skip
    if mandate.key is None:
        return row | ({"scan": dict(mandate.scan)} if mandate.scan else {})
    proof = _signed(mandate.key, MANDATE, mandate_bytes(letter, agent, row, numbers))
    return row | {"signature": {name: proof[name] for name in ("alg", "jwk", "signature")}}


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
    """One signer's entry under a letter: their signature over the document's hash with their public key, or what stands for ink."""
    row = signatory.row()
    letter = orjson.loads(document)
    if signatory.method != "ESIGN":
        number = next(one["idNumber"] for one in letter["people"] if one["ref"] == signatory.ref)
        row["scan"] = dict(signatory.scan or {"sha256": sha256(document).hex(), "mediaType": "application/pdf"})
        return row | {"attestations": [_attestation(document, row, number.upper(), one, letter["signedAt"]) for one in signatory.officers]}
    if signatory.key is None:
        raise ValueError("an electronic signature needs the signer's key")
    proof = signatory.proof if signatory.proof is not None else {"method": "FACE", "at": letter["signedAt"], "passed": True}
    optional = ({"x5c": list(signatory.x5c)} if signatory.x5c else {}) | ({"identityProof": dict(proof)} if proof else {})
    return row | optional | _signed(signatory.key, LETTER, document)


def _signed(key: PrivateKey | Sm2Key, prefix: bytes, paper: bytes) -> dict[str, Any]:
    """The members that prove who signed a paper."""
    alg = algorithm(key)
    return {
        "alg": alg, "kid": key.thumbprint(), "jwk": key.as_dict(private=False),
        "signature": base64url(sign_raw(key, prefix + document_digest(paper, alg))),
    }  # fmt: skip


def _attestation(document: bytes, row: Mapping[str, Any], id_number: str, officer: Officer, at: str) -> dict[str, Any]:
    told = {"officer": officer.officer, "organisation": officer.organisation, "at": at}
    return told | _signed(officer.key, ATTESTATION, attested(document, row, id_number, told))


def letter_entry(number: str, document: bytes, signatories: Sequence[Signatory]) -> dict[str, Any]:
    """A letter as a registration carries it."""
    return {"number": number, "document": base64url(document), "signers": [sign_letter(document, one) for one in signatories]}


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
