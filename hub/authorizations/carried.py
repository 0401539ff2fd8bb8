"""What of the fact groups a letter lists a signature carries, and why not the others: a notice that changed, an item that is missing.

The reason told is the notice's where both hold: check 3 stands before check 7.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from hub.authorizations.ability import under_fourteen
from hub.authorizations.matter import Letter, Member, Part, Signature
from hub.authorizations.reasons import Reason
from hub.authorizations.withdrawal import LISTED, NOTHING, Told, left_for_all, less
from policies.letters import UNDER_14

Missed = list[tuple[str, Reason]]


def outdated(letter: Letter, at: datetime) -> tuple[Part, ...]:
    """What later notices took from a letter by a moment."""
    return tuple([part for part in letter.outdated if part.at <= at])


def opens(letter: Letter, told: Told, at: datetime) -> frozenset[str] | None:
    """What a letter still opens so, of anybody it covers, at a moment (None: all). A notice is everybody's."""
    opened = left_for_all(letter, told)
    return less(opened, outdated(letter, at), "", told) if letter.outdated else opened


def emptied(letter: Letter, told: Told, at: datetime) -> Reason | None:
    """By what everything a letter opened so was taken: who withdrew it, or a later notice (PIPL §14). None where something is left."""
    if left_for_all(letter, told) == NOTHING:
        return Reason.AUTH_REVOKED
    return Reason.NOTICE_SUPERSEDED if opens(letter, told, at) == NOTHING else None


def carried(
    opened: frozenset[str] | None, signature: Signature, gone: Collection[Part], member: Member, told: Told, today: date, missed: Missed,
) -> tuple[frozenset[str] | None, Reason | None]:
    """Of the groups a letter opens of a person (None: all) those this signature carries, or why it carries none. What it does not is added
    to `missed`. `gone` is what later notices took from the letter.
    """
    after = less(opened, gone, member.person.id, told)
    itemised = _itemised(after, signature, member, today)
    missed += [(group, Reason.NOTICE_SUPERSEDED) for group in _between(opened, after)]
    missed += [(group, Reason.CONSENT_NOT_ITEMISED) for group in _between(after, itemised)]
    if itemised != NOTHING:
        return itemised, None
    return NOTHING, Reason.NOTICE_SUPERSEDED if after == NOTHING else Reason.CONSENT_NOT_ITEMISED


def _itemised(opened: frozenset[str] | None, signature: Signature, member: Member, today: date) -> frozenset[str] | None:
    if UNDER_14 in signature.lacking and under_fourteen(member.person.birth_date, today):
        return NOTHING
    groups = LISTED if opened is None else opened
    return opened if groups.isdisjoint(signature.lacking) else groups - signature.lacking


def closed(missed: Missed, groups: frozenset[str] | None) -> tuple[tuple[str, str], ...]:
    """Of what single signatures do not carry, that which none of them does (`groups`: what they carry between them), with its reason."""
    if groups is None:
        return ()
    order = sorted(missed, key=lambda one: one[1] is Reason.NOTICE_SUPERSEDED)  # the later of a group's reasons stands
    return tuple(sorted({group: reason.value for group, reason in order if group not in groups}.items()))


def _between(before: frozenset[str] | None, after: frozenset[str] | None) -> frozenset[str]:
    return NOTHING if before == after else (LISTED if before is None else before) - (LISTED if after is None else after)
