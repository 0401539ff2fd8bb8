"""One letter on the table while it is verified: its bytes, its people, and whose key each signature on it was made with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hub.authorizations.certifying import Certifying
from hub.authorizations.declared import DeclaredPerson
from hub.authorizations.reasons import Flaw, Refused
from hub.signatures import BadSignature, unbase64url
from hub.suites import SignerKey, SuiteMissing, document_digest, signer_key

SKEW = timedelta(minutes=5)
SIGNING = timedelta(days=30)
"""How far a signer's, witness's or mandate's own time may lie from the document's."""

LETTER = b"household-letter/1\n"
MANDATE = b"household-mandate/1\n"
ATTESTATION = b"household-attestation/1\n"
"""Stand before the 32 bytes of a hash in what a key signs: no log-in challenge, and no other paper, can be turned into this one."""


def instant(text: str, where: str) -> datetime:
    """An RFC 3339 instant with its offset. Raises `Refused`."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(Flaw.REGISTRATION_MALFORMED, f"{where} is not a time") from None
    if at.tzinfo is None:
        raise Refused(Flaw.REGISTRATION_MALFORMED, f"{where} has no offset")
    return at


@dataclass(frozen=True, slots=True)
class Sheet:
    """The letter's number, document and times, the people by ref, the algorithms that count, and the keys met so far
    by thumbprint with whose they are.
    """

    number: str
    document: bytes
    letter: Mapping[str, Any]
    people: Mapping[str, DeclaredPerson]
    signed_at: datetime
    now: datetime
    certifying: Certifying
    suites: frozenset[str]
    keys: dict[str, str] = field(default_factory=dict)

    def refuse(self, flaw: Flaw, what: str) -> Refused:
        """The refusal, with the letter's number in front."""
        return Refused(flaw, f"letter '{self.number}': {what}")

    def signature(self, given: Mapping[str, Any], prefix: bytes, signed: bytes, *, whose: str, of: str) -> tuple[SignerKey, bytes]:
        """The key and bytes of a signature that holds over `prefix` and the hash of `signed`. Raises `Refused`.

        One key is one person's: the head of a household signing for everybody with their own certificate is found here.
        """
        alg = given["alg"]
        if alg not in self.suites:
            raise self.refuse(Flaw.SIGNATURE_ALGORITHM, f"{of} is made with an algorithm that is not allow-listed")
        try:
            key, signature = signer_key(given["jwk"], alg), unbase64url(given["signature"])
        except SuiteMissing as error:
            raise self.refuse(Flaw.SIGNATURE_SUITE_MISSING, f"{of}: {error}") from None
        except BadSignature as error:
            raise self.refuse(Flaw.SIGNATURE_ALGORITHM, f"{of}: {error}") from None
        if self.keys.setdefault(key.thumbprint, whose) != whose:
            raise self.refuse(Flaw.SIGNATURE_REPEATED, f"{of} is made with another signer's key")
        if not key.holds(signature, prefix + document_digest(signed, alg)):
            raise self.refuse(Flaw.SIGNATURE_BROKEN, f"{of} does not fit what it stands under")
        return key, signature

    def near(self, text: str, where: str) -> datetime:
        """A time that lies within the signing of this letter, and not in the future."""
        at = instant(text, f"letter '{self.number}' {where}")
        if at > self.now + SKEW:
            raise self.refuse(Flaw.LETTER_NOT_YET_SIGNED, f"{where} lies in the future")
        if abs(at - self.signed_at) > SIGNING:
            raise self.refuse(Flaw.LETTER_NOT_YET_SIGNED, f"{where} lies long before or after the letter's own date")
        return at
