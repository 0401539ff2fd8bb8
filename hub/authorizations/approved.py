"""What a second person approved of a question, per subject: decided from the matter as it is, for one officer at one moment.

Rules of this file:
- An approval opens what it names and nothing beside it: its case, its officer, its purpose, its people, its fact groups, until its end.
- Who a person is (identity) goes with whatever was approved of them.
- The officer who is a relative of anybody in the household is a relative in the whole matter; no approval changes that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from hub.authorizations.matter import Approval, Matter
from hub.authorizations.officers import folded, same_officer
from hub.authorizations.standing import Approved, Coverage
from hub.caller import Caller
from policies.approvals import ApprovalKind
from policies.groups import IDENTITY


def kin_of_staff(matter: Matter | None) -> frozenset[str]:
    """备案: the people (ids) whose facts need a second approval: everybody of a household on file as a whole, else those named."""
    if matter is None:
        return frozenset()
    return frozenset([member.person.id for member in matter.members if matter.kin_of_staff or member.kin_of_staff])


def is_relative(matter: Matter, officer: str) -> bool:
    """Whether an officer is one whose relatives the registration names in this matter."""
    return any(same_officer(staff, officer) for member in matter.members for staff in member.kin_of_staff)


def in_force(approval: Approval, matter: Matter, caller: Caller, at: datetime) -> bool:
    """Whether an approval is for this caller's question. A different spelling of the officer's id asks for its own; who turns out to be a
    relative, by a later registration, has approved nothing.
    """
    return (
        (approval.purpose, approval.organisation) == (caller.purpose, caller.organisation)
        and approval.officer == caller.officer
        and bool(folded(caller.officer))
        and not same_officer(approval.approved_by, caller.officer)
        and not is_relative(matter, approval.approved_by)
        and at < approval.valid_until
    )


def with_approvals(coverage: Mapping[str, Coverage], matter: Matter, caller: Caller, at: datetime) -> Mapping[str, Coverage]:
    """The coverage, with what was approved of each person. Untouched where nothing was and the officer is nobody's relative."""
    relative = any(member.kin_of_staff for member in matter.members) and is_relative(matter, caller.officer)
    held = [one for one in matter.approvals if in_force(one, matter, caller, at)]
    if not held and not relative:
        return coverage
    return {person: replace(one, approved=_approved(person, held, own_kin=relative)) for person, one in coverage.items()}


def _approved(person: str, held: list[Approval], *, own_kin: bool) -> Approved | None:
    mine = [one for one in held if person in one.people]
    if not mine and not own_kin:
        return None
    kin = _groups(one for one in mine if one.kind == ApprovalKind.KIN_OF_STAFF)
    purpose = _groups(one for one in mine if one.kind == one.purpose)
    aggregated = _groups(one for one in mine if one.kind == ApprovalKind.AGGREGATION)
    return Approved(kin=kin, purpose=purpose, own_kin=own_kin, approvals=tuple(sorted(one.id for one in mine)), aggregated=aggregated)


def _groups(approvals: Iterable[Approval]) -> frozenset[str]:
    groups = frozenset[str]().union(*(one.groups for one in approvals))
    return groups | {IDENTITY} if groups else groups
