"""What is left of a letter of which parts were withdrawn (PIPL §15): whole letters end by their status, parts stay written on the letter.

Rules of this file:
- A part names people, fact groups, purposes and receivers; a list that names none means all. It takes away where every list meets.
- Parts only add up: none gives back what another took. Once nothing is left for anybody, the letter is withdrawn as a whole.
- Who withdraws does so for themselves, or as the guardian of who may not sign yet; nobody for anybody else.
- Nothing here asks a clock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson

from hub.authorizations.ability import needs_guardian, signs_alone
from hub.authorizations.matter import Letter, Member, Part
from hub.authorizations.receivers import ALL_LEVELS, receives, significant
from policies.groups import GROUPS

ALL_LISTED = "ALL_LISTED"
LISTED = frozenset(GROUPS)
"""What ALL_LISTED stands for once something is taken from it."""
NOTHING: frozenset[str] = frozenset()


class Told(NamedTuple):
    """What a letter is used for: under which purpose, told to which organisation of which region."""

    purpose: str
    organisation: str
    region: str


def left(letter: Letter, person: str, told: Told) -> frozenset[str] | None:
    """The fact groups of a person a letter still opens so; None: all listed; NOTHING: withdrawn. What it never named it never opens."""
    listed = None if ALL_LISTED in letter.fact_groups else letter.fact_groups
    return less(listed, letter.withdrawn, person, told) if letter.withdrawn else listed


def less(opened: frozenset[str] | None, parts: Iterable[Part], person: str, told: Told) -> frozenset[str] | None:
    """Fact groups (None: all) without what parts take of them for a person and a use."""
    taken = [part for part in parts if _meets(part, person, told)]
    if not taken:
        return opened
    if any(not part.fact_groups for part in taken):
        return NOTHING
    return (LISTED if opened is None else opened) - NOTHING.union(*(part.fact_groups for part in taken))


def left_for_all(letter: Letter, told: Told) -> frozenset[str] | None:
    """What a letter still opens so, of anybody it covers."""
    if not letter.withdrawn:
        return None if ALL_LISTED in letter.fact_groups else letter.fact_groups
    opened = [left(letter, person, told) for person in covered(letter)]
    return None if None in opened else NOTHING.union(*(one for one in opened if one is not None))


def covered(letter: Letter) -> frozenset[str]:
    """Everybody a signature under the letter stands for."""
    return frozenset(letter.covering)


def may_withdraw(by: Member, of: Member, letter: Letter, on: date) -> bool:
    """Whether `by` may withdraw what a letter opens of `of`, on a day: who signed for themselves, who is of age by now, or a declared
    guardian of who is not. An agent's mandate was for signing; whoever gave it withdraws.
    """
    if by.person.id == of.person.id:
        signed = any(one.person == of.person.id and one.capacity == "SELF" for one in letter.signatures)
        return signed or signs_alone(of.person.birth_date, of.capacity, on)
    able = not needs_guardian(by.person.birth_date, by.capacity, on)
    return able and by.person.id in of.guardians and needs_guardian(of.person.birth_date, of.capacity, on)


def narrowed(part: Part, letter: Letter) -> Part:
    """The part as it is written on a letter: a list that names everything of it names nothing, and so means all."""
    groups = LISTED if ALL_LISTED in letter.fact_groups else letter.fact_groups
    return Part(
        people=_all_as_none(part.people, covered(letter)),
        fact_groups=NOTHING if ALL_LISTED in part.fact_groups else _all_as_none(part.fact_groups, groups),
        purposes=_all_as_none(part.purposes, letter.purposes),
        receivers=NOTHING if ALL_LEVELS in part.receivers else _all_as_none(part.receivers, letter.receivers),
        by=part.by, at=part.at,
    )


def nothing_left(letter: Letter) -> bool:
    """Whether the parts withdrawn add up to the whole letter."""
    return bool(letter.withdrawn) and all(left(letter, person, told) == NOTHING for person, told in _uses(letter, letter.receivers))


def adds_nothing(part: Part, letter: Letter, after: Letter) -> bool:
    """Whether a part took nothing that was not gone before; `after` is the letter with it."""
    uses = list(_uses(letter, letter.receivers | part.receivers))
    return all(left(letter, person, told) == left(after, person, told) for person, told in uses)


def as_json(part: Part) -> dict[str, Any]:
    """A part as the letter's row keeps it. `regions` are the digits of its receivers that mean a region: SQL compares those."""
    return {
        "people": sorted(part.people), "factGroups": sorted(part.fact_groups), "purposes": sorted(part.purposes),
        "receivers": sorted(part.receivers), "by": part.by, "at": part.at.isoformat(),
        "regions": sorted(significant(name) for name in part.receivers if len(name) == 12 and name.isdecimal()),
    }


def parts_of(stored: str) -> tuple[Part, ...]:
    """The parts a letter's row keeps, from the JSON it keeps them in."""
    if stored == "[]":
        return ()
    return tuple(
        Part(
            people=frozenset(one["people"]), fact_groups=frozenset(one["factGroups"]), purposes=frozenset(one["purposes"]),
            receivers=frozenset(one["receivers"]), by=one["by"], at=datetime.fromisoformat(one["at"]),
        )
        for one in orjson.loads(stored)
    )


def _meets(part: Part, person: str, told: Told) -> bool:
    return (
        (not part.people or person in part.people) and (not part.purposes or told.purpose in part.purposes)
        and (not part.receivers or receives(part.receivers, organisation=told.organisation, region=told.region))
    )


def _uses(letter: Letter, receivers: Collection[str]) -> Iterable[tuple[str, Told]]:
    # A receiver stands for itself twice: as an organisation, and as a region where its name is one.
    for person in covered(letter):
        for purpose in letter.purposes:
            for name in receivers:
                yield person, Told(purpose, name, name)


def _all_as_none(named: frozenset[str], everything: frozenset[str]) -> frozenset[str]:
    return NOTHING if named >= everything else named
