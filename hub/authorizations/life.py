"""Whether a letter holds at a moment: what was said about it, its date, and the events that end it (domain B17). Nothing here asks a clock.

A letter ends with its matter. One that says so outlives it for MONITORING while the applicant is watched; one that says so ends when the
household is refused, also where the file stays open.
"""

from __future__ import annotations

from datetime import datetime

from hub.authorizations.matter import CHECK_FAILED, MONITORING, Letter, Matter, Signature
from hub.authorizations.reasons import Reason

WATCHING = "MONITORING"
"""The purpose a letter may outlive its matter for."""


def letter_state(letter: Letter, matter: Matter, purpose: str, at: datetime) -> Reason | None:
    """Why a letter does not hold at a moment for a purpose; None where it does. Superseded is expired: it must be signed anew (B17)."""
    if letter.status == "REVOKED" or (letter.revoked_at is not None and letter.revoked_at <= at):
        return Reason.AUTH_REVOKED
    if letter.expires_at is not None and letter.expires_at <= at:
        return Reason.AUTH_EXPIRED
    if matter.ended(at) and not (MONITORING in letter.validity and in_monitoring(matter, purpose, at)):
        return Reason.AUTH_EXPIRED
    if CHECK_FAILED in letter.validity and matter.refused_at is not None and matter.refused_at <= at:
        return Reason.AUTH_EXPIRED
    if letter.status != "ACTIVE":
        return Reason.AUTH_PAUSED if letter.status == "PAUSED" else Reason.AUTH_EXPIRED
    if letter.spent:
        return Reason.LETTER_USES_SPENT
    under_review = letter.under_review and not any(own_word(signature) for signature in letter.signatures)
    return Reason.AUTH_UNDER_REVIEW if under_review else None


def in_monitoring(matter: Matter, purpose: str, at: datetime) -> bool:
    """Whether a question is one of watching somebody who is watched: such questions go on after the matter ended."""
    return purpose == WATCHING and matter.monitored(at)


def own_word(signature: Signature) -> bool:
    """Whether a signature counts without the platform's word: a trusted certificate names who signed for themselves.

    Whose guardian or agent somebody is, the platform declares.
    """
    return signature.certified and signature.capacity == "SELF"
