"""The matter a question belongs to, as the hub holds it: case, declared household, people, letters. Values, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Person:
    """自然人 with the identity the platform registered; `id` is the hub's own UUID as text. `__repr__` shows only the id."""

    id: str
    id_number: str = field(repr=False)
    name: str = field(repr=False)
    sex: str = field(repr=False)  # GB/T 2261.1
    birth_date: date | None = field(repr=False)  # None: unknown, counts as under 14
    log_subject: str = field(repr=False)  # pseudonym in the access log, hex


@dataclass(frozen=True, slots=True)
class Member:
    """家庭成员 (role MEMBER), 法定义务人 (OBLIGOR) or 不计入 (EXCLUDED) of the declared household; 代理人 (AGENT) who only signs."""

    person: Person
    relation: str
    role: str
    capacity: str
    guardians: tuple[str, ...]
    kin_of_staff: tuple[str, ...] = ()  # officer ids of the staff whose near relative this person is (57 §11)
    died_on: date | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Signature:
    """One verified signature: who signed, for whom, how strongly their identity was proven."""

    person: str
    capacity: str
    covers: frozenset[str]
    assurance: str
    signed_at: datetime
    certified: bool = False  # a certificate of the trust list names the signer: no platform's word
    lacking: frozenset[str] = frozenset()  # fact groups it opens none of for want of an item; UNDER_14: no child (conditions.py)


MONITORING, CHECK_FAILED, MEMBERS_CHANGED = "MONITORING", "CHECK_FAILED", "MEMBERS_CHANGED"
"""What a letter's `validity` may say (domain B17): it outlives the matter while the applicant is watched; it ends when the household is
refused; it ends whole when the household's members change. Every letter ends with the matter.
"""

OUTSIDE = frozenset({"EXCLUDED", "AGENT"})
"""Roles of those who are nobody's subject."""


@dataclass(frozen=True, slots=True)
class Part:
    """What was withdrawn of a letter: where every list meets; an empty one means all. `by` is who withdrew, a person id."""

    people: frozenset[str]
    fact_groups: frozenset[str]
    purposes: frozenset[str]
    receivers: frozenset[str]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """核对授权书 as stored; `hash` is the document's hash in lower-case hex. `covering` has its signatures by the people they stand for."""

    id: str
    number: str
    hash: str
    purposes: frozenset[str]
    fact_groups: frozenset[str]  # {"ALL_LISTED"} or codes
    receivers: frozenset[str]  # {"ALL_LEVELS"}, organisation codes, region codes
    signed_at: datetime
    expires_at: datetime | None
    status: str
    revoked_at: datetime | None
    signatures: tuple[Signature, ...]
    withdrawn: tuple[Part, ...] = ()  # parts of it; as a whole it is REVOKED
    under_review: bool = False  # the platform's key that brought it was revoked
    validity: frozenset[str] = frozenset()
    lapsed: frozenset[str] = frozenset()  # people whose place in the household changed after they signed
    uses: tuple[tuple[str, int], ...] = ()  # how often it says it may be used: EVER, in an HOUR, a DAY, a MONTH
    spent: bool = False  # found used up by the question under way (hub/operations/letter_uses.py); never stored
    notice: str = ""  # the version its signers were shown
    silent: frozenset[str] = frozenset()  # fact groups, purposes and UNDER_14 that notice does not tell of (conditions.py)
    outdated: tuple[Part, ...] = ()  # what later notices took from it, each from its day on (conditions.py)
    # Made once as the matter is read, since check 6 asks it of every letter for every person of every question.
    covering: Mapping[str, tuple[Signature, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Order the signatures by whom they cover."""
        covering: dict[str, tuple[Signature, ...]] = {}
        for signature in self.signatures:
            for person in signature.covers:
                covering[person] = (*covering.get(person, ()), signature)
        object.__setattr__(self, "covering", MappingProxyType(covering))


@dataclass(frozen=True, slots=True)
class Approval:
    """A second person's approval as decided: for one officer's questions under one purpose, of these people and fact groups, until
    `valid_until`. `people` are the hub's ids.
    """

    id: str
    kind: str  # KIN_OF_STAFF, COMPLAINT_CHECK, SPOT_CHECK, AGGREGATION
    purpose: str
    groups: frozenset[str]
    people: frozenset[str]
    organisation: str
    officer: str
    approved_by: str
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class FollowUp:
    """An open duty to complete the papers of an emergency (SAL §50): `due` is the last day in time."""

    id: str
    organisation: str
    due: date
    escalated: bool


@dataclass(frozen=True, slots=True)
class Matter:
    """办理事项 with everything a decision needs. `version` changes whenever any part of it does."""

    case: str
    reference: str
    platform: str
    assistance_type: str
    stage: str
    region: str
    organisations: frozenset[str]
    opened_at: datetime
    closed_at: datetime | None
    household: str
    area: str
    hukou_region: str
    residence_region: str
    kin_of_staff: bool
    members: tuple[Member, ...]
    letters: tuple[Letter, ...]
    version: int
    under_review: bool = False  # the platform's key that registered it last was revoked
    approvals: tuple[Approval, ...] = ()  # those approved and not withdrawn
    follow_ups: tuple[FollowUp, ...] = ()  # those open
    monitored_from: datetime | None = None  # 纳入监测范围
    monitored_to: datetime | None = None
    refused_at: datetime | None = None  # decided that the household does not qualify
    limited: tuple[Letter, ...] = field(init=False, repr=False, compare=False)  # letters that say how often they may be used

    def __post_init__(self) -> None:
        """Find them once: nearly every question finds none."""
        object.__setattr__(self, "limited", tuple([one for one in self.letters if one.uses]))

    def ended(self, at: datetime) -> bool:
        """Whether the applicant has left the matter."""
        return self.closed_at is not None and self.closed_at <= at

    def monitored(self, at: datetime) -> bool:
        """Whether the applicant is watched at a moment."""
        began = self.monitored_from is not None and self.monitored_from <= at
        return began and (self.monitored_to is None or self.monitored_to > at)

    def people(self) -> Mapping[str, Member]:
        """Members and obligors by person id."""
        return {member.person.id: member for member in self.members}
