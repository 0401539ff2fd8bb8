"""Platforms whose signed messages the hub accepts, and the one use each message is good for."""

from __future__ import annotations

from datetime import datetime

from joserfc.jwk import KeySet
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.authorizations.reasons import Flaw, Refused
from hub.signatures import LONGEST_REGISTRATION, BadSignature, claims_unverified, key_set
from hub.tables import Platform, UsedAssertion


async def sender(engine: AsyncEngine, token: str) -> tuple[str, KeySet]:
    """The platform a message claims to come from, and its keys. Raises `Refused`: unknown and unreadable look alike."""
    try:
        platform = claims_unverified(token, longest=LONGEST_REGISTRATION).get("iss")
        if isinstance(platform, str) and "\0" not in platform:
            async with engine.connect() as connection:
                query = select(Platform.jwks).where(Platform.id == platform, Platform.active)
                jwks = (await connection.execute(query)).scalar_one_or_none()
            if jwks is not None:
                return platform, key_set(jwks)
    except BadSignature:
        pass
    raise Refused(Flaw.MESSAGE_UNSIGNED, "the message is no signed message of a platform the hub knows")


async def first_use(connection: AsyncConnection, issuer: str, jti: str, expires_at: datetime) -> bool:
    """Whether this `jti` is presented for the first time; in the caller's transaction, so that a failure gives it back."""
    row = {"issuer": issuer, "jti": jti, "expires_at": expires_at}
    statement = insert(UsedAssertion).values(row).on_conflict_do_nothing()
    return bool((await connection.execute(statement)).rowcount)


async def one_at_a_time(connection: AsyncConnection, platform: str, reference: str) -> None:
    """Two messages about one matter wait for each other, whether or not its row exists yet."""
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{platform}/{reference}", 0))))
