"""How a platform draws up a letter and has it signed: the document, its table of signers, the entry of each under it. The reference to build against.

The hub itself never calls this: its tests, `make demo` and whoever connects a platform do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson

from hub.authorizations.evidence import attested
from hub.authorizations.mandates import mandate_bytes
from hub.authorizations.sheet import ATTESTATION, LETTER, MANDATE
from hub.authorizations.signing import PrivateKey, Sm2Key, algorithm, sign_raw
from hub.canonical import canonical
from hub.signatures import base64url, sha256
from hub.suites import document_digest
from policies.letter_templates import NATIONAL, TEMPLATES

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
