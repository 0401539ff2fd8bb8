"""核对授权书 verified: the document is what was signed, everyone in its table of signers signed it, and each may sign for whom they did.

Rules of this file:
- A signature stands over SHA-256 of the document's exact bytes, with a prefix of our own in front: what a signer's key says when
  logging in somewhere can never be turned into a letter.
- The document itself names its people by ID number and its signers with capacity and wards, so that nobody who carries it to the hub,
  the platform included, can make a signature stand for somebody else.
- Ability is judged on the day of signing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from hub.authorizations.ability import needs_guardian, signs_alone
from hub.authorizations.certifying import Certifying
from hub.authorizations.declared import DeclaredLetter, DeclaredPerson, DeclaredSignature
from hub.authorizations.reasons import Flaw, Refused
from hub.authorizations.trust_list import TrustList
from hub.canonical import NotCanonical, canonical
from hub.shapes import Misshapen, fit
from hub.signatures import BadSignature, sha256, unbase64url
from hub.suites import SUITES, SuiteMissing, document_digest, signer_key

PREFIX = b"household-letter/1\n"
"""Stands before the 32 bytes of the document's digest in what a signer signs."""

SKEW = timedelta(minutes=5)
SIGNING = timedelta(days=30)
"""How far a signer's own time may lie from the document's; ability is judged on the earlier of the two."""


def signed_message(document: bytes, alg: str) -> bytes:
    """The bytes a signer's key signs for a document."""
    return PREFIX + document_digest(document, alg)


def verify_letter(
    entry: Mapping[str, Any], people: Mapping[str, DeclaredPerson], *, platform: str, reference: str, now: datetime,
    trust: TrustList | None = None, suites: frozenset[str] = frozenset(SUITES),
) -> DeclaredLetter:
    """One letter of a registration whose shape was checked; `people` by ref, `suites` the algorithms that count. Raises `Refused`."""
    number = entry["number"]
    for signer in entry["signers"]:
        if signer["alg"] not in suites:
            raise Refused(
                Flaw.SIGNATURE_ALGORITHM, f"letter '{number}' is signed by '{signer['ref']}' with an algorithm that is not allow-listed",
            )
    data, letter = _document(entry)
    if (letter["number"], letter["platform"], letter["reference"]) != (number, platform, reference):
        raise Refused(Flaw.LETTER_OF_ANOTHER_CASE, f"letter '{number}' was written for another number, platform or matter")
    signed_at = instant(letter["signedAt"], f"letter '{number}' signedAt")
    if signed_at > now + SKEW:
        raise Refused(Flaw.LETTER_NOT_YET_SIGNED, f"letter '{number}' is dated in the future")
    _same_people(number, letter["people"], people)
    certifying = Certifying(trust, platform, now) if trust is not None else None
    signatures = _signatures(number, letter, data, entry["signers"], people, signed_at=signed_at, now=now, certifying=certifying)
    until = letter["validity"].get("until")
    return DeclaredLetter(
        number=number,
        document=data,
        hash=sha256(data),
        notice=letter["notice"],
        purposes=tuple(letter["purposes"]),
        fact_groups=tuple(letter["factGroups"]),
        receivers=tuple(letter["receivers"]),
        signed_at=signed_at,
        expires_at=instant(until, f"letter '{number}' validity") if until else None,
        signatures=signatures,
        brought=canonical(entry["signers"]),
    )


def instant(text: str, where: str) -> datetime:
    """An RFC 3339 instant with its offset."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(Flaw.REGISTRATION_MALFORMED, f"{where} is not a time") from None
    if at.tzinfo is None:
        raise Refused(Flaw.REGISTRATION_MALFORMED, f"{where} has no offset")
    return at


def _document(entry: Mapping[str, Any]) -> tuple[bytes, Mapping[str, Any]]:
    number = entry["number"]
    try:
        data = unbase64url(entry["document"])
        letter = orjson.loads(data)
    except (BadSignature, orjson.JSONDecodeError):
        raise Refused(Flaw.LETTER_MALFORMED, f"letter '{number}' is not base64url of JSON") from None
    # One spelling only: a member given twice would be read differently by the signer's screen and by us.
    try:
        if canonical(letter) != data:
            raise Refused(Flaw.LETTER_MALFORMED, f"letter '{number}' is not canonical JSON")
        fit("letter", letter)
    except (NotCanonical, Misshapen) as error:
        raise Refused(Flaw.LETTER_MALFORMED, f"letter '{number}': {error}") from None
    return data, letter


def _same_people(number: str, named: Sequence[Mapping[str, str]], people: Mapping[str, DeclaredPerson]) -> None:
    refs = [person["ref"] for person in named]
    if len(set(refs)) != len(refs):
        raise Refused(Flaw.PERSON_REPEATED, f"letter '{number}' names a person twice")
    for person in named:
        declared = people.get(person["ref"])
        if declared is None:
            raise Refused(Flaw.REF_UNKNOWN, f"letter '{number}' names '{person['ref']}', whom the registration does not declare")
        if (declared.id_number, declared.name) != (person["idNumber"].upper(), person["name"]):
            raise Refused(Flaw.LETTER_PERSON_MISMATCH, f"letter '{number}' means somebody else by '{person['ref']}'")


def _signatures(
    number: str, letter: Mapping[str, Any], document: bytes, given: Sequence[Mapping[str, Any]],
    people: Mapping[str, DeclaredPerson], *, signed_at: datetime, now: datetime, certifying: Certifying | None,
) -> tuple[DeclaredSignature, ...]:  # fmt: skip
    listed = {signer["ref"]: signer for signer in letter["signers"]}
    if len(listed) != len(letter["signers"]):
        raise Refused(Flaw.SIGNATURE_REPEATED, f"letter '{number}' lists a signer twice")
    named = {person["ref"] for person in letter["people"]}
    unnamed = sorted({ref for signer in listed.values() for ref in (signer["ref"], *signer["for"])} - named)
    if unnamed:
        raise Refused(Flaw.REF_UNKNOWN, f"letter '{number}' has '{unnamed[0]}' in its table of signers and not among its people")
    refs = [signer["ref"] for signer in given]
    if len(set(refs)) != len(refs):
        raise Refused(Flaw.SIGNATURE_REPEATED, f"letter '{number}' bears a signer's signature twice")
    missing, unlisted = sorted(listed.keys() - set(refs)), sorted(set(refs) - listed.keys())
    if missing:
        raise Refused(Flaw.SIGNER_MISSING, f"letter '{number}' lists '{missing[0]}', who has not signed")
    if unlisted:
        raise Refused(Flaw.SIGNER_UNLISTED, f"letter '{number}' was signed by '{unlisted[0]}', whom it does not list")
    keys: dict[str, str] = {}
    return tuple(
        _signature(number, listed[signer["ref"]], signer, document, people, keys, signed_at=signed_at, now=now, certifying=certifying)
        for signer in given
    )


def _signature(
    number: str, listed: Mapping[str, Any], given: Mapping[str, Any], document: bytes, people: Mapping[str, DeclaredPerson],
    keys: dict[str, str], *, signed_at: datetime, now: datetime, certifying: Certifying | None,
) -> DeclaredSignature:  # fmt: skip
    ref, alg = given["ref"], given["alg"]
    if (given["capacity"], sorted(given["for"])) != (listed["capacity"], sorted(listed["for"])):
        raise Refused(Flaw.SIGNER_UNLISTED, f"letter '{number}' lists '{ref}' as signing otherwise")
    at = _signed(number, given, signed_at, now)
    for ward in listed["for"]:
        _may_sign(number, listed, people[ref], people[ward], at)
    try:
        key, signature = signer_key(given["jwk"], alg), unbase64url(given["signature"])
    except SuiteMissing as error:
        raise Refused(Flaw.SIGNATURE_SUITE_MISSING, f"letter '{number}' signer '{ref}': {error}") from None
    except BadSignature as error:
        raise Refused(Flaw.SIGNATURE_ALGORITHM, f"letter '{number}' signer '{ref}': {error}") from None
    if given["method"] == "ESIGN":
        # One key is one person: a household's head signing for everybody with their own certificate is found here.
        if keys.setdefault(key.thumbprint, ref) != ref:
            raise Refused(Flaw.SIGNATURE_REPEATED, f"letter '{number}' is signed for '{ref}' with another signer's key")
    elif given["assurance"] == "HIGH":
        # The key is the counter's that witnessed ink or fingerprint: identity was not compared by certificate.
        raise Refused(Flaw.ASSURANCE_OVERSTATED, f"letter '{number}' claims high assurance for a paper signature of '{ref}'")
    if not key.holds(signature, signed_message(document, alg)):
        raise Refused(Flaw.SIGNATURE_BROKEN, f"letter '{number}': the signature of '{ref}' does not fit the document")
    assurance = certifying.assurance(number, given, people[ref], key.certifiable, at) if certifying is not None else given["assurance"]
    return DeclaredSignature(
        ref=ref, capacity=given["capacity"], covers=tuple(sorted(given["for"])), method=given["method"],
        assurance=assurance, alg=alg, kid=given["kid"], signature=signature, signed_at=at,
        certified=certifying is not None and given["method"] == "ESIGN" and "x5c" in given,
    )  # fmt: skip


def _signed(number: str, given: Mapping[str, Any], signed_at: datetime, now: datetime) -> datetime:
    """When a signer is taken to have signed: their own time or the document's, whichever is earlier.

    A signer's own time stands outside what they signed: re-dated, a child's signature would become good with the years.
    """
    ref = given["ref"]
    at = instant(given["signedAt"], f"letter '{number}' signer '{ref}'") if "signedAt" in given else signed_at
    if at > now + SKEW:
        raise Refused(Flaw.LETTER_NOT_YET_SIGNED, f"letter '{number}' was signed by '{ref}' in the future")
    if abs(at - signed_at) > SIGNING:
        raise Refused(Flaw.LETTER_NOT_YET_SIGNED, f"letter '{number}' was signed by '{ref}' long before or after its own date")
    return min(at, signed_at)


def _may_sign(number: str, listed: Mapping[str, Any], signer: DeclaredPerson, ward: DeclaredPerson, at: datetime) -> None:
    day = at.date()
    if signer.role == "EXCLUDED" and listed["capacity"] == "SELF":
        raise Refused(Flaw.SIGNER_NOT_ABLE, f"letter '{number}': '{signer.ref}' is excluded from the household")
    if listed["capacity"] == "SELF":
        if ward.ref != signer.ref:
            raise Refused(Flaw.SIGNER_NOT_ABLE, f"letter '{number}': '{signer.ref}' signs as themselves for '{ward.ref}'")
        if not signs_alone(signer.birth_date, signer.capacity, day):
            raise Refused(Flaw.CHILD_SIGNED_ALONE, f"letter '{number}': '{signer.ref}' needs a guardian's signature, not their own")
        return
    if not signs_alone(signer.birth_date, signer.capacity, day):
        raise Refused(Flaw.SIGNER_NOT_ABLE, f"letter '{number}': '{signer.ref}' cannot sign for anybody")
    by_guardian = needs_guardian(ward.birth_date, ward.capacity, day)
    if listed["capacity"] == "LEGAL_REPRESENTATIVE":
        if signer.ref not in ward.guardians:
            raise Refused(Flaw.GUARDIAN_NOT_DECLARED, f"letter '{number}': '{signer.ref}' is not a declared guardian of '{ward.ref}'")
        if not by_guardian:
            raise Refused(Flaw.SIGNER_NOT_ABLE, f"letter '{number}': '{ward.ref}' is of age and signs themselves")
        return
    givers = ward.guardians if by_guardian else (ward.ref,)
    if listed.get("mandate", {}).get("from") not in givers:
        raise Refused(Flaw.SIGNER_NOT_ABLE, f"letter '{number}': '{signer.ref}' holds no mandate of '{ward.ref}' or a guardian")
