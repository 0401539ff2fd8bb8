"""Platforms' revocations accepted: a citizen withdraws, whole or in part, or the matter ended; with what follows from it.

One transaction holds the change, the rows workers follow and the log's notes. What would follow is foretold by the same statements,
undone: a citizen decides on what would really happen (57 §29, PIPL §16).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.authorizations import consequences, matter, withdrawing
from hub.authorizations.conditions import AS_SIGNED
from hub.authorizations.matter import Matter, Part
from hub.authorizations.matters import as_it_stands
from hub.authorizations.platforms import first_use, one_at_a_time, sender
from hub.authorizations.reasons import Flaw, Refused
from hub.authorizations.registration import FRESH, open_message
from hub.authorizations.revocation import close_case, revoke_letters, tell_workers
from hub.authorizations.withdrawal import covered
from hub.authorizations.withdrawing import Named
from hub.people.store import People
from hub.people.vault import Vault
from hub.tables import Case, Letter, Outbox

TYP = "household-revocation+jws"
STILL_GOOD = timedelta(days=1)
"""How old a revocation may arrive: a platform that could not reach us for a day still withdraws."""


@dataclass(frozen=True, slots=True)
class Revoked:
    """What a platform is told: the case, the ids of letters that are withdrawn as a whole, now or before; what was withdrawn of which
    other letter; what follows from it. Of a preview: what would.
    """

    case: str
    letters: tuple[str, ...]
    parts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    consequence: Mapping[str, Any] = field(default_factory=dict, compare=False)
    preview: bool = False


@dataclass(frozen=True, slots=True)
class _Asked:
    """A message as it was understood. Without `named` the platform ends letter or matter as a whole."""

    platform: str
    held: Matter
    letters: tuple[str, ...]
    named: Named | None
    parts: Mapping[str, Part]
    refs: Mapping[str, str]  # person id to ref
    closes: bool


class Revocations:
    """Accepts platforms' revocations."""

    def __init__(self, engine: AsyncEngine, people: People, vault: Vault, *, audience: str) -> None:
        """`audience` is the hub's own name."""
        self._engine = engine
        self._people = people
        self._vault = vault
        self._audience = audience

    async def accept(self, token: str, now: datetime) -> Revoked:
        """Verify and carry out, or with `preview` say what that would do; a repeat does nothing more. Raises `Refused`."""
        platform, keys = await sender(self._engine, token)
        claims = await asyncio.to_thread(
            open_message, token, keys, typ=TYP, shape="revocation", platform=platform, audience=self._audience, now=now,
            fresh=STILL_GOOD,
        )  # fmt: skip
        preview = claims.get("preview", False)
        if preview and datetime.fromtimestamp(claims["iat"], now.tzinfo) < now - FRESH:
            raise Refused(Flaw.MESSAGE_UNSIGNED, "a preview this old tells how things stand to whoever kept it")
        async with self._engine.begin() as connection:
            await one_at_a_time(connection, platform, claims["reference"])
            asked = await self._asked(connection, platform, claims, now)
            if not await first_use(connection, f"platform:{platform}", claims["jti"], now + 2 * STILL_GOOD):
                # A repeat is told what it was told. Another message under a used `jti` must not be told that it took effect.
                if preview or await _outstanding(connection, asked):
                    raise Refused(Flaw.MESSAGE_REPLAYED, "a message with this jti was accepted before, and these letters stand")
                return await self._told(connection, asked, asked.held, now)
            doing = await connection.begin_nested()
            told = await self._done(connection, asked, now)
            if preview:
                await doing.rollback()  # the same statements, undone: what is foretold is what would happen
                return replace(told, preview=True)
            await doing.commit()
            return told

    async def _asked(self, connection: AsyncConnection, platform: str, claims: Mapping[str, Any], now: datetime) -> _Asked:
        case = await _case(connection, platform, claims["reference"])
        letters = await _letters(connection, case, claims.get("letter", ""))
        held = await self._held(connection, case)
        named = Named.of(claims)
        refs = await withdrawing.refs_of(connection, self._vault, held)
        parts: Mapping[str, Part] = {}
        if named is not None:
            parts = await withdrawing.parts(connection, named, [one for one in held.letters if one.id in letters], refs, now)
        names = {member.person.id: ref for ref, member in refs.items()}
        return _Asked(platform, held, letters, named, parts, names, closes=named is None and "letter" not in claims)

    async def _held(self, connection: AsyncConnection, case: str) -> Matter:
        held = await as_it_stands(connection, self._people, case, AS_SIGNED)
        if held is None:
            raise Refused(Flaw.LETTER_UNKNOWN, "the platform has registered no such matter")
        return held

    async def _done(self, connection: AsyncConnection, asked: _Asked, now: datetime) -> Revoked:
        before = await consequences.survey(connection, asked.held, now)
        case, ended = asked.held.case, asked.letters
        if asked.closes:
            await close_case(connection, case, now)
        if asked.named is not None:
            ended, narrower = await withdrawing.carry_out(connection, asked.held.letters, asked.parts)
            for letter in narrower:
                await _announce_part(connection, letter, asked, now)
        await revoke_letters(connection, case, ended, by=asked.platform, at=now)
        after = await self._held(connection, case)
        fallen = await consequences.freeze(connection, before, after, now)
        return await self._told(connection, asked, after, now, fallen)

    async def _told(
        self, connection: AsyncConnection, asked: _Asked, after: Matter, now: datetime, fallen: consequences.Fallen = consequences.NONE,
    ) -> Revoked:
        scope = asked.letters if asked.named is None else asked.parts
        return Revoked(
            case=after.case, letters=tuple(one.id for one in after.letters if one.id in scope and one.status == "REVOKED"),
            parts={one.id: _worded(asked.parts[one.id], one, asked.refs) for one in after.letters if one.id in asked.parts and one.status != "REVOKED"},
            consequence=await consequences.told(connection, after, fallen, now),
        )


async def _announce_part(connection: AsyncConnection, letter: str, asked: _Asked, at: datetime) -> None:
    part = asked.parts[letter]
    await tell_workers(connection, "LETTER", letter, at=at)
    people = sorted(member.person.log_subject for member in asked.held.members if member.person.id in part.people)
    body = {
        "letter": letter, "case": asked.held.case, "by": asked.platform, "subjects": people, "factGroups": sorted(part.fact_groups),
        "purposes": sorted(part.purposes), "receivers": sorted(part.receivers),
    }  # fmt: skip
    await connection.execute(insert(Outbox).values(kind="LETTER_PART_WITHDRAWN", body=body, at=at))


async def _case(connection: AsyncConnection, platform: str, reference: str) -> str:
    query = select(Case.id).where(Case.platform == platform, Case.reference == reference)
    case = (await connection.execute(query)).scalar_one_or_none()
    if case is None:
        raise Refused(Flaw.LETTER_UNKNOWN, "the platform has registered no such matter")
    return case


async def _outstanding(connection: AsyncConnection, asked: _Asked) -> bool:
    """Whether what was asked for has not happened."""
    if asked.named is not None:
        return withdrawing.outstanding(asked.held.letters, asked.parts)
    query = select(Letter.id).where(Letter.id.in_(asked.letters), Letter.status != "REVOKED").limit(1)
    return (await connection.execute(query)).scalar_one_or_none() is not None


def _worded(part: Part, letter: matter.Letter, refs: Mapping[str, str]) -> Mapping[str, Any]:
    """What was withdrawn of a letter, in the platform's own words."""
    people = part.people or covered(letter)
    return {
        "number": letter.number, "people": sorted(refs[one] for one in people if one in refs), "factGroups": sorted(part.fact_groups or letter.fact_groups),
        "purposes": sorted(part.purposes or letter.purposes), "receivers": sorted(part.receivers or letter.receivers),
    }


async def _letters(connection: AsyncConnection, case: str, named: str) -> tuple[str, ...]:
    query = select(Letter.id).where(Letter.case_id == case).order_by(Letter.id)
    if named:
        query = query.where(or_(Letter.id == named, Letter.number == named))
    letters = tuple((await connection.execute(query)).scalars())
    if named and not letters:
        raise Refused(Flaw.LETTER_UNKNOWN, "the matter has no such letter")
    return letters
