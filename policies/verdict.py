"""What policy is asked and what it answers: classes of callers and subjects in, a verdict with its reason out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from policies.forms import Form, Level


class BasisKind(StrEnum):
    """The tag of a token's basis (RFC 9396 details of type `household_facts`)."""

    LETTER = "letter"
    STATUTE = "statute"
    EMERGENCY = "emergency"
    SELF = "self"
    AUDIT = "audit"
    FILE = "file"  # what was issued stays readable in its case (PIPL §15); opens no fact


class AgeBand(StrEnum):
    """Age at the time of asking; an unknown age counts as UNDER_14 (PIPL §28, §31)."""

    UNDER_14 = "UNDER_14"
    MINOR = "MINOR"
    ADULT = "ADULT"


class Relation(StrEnum):
    """How the asking organisation's region stands to the hub's."""

    LOCAL = "LOCAL"
    NEIGHBOUR = "NEIGHBOUR"


@dataclass(frozen=True, slots=True)
class CallerClass:
    """What makes two callers alike to policy: department code (domain A2), region relation, role."""

    department: str
    relation: Relation
    role: str


@dataclass(frozen=True, slots=True)
class SubjectClass:
    """What makes two subjects alike to policy."""

    basis: BasisKind
    covered: bool
    assurance: str
    age_band: AgeBand
    kin_of_staff: bool
    role: str  # MEMBER or OBLIGOR
    kin_approved: frozenset[str] = frozenset()  # fact groups a second person approved although the subject is kin of staff
    approved: frozenset[str] = frozenset()  # fact groups a second person approved under a purpose that needs it
    kin_of_asker: bool = False  # the asking officer is the relative


@dataclass(frozen=True, slots=True)
class Resource:
    """What makes two fields alike to policy: fact group, level, default form in a cross-region answer."""

    group: str
    level: Level
    cross_region: Form


@dataclass(frozen=True, slots=True)
class Verdict:
    """The strongest form that may be told, why, and the policy ids that decided (for the log)."""

    form: Form
    reason: str
    rules: tuple[str, ...]
