"""The checks of domain C4 in their order, each with its reason code: who passes them stands before the plan.

     1 token         signature, algorithm, key, audience           hub/oauth/tokens.py     TOKEN_INVALID
     2 time          lifetime, single use, revoked                 hub/identity.py         TOKEN_EXPIRED TOKEN_REPLAYED
     3 letter        found, hash, active, unexpired                here                    AUTH_…
     4 requester     the token's organisation and system, active   here                    REQUESTER_MISMATCH
     5 purpose       of the token, system, department and letters  here, emergency.py      PURPOSE_MISMATCH ASSESSMENT_MISSING …
     6 subjects      covered by a signature, each                  here, coverage.py       SUBJECT_NOT_COVERED
     7 facts         token, letter and purpose                     here, hub/decision.py   FACT_NOT_AUTHORIZED
     8 jurisdiction  the case live, the region competent           here                    NO_JURISDICTION
     9 catalogue     attribute, departments, purposes              here, catalogue.py      CATALOG_DENIED
    10 log           durable before a department is asked          hub/access_log/         LOG_UNAVAILABLE

6, 7 and 9 hold for a person or a fact group: their answers go into the standing, and refuse only where nothing is left.
Issuing a token runs 3, 4, 5, 7 and 8 too, by these functions; a standing is never older than its matter, client or catalogue.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from hub.authorizations.approved import with_approvals
from hub.authorizations.carried import emptied, opens
from hub.authorizations.coverage import by_basis, by_letters, received_by
from hub.authorizations.emergency import emergency
from hub.authorizations.life import in_monitoring, letter_state
from hub.authorizations.matter import Letter, Matter
from hub.authorizations.reasons import Reason
from hub.authorizations.receivers import within
from hub.authorizations.standing import Coverage, Standing, together
from hub.authorizations.withdrawal import NOTHING, Told
from hub.caller import Caller, asks_for_themself
from hub.errors import Forbidden
from policies.emergency import EmergencyRule
from policies.groups import IDENTITY
from policies.purposes import PURPOSES, PurposeKind
from policies.verdict import BasisKind, Relation

AUDITORS = frozenset({"PRIVACY_OFFICER", "SUPERVISOR"})
"""Roles that read the log (domain C5); neither is told facts."""


@dataclass(frozen=True, slots=True)
class Requester:
    """Who the hub knows behind a client id, at this moment."""

    client: str
    organisation: str
    department: str
    region: str
    role: str
    purposes: frozenset[str]
    active: bool  # client and organisation both


@dataclass(frozen=True, slots=True)
class Presented:
    """What a check sees. `matter` is None where there is none, or where the organisation does not handle it: both look alike."""

    caller: Caller
    requester: Requester
    matter: Matter | None
    at: datetime
    person: str = ""  # basis `self`: the hub's id of the asker
    assessed: frozenset[str] = frozenset()  # purposes whose impact assessment is current (PIPL §55)
    emergency: EmergencyRule | None = None  # what the region says of follow-ups
    letters: tuple[Letter, ...] = field(init=False)  # those of the basis that are of the matter, in the basis's order

    def __post_init__(self) -> None:
        """Find the letters once for all checks."""
        known = {one.id: one for one in self.matter.letters} if self.matter is not None else {}
        found = [known.get(identifier) for identifier, _ in self.caller.basis.letters]
        object.__setattr__(self, "letters", tuple([one for one in found if one is not None]))


class NotStanding(Forbidden):
    """A check refused. `reason` is its code; the text is the same whether or not a case or letter exists. `caller` is who was
    refused, for the entry an authenticated refusal leaves in the log.
    """

    def __init__(self, reason: Reason, text: str) -> None:
        """`text` is shown to the caller."""
        super().__init__(text, code=reason.value)
        self.reason = reason
        self.caller: Caller | None = None


def letter(presented: Presented) -> None:
    """Check 3. A letter of a case the organisation does not handle is not found, whether or not it exists."""
    known = {one.id: one for one in presented.letters}
    for identifier, digest in presented.caller.basis.letters:
        found = known.get(identifier)
        if found is None:
            raise NotStanding(Reason.AUTH_NOT_FOUND, "no such letter in this case")
        if not hmac.compare_digest(found.hash, digest):
            raise NotStanding(Reason.AUTH_HASH_MISMATCH, "the letter's hash is not the one stored")
    # One of several may lapse without taking the others along: who signed it is uncovered then (check 6).
    states = [_state(one, presented) for one in presented.letters]
    if not states or all(states):
        reason = next((state for state in states if state), Reason.AUTH_NOT_FOUND)
        raise NotStanding(reason, "no letter of this token is in force")


def requester(presented: Presented) -> None:
    """Check 4: the system is still the organisation's and active, and a letter names it as receiver."""
    known, caller = presented.requester, presented.caller
    if not known.active or (known.client, known.organisation) != (caller.client, caller.organisation):
        raise NotStanding(Reason.REQUESTER_MISMATCH, "the requesting organisation or system is not active as the token says")
    letters = presented.letters
    if letters and not any(received_by(one, organisation=known.organisation, region=known.region) for one in letters):
        raise NotStanding(Reason.REQUESTER_MISMATCH, "no letter names the requesting organisation as receiver")


def purpose(presented: Presented) -> None:
    """Check 5: the purpose is known, the system's, the department's, stands on this basis, every letter names it, and its impact
    assessment is current (PIPL §55).
    """
    caller, known = presented.caller, PURPOSES.get(presented.caller.purpose)
    if known is None or caller.purpose not in presented.requester.purposes:
        raise NotStanding(Reason.PURPOSE_MISMATCH, "the system is not registered for this purpose")
    if presented.requester.department not in known.departments:
        raise NotStanding(Reason.PURPOSE_MISMATCH, "the purpose is not this department's")
    if caller.basis.kind is BasisKind.AUDIT and presented.requester.role not in AUDITORS:
        raise NotStanding(Reason.PURPOSE_MISMATCH, "the access log is for privacy officers and supervisors")
    # Of a review's file every reviewing organ may read what it was issued; no rule of policy opens a fact on that basis.
    on_file = caller.basis.kind is BasisKind.FILE and known.kind is PurposeKind.REVIEW
    if caller.basis.kind not in known.bases and not on_file:
        raise NotStanding(Reason.PURPOSE_MISMATCH, "the purpose does not stand on this basis")
    if caller.basis.kind is BasisKind.STATUTE and not known.rests_on(caller.basis.article):
        raise NotStanding(Reason.PURPOSE_MISMATCH, "the purpose does not rest on this article")
    if any(caller.purpose not in one.purposes for one in presented.letters):
        raise NotStanding(Reason.PURPOSE_MISMATCH, "a letter does not name the purpose")
    if known.needs_assessment and caller.purpose not in presented.assessed:
        raise NotStanding(Reason.ASSESSMENT_MISSING, "the purpose has no current impact assessment")
    if caller.basis.kind is BasisKind.EMERGENCY:
        unsound = emergency(caller, presented.matter, presented.emergency, presented.at)
        if unsound is not None:
            raise NotStanding(*unsound)


def somebody(presented: Presented) -> None:
    """Check 6, as far as it refuses: `self` names somebody of the case. Elsewhere each uncovered person is typed status."""
    matter = presented.matter
    if matter is not None and presented.caller.basis.kind is BasisKind.SELF and presented.person not in matter.people():
        raise NotStanding(Reason.SUBJECT_NOT_COVERED, "the token's person is not of this case")


def subjects(presented: Presented) -> Mapping[str, Coverage]:
    """Check 6, by person."""
    matter, caller = presented.matter, presented.caller
    if matter is None:
        return {}
    if caller.basis.kind is BasisKind.LETTER:
        named = [identifier for identifier, _ in caller.basis.letters]
        known = presented.requester
        return by_letters(
            matter, named, purpose=caller.purpose, organisation=known.organisation, region=known.region, at=presented.at
        )
    known_purpose = PURPOSES[caller.purpose]
    on_statute = caller.basis.kind is BasisKind.STATUTE
    groups = known_purpose.opened_by(caller.basis.article) if on_statute else known_purpose.told_groups()
    if caller.basis.kind is BasisKind.FILE:
        groups = frozenset()
    return by_basis(matter, caller.basis.kind, person=presented.person, groups=groups, at=presented.at)


def facts(presented: Presented) -> None:
    """Check 7: something must be left of token, letters and purpose; which, `hub/decision.py` tells per person and group."""
    caller = presented.caller
    if caller.groups is None:
        return
    told, named = PURPOSES[caller.purpose].told_groups(), listed(presented)
    # Identity is the platform's word and no department's: a letter need not list it.
    if not caller.groups & told & (told if named is None else named | {IDENTITY}):
        raise NotStanding(Reason.FACT_NOT_AUTHORIZED, "no fact group is left of token, letter and purpose")


def listed(presented: Presented) -> frozenset[str] | None:
    """The fact groups the token's letters open between them; None: all, or no letter is needed. Whose letter opens which is check 6's."""
    opened = [_left(one, presented) for one in presented.letters]
    return None if not opened or None in opened else NOTHING.union(*[one for one in opened if one is not None])


def jurisdiction(presented: Presented) -> None:
    """Check 8: the case is live or its applicant still watched, its platform names the organisation, one's region lies in the other's.

    A neighbour's organisation never passes: it asks through its own hub, under an agreement.
    """
    if asks_for_themself(presented.caller.basis):  # a citizen's: about a person in no case, told no fact
        if presented.caller.relation is not Relation.LOCAL:
            raise NotStanding(Reason.NO_JURISDICTION, "the platform's client is not of this region")
        return
    matter, known = presented.matter, presented.requester
    # A file outlives its case: objections and reviews come after the decision.
    at, on_file = presented.at, presented.caller.basis.kind is BasisKind.FILE
    live = matter is not None and (on_file or not matter.ended(at) or in_monitoring(matter, presented.caller.purpose, at))
    if matter is None or not live or presented.caller.relation is not Relation.LOCAL:
        raise NotStanding(Reason.NO_JURISDICTION, "no live case of this organisation's")
    if not (within(matter.region, known.region) or within(known.region, matter.region)):
        raise NotStanding(Reason.NO_JURISDICTION, "no live case of this organisation's")


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the table: which bases pass it."""

    number: int
    name: str
    bases: frozenset[BasisKind]
    run: Callable[[Presented], object] | None  # None: made elsewhere


_ALL = frozenset(BasisKind)
_CASES = _ALL - {BasisKind.AUDIT}
_FACTS = _CASES - {BasisKind.FILE}
CHECKS: tuple[Check, ...] = (
    Check(1, "token", _ALL, None),
    Check(2, "time", _ALL, None),
    Check(3, "letter", frozenset({BasisKind.LETTER}), letter),
    Check(4, "requester", _ALL, requester),
    Check(5, "purpose", _ALL, purpose),
    Check(6, "subjects", frozenset({BasisKind.LETTER, BasisKind.SELF}), somebody),
    Check(7, "facts", _FACTS, facts),
    Check(8, "jurisdiction", _CASES, jurisdiction),
    Check(9, "catalogue", _FACTS, None),
    Check(10, "log", _ALL, None),
)


def allowed(presented: Presented) -> None:
    """Checks 3 to 8 that the basis passes, in order. Raises `NotStanding`."""
    kind = presented.caller.basis.kind
    try:
        for check in CHECKS:
            if check.run is not None and kind in check.bases:
                check.run(presented)
    except NotStanding as refusal:
        refusal.caller = presented.caller
        raise


def stand(presented: Presented, catalogue: Mapping[str, str]) -> Standing:
    """The standing of who passes. `catalogue` is check 9 by fact group. Raises `NotStanding`."""
    allowed(presented)
    return Standing(
        caller=presented.caller,
        matter=None if presented.caller.basis.kind is BasisKind.AUDIT else presented.matter,
        coverage=MappingProxyType(dict(_approved(presented, subjects(presented)))),
        catalogue=catalogue,
    )


def _left(letter: Letter, presented: Presented) -> frozenset[str] | None:
    return opens(letter, _told(presented), presented.at)


def _told(presented: Presented) -> Told:
    return Told(presented.caller.purpose, presented.requester.organisation, presented.requester.region)


def _state(letter: Letter, presented: Presented) -> Reason | None:
    """Why a letter opens nothing to who asks. Withdrawn from this purpose or receiver, it is as revoked to them."""
    matter = presented.matter
    state = letter_state(letter, matter, presented.caller.purpose, presented.at) if matter is not None else Reason.AUTH_NOT_FOUND
    return state or (emptied(letter, _told(presented), presented.at) if letter.withdrawn or letter.outdated else None)


def _approved(presented: Presented, coverage: Mapping[str, Coverage]) -> Mapping[str, Coverage]:
    matter = presented.matter
    return coverage if matter is None else with_approvals(coverage, matter, presented.caller, presented.at)


def stand_in_each(presented: Sequence[Presented], catalogue: Mapping[str, str]) -> Standing:
    """The standing of a token over several matters: each passes the checks by itself, and one that does not is left out. Raises
    `NotStanding` where none is left.
    """
    standings: list[Standing] = []
    refused: list[NotStanding] = []
    for one in presented:
        try:
            standings.append(stand(one, catalogue))
        except NotStanding as refusal:
            refused.append(refusal)
    if not standings:
        raise refused[0]
    return together(standings, [(one.caller, one.code) for one in refused if one.caller is not None])


def handled(matter: Matter | None, organisation: str) -> Matter | None:
    """The matter if its platform says that this organisation handles it; a stranger's matter looks like none."""
    return matter if matter is not None and organisation in matter.organisations else None
