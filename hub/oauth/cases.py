"""What tokens over several cases grant, kept while they live: two hundred cases and letters would not fit into a request header.

The token names the list by its SHA-256, which it signs: a row that was changed is a row that is not found, and widens nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import orjson

from hub.canonical import canonical
from hub.oauth.details import Details, details
from hub.signatures import sha256

_KEEP = """
INSERT INTO token_cases (digest, details, expires_at) VALUES ($1, $2, $3)
ON CONFLICT (digest) DO UPDATE SET expires_at = GREATEST(token_cases.expires_at, EXCLUDED.expires_at)
"""
_FORGET = "DELETE FROM token_cases WHERE expires_at < $1"
_FIND = "SELECT details::text FROM token_cases WHERE digest = $1"
GRACE = timedelta(minutes=1)
"""No clock of a worker may forget what another still counts as granted."""


class TokenCases:
    """The lists of one hub."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        """`pool` of records."""
        self._pool = pool

    async def keep(self, granted: Sequence[Mapping[str, Any]], *, expires_at: datetime, now: datetime) -> str:
        """Keep a list until its token ends: its name, hex. Raises asyncpg's errors."""
        text = canonical([dict(one) for one in granted])
        digest = sha256(text)
        await self._pool.execute(_FORGET, now - GRACE)
        await self._pool.execute(_KEEP, digest, text.decode(), expires_at)
        return digest.hex()

    async def find(self, name: str) -> tuple[Details, ...]:
        """The list a token names; empty where it is not there, or is not what the token signed. Raises asyncpg's errors."""
        text = await self._pool.fetchval(_FIND, bytes.fromhex(name))
        found: list[dict[str, Any]] = orjson.loads(text) if text is not None else []
        return tuple([details(one) for one in found]) if found and sha256(canonical(found)).hex() == name else ()
