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
    AUTH_UNDER_REVIEW = "AUTH_UNDER_REVIEW"
    REVOCATION_UNKNOWN = "REVOCATION_UNKNOWN"
    OFFICER_NOT_PROVEN = "OFFICER_NOT_PROVEN"
    REQUESTER_MISMATCH = "REQUESTER_MISMATCH"
    PURPOSE_MISMATCH = "PURPOSE_MISMATCH"
    ASSESSMENT_MISSING = "ASSESSMENT_MISSING"
    EMERGENCY_REASON = "EMERGENCY_REASON"
    FOLLOW_UP_DEADLINE_MISSING = "FOLLOW_UP_DEADLINE_MISSING"
    FOLLOW_UP_OVERDUE = "FOLLOW_UP_OVERDUE"
    SUBJECT_NOT_COVERED = "SUBJECT_NOT_COVERED"
    FACT_NOT_AUTHORIZED = "FACT_NOT_AUTHORIZED"
    NO_JURISDICTION = "NO_JURISDICTION"
    CATALOG_DENIED = "CATALOG_DENIED"
    LOG_UNAVAILABLE = "LOG_UNAVAILABLE"


class Flaw(StrEnum):
    """What is wrong with a registration, a letter, a revocation or a pushed message."""

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
    SIGNATURE_SUITE_MISSING = "SIGNATURE_SUITE_MISSING"
    SIGNATURE_BROKEN = "SIGNATURE_BROKEN"
    ASSURANCE_OVERSTATED = "ASSURANCE_OVERSTATED"
    SIGNER_CERTIFICATE = "SIGNER_CERTIFICATE"
    CHILD_SIGNED_ALONE = "CHILD_SIGNED_ALONE"
    GUARDIAN_NOT_DECLARED = "GUARDIAN_NOT_DECLARED"
    SIGNER_NOT_ABLE = "SIGNER_NOT_ABLE"
    LETTER_UNKNOWN = "LETTER_UNKNOWN"
    WITHDRAWER_NOT_ENTITLED = "WITHDRAWER_NOT_ENTITLED"
    NOTHING_TO_WITHDRAW = "NOTHING_TO_WITHDRAW"
    MESSAGE_MALFORMED = "MESSAGE_MALFORMED"
    MESSAGE_ID_REUSED = "MESSAGE_ID_REUSED"
    KIND_NOT_ALLOWED = "KIND_NOT_ALLOWED"
    CHANNEL_UNKNOWN = "CHANNEL_UNKNOWN"
    CASE_UNKNOWN = "CASE_UNKNOWN"
    PERSON_NOT_OF_CASE = "PERSON_NOT_OF_CASE"
    STAGE_NOT_REACHABLE = "STAGE_NOT_REACHABLE"
    OFFICER_MISSING = "OFFICER_MISSING"
    LEAD_NOT_INVESTIGATED = "LEAD_NOT_INVESTIGATED"
    NO_RECEIVER = "NO_RECEIVER"
    RETENTION_MISSING = "RETENTION_MISSING"
    CHECK_UNKNOWN = "CHECK_UNKNOWN"


class Refused(CallerError):
    """A registration, revocation or message is refused whole: nothing it says is stored. The text names refs and places, no person."""

    status = 422

    def __init__(self, flaw: Flaw, message: str, *, detail: str = "") -> None:
        """401 when the platform is not proven, 409 for a replay, 422 for what it said. `detail` is for the log alone."""
        status = {
            Flaw.MESSAGE_UNSIGNED: 401, Flaw.MESSAGE_REPLAYED: 409, Flaw.MESSAGE_ID_REUSED: 409, Flaw.LETTER_UNKNOWN: 404,
            Flaw.KIND_NOT_ALLOWED: 403,
        }.get(flaw, 422)
        super().__init__(message, code=flaw.value, status=status)
        self.flaw = flaw
        self.detail = detail


def unproven(detail: str) -> Refused:
    """One outward answer to whatever is no message a platform's key signed just now: nothing to learn by trying."""
    return Refused(Flaw.MESSAGE_UNSIGNED, "the message is no signed message of a platform the hub knows", detail=detail)
