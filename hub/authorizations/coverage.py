"""Check 6, per person: whose facts are covered at a moment, by which letters, how strongly, and if not, why.

Rules of this file:
- Each person whose data is fetched is covered by their own signature or their representative's (domain B17). A household's signature
  covers nobody; an obligor outside it signs too (SAL §41); who is excluded or only an agent is never covered.
- Only letters the token names count, and only those that hold (`life.py`), and name purpose and receiver.
- What a platform's revoked key brought is under review: it covers nobody but by a certified signature for oneself (docs/decisions/0029).
- A guardian's signature ends with the ward's coming of age: from that day in China the person decides.
- A signature ends with the death of the person it is for (Civil Code §13): what relatives may ask then, they ask the office (PIPL §49).
- Of a letter withdrawn in part, what is left counts (`withdrawal.py`).
- A fact group was consented to as strongly as the strongest signature of the letters that open it: a weaker one beside it takes nothing
  away, and lends its strength to nothing else. So no letter that ends makes what is told more.
- What a letter lists and does not carry, for want of an item, or because its notice is silent about it or changed, is closed with its reason (`carried.py`).
- Who is outside the household owes it no facts by law alone: an obligor's are told by their own letter (SAL §41), or to themself.
- Nothing here asks a clock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime

from hub.authorizations.ability import needs_guardian, signs_alone
from hub.authorizations.carried import carried, closed, outdated
from hub.authorizations.life import letter_state, own_word
from hub.authorizations.matter import OUTSIDE, Letter, Matter, Member, Part, Signature
from hub.authorizations.reasons import Reason
from hub.authorizations.receivers import receives
from hub.authorizations.standing import Coverage
from hub.authorizations.withdrawal import NOTHING, Told, left
from policies.calendar import CHINA
from policies.verdict import BasisKind

_Good = tuple[Letter, Reason | None, tuple[Part, ...]]
"""A letter that counts, why it does not hold, and what later notices took from it by now."""

_ASSURANCE = ("NONE", "LOW", "SUBSTANTIAL", "HIGH")


def _uncovered(reason: Reason) -> Coverage:
    return Coverage(False, reason.value, "NONE", (), frozenset())


_NOT_COVERED = _uncovered(Reason.SUBJECT_NOT_COVERED)
_DECEASED = _uncovered(Reason.SUBJECT_DECEASED)
_OF_THE_HOUSEHOLD = frozenset({BasisKind.STATUTE, BasisKind.EMERGENCY})
_UNTOUCHED_BY_DEATH = frozenset({BasisKind.STATUTE, BasisKind.AUDIT, BasisKind.FILE})
"""What the law itself opens, a death does not close: a benefit paid on is found so. Nobody is rescued, or asks, after death."""


def received_by(letter: Letter, *, organisation: str, region: str) -> bool:
    """Whether a letter names an organisation as receiver: itself, a region it lies in, or all levels nationwide."""
    return receives(letter.receivers, organisation=organisation, region=region)


def by_letters(
    matter: Matter, named: Iterable[str], *, purpose: str, organisation: str, region: str, at: datetime
) -> Mapping[str, Coverage]:
    """Coverage of everybody in the matter under the letters (ids) a token names."""
    wanted = frozenset(named)
    good = [
        (letter, letter_state(letter, matter, purpose, at), letter.outdated and outdated(letter, at)) for letter in matter.letters
        if letter.id in wanted and purpose in letter.purposes and received_by(letter, organisation=organisation, region=region)
    ]  # fmt: skip
    today, told = at.astimezone(CHINA).date(), Told(purpose, organisation, region)
    return {member.person.id: _covered(member, good, told, today) for member in matter.members}


def by_basis(matter: Matter, kind: BasisKind, *, person: str, groups: frozenset[str] | None, at: datetime) -> Mapping[str, Coverage]:
    """Coverage where law stands in for the letter: the household's members for a duty, only the asker for `self`.

    `groups` are the fact groups the law opens. Who is not of the household stays uncovered: SAL §42 and §50 are about its members, and
    an obligor's facts need their consent (§41).
    """
    covered = Coverage(True, "", "NONE", (), groups)
    if matter.under_review and kind is BasisKind.STATUTE:
        # Who belongs to the matter, and who handles it, is the word of a key somebody else may have had. Danger (emergency) does not wait.
        covered = _uncovered(Reason.AUTH_UNDER_REVIEW)
    today = at.astimezone(CHINA).date()
    return {member.person.id: _by_law(member, covered, kind, person, today) for member in matter.members}


def _by_law(member: Member, covered: Coverage, kind: BasisKind, person: str, today: date) -> Coverage:
    outside = member.role in OUTSIDE or (member.role != "MEMBER" and kind in _OF_THE_HOUSEHOLD)
    if outside or (kind is BasisKind.SELF and member.person.id != person):
        return _NOT_COVERED
    return _DECEASED if _dead(member, today) and kind not in _UNTOUCHED_BY_DEATH else covered


def _dead(member: Member, today: date) -> bool:
    """From the first moment of the day, in China: when on it somebody died, nobody says."""
    return member.died_on is not None and member.died_on <= today


def _covered(member: Member, letters: Iterable[_Good], told: Told, today: date) -> Coverage:
    if member.role in OUTSIDE:
        return _NOT_COVERED
    if _dead(member, today):
        return _DECEASED
    person = member.person.id
    held: list[tuple[Letter, str, frozenset[str] | None]] = []
    why = Reason.SUBJECT_NOT_COVERED
    missed: list[tuple[str, Reason]] = []
    for letter, state, gone in letters:
        for signature in letter.covering.get(person, ()):
            fault = _fault(signature, member, today) or state or _set_aside(letter, signature, person)
            if fault is None:
                opened = left(letter, person, told)
                fault = Reason.AUTH_REVOKED if opened == NOTHING else None
                if fault is None and (gone or letter.silent or signature.lacking):
                    opened, fault = carried(opened, letter, signature, gone, member, told, today, missed)
                if fault is None:
                    held.append((letter, signature.assurance, opened))
                    continue
            if why is Reason.SUBJECT_NOT_COVERED:
                why = fault
    if not held:
        return _uncovered(why)
    groups = _together([opened for _, _, opened in held])
    strengths = sorted({assurance for _, assurance, _ in held}, key=_ASSURANCE.index, reverse=True)
    return Coverage(
        covered=True,
        code="",
        assurance=strengths[0],
        letters=tuple(dict.fromkeys([letter.id for letter, _, _ in held])),
        groups=groups,
        graded=() if len(strengths) == 1 else tuple(
            [(strength, _together([opened for _, assurance, opened in held if assurance == strength])) for strength in strengths]
        ),
        closed=closed(missed, groups) if missed else (),
    )


def _together(opened: Collection[frozenset[str] | None]) -> frozenset[str] | None:
    return None if None in opened else NOTHING.union(*[groups for groups in opened if groups is not None])


def _set_aside(letter: Letter, signature: Signature, person: str) -> Reason | None:
    """Why a letter that holds does not stand for a person, or not by this signature."""
    if person in letter.lapsed:
        return Reason.AUTH_EXPIRED
    return Reason.AUTH_UNDER_REVIEW if letter.under_review and not own_word(signature) else None


def _fault(signature: Signature, member: Member, today: date) -> Reason | None:
    """Why a signature that covers a person is neither theirs nor of somebody who may sign for them; None where it is."""
    person = member.person
    born, capacity = person.birth_date, member.capacity
    if signature.capacity == "SELF":
        # Judged on the day of signing: a child's own signature does not become good with the years.
        alone = signature.person == person.id and signs_alone(born, capacity, signature.signed_at.astimezone(CHINA).date())
        return None if alone else Reason.SUBJECT_NOT_COVERED
    if signature.capacity == "LEGAL_REPRESENTATIVE":
        if not needs_guardian(born, capacity, today):
            return Reason.SUBJECT_OF_AGE
        return None if signature.person in member.guardians else Reason.SUBJECT_NOT_COVERED
    if signature.capacity == "AGENT":
        # Whose mandate it was, was verified with the letter; a guardian's mandate ends as a guardian's signature does.
        was = needs_guardian(born, capacity, signature.signed_at.astimezone(CHINA).date())
        if was and not needs_guardian(born, capacity, today):
            return Reason.SUBJECT_OF_AGE
        return None
    return Reason.SUBJECT_NOT_COVERED

