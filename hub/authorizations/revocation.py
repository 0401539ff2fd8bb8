"""Revocation: a letter, a matter, a token or a client is no longer good, and every worker hears of it.

Each writes its change, the row workers follow (announced by trigger) and the outbox row in one transaction. None of it touches the
access log's tables, so it takes effect while the log is down; the log hears of it when it is back (promise 7).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.authorizations.platforms import first_use, one_at_a_time, sender
from hub.authorizations.reasons import Flaw, Refused
from hub.authorizations.registration import open_message
from hub.tables import Case, Client, Letter, Outbox, Revocation

TYP = "household-revocation+jws"
STILL_GOOD = timedelta(days=1)
"""How old a revocation may arrive: a platform that could not reach us for a day still withdraws."""

AGREEMENT = "AGREEMENT"
"""The kind under which workers hear that an agreement with a neighbouring region came or ended."""

_ORDER = 7_312_004
"""Advisory lock of those who add revocations: `seq` is then the order of commits, and a follower reading on misses none."""


@dataclass(frozen=True, slots=True)
class Revoked:
    """What a platform is told: the case and the ids of letters revoked, now or before."""

    case: str
    letters: tuple[str, ...]


class Revocations:
    """Accepts platforms' revocations."""

    def __init__(self, engine: AsyncEngine, *, audience: str) -> None:
        """`audience` is the hub's own name."""
        self._engine = engine
        self._audience = audience

    async def accept(self, token: str, now: datetime) -> Revoked:
        """Verify and carry out; a repeat does nothing more. Raises `Refused`."""
        platform, keys = await sender(self._engine, token)
        claims = await asyncio.to_thread(
            open_message, token, keys, typ=TYP, shape="revocation", platform=platform, audience=self._audience, now=now,
            fresh=STILL_GOOD,
        )  # fmt: skip
        async with self._engine.begin() as connection:
            await one_at_a_time(connection, platform, claims["reference"])
            case = await _case(connection, platform, claims["reference"])
            letters = await _letters(connection, case, claims.get("letter", ""))
            if not await first_use(connection, f"platform:{platform}", claims["jti"], now + 2 * STILL_GOOD):
                # A repeat is told what it was told. Another message under a used `jti` must not be told that it took effect.
                if await _still_standing(connection, letters):
                    raise Refused(Flaw.MESSAGE_REPLAYED, "a message with this jti was accepted before, and these letters stand")
                return Revoked(case, letters)
            if "letter" not in claims:
                await _close(connection, case, now)
            await revoke_letters(connection, case, letters, by=platform, at=now)
        return Revoked(case, letters)


async def revoke_letters(connection: AsyncConnection, case: str, letters: tuple[str, ...], *, by: str, at: datetime) -> None:
    """Those still standing become REVOKED (PIPL §15: what was lawfully read before stays lawful)."""
    changed = update(Letter).where(Letter.id.in_(letters), Letter.status != "REVOKED").values(status="REVOKED", revoked_at=at)
    for letter in (await connection.execute(changed.returning(Letter.id))).scalars().all():
        await _announce(connection, "LETTER", letter, at, body={"letter": letter, "case": case, "by": by})


async def revoke_token(engine: AsyncEngine, jti: str, *, expires_at: datetime, by: str, at: datetime) -> None:
    """An access token, until it would have ended (RFC 7009)."""
    async with engine.begin() as connection:
        await _announce(connection, "TOKEN", jti, at, expires_at=expires_at, body={"token": jti, "by": by})


async def revoke_client(engine: AsyncEngine, client: str, *, by: str, at: datetime) -> bool:
    """A system and with it every token it holds; False where there is none or it was inactive."""
    async with engine.begin() as connection:
        changed = update(Client).where(Client.id == client, Client.active).values(active=False)
        if not (await connection.execute(changed)).rowcount:
            return False
        await _announce(connection, "CLIENT", client, at, body={"client": client, "by": by})
    return True


async def tell_workers(
    connection: AsyncConnection, kind: str, ref: str, *, at: datetime, expires_at: datetime | None = None
) -> None:
    """Have every worker forget what it holds of a LETTER, CASE, CLIENT, TOKEN or AGREEMENT, once the transaction commits."""
    await connection.execute(select(func.pg_advisory_xact_lock(_ORDER)))
    await connection.execute(insert(Revocation).values(kind=kind, ref=ref, at=at, expires_at=expires_at))


async def _announce(
    connection: AsyncConnection, kind: str, ref: str, at: datetime, *, body: dict[str, str], expires_at: datetime | None = None
) -> None:
    await tell_workers(connection, kind, ref, at=at, expires_at=expires_at)
    await connection.execute(insert(Outbox).values(kind=f"{kind}_REVOKED", body=body, at=at))


async def _close(connection: AsyncConnection, case: str, at: datetime) -> None:
    changed = update(Case).where(Case.id == case, or_(Case.closed_at.is_(None), Case.closed_at > at)).values(closed_at=at)
    if (await connection.execute(changed)).rowcount:
        await _announce(connection, "CASE", case, at, body={"case": case})


async def _case(connection: AsyncConnection, platform: str, reference: str) -> str:
    query = select(Case.id).where(Case.platform == platform, Case.reference == reference)
    case = (await connection.execute(query)).scalar_one_or_none()
    if case is None:
        raise Refused(Flaw.LETTER_UNKNOWN, "the platform has registered no such matter")
    return case


async def _still_standing(connection: AsyncConnection, letters: tuple[str, ...]) -> bool:
    query = select(Letter.id).where(Letter.id.in_(letters), Letter.status != "REVOKED").limit(1)
    return (await connection.execute(query)).scalar_one_or_none() is not None


async def _letters(connection: AsyncConnection, case: str, named: str) -> tuple[str, ...]:
    query = select(Letter.id).where(Letter.case_id == case).order_by(Letter.id)
    if named:
        query = query.where(or_(Letter.id == named, Letter.number == named))
    letters = tuple((await connection.execute(query)).scalars())
    if named and not letters:
        raise Refused(Flaw.LETTER_UNKNOWN, "the matter has no such letter")
    return letters
