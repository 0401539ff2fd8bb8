"""Who may read a case's file as its supervisor, and how much of it was approved. Pure.

Rules of this file:
- 纪委监委, 审计 and 督查 read no facts by any rule of policy (policies/national/roles.cedar); what lies in a file they read is what was issued.
- One officer alone reads nothing: a second person approves first, for this officer, this case, these people, until a day (policies/approvals.toml).
- The file's records name nobody and need an approval of anybody in the case. A report tells the household's facts together, so all its people,
  and all that a check asks, must have been approved.
"""

from __future__ import annotations

from collections.abc import Collection

from hub.authorizations.standing import Standing
from hub.errors import Forbidden
from policies.groups import CHECK_GROUPS
from policies.verdict import BasisKind

ROLE = "SUPERVISOR"
PURPOSE = "COMPLAINT_CHECK"


def supervises(standing: Standing) -> bool:
    """Whether a caller stands on a case's file as its supervisor."""
    caller = standing.caller
    return (caller.role, caller.purpose, caller.basis.kind) == (ROLE, PURPOSE, BasisKind.FILE)


def of_file(standing: Standing) -> tuple[str, ...]:
    """The approvals a look at the file rests on. Raises Forbidden."""
    if standing.matter is None or not supervises(standing):
        raise Forbidden("a case's file is read by a supervisor, in the case, on basis `file`", code="PURPOSE_MISMATCH")
    return _approved(standing, standing.coverage, frozenset(), everybody=False)


def of_report(standing: Standing, people: Collection[str]) -> tuple[str, ...]:
    """The approvals a look at a report about `people` (ids) rests on. Raises Forbidden."""
    return _approved(standing, people, CHECK_GROUPS, everybody=True)


def _approved(standing: Standing, people: Collection[str], groups: frozenset[str], *, everybody: bool) -> tuple[str, ...]:
    found = {one: standing.coverage[one].approved for one in people if one in standing.coverage}
    if any(one is not None and one.own_kin for one in found.values()):
        raise Forbidden("a relative in this matter reads nothing of it", code="CONFLICT_OF_INTEREST")
    good = {person: one for person, one in found.items() if one is not None and one.purpose and groups <= one.purpose}
    if not good or (everybody and len(good) < len(set(people))):
        raise Forbidden("a second person approves first", code="NEEDS_APPROVAL")
    return tuple(sorted({approval for one in good.values() for approval in one.approvals}))
