"""Local log-in of privacy officers: Argon2id, lock-out, a random cookie of which only the hash is stored."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.actor import SESSION, Actor
from hub.tables import ConsoleSession, ConsoleUser

COOKIE = "hub_console"
LIFETIME = timedelta(hours=8)
FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Officer:
    """A privacy officer who is logged in; `form_key` goes into every form so that no other site can post one (CSRF)."""

    name: str
    organisation: str
    form_key: str

    @property
    def actor(self) -> Actor:
        """Whose act it is what they do here."""
        return Actor(self.name, SESSION)


def password_phc(password: str, *, random: Callable[[int], bytes]) -> str:
    """The stored form of a password: Argon2id with 64 MiB, 3 passes (RFC 9106 §4, second choice), as PHC text."""
    return Argon2id(salt=random(16), length=32, iterations=3, lanes=4, memory_cost=64 * 1024).derive_phc_encoded(password.encode())


class Sessions:
    """Log-ins over the console tables."""

    def __init__(self, engine: AsyncEngine, *, clock: Callable[[], datetime], random: Callable[[int], bytes]) -> None:
        """`random` makes the cookies."""
        self._engine = engine
        self._clock = clock
        self._random = random
        # Checked when the name is unknown, so that a wrong name takes as long as a wrong password.
        self._nobody = password_phc("nobody", random=random)
        # Each check takes 64 MiB; a flood of log-ins waits in line instead of taking the worker's memory.
        self._checking = asyncio.Semaphore(1)

    async def proven(self, name: str, password: str) -> bool:
        """Whether this is the officer's password; unknown, wrong and locked are one answer."""
        if "\0" in name:
            return False
        # The whole of it in turn: of many guesses sent at once, each meets the lock that those before it brought about.
        async with self._checking:
            now = self._clock()
            if not await self._right(name, password, now):
                await self._failed(name, now)
                return False
        async with self._engine.begin() as connection:
            await connection.execute(update(ConsoleUser).where(ConsoleUser.name == name).values(failures=0, locked_until=None))
        return True

    async def log_in(self, name: str, password: str) -> str | None:
        """A new cookie value, or None where the officer is not proven."""
        if not await self.proven(name, password):
            return None
        token, now = self._random(32).hex(), self._clock()
        async with self._engine.begin() as connection:
            await connection.execute(delete(ConsoleSession).where(ConsoleSession.expires_at <= now))
            await connection.execute(
                ConsoleSession.__table__.insert().values(  # type: ignore[attr-defined]
                    token_hash=_hash(token), user=name, created_at=now, expires_at=now + LIFETIME,
                ),
            )
        return token

    async def _right(self, name: str, password: str, now: datetime) -> bool:
        async with self._engine.connect() as connection:
            row = (await connection.execute(select(ConsoleUser).where(ConsoleUser.name == name))).one_or_none()
        usable = row is not None and row.active and not (row.locked_until and row.locked_until > now)
        stored = row.password if row is not None and usable else self._nobody
        return await asyncio.to_thread(_matches, password, stored) and usable

    async def officer(self, token: str) -> Officer | None:
        """Who a cookie belongs to, while it is good."""
        if not token:
            return None
        query = (
            select(ConsoleUser.name, ConsoleUser.organisation)
            .join(ConsoleSession, ConsoleSession.user == ConsoleUser.name)
            .where(
                ConsoleSession.token_hash == _hash(token), ConsoleSession.expires_at > self._clock(), ConsoleUser.active,
            )
        )
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        return Officer(row.name, row.organisation, form_key(token)) if row else None

    async def log_out(self, token: str) -> None:
        """End a session."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(ConsoleSession).where(ConsoleSession.token_hash == _hash(token)))

    async def _failed(self, name: str, now: datetime) -> None:
        count = ConsoleUser.failures + 1
        async with self._engine.begin() as connection:
            failures = (
                await connection.execute(
                    update(ConsoleUser).where(ConsoleUser.name == name).values(failures=count).returning(ConsoleUser.failures),
                )
            ).scalar_one_or_none()
            if failures is not None and failures % FAILURES == 0:
                await connection.execute(
                    update(ConsoleUser).where(ConsoleUser.name == name).values(locked_until=now + LOCKED_FOR),
                )


def form_key(token: str) -> str:
    """The key a session's forms carry: derived from the cookie, so that it need not be stored."""
    return hmac.digest(token.encode(), b"console form", "sha256").hex()


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _matches(password: str, stored: str) -> bool:
    try:
        Argon2id.verify_phc_encoded(password.encode(), stored)
    except InvalidKey:
        return False
    return True
