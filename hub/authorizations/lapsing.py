"""Which letters a registration ends, and for whom (domain B17; docs/decisions/0027). Pure.

    no longer brought                                          SUPERSEDED
    says that members' change ends it, and members changed     SUPERSEDED
    a younger one of the same signers says all that it says    SUPERSEDED
    the matter was over and is opened again                    EXPIRED: a new application is signed anew
    somebody it covers left the household, or changed role     stands for the others, no longer for them, should they come back

A person who joins is covered by no letter until one is signed for them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import permutations

from hub.authorizations.matter import MEMBERS_CHANGED
from hub.authorizations.reasons import Flaw, Refused
from policies.letters import ALL_LISTED

IN_FORCE = ("ACTIVE", "PAUSED")
"""Statuses of letters that may still stand; the others are final."""

Signers = frozenset[tuple[str, str, frozenset[str]]]
"""Of a letter: who signed, in which capacity, for whom."""
Items = frozenset[tuple[str, str, str]]
"""Of a letter: who, in which capacity, consented to which item apart (PIPL §29)."""


@dataclass(frozen=True, slots=True)
class InForce:
    """A letter of the matter that was in force before the registration, or came with it."""

    id: str
    number: str
    signed_at: datetime
    brought: bool
    new: bool
    validity: frozenset[str]
    purposes: frozenset[str]
    fact_groups: frozenset[str]
    receivers: frozenset[str]
    signers: Signers
    uses: Mapping[str, int] = field(default_factory=dict)  # how often it may be used; none: as often as is asked
    items: Items = frozenset()


@dataclass(frozen=True, slots=True)
class Lapse:
    """What becomes of the letters: the new status of those that end, and people by the id of letters that go on without them."""

    status: Mapping[str, str]
    without: Mapping[str, frozenset[str]]


def lapse(letters: Iterable[InForce], before: Mapping[str, str], after: Mapping[str, str], *, opened_again: bool) -> Lapse:
    """`before` and `after` map each declared person to their role. Raises `Refused` for two new letters that say the same."""
    held = list(letters)
    moved = frozenset(person for person, role in before.items() if after.get(person) != role)
    members_changed = bool(before) and _members(before) != _members(after)
    status: dict[str, str] = {}
    for one in held:
        if opened_again and not one.new:
            status[one.id] = "EXPIRED"
        elif not one.brought or (members_changed and not one.new and MEMBERS_CHANGED in one.validity):
            status[one.id] = "SUPERSEDED"
    # What has ended replaces nothing.
    status |= dict.fromkeys(_replaced([one for one in held if one.id not in status]), "SUPERSEDED")
    going_on = [one for one in held if one.id not in status and not one.new]
    without = {one.id: gone for one in going_on if (gone := moved & _covers(one))}
    return Lapse(status, without)


def _covers(letter: InForce) -> frozenset[str]:
    return frozenset[str]().union(*(wards for _, _, wards in letter.signers))


def _members(roles: Mapping[str, str]) -> frozenset[str]:
    return frozenset(person for person, role in roles.items() if role == "MEMBER")


def _replaced(letters: Collection[InForce]) -> frozenset[str]:
    found: set[str] = set()
    for older, younger in permutations(letters, 2):
        if not _says_all(younger, older):
            continue
        if younger.signed_at == older.signed_at and _says_all(older, younger):
            raise Refused(Flaw.LETTER_REPEATED, f"letters '{older.number}' and '{younger.number}' say the same, of the same signers and time")
        if younger.signed_at >= older.signed_at:
            found.add(older.id)
    return frozenset(found)


def _says_all(younger: InForce, older: InForce) -> bool:
    """Whether one letter of the same signers opens everything the other does; else both stand: consent may be given apart (PIPL §29)."""
    if younger.signers != older.signers or not (older.purposes <= younger.purposes and older.receivers <= younger.receivers and older.items <= younger.items):
        return False
    if younger.uses and younger.uses != older.uses:
        return False  # it opens less often than the other
    return ALL_LISTED in younger.fact_groups or older.fact_groups <= younger.fact_groups
