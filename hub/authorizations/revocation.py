"""Revocation: a letter, a matter, a token or a client is no longer good, and every worker hears of it.

Each writes its change, the row workers follow (announced by trigger) and the outbox row in one transaction. None of it touches the
access log's tables, so it takes effect while the log is down; the log hears of it when it is back (promise 7).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.tables import Case, Client, Letter, Outbox, Revocation

AGREEMENT = "AGREEMENT"
"""The kind under which workers hear that an agreement with a neighbouring region came or ended."""

_ORDER = 7_312_004
"""Advisory lock of those who add revocations: `seq` is then the order of commits, and a follower reading on misses none."""


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
        return await end_client(connection, client, by=by, at=at)


async def end_client(connection: AsyncConnection, client: str, *, by: str, at: datetime) -> bool:
    """The same as part of a transaction that does more."""
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
    connection: AsyncConnection, kind: str, ref: str, at: datetime, *, body: dict[str, Any], expires_at: datetime | None = None
) -> None:
    await tell_workers(connection, kind, ref, at=at, expires_at=expires_at)
    await connection.execute(insert(Outbox).values(kind=f"{kind}_REVOKED", body=body, at=at))


async def close_case(connection: AsyncConnection, case: str, at: datetime) -> None:
    """The matter ended: nothing of it is asked any more."""
    changed = update(Case).where(Case.id == case, or_(Case.closed_at.is_(None), Case.closed_at > at)).values(closed_at=at)
    if (await connection.execute(changed)).rowcount:
        await _announce(connection, "CASE", case, at, body={"case": case})
