"""Check 6, per person: whose facts are covered at a moment, by which letters, how strongly, and if not, why.

Rules of this file:
- Each person whose data is fetched is covered by their own signature or their representative's (domain B17). A household's signature
  covers nobody; an obligor outside it signs too (SAL §41); an excluded person is never covered.
- Only letters the token names count, and only those that are active, unexpired, and name purpose and receiver.
- What a platform's revoked key brought is under review: it covers nobody but by a certified signature for oneself (docs/decisions/0029).
- A guardian's signature ends with the ward's coming of age: from then on the person decides.
- Of a letter withdrawn in part, what is left counts (`withdrawal.py`).
- Nothing here asks a clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from hub.authorizations.ability import needs_guardian, signs_alone
from hub.authorizations.matter import Letter, Matter, Member, Signature
from hub.authorizations.reasons import Reason
from hub.authorizations.receivers import receives
from hub.authorizations.standing import Coverage
from hub.authorizations.withdrawal import NOTHING, Told, left
from policies.calendar import CHINA
from policies.verdict import BasisKind

_ASSURANCE = ("NONE", "LOW", "SUBSTANTIAL", "HIGH")
_NOT_COVERED = Coverage(False, Reason.SUBJECT_NOT_COVERED.value, "NONE", (), frozenset())


def letter_state(letter: Letter, at: datetime) -> Reason | None:
    """Why a letter does not hold at a moment; None where it does. Superseded is expired: it must be signed anew (B17)."""
    if letter.status == "REVOKED" or (letter.revoked_at is not None and letter.revoked_at <= at):
        return Reason.AUTH_REVOKED
    if letter.status != "ACTIVE" or (letter.expires_at is not None and letter.expires_at <= at):
        return Reason.AUTH_EXPIRED
    if letter.under_review and not any(_own_word(signature) for signature in letter.signatures):
        return Reason.AUTH_UNDER_REVIEW
    return None


def received_by(letter: Letter, *, organisation: str, region: str) -> bool:
    """Whether a letter names an organisation as receiver: itself, a region it lies in, or all levels nationwide."""
    return receives(letter.receivers, organisation=organisation, region=region)


def by_letters(
    matter: Matter, named: Iterable[str], *, purpose: str, organisation: str, region: str, at: datetime
) -> Mapping[str, Coverage]:
    """Coverage of everybody in the matter under the letters (ids) a token names."""
    wanted = frozenset(named)
    letters = [letter for letter in matter.letters if letter.id in wanted]
    good = [
        (letter, letter_state(letter, at)) for letter in letters
        if purpose in letter.purposes and received_by(letter, organisation=organisation, region=region)
    ]  # fmt: skip
    today, told = at.astimezone(CHINA).date(), Told(purpose, organisation, region)
    return {member.person.id: _covered(member, good, told, today) for member in matter.members}


def by_basis(matter: Matter, kind: BasisKind, *, person: str, groups: frozenset[str] | None) -> Mapping[str, Coverage]:
    """Coverage where law stands in for the letter: members and obligors for a duty, only the asker for `self`.

    `groups` are the fact groups the law opens. An excluded person stays uncovered: not part of the matter.
    """
    covered = Coverage(True, "", "NONE", (), groups)
    if matter.under_review and kind is BasisKind.STATUTE:
        # Who belongs to the matter, and who handles it, is the word of a key somebody else may have had. Danger (emergency) does not wait.
        covered = Coverage(False, Reason.AUTH_UNDER_REVIEW.value, "NONE", (), frozenset())
    return {
        member.person.id: covered
        if member.role != "EXCLUDED" and (kind is not BasisKind.SELF or member.person.id == person)
        else _NOT_COVERED
        for member in matter.members
    }


def _covered(member: Member, letters: Iterable[tuple[Letter, Reason | None]], told: Told, today: date) -> Coverage:
    if member.role == "EXCLUDED":
        return _NOT_COVERED
    held: list[tuple[Letter, Signature, frozenset[str] | None]] = []
    lapsed: list[Reason] = []
    for letter, state in letters:
        for signature in letter.covering.get(member.person.id, ()):
            if not _stands_for(signature, member, today):
                continue
            if state is None and letter.under_review and not _own_word(signature):
                lapsed.append(Reason.AUTH_UNDER_REVIEW)
                continue
            opened = left(letter, member.person.id, told)
            if state is None and opened != NOTHING:
                held.append((letter, signature, opened))
            else:
                lapsed.append(state or Reason.AUTH_REVOKED)
            break
    if not held:
        return Coverage(False, (lapsed[0] if lapsed else Reason.SUBJECT_NOT_COVERED).value, "NONE", (), frozenset())
    groups = [opened for _, _, opened in held]
    return Coverage(
        covered=True,
        code="",
        assurance=min([signature.assurance for _, signature, _ in held], key=_ASSURANCE.index),
        letters=tuple([letter.id for letter, _, _ in held]),
        groups=None if None in groups else NOTHING.union(*[opened for opened in groups if opened is not None]),
    )


def _own_word(signature: Signature) -> bool:
    """Whether a signature counts without the platform's word: a trusted certificate names who signed for themselves.

    Whose guardian or agent somebody is, the platform declares.
    """
    return signature.certified and signature.capacity == "SELF"


def _stands_for(signature: Signature, member: Member, today: date) -> bool:
    """Whether a signature that covers a person is theirs or of somebody who may sign for them."""
    person = member.person
    signed = signature.signed_at.astimezone(CHINA).date()
    if signature.capacity == "SELF":
        # Judged on the day of signing: a child's own signature does not become good with the years.
        return signature.person == person.id and signs_alone(person.birth_date, member.capacity, signed)
    if signature.capacity == "LEGAL_REPRESENTATIVE":
        return signature.person in member.guardians and needs_guardian(person.birth_date, member.capacity, today)
    if signature.capacity == "AGENT":
        # Whose mandate it was, was verified with the letter; a guardian's mandate ends as a guardian's signature does.
        was, still = (needs_guardian(person.birth_date, member.capacity, day) for day in (signed, today))
        return not was or still
    return False

