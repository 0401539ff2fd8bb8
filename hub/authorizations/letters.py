"""核对授权书 verified: the document is what was signed, and it means the people and the matter it is brought for (domain B17).

Rules of this file:
- A signature stands over SHA-256 of the document's exact bytes, with a prefix of our own in front (sheet.py).
- The document itself names its people by ID number and its signers with capacity and wards, so that nobody who carries it to the hub,
  the platform included, can make a signature stand for somebody else.
- Letters of the first form stand where the hub holds them, and only there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from hub.authorizations.certifying import Certifying
from hub.authorizations.declared import DeclaredLetter, DeclaredPerson
from hub.authorizations.matter import CHECK_FAILED, MEMBERS_CHANGED, MONITORING
from hub.authorizations.reasons import Flaw, Refused
from hub.authorizations.sheet import SKEW, Sheet, instant
from hub.authorizations.signers import verified_signatures
from hub.authorizations.trust_list import TrustList
from hub.canonical import NotCanonical, canonical
from hub.shapes import Misshapen, fit
from hub.signatures import BadSignature, sha256, unbase64url
from hub.suites import SUITES
from policies.letter_templates import BY_TEXT
from policies.letters import RULES

_VALIDITY = {"monitoring": MONITORING, "checkFailed": CHECK_FAILED, "membersChanged": MEMBERS_CHANGED}


def verify_letter(
    entry: Mapping[str, Any], people: Mapping[str, DeclaredPerson], *, platform: str, reference: str, matter: str, now: datetime,
    trust: TrustList | None = None, suites: frozenset[str] = frozenset(SUITES), held: Collection[bytes] = (),
) -> DeclaredLetter:  # fmt: skip
    """One letter of a registration whose shape was checked; `people` by ref, `suites` the algorithms that count, `held` the hashes of
    letters the hub holds in this matter. Raises `Refused`.
    """
    number = entry["number"]
    data, letter, first_form = _document(entry, held)
    if (letter["number"], letter["platform"], letter["reference"], letter["matter"]) != (number, platform, reference, matter):
        raise Refused(Flaw.LETTER_OF_ANOTHER_CASE, f"letter '{number}' was written for another number, platform or matter")
    signed_at = instant(letter["signedAt"], f"letter '{number}' signedAt")
    if signed_at > now + SKEW:
        raise Refused(Flaw.LETTER_NOT_YET_SIGNED, f"letter '{number}' is dated in the future")
    _same_people(number, letter["people"], people)
    sheet = Sheet(number, data, letter, people, signed_at, now, Certifying(trust, platform, now), suites)
    given = entry.get("signers", ())
    until = letter["validity"].get("until")
    exit_ = letter["validity"].get("exit", {})
    return DeclaredLetter(
        number=number,
        document=data,
        hash=sha256(data),
        notice=letter["notice"],
        purposes=tuple(letter["purposes"]),
        fact_groups=_reached(number, letter),
        receivers=tuple(letter["receivers"]),
        signed_at=signed_at,
        expires_at=instant(until, f"letter '{number}' validity") if until else None,
        validity=frozenset(told for name, told in _VALIDITY.items() if exit_.get(name)),
        signatures=() if first_form else verified_signatures(sheet, given),
        uses=_uses(letter["validity"]),
        brought=canonical(list(given)),
        template=BY_TEXT.get(letter.get("scope", {}).get("text", ""), ""),
    )


def _uses(validity: Mapping[str, Any]) -> Mapping[str, int]:
    return ({"EVER": validity["maxUses"]} if "maxUses" in validity else {}) | dict(validity.get("frequency", {}))


def _document(entry: Mapping[str, Any], held: Collection[bytes]) -> tuple[bytes, Mapping[str, Any], bool]:
    """The bytes, what they say, and whether that is of the first form."""
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
        first_form = isinstance(letter, dict) and "scope" not in letter and sha256(data) in held
        fit("letter-1" if first_form else "letter", letter)
    except (NotCanonical, Misshapen) as error:
        raise Refused(Flaw.LETTER_MALFORMED, f"letter '{number}': {error}") from None
    return data, letter, first_form


def _reached(number: str, letter: Mapping[str, Any]) -> tuple[str, ...]:
    """The fact groups its holders hold: what a bank knows stays closed where the letter does not name financial institutions."""
    groups: tuple[str, ...] = tuple(letter["factGroups"])
    if "scope" in letter:
        groups = RULES.reached(groups, letter["scope"]["holders"])
    if not groups:
        raise Refused(Flaw.LETTER_MALFORMED, f"letter '{number}' names no holder of the facts it lists")
    return groups


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
