"""Why something is refused: one code a cause, each described and caused in docs/consent.md."""

from __future__ import annotations

from enum import StrEnum

from hub.errors import CallerError


class Reason(StrEnum):
    """Codes of the ten checks, in the checks' order (domain C4)."""

    TOKEN_INVALID = "TOKEN_INVALID"  # noqa: S105 - a code
    TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105 - a code
    TOKEN_REPLAYED = "TOKEN_REPLAYED"  # noqa: S105 - a code
    AUTH_NOT_FOUND = "AUTH_NOT_FOUND"
    AUTH_HASH_MISMATCH = "AUTH_HASH_MISMATCH"
    AUTH_REVOKED = "AUTH_REVOKED"
    AUTH_EXPIRED = "AUTH_EXPIRED"
    REVOCATION_UNKNOWN = "REVOCATION_UNKNOWN"
    REQUESTER_MISMATCH = "REQUESTER_MISMATCH"
    PURPOSE_MISMATCH = "PURPOSE_MISMATCH"
    SUBJECT_NOT_COVERED = "SUBJECT_NOT_COVERED"
    FACT_NOT_AUTHORIZED = "FACT_NOT_AUTHORIZED"
    NO_JURISDICTION = "NO_JURISDICTION"
    CATALOG_DENIED = "CATALOG_DENIED"
    LOG_UNAVAILABLE = "LOG_UNAVAILABLE"


class Flaw(StrEnum):
    """What is wrong with a registration, a letter or a revocation."""

    MESSAGE_UNSIGNED = "MESSAGE_UNSIGNED"
    MESSAGE_REPLAYED = "MESSAGE_REPLAYED"
    REGISTRATION_MALFORMED = "REGISTRATION_MALFORMED"
    PERSON_REPEATED = "PERSON_REPEATED"
    REF_UNKNOWN = "REF_UNKNOWN"
    ID_NUMBER_INVALID = "ID_NUMBER_INVALID"
    BIRTH_DATE_MISMATCH = "BIRTH_DATE_MISMATCH"
    GUARDIAN_NOT_ABLE = "GUARDIAN_NOT_ABLE"
    LETTER_MALFORMED = "LETTER_MALFORMED"
    LETTER_REPEATED = "LETTER_REPEATED"
    LETTER_OF_ANOTHER_CASE = "LETTER_OF_ANOTHER_CASE"
    LETTER_PERSON_MISMATCH = "LETTER_PERSON_MISMATCH"
    LETTER_NOT_YET_SIGNED = "LETTER_NOT_YET_SIGNED"
    SIGNER_MISSING = "SIGNER_MISSING"
    SIGNER_UNLISTED = "SIGNER_UNLISTED"
    SIGNATURE_REPEATED = "SIGNATURE_REPEATED"
    SIGNATURE_ALGORITHM = "SIGNATURE_ALGORITHM"
    SIGNATURE_BROKEN = "SIGNATURE_BROKEN"
    ASSURANCE_OVERSTATED = "ASSURANCE_OVERSTATED"
    CHILD_SIGNED_ALONE = "CHILD_SIGNED_ALONE"
    GUARDIAN_NOT_DECLARED = "GUARDIAN_NOT_DECLARED"
    SIGNER_NOT_ABLE = "SIGNER_NOT_ABLE"
    LETTER_UNKNOWN = "LETTER_UNKNOWN"


class Refused(CallerError):
    """A registration or revocation is refused whole: nothing of it is stored. The text names refs and places, no person."""

    status = 422

    def __init__(self, flaw: Flaw, message: str) -> None:
        """401 when the platform is not proven, 409 for a replay, 422 for what it said."""
        status = {Flaw.MESSAGE_UNSIGNED: 401, Flaw.MESSAGE_REPLAYED: 409, Flaw.LETTER_UNKNOWN: 404}.get(flaw, 422)
        super().__init__(message, code=flaw.value, status=status)
        self.flaw = flaw
