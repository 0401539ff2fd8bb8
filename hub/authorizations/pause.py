"""A pause: letters rest by a platform's signed word, in every worker as fast as a revocation, until it says that they go on.

Nothing is withdrawn: the citizen keeps the letter and may still withdraw it. A paused letter can be superseded, expire and be revoked; to
resume brings back only what is paused. Of two words the later one, by the time it was signed, holds; of one second, the pause.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.authorizations.lapsing import IN_FORCE
from hub.authorizations.platforms import first_use, one_at_a_time, sender
from hub.authorizations.reasons import Flaw, Refused
from hub.authorizations.registration import FRESH, open_message
from hub.authorizations.revocation import tell_workers
from hub.authorizations.withdrawals import STILL_GOOD
from hub.tables import Case, Letter, Outbox

TYP = "household-pause+jws"
PAUSED, ACTIVE = "PAUSED", "ACTIVE"
_KINDS = {PAUSED: "LETTER_PAUSED", ACTIVE: "LETTER_RESUMED"}


@dataclass(frozen=True, slots=True)
class Paused:
    """What a platform is told: the case, the state, and the ids of the letters that are in it now."""

    case: str
    state: str
    letters: tuple[str, ...]


class Pauses:
    """Accepts platforms' pauses."""

    def __init__(self, engine: AsyncEngine, *, audience: str) -> None:
        """`audience` is the hub's own name."""
        self._engine = engine
        self._audience = audience

    async def accept(self, token: str, now: datetime) -> Paused:
        """Verify and carry out; a repeat of what holds does nothing more. Raises `Refused`.

        A pause may arrive a day late, as a revocation may; a resumption is fresh, for it opens.
        """
        platform, keys = await sender(self._engine, token)
        claims = await asyncio.to_thread(
            open_message, token, keys, typ=TYP, shape="pause", platform=platform, audience=self._audience, now=now, fresh=STILL_GOOD,
        )  # fmt: skip
        state, told = claims["state"], datetime.fromtimestamp(claims["iat"], UTC)
        if state == ACTIVE and now - told > FRESH:
            raise Refused(Flaw.MESSAGE_UNSIGNED, "the resumption is too old")
        async with self._engine.begin() as connection:
            await one_at_a_time(connection, platform, claims["reference"])
            case, letters = await _letters(connection, platform, claims)
            if any(_overtaken(letter, state, told) for letter in letters):
                raise Refused(Flaw.LETTER_STATE_OVERTAKEN, "the platform has said something later of these letters")
            first = await first_use(connection, f"platform:{platform}", claims["jti"], now + 2 * STILL_GOOD)
            if not first and any(letter.status != state for letter in letters):
                raise Refused(Flaw.MESSAGE_REPLAYED, "a message with this jti was accepted before")
            if first:
                await _say(connection, case, letters, state, told, by=platform, at=now)
        return Paused(case, state, tuple(letter.id for letter in letters))


def _overtaken(letter: Any, state: str, told: datetime) -> bool:
    later = letter.state_told_at is not None and letter.state_told_at > told
    return later or (letter.state_told_at == told and letter.status == PAUSED and state == ACTIVE)


async def _letters(connection: AsyncConnection, platform: str, claims: Mapping[str, Any]) -> tuple[str, Sequence[Any]]:
    """The case, and those of its letters that are named and in force."""
    query = select(Case.id).where(Case.platform == platform, Case.reference == claims["reference"])
    case = (await connection.execute(query)).scalar_one_or_none()
    wanted = select(Letter.id, Letter.status, Letter.state_told_at).where(Letter.case_id == case).order_by(Letter.id)
    if "letter" in claims:
        wanted = wanted.where(or_(Letter.id == claims["letter"], Letter.number == claims["letter"]))
    rows = (await connection.execute(wanted)).all()
    if case is None or not rows:
        raise Refused(Flaw.LETTER_UNKNOWN, "the platform has registered no such matter or letter")
    return case, [row for row in rows if row.status in IN_FORCE]


async def _say(
    connection: AsyncConnection, case: str, letters: Sequence[Any], state: str, told: datetime, *, by: str, at: datetime,
) -> None:  # fmt: skip
    named = [letter.id for letter in letters]
    await connection.execute(update(Letter).where(Letter.id.in_(named)).values(status=state, state_told_at=told))
    for letter in letters:
        if letter.status != state:
            await tell_workers(connection, "LETTER", letter.id, at=at)
            await connection.execute(insert(Outbox).values(kind=_KINDS[state], body={"letter": letter.id, "case": case, "by": by}, at=at))
