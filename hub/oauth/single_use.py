"""Assertions and proofs are good once: across all workers, because one table says so (RFC 7523 §3, RFC 9449 §11.1)."""

from __future__ import annotations

from datetime import datetime, timedelta

import asyncpg

_USE = "INSERT INTO used_assertion (issuer, jti, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1"
_FORGET = "DELETE FROM used_assertion WHERE expires_at < $1"
EVERY = timedelta(minutes=1)


class SingleUse:
    """Remembers what was presented until it would have expired anyway."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        """`pool` of records."""
        self._pool = pool
        self._swept_at: datetime | None = None

    async def first(self, issuer: str, jti: str, *, expires_at: datetime, now: datetime) -> bool:
        """Whether this is the first use. `issuer` with its kind in front: "client:…", "dpop:…". Raises asyncpg's errors."""
        if self._swept_at is None or now - self._swept_at > EVERY:
            self._swept_at = now
            # A minute's grace: no clock of a worker may open what another still counts as valid.
            await self._pool.execute(_FORGET, now - EVERY)
        return await self._pool.fetchval(_USE, issuer, jti, expires_at) is not None
