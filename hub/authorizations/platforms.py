"""Platforms whose signed messages the hub accepts, and the one use each message is good for."""

from __future__ import annotations

from datetime import datetime

from joserfc.jwk import KeySet
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.authorizations.platform_keys import keys_for
from hub.authorizations.reasons import unproven
from hub.signatures import LONGEST_REGISTRATION, BadSignature, claims_unverified, header_of
from hub.tables import UsedAssertion


async def sender(engine: AsyncEngine, token: str) -> tuple[str, KeySet]:
    """The platform a message claims to come from, and the keys it may have signed with then. Raises `Refused`: unknown and unreadable
    look alike.
    """
    try:
        claims = claims_unverified(token, longest=LONGEST_REGISTRATION)
        kid = header_of(token, longest=LONGEST_REGISTRATION).get("kid")
        async with engine.connect() as connection:
            keys = await keys_for(connection, claims.get("iss"), kid=kid, issued=claims.get("iat"))
        return str(claims["iss"]), keys
    except BadSignature as error:
        raise unproven(str(error)) from None


async def first_use(connection: AsyncConnection, issuer: str, jti: str, expires_at: datetime) -> bool:
    """Whether this `jti` is presented for the first time; in the caller's transaction, so that a failure gives it back."""
    row = {"issuer": issuer, "jti": jti, "expires_at": expires_at}
    statement = insert(UsedAssertion).values(row).on_conflict_do_nothing()
    return bool((await connection.execute(statement)).rowcount)


async def one_at_a_time(connection: AsyncConnection, platform: str, reference: str) -> None:
    """Two messages about one matter wait for each other, whether or not its row exists yet."""
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{platform}/{reference}", 0))))
