"""What may be asked for, and who may decide it: the rules of an approval by a second person. Pure.

    ASKED ── approve ──> APPROVED ── withdraw, or its end ──> nothing
      └──── refuse ───> REFUSED         (an asked one may be withdrawn too)

Rules of this file:
- Nobody decides what they asked for, under whatever spelling; nor does a relative, nor one whose id names nobody.
- Two ids are two people where both proved themselves by their own log-in, or two systems that share no key named them: whoever holds one
  system's key could name both. A region that can do no better says so, with its reason (`policies/approvals.py`).
- An approval for kin of staff needs to be told whose kin: otherwise nobody could say that the asker is not the relative.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.authorizations.approved import is_relative, kin_of_staff
from hub.authorizations.matter import Matter
from hub.authorizations.officers import folded, same_officer
from hub.authorizations.standing import Standing
from hub.caller import ASSERTED, Caller
from hub.errors import CallerError, Malformed
from hub.operations.literals import holds_id_number
from policies.approvals import ApprovalKind, ApprovalRule, TwoPeople
from policies.purposes import PURPOSES

SHORTEST, LONGEST = 5, 400
"""Characters of a reason."""
_KEYS = frozenset({"kind", "groups", "people", "reason", "validUntil"})


class ApprovalRefused(CallerError):
    """An approval cannot be asked for or decided so; the code says why."""

    status = 409


@dataclass(frozen=True, slots=True)
class Asked:
    """What one officer asks for. `people` are handles; `sample` names the list a spot check was drawn into."""

    kind: ApprovalKind
    groups: tuple[str, ...]
    people: tuple[str, ...]
    reason: str
    valid_until: datetime
    sample: str


@dataclass(frozen=True, slots=True)
class First:
    """Who asked: id, organisation, the system that named them ("" where it was not kept), and how they were known."""

    officer: str
    organisation: str
    client: str
    proof: str


def read(body: Any) -> Asked:
    """A request's body. Raises `Malformed`."""
    if not isinstance(body, Mapping) or set(body) - {"sample"} != _KEYS:
        raise Malformed("the body names kind, groups, people, reason, validUntil, and the sample of a spot check")
    if body["kind"] not in set(ApprovalKind):
        raise Malformed(f"kind is one of {', '.join(ApprovalKind)}")
    kind, sample = ApprovalKind(body["kind"]), body.get("sample", "")
    if not isinstance(sample, str) or len(sample) > 80 or bool(sample.strip()) is not (kind is ApprovalKind.SPOT_CHECK):
        raise Malformed("a spot check names its sample, and nothing else does")
    if holds_id_number(sample):
        raise Malformed("a sample's name holds no ID number")
    return Asked(kind, _texts(body, "groups"), _texts(body, "people"), reason_of(body), _moment(body["validUntil"]), sample.strip())


def reason_of(body: Mapping[str, Any]) -> str:
    """A reason as it is kept: it stands in records that name nobody by number. Raises `Malformed`."""
    text = body.get("reason")
    reason = text.strip() if isinstance(text, str) else ""
    if not SHORTEST <= len(reason) <= LONGEST or not reason.isprintable() or holds_id_number(reason):
        raise Malformed(f"reason is a line of {SHORTEST} to {LONGEST} characters without an ID number")
    return reason


def may_ask(asked: Asked, people: frozenset[str], standing: Standing, rule: ApprovalRule | None, now: datetime) -> None:
    """`people` are the hub's ids. Raises `ApprovalRefused`."""
    caller, matter = standing.caller, _matter(standing)
    _known(caller, rule)
    if not asked.kind.allows(caller.purpose):
        raise ApprovalRefused("an approval of this kind is for the purpose of its name", code="APPROVAL_PURPOSE")
    told = PURPOSES[caller.purpose].told_groups()
    if not set(asked.groups) <= (told if caller.groups is None else told & caller.groups):
        raise ApprovalRefused("a fact group lies outside the token or its purpose", code="FACT_NOT_AUTHORIZED")
    if is_relative(matter, caller.officer):
        raise ApprovalRefused("a relative asks for no approval in this matter", code="CONFLICT_OF_INTEREST", status=403)
    if asked.kind is ApprovalKind.KIN_OF_STAFF:
        if not people <= kin_of_staff(matter):
            raise ApprovalRefused("somebody is nobody's relative", code="APPROVAL_NEEDLESS")
        if not any(member.kin_of_staff for member in matter.members):
            raise ApprovalRefused("the registration does not say whose relative this is", code="KIN_NOT_NAMED")
    if rule is None or not now < asked.valid_until <= now + timedelta(days=rule.most_days):
        raise ApprovalRefused("the approval would end in the past, or later than the region allows", code="APPROVAL_TERM")


def may_decide(kind: ApprovalKind, first: First, standing: Standing, rule: ApprovalRule | None, *, share_a_key: bool = False) -> None:
    """Whether the caller is the second person; `share_a_key`: whether the two systems do. Raises `ApprovalRefused`."""
    caller = standing.caller
    _known(caller, rule)
    if same_officer(first.officer, caller.officer):
        raise ApprovalRefused("who asked does not decide", code="SAME_OFFICER", status=403)
    if is_relative(_matter(standing), caller.officer):
        raise ApprovalRefused("a relative does not decide in this matter", code="CONFLICT_OF_INTEREST", status=403)
    entitled = rule is not None and caller.department in rule.departments and caller.role in rule.roles
    if not entitled or (rule is not None and first.organisation != caller.organisation and not rule.other_organisations):
        raise ApprovalRefused(f"this organisation decides no approval of kind {kind}", code="APPROVER_NOT_ENTITLED", status=403)
    two_systems = bool(first.client) and first.client != caller.client and not share_a_key
    if rule is not None and rule.officers is not TwoPeople.ASSERTED and not two_systems and not (_proven(first.proof) and _proven(caller.officer_proof)):
        raise ApprovalRefused(
            "one system names both officers: they prove themselves by their own log-in, or another system decides", code="OFFICER_NOT_PROVEN", status=403,
        )


def _known(caller: Caller, rule: ApprovalRule | None) -> None:
    if rule is None:
        raise ApprovalRefused("the region says of nobody that they may approve this", code="APPROVAL_RULE_MISSING")
    if rule.officers is TwoPeople.PROVEN and not _proven(caller.officer_proof):
        raise ApprovalRefused("this region takes an approval from officers their own log-in proves", code="OFFICER_NOT_PROVEN", status=403)
    if not folded(caller.officer):
        raise ApprovalRefused("the officer's id names nobody: ASCII letters, digits and Chinese characters do", code="OFFICER_UNREADABLE")


def _proven(proof: str) -> bool:
    return proof not in ("", ASSERTED)


def _matter(standing: Standing) -> Matter:
    if standing.matter is None:
        raise ApprovalRefused("there is no case", code="NO_JURISDICTION", status=403)
    return standing.matter


def _texts(body: Mapping[str, Any], name: str) -> tuple[str, ...]:
    given = body[name]
    if not isinstance(given, list) or not 0 < len(given) <= 60 or not all(isinstance(one, str) and 0 < len(one) <= 120 for one in given):
        raise Malformed(f"{name} is a list of texts")
    return tuple(sorted(set(given)))


def _moment(text: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Malformed("validUntil is a time with its offset")
    return moment
