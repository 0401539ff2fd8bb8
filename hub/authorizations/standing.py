"""What the ten checks leave standing (domain C4): a caller, its matter, and who and what is covered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.authorizations.matter import Matter
from hub.caller import Caller


@dataclass(frozen=True, slots=True)
class Approved:
    """What a second person approved of one officer's access to one person, and whether that person is the officer's own relative."""

    kin: frozenset[str]  # fact groups approved although the person is kin of staff
    purpose: frozenset[str]  # fact groups approved under a purpose that needs it: COMPLAINT_CHECK, SPOT_CHECK
    own_kin: bool  # the asking officer is the relative: no approval helps
    approvals: tuple[str, ...]  # ids, for the log


@dataclass(frozen=True, slots=True)
class Coverage:
    """Check 6 for one person: covered or the reason code why not; which letters say so; how strongly they were signed."""

    covered: bool
    code: str  # "" or SUBJECT_NOT_COVERED, AUTH_REVOKED, AUTH_EXPIRED …
    assurance: str  # HIGH, SUBSTANTIAL, LOW, NONE
    letters: tuple[str, ...]
    groups: frozenset[str] | None  # fact groups its letters cover; None: all
    approved: Approved | None = None  # None: nothing was approved, and the officer is no relative


@dataclass(frozen=True, slots=True)
class Standing:
    """The result of checks 1–9. `catalogue` maps a fact group to "" (shared) or CATALOG_DENIED (check 9); a group it does
    not name is denied.
    """

    caller: Caller
    matter: Matter | None  # None for an audit basis, which has no case
    coverage: Mapping[str, Coverage]  # by person id
    catalogue: Mapping[str, str]
