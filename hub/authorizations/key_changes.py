"""What an operator does to a platform's keys: add, retire, revoke; each leaves its row for the log in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.authorizations.platform_keys import Flagged, brought
from hub.authorizations.revocation import tell_workers
from hub.changes import note
from hub.errors import CallerError
from hub.suites import enrolled_key
from hub.tables import PlatformKey

PLATFORM = "PLATFORM"
"""The kind under which workers hear that all matters of a platform are to be read anew."""


class PlatformKeyRefused(CallerError):
    """The operator asked for what a platform's keys cannot be."""

    def __init__(self, message: str) -> None:
        """`message` names the kid."""
        super().__init__(message, code="PLATFORM_KEY_REFUSED", status=409)


async def add_key(
    engine: AsyncEngine, *, platform: str, jwk: Mapping[str, Any], at: datetime, valid_from: datetime, valid_to: datetime | None = None,
) -> str:
    """One more key, beside those there are; its kid. Raises `PlatformKeyRefused`, `BadSignature`."""
    if valid_to is not None and valid_to <= valid_from:
        raise PlatformKeyRefused("a key's validity ends after it begins")
    async with engine.begin() as connection:
        kid, new = await _put(connection, platform, jwk, valid_from, valid_to)
        if not new:
            raise PlatformKeyRefused(f"the platform has key '{kid}'")
        await _note(connection, "PLATFORM_KEY_ADDED", platform, kid, at)
    return kid


async def retire_key(engine: AsyncEngine, *, platform: str, kid: str, until: datetime, at: datetime) -> None:
    """From `until` on it signs nothing; what it signed before stays. Raises `PlatformKeyRefused`."""
    async with engine.begin() as connection:
        where = (PlatformKey.platform == platform, PlatformKey.kid == kid, PlatformKey.revoked_at.is_(None))
        changed = update(PlatformKey).where(*where).values(valid_to=until)
        if not (await connection.execute(changed)).rowcount:
            raise PlatformKeyRefused(f"the platform has no key '{kid}', or it was revoked")
        await _note(connection, "PLATFORM_KEY_RETIRED", platform, kid, at, until=until.isoformat())


async def revoke_key(engine: AsyncEngine, *, platform: str, kid: str, reason: str, at: datetime) -> Flagged:
    """Nothing it signed or signs is believed. Workers read the platform's matters anew within the stop time. Raises `PlatformKeyRefused`."""
    async with engine.begin() as connection:
        return await end_key(connection, platform=platform, kid=kid, reason=reason, at=at)


async def end_key(connection: AsyncConnection, *, platform: str, kid: str, reason: str, at: datetime) -> Flagged:
    """The same as part of a transaction that does more. Raises `PlatformKeyRefused`."""
    where = (PlatformKey.platform == platform, PlatformKey.kid == kid, PlatformKey.revoked_at.is_(None))
    if not (await connection.execute(update(PlatformKey).where(*where).values(revoked_at=at))).rowcount:
        raise PlatformKeyRefused(f"the platform has no key '{kid}', or it was revoked before")
    await tell_workers(connection, PLATFORM, platform, at=at)
    flagged = await brought(connection, platform, kid)
    told: dict[str, Any] = {"reason": reason, "cases": flagged.cases, "letters": flagged.letters}
    await _note(connection, "PLATFORM_KEY_REVOKED", platform, kid, at, **told)
    return flagged


async def replace_keys(connection: AsyncConnection, platform: str, jwks: Mapping[str, Any], at: datetime) -> None:
    """An enrolment's whole set: new ones are added, those it leaves out are retired now. Raises `PlatformKeyRefused`, `BadSignature`."""
    kept = [(await _put(connection, platform, jwk, at, None))[0] for jwk in jwks["keys"]]
    where = (PlatformKey.platform == platform, PlatformKey.kid.not_in(kept), PlatformKey.revoked_at.is_(None))
    still = or_(PlatformKey.valid_to.is_(None), PlatformKey.valid_to > at)
    await connection.execute(update(PlatformKey).where(*where, still).values(valid_to=at))


async def _put(
    connection: AsyncConnection, platform: str, jwk: Mapping[str, Any], valid_from: datetime, valid_to: datetime | None,
) -> tuple[str, bool]:
    """The key's kid, and whether it is new. A kid that stands for another key, or for a revoked one, is refused."""
    members, thumbprint = enrolled_key(jwk)
    kid = str(members["kid"])
    row = {"platform": platform, "kid": kid, "jwk": members, "valid_from": valid_from, "valid_to": valid_to}
    added = await connection.execute(insert(PlatformKey).values(row).on_conflict_do_nothing())
    if added.rowcount:
        return kid, True
    where = (PlatformKey.platform == platform, PlatformKey.kid == kid)
    known = (await connection.execute(select(PlatformKey.jwk, PlatformKey.revoked_at).where(*where))).one()
    if enrolled_key(known.jwk)[1] != thumbprint:
        raise PlatformKeyRefused(f"kid '{kid}' stands for another key of this platform: a kid means one key for ever")
    if known.revoked_at is not None:
        raise PlatformKeyRefused(f"key '{kid}' was revoked, and stays so")
    return kid, False


async def _note(connection: AsyncConnection, kind: str, platform: str, kid: str, at: datetime, **more: Any) -> None:
    await note(connection, kind=kind, ref=f"{platform} {kid}", at=at, said=more)
