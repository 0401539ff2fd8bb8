"""What of the fact groups a letter lists a signature carries, and why not the others: its notice told nothing of them, a later one changed, an
item is missing.

The reason told is the notice's where several hold: check 3 stands before check 7, and what was never told of before what changed.
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

_ORDER = (Reason.CONSENT_NOT_ITEMISED, Reason.NOTICE_SUPERSEDED, Reason.NOTICE_SILENT)


def outdated(letter: Letter, at: datetime) -> tuple[Part, ...]:
    """What later notices took from a letter by a moment."""
    return tuple([part for part in letter.outdated if part.at <= at])


def opens(letter: Letter, told: Told, at: datetime) -> frozenset[str] | None:
    """What a letter still opens so, of anybody it covers, at a moment (None: all). A notice is everybody's."""
    opened = _told_of(left_for_all(letter, told), letter, told)
    return less(opened, outdated(letter, at), "", told) if letter.outdated else opened


def emptied(letter: Letter, told: Told, at: datetime) -> Reason | None:
    """By what everything a letter opened so was taken: who withdrew it, a notice that never told of it (PIPL §17), or a later one (§14). None
    where something is left.
    """
    opened = left_for_all(letter, told)
    if opened == NOTHING:
        return Reason.AUTH_REVOKED
    if _told_of(opened, letter, told) == NOTHING:
        return Reason.NOTICE_SILENT
    return Reason.NOTICE_SUPERSEDED if opens(letter, told, at) == NOTHING else None


def carried(
    opened: frozenset[str] | None, letter: Letter, signature: Signature, gone: Collection[Part], member: Member, told: Told, today: date, missed: Missed,
) -> tuple[frozenset[str] | None, Reason | None]:
    """Of the groups a letter opens of a person (None: all) those this signature carries, or why it carries none. What it does not is added
    to `missed`. `gone` is what later notices took from the letter.
    """
    known = NOTHING if _keeps_a_child_out(letter.silent, member, today) else _told_of(opened, letter, told)
    after = less(known, gone, member.person.id, told) if gone else known
    itemised = NOTHING if _keeps_a_child_out(signature.lacking, member, today) else _without(after, signature.lacking)
    for reason, before, left in ((Reason.NOTICE_SILENT, opened, known), (Reason.NOTICE_SUPERSEDED, known, after), (Reason.CONSENT_NOT_ITEMISED, after, itemised)):
        if left is not before:
            missed += [(group, reason) for group in _between(before, left)]
            if left == NOTHING:
                return NOTHING, reason
    return itemised, None


def _told_of(opened: frozenset[str] | None, letter: Letter, told: Told) -> frozenset[str] | None:
    """Of opened groups those the letter's notice told of, for this purpose (PIPL §17)."""
    return NOTHING if told.purpose in letter.silent else _without(opened, letter.silent)


def _keeps_a_child_out(lacking: frozenset[str], member: Member, today: date) -> bool:
    """Everything about a child under fourteen is sensitive (PIPL §28)."""
    return UNDER_14 in lacking and under_fourteen(member.person.birth_date, today)


def _without(opened: frozenset[str] | None, lacking: frozenset[str]) -> frozenset[str] | None:
    if not lacking or (LISTED if opened is None else opened).isdisjoint(lacking):
        return opened
    return (LISTED if opened is None else opened) - lacking


def closed(missed: Missed, groups: frozenset[str] | None) -> tuple[tuple[str, str], ...]:
    """Of what single signatures do not carry, that which none of them does (`groups`: what they carry between them), with its reason."""
    if groups is None:
        return ()
    order = sorted(missed, key=lambda one: _ORDER.index(one[1]))  # the later of a group's reasons stands
    return tuple(sorted({group: reason.value for group, reason in order if group not in groups}.items()))


def _between(before: frozenset[str] | None, after: frozenset[str] | None) -> frozenset[str]:
    return NOTHING if before == after else (LISTED if before is None else before) - (LISTED if after is None else after)
