"""Why a value is told as it is: the public reason codes, in the order in which one explains an answer better than the next.

A caller sees one reason a field; the access log keeps every rule that fired. Codes that name one of the ten checks are the
checks' own (domain C4).
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Public reason codes; when several rules forbid, the earliest of these is told."""

    POLICY_ERROR = "POLICY_ERROR"                # a rule could not be evaluated: nothing is told
    ROLE_HAS_NO_FACTS = "ROLE_HAS_NO_FACTS"      # the role or department works without facts
    PURPOSE_MISMATCH = "PURPOSE_MISMATCH"        # check 5: not a purpose of this department
    BASIS_MISMATCH = "BASIS_MISMATCH"            # the purpose does not rest on this basis
    SUBJECT_NOT_COVERED = "SUBJECT_NOT_COVERED"  # check 6
    ASSURANCE_TOO_LOW = "ASSURANCE_TOO_LOW"      # the signer's identity was not proven
    NOT_COVERED = "NOT_COVERED"                  # check 7: the fact group is outside the purpose
    LETTER_NEEDED = "LETTER_NEEDED"              # the statute does not open this group
    OBLIGOR_SCOPE = "OBLIGOR_SCOPE"              # of an obligor, income and property only
    CONFLICT_OF_INTEREST = "CONFLICT_OF_INTEREST"  # the asking officer is the subject's relative: no approval helps
    NEEDS_APPROVAL = "NEEDS_APPROVAL"            # a second person has to approve first
    PROVIDER_CONSENT = "PROVIDER_CONSENT"        # the source department has not agreed to more
    UNDER_14 = "UNDER_14"                        # one level up for a child
    CROSS_REGION = "CROSS_REGION"                # the label's cross-region form
    LEVEL = "LEVEL"                              # the field's sensitivity
    ALLOWED = "ALLOWED"                          # told in full

    @property
    def precedence(self) -> int:
        """0 for the reason that outranks every other."""
        return _ORDER[self]


_ORDER = {reason: place for place, reason in enumerate(Reason)}
