"""登记的查询: operations registered once and run by hash, and which of them a client in allow-list mode may run.

A document is stored only after it was read as any other: parsed, valid, within limits, no ID number in it. When it is run it is read again
(from the worker's cache), so a stricter limit or a changed schema holds for what was registered before.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

import asyncpg

from hub.bounded import Bounded
from hub.errors import Forbidden, Malformed, TooMany
from hub.operation import Documents

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PERMIT_SECONDS = 5.0
"""How long a worker may go on running what was taken off a client's list."""

CHARACTERS = 4_000_000
"""What remembered documents hold together."""

REGISTERED = 1000
"""Documents one client may register: each is kept for good, up to 100 kB of it."""

_COUNT = "SELECT count(*) FROM persisted_operation WHERE registered_by = $1 AND hash <> $2"
_TURN = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_REGISTER = """
WITH registered AS (
    INSERT INTO persisted_operation (hash, document, registered_by, registered_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (hash) DO NOTHING RETURNING hash
)
INSERT INTO outbox (kind, body, at)
SELECT 'OPERATION_REGISTERED', jsonb_build_object('hash', hash, 'client', $3::text), $4 FROM registered
"""
_PERMIT = "INSERT INTO client_operation (client_id, hash) VALUES ($1, $2) ON CONFLICT DO NOTHING"
_WITHDRAW = "DELETE FROM client_operation WHERE client_id = $1 AND hash = $2"
_PERMITTED = "SELECT EXISTS (SELECT FROM client_operation WHERE client_id = $1 AND hash = $2)"


class PersistedOperations:
    """Registered documents of one hub; what was found is kept in memory, since a document never changes under its hash."""

    def __init__(
        self, pool: asyncpg.Pool[asyncpg.Record], documents: Documents, *, seconds: Callable[[], float], kept: int = 512,
    ) -> None:
        """`seconds` is a clock that never goes back; `kept` documents and permits are remembered."""
        self._pool = pool
        self._documents = documents
        self._seconds = seconds
        self._texts: Bounded[str, str] = Bounded(kept, most=CHARACTERS)
        self._permits: Bounded[tuple[str, str], float] = Bounded(kept)

    async def register(self, text: str, *, by: str, at: datetime) -> str:
        """Store a document, tell the log so in the same transaction, and give its hash; the same again is no change. Malformed or
        TooLarge if it would not be served, TooMany where the client has registered its share.
        """
        digest = sha256(text.encode("utf-8", "replace")).hexdigest()
        operations = await self._documents.operations(text)
        if any(operation.introspects for operation in operations):
            raise Malformed("introspection is not registered", code="INTROSPECTION_OFF")
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_TURN, f"operations of {by}")  # else two at once could both be the client's last
            if await connection.fetchval(_COUNT, by, digest) >= REGISTERED:
                raise TooMany(f"a client registers at most {REGISTERED} operations", retry_after=86_400, code="OPERATIONS")
            await connection.execute(_REGISTER, digest, text, by, at)
        return digest

    async def permit(self, client: str, digest: str) -> None:
        """Put a registered operation on a client's list; Malformed if it is not registered."""
        try:
            await self._pool.execute(_PERMIT, client, _hash(digest))
        except asyncpg.ForeignKeyViolationError:
            raise _unknown() from None

    async def withdraw(self, client: str, digest: str) -> None:
        """Take it off; every worker stops running it within `_PERMIT_SECONDS`."""
        digest = _hash(digest)
        await self._pool.execute(_WITHDRAW, client, digest)
        self._permits.put((client, digest), 0.0)

    async def text_for(self, document: str | None, digest: str | None, *, client: str, allow_list_only: bool) -> str:
        """The text to read for a request that came with a document or a hash. Forbidden if the client may only run its list."""
        if digest is None:
            if allow_list_only:
                raise Forbidden("this client runs registered operations only", code="OPERATION_NOT_LISTED")
            return document or ""
        digest = _hash(digest)
        if allow_list_only and not await self._permitted(client, digest):
            # The same answer whether or not somebody registered it: a list of another client is nobody's business.
            raise Forbidden("the operation is not on this client's list", code="OPERATION_NOT_LISTED")
        return await self._text(digest)

    async def _text(self, digest: str) -> str:
        known = self._texts.get(digest)
        if known is not None:
            return known
        found = await self._pool.fetchval("SELECT document FROM persisted_operation WHERE hash = $1", digest)
        # The row is not believed: whoever can write it must not be able to put another text under a permitted hash.
        if not isinstance(found, str) or sha256(found.encode()).hexdigest() != digest:
            raise _unknown()
        return self._texts.put(digest, found, len(found))

    async def _permitted(self, client: str, digest: str) -> bool:
        now = self._seconds()
        until = self._permits.get((client, digest))
        if until is not None and now < until:
            return True
        if not await self._pool.fetchval(_PERMITTED, client, digest):
            return False
        self._permits.put((client, digest), now + _PERMIT_SECONDS)
        return True


def _hash(text: str) -> str:
    lowered = text.lower()
    if not _HASH.fullmatch(lowered):
        raise Malformed("the hash is 64 hexadecimal digits", code="PERSISTED_QUERY_HASH")
    return lowered


def _unknown() -> Malformed:
    return Malformed("no operation is registered under this hash", code="PERSISTED_QUERY_NOT_FOUND")
