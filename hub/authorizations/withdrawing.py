"""A citizen's withdrawal read and carried out: who withdraws is found by the refs of the letters, each letter gets its part, or ends.

What a platform says it is told of by the refs it gave in the letters; the hub holds no other name of its own for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.authorizations import matter
from hub.authorizations.matter import Matter, Member, Part
from hub.authorizations.reasons import Flaw, Refused
from hub.authorizations.receivers import ALL_LEVELS, receives, within
from hub.authorizations.withdrawal import (
    ALL_LISTED,
    LISTED,
    adds_nothing,
    as_json,
    covered,
    may_withdraw,
    narrowed,
    nothing_left,
)
from hub.people.vault import Vault, letter_context
from hub.tables import Letter, Organisation
from policies.calendar import CHINA


@dataclass(frozen=True, slots=True)
class Named:
    """What a message names, each list empty where it names none. `by` and `people` are refs."""

    by: str
    people: frozenset[str]
    fact_groups: frozenset[str]
    purposes: frozenset[str]
    receivers: frozenset[str]

    @classmethod
    def of(cls, claims: Mapping[str, Any]) -> Named | None:
        """From a message that fits its shape; None where nobody is named who withdraws."""
        if "by" not in claims:
            return None
        lists = (frozenset(claims.get(name, ())) for name in ("people", "factGroups", "purposes", "receivers"))
        return cls(claims["by"], *lists)


async def refs_of(connection: AsyncConnection, vault: Vault, held: Matter) -> Mapping[str, Member]:
    """The matter's people by the refs its letters call them, as the latest letter does where two disagree."""
    members = {member.person.id_number: member for member in held.members}
    rows = await connection.execute(
        select(Letter.id, Letter.sealed_document, Letter.key_version).where(Letter.case_id == held.case).order_by(Letter.signed_at, Letter.id),
    )
    found: dict[str, Member] = {}
    for row in rows:
        document = orjson.loads(vault.open_bytes(letter_context(row.id), row.sealed_document, row.key_version))
        named = {person["ref"]: person["idNumber"].upper() for person in document["people"]}
        found |= {ref: members[number] for ref, number in named.items() if number in members}
    return found


async def parts(
    connection: AsyncConnection, named: Named, letters: Iterable[matter.Letter], refs: Mapping[str, Member], at: datetime,
) -> Mapping[str, Part]:
    """By letter, what is withdrawn of it. Raises `Refused` where any of what is named is nobody's to withdraw, or is of no letter."""
    by = _known(refs, named.by)
    people = {_known(refs, ref) for ref in named.people}
    scope = [letter for letter in letters if letter.status != "SUPERSEDED"]
    spoken_of = {member.person.id: member for member in refs.values()}
    mine = {letter.id: _people(letter, by, people, spoken_of, at) for letter in scope}
    if people and not {member.person.id for member in people} <= frozenset().union(*mine.values()):
        raise Refused(Flaw.NOTHING_TO_WITHDRAW, "nobody signed for one of these people in these letters")
    if not any(mine.values()):
        raise Refused(Flaw.WITHDRAWER_NOT_ENTITLED, f"there is nobody here '{named.by}' may withdraw for")
    known = await _organisations(connection, named.receivers)
    found: dict[str, Part] = {}
    used: set[str] = set()
    for letter in scope:
        lists = _groups(named.fact_groups, letter), named.purposes & letter.purposes, _receivers(named.receivers, letter, known)
        asked = (named.fact_groups, named.purposes, named.receivers)
        if mine[letter.id] and all(one or not wanted for one, wanted in zip(lists, asked, strict=True)):
            used |= lists[0] | lists[1] | lists[2]
            found[letter.id] = narrowed(Part(mine[letter.id], *lists, by=by.person.id, at=at), letter)
    if (named.fact_groups | named.purposes | named.receivers) - used:
        raise Refused(Flaw.NOTHING_TO_WITHDRAW, "no letter has one of these groups, purposes or receivers")
    return found


async def carry_out(
    connection: AsyncConnection, letters: Iterable[matter.Letter], asked: Mapping[str, Part],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Write the parts. Letters of which nothing is left by now, for the caller to revoke; and those of which something is."""
    ended, narrower = [], []
    for letter, after in _changed(letters, asked):
        if nothing_left(after):
            ended.append(letter.id)
        else:
            narrower.append(letter.id)
        added = literal([as_json(asked[letter.id])], JSONB)
        await connection.execute(update(Letter).where(Letter.id == letter.id).values(withdrawn=Letter.withdrawn.op("||")(added)))
    return tuple(ended), tuple(narrower)


def outstanding(letters: Iterable[matter.Letter], asked: Mapping[str, Part]) -> bool:
    """Whether carrying these parts out would still take anything."""
    return bool(_changed(letters, asked))


def _changed(letters: Iterable[matter.Letter], asked: Mapping[str, Part]) -> list[tuple[matter.Letter, matter.Letter]]:
    both = [(one, replace(one, withdrawn=(*one.withdrawn, asked[one.id]))) for one in letters if one.id in asked and one.status != "REVOKED"]
    return [(letter, after) for letter, after in both if not adds_nothing(asked[letter.id], letter, after)]


def _known(refs: Mapping[str, Member], ref: str) -> Member:
    if ref not in refs:
        raise Refused(Flaw.WITHDRAWER_NOT_ENTITLED, f"no letter of the matter speaks of '{ref}'")
    return refs[ref]


def _people(
    letter: matter.Letter, by: Member, people: set[Member], spoken_of: Mapping[str, Member], at: datetime,
) -> frozenset[str]:
    """Of whom this letter's facts are withdrawn."""
    on = at.astimezone(CHINA).date()
    here = [spoken_of[one] for one in covered(letter) if one in spoken_of]
    if not people:
        return frozenset(one.person.id for one in here if may_withdraw(by, one, letter, on))
    wanted = [one for one in here if one in people]
    if not all(may_withdraw(by, one, letter, on) for one in wanted):
        raise Refused(Flaw.WITHDRAWER_NOT_ENTITLED, "somebody of these is neither who withdraws nor their ward")
    return frozenset(one.person.id for one in wanted)


def _groups(wanted: frozenset[str], letter: matter.Letter) -> frozenset[str]:
    return wanted & ({ALL_LISTED} | (LISTED if ALL_LISTED in letter.fact_groups else letter.fact_groups))


def _receivers(wanted: frozenset[str], letter: matter.Letter, known: Mapping[str, str]) -> frozenset[str]:
    """Those a letter lets be told: a receiver of its own, an organisation or place of one, or the place around one."""
    def told(name: str) -> bool:
        place = known.get(name, name)
        inside = name in known or within(name, name)
        return name == ALL_LEVELS or name in letter.receivers or (
            inside and (receives(letter.receivers, organisation=name, region=place) or any(within(one, name) for one in letter.receivers))
        )

    return frozenset(filter(told, wanted))


async def _organisations(connection: AsyncConnection, names: frozenset[str]) -> Mapping[str, str]:
    """The region of each of these that is an organisation here."""
    if not names:
        return {}
    rows = await connection.execute(select(Organisation.code, Organisation.region).where(Organisation.code.in_(names)))
    return {row.code: row.region for row in rows}
