"""重新签署: how many living letters of each notice have lost something to a later one, or list what it never told of, and are to be signed anew
(PIPL §14, §17). Counts; it names nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.authorizations.conditions import Conditions
from hub.authorizations.declared import DeclaredLetter
from hub.authorizations.lapsing import IN_FORCE
from hub.authorizations.matter import Part
from hub.authorizations.receivers import ALL_LEVELS, receives
from hub.authorizations.withdrawal import LISTED
from hub.tables import Case, Letter
from policies.letters import ALL_LISTED


@dataclass(frozen=True, slots=True)
class Renewal:
    """Living letters under one notice, and those of them to be signed anew."""

    version: str
    living: int
    anew: int


class Signed(Protocol):
    """What is looked at of a letter."""

    @property
    def purposes(self) -> frozenset[str]: ...
    @property
    def fact_groups(self) -> frozenset[str]: ...
    @property
    def receivers(self) -> frozenset[str]: ...
    @property
    def silent(self) -> frozenset[str]: ...
    @property
    def outdated(self) -> tuple[Part, ...]: ...


@dataclass(frozen=True, slots=True)
class _Kind:
    purposes: frozenset[str]
    fact_groups: frozenset[str]
    receivers: frozenset[str]
    silent: frozenset[str]
    outdated: tuple[Part, ...]

    @classmethod
    def of(cls, purposes: Iterable[str], groups: Iterable[str], receivers: Iterable[str], notice: str, conditions: Conditions) -> _Kind:
        return cls(frozenset(purposes), frozenset(groups), frozenset(receivers), conditions.silent(notice), conditions.outdated(notice))


async def renewals(engine: AsyncEngine, conditions: Conditions, at: datetime) -> tuple[Renewal, ...]:
    """Of every notice that a living letter names, by version."""
    watched = Case.monitored_from.is_not(None) & Case.monitored_to.is_(None)
    query = (
        select(Letter.notice_version, Letter.purposes, Letter.fact_groups, Letter.receivers, func.count().label("letters"))
        .join(Case, Case.id == Letter.case_id)
        .where(
            Letter.status.in_(IN_FORCE), or_(Letter.expires_at.is_(None), Letter.expires_at > at),
            or_(Case.closed_at.is_(None), Case.closed_at > at, watched),
        )
        .group_by(Letter.notice_version, Letter.purposes, Letter.fact_groups, Letter.receivers)
    )
    async with engine.connect() as connection:
        rows = (await connection.execute(query)).all()
    living: Counter[str] = Counter()
    anew: Counter[str] = Counter()
    for row in rows:
        living[row.notice_version] += row.letters
        if to_be_signed_anew(_Kind.of(row.purposes, row.fact_groups, row.receivers, row.notice_version, conditions), at):
            anew[row.notice_version] += row.letters
    return tuple([Renewal(version, living[version], anew[version]) for version in sorted(living)])


def warned_of(letters: Iterable[DeclaredLetter], conditions: Conditions, at: datetime) -> tuple[str, ...]:
    """What a platform is told of letters it brings under a notice that has changed since, or is silent about what they list: by number."""
    warned: list[str] = []
    for one in letters:
        kind = _Kind.of(one.purposes, one.fact_groups, one.receivers, one.notice, conditions)
        if untold(kind):
            warned.append(f"letter '{one.number}' is to be signed anew: its notice does not tell of {', '.join(untold(kind))}")
        elif to_be_signed_anew(kind, at):
            warned.append(f"letter '{one.number}' is to be signed anew: a later notice changed what it is for")
    return tuple(warned)


def untold(letter: Signed) -> tuple[str, ...]:
    """What a letter lists and its notice does not tell of, so that nobody who signed agreed to it (PIPL §17): purposes and fact groups, sorted."""
    listed = LISTED if ALL_LISTED in letter.fact_groups else letter.fact_groups
    return tuple(sorted(letter.silent & (letter.purposes | listed)))


def to_be_signed_anew(letter: Signed, at: datetime) -> bool:
    """Whether a later notice, in force at a moment, took something a letter says, or its own never told of it."""
    return bool(untold(letter)) or any(
        part.at <= at
        and (not part.purposes or part.purposes & letter.purposes)
        and (not part.fact_groups or ALL_LISTED in letter.fact_groups or part.fact_groups & letter.fact_groups)
        and (not part.receivers or ALL_LEVELS in letter.receivers or _share(letter.receivers, part.receivers))
        for part in letter.outdated
    )


def _share(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether receivers meet: the same organisation, or one's region in the other's."""
    return any(receives(one, organisation=name, region=name) for name in other) or any(receives(other, organisation=name, region=name) for name in one)
