"""Client systems as a worker knows them: keys, organisation, purposes; read again soon, forgotten at once when revoked."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from cachetools import TTLCache
from joserfc.jwk import KeySet

from hub.authorizations.presented import Requester
from hub.authorizations.reading import Reading, Row
from hub.signatures import BadSignature, key_set

KEPT = 30.0
"""Seconds a client is kept; a revoked one is dropped by the watch, a deactivated organisation's within this time."""
CLIENTS = 1000
ASSERTED, PROVEN = "asserted", "proven"
"""How a client's officers are known: by its word, or by a token of their own log-in."""


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    """A system of an organisation, with the public keys its assertions must bear."""

    requester: Requester
    keys: KeySet
    allow_list_only: bool
    look_ups_per_day: int
    officer_identity: str = ASSERTED
    groups: frozenset[str] | None = None  # fact groups it may be granted; None: all of its purposes
    max_uses: int | None = None  # questions a token of its may ask; None: as many as its ten minutes hold
    certificate: Mapping[str, str] | None = None  # by which name of a certificate it proves itself (RFC 8705 §2.1.2); None: by an assertion


class Clients:
    """One event loop's thread only."""

    def __init__(self, reading: Reading) -> None:
        """`reading` of the records."""
        self._reading = reading
        self._held: TTLCache[str, RegisteredClient] = TTLCache(CLIENTS, KEPT, timer=time.monotonic)
        self._dropped = 0

    def held(self, client: str) -> RegisteredClient | None:
        """The client if it is in memory and young enough; no waiting."""
        return self._held.get(client)

    async def load(self, client: str) -> RegisteredClient | None:
        """The client, active or not; None where there is none. Raises asyncpg's errors."""
        found = self.held(client)
        if found is not None:
            return found
        before = self._dropped
        row = await self._reading.client(client)
        found = _client(row) if row is not None else None
        if found is not None and before == self._dropped:  # else it may have been revoked while we read
            self._held[client] = found
        return found

    async def certified(self) -> Mapping[str, Mapping[str, str]]:
        """By which name of a certificate each active client proves itself that does so: of the database, now. Raises asyncpg's errors."""
        return {row["id"]: orjson.loads(row["names"]) for row in await self._reading.certified()}

    def drop(self, kind: str, ref: str) -> None:
        """Read a revoked client again."""
        if kind == "CLIENT":
            self._dropped += 1
            self._held.pop(ref, None)


def _client(row: Row) -> RegisteredClient | None:
    certificate = None if row["tls_client_auth"] is None else orjson.loads(row["tls_client_auth"])
    try:
        keys = key_set(orjson.loads(row["jwks"])) if certificate is None else KeySet([])
    except BadSignature:
        return None  # enrolled with keys we do not accept: as good as not enrolled
    requester = Requester(
        client=row["id"], organisation=row["code"], department=row["department"], region=row["region"], role=row["role"],
        purposes=frozenset(row["purposes"]), active=row["active"],
    )  # fmt: skip
    return RegisteredClient(
        requester, keys, row["allow_list_only"], row["look_ups_per_day"], row["officer_identity"],
        None if row["groups"] is None else frozenset(row["groups"]), row["max_uses"], certificate,
    )
