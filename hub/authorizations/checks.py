"""The checks of domain C4 that a requester, a letter and a matter pass or fail, one function each; their order is check_table.py's."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from hub.authorizations.carried import emptied, opens
from hub.authorizations.coverage import by_basis, by_letters, received_by
from hub.authorizations.emergency import emergency
from hub.authorizations.life import in_monitoring, letter_state
from hub.authorizations.matter import Letter
from hub.authorizations.presented import NotStanding, Presented
from hub.authorizations.reasons import Reason
from hub.authorizations.receivers import within
from hub.authorizations.standing import Coverage
from hub.authorizations.withdrawal import NOTHING, Told
from hub.caller import asks_for_themself
from policies.groups import IDENTITY
from policies.purposes import PURPOSES, PurposeKind
from policies.verdict import BasisKind, Relation

AUDITORS = frozenset({"PRIVACY_OFFICER", "SUPERVISOR"})
"""Roles that read the log (domain C5); neither is told facts."""


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


def _left(letter: Letter, presented: Presented) -> frozenset[str] | None:
    return opens(letter, _told(presented), presented.at)


def _told(presented: Presented) -> Told:
    return Told(presented.caller.purpose, presented.requester.organisation, presented.requester.region)


def _state(letter: Letter, presented: Presented) -> Reason | None:
    """Why a letter opens nothing to who asks. Withdrawn from this purpose or receiver, it is as revoked to them."""
    matter = presented.matter
    state = letter_state(letter, matter, presented.caller.purpose, presented.at) if matter is not None else Reason.AUTH_NOT_FOUND
    return state or (emptied(letter, _told(presented), presented.at) if letter.withdrawn or letter.outdated or letter.silent else None)
