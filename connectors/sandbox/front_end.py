"""What every front-end database of the sandbox has: a login role that reads what it is granted and nothing else, and its address."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from connectors.sandbox.controls import Controls, Journal
from connectors.sandbox.population import Population

_TURN = 0x716B  # departments that share a database make their roles one after the other


class FrontEnd:
    """A department that opens a database to be read: at `url`, by a role that may create roles and schemas there."""

    ROLE: ClassVar[str]
    """How the names of its reading role begin."""

    def __init__(self, population: Population, *, url: str, password: str) -> None:
        self.population, self.journal, self.controls = population, Journal(), Controls()
        self._url = url.replace("postgresql+asyncpg://", "postgresql://")
        self._password = password
        self._connection: asyncpg.Connection[Any] | None = None
        self.role = role_of(self.ROLE, self._url)

    @property
    def settings(self) -> dict[str, str]:
        """The address the read-only role logs in at."""
        return {"dsn": reader_address(self._url, self.role, self._password)}

    async def stop(self) -> None:
        """Let go of the database, which stays."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None


def role_of(prefix: str, url: str) -> str:
    """Roles belong to the whole server: one name a database keeps two sandboxes on one server apart."""
    return prefix + hashlib.blake2b(urlsplit(url).path.encode(), digest_size=5).hexdigest()


def reader_address(url: str, role: str, password: str) -> str:
    """The data source name the role logs in at."""
    address = urlsplit(url)
    host = (address.netloc.rpartition("@")[2]) or "127.0.0.1"
    return urlunsplit(("postgresql", f"{role}:{quote(password, safe='')}@{host}", address.path, address.query, ""))


async def create_reader(connection: asyncpg.Connection[Any], role: str, password: str, *grants: str) -> None:
    """The role, within the caller's transaction; `grants` are what it may, without the role's name ("USAGE ON SCHEMA qzk")."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _TURN)
    database = await connection.fetchval("SELECT quote_ident(current_database())")
    word = "ALTER" if await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role) else "CREATE"
    secret = await connection.fetchval("SELECT quote_literal($1::text)", password)
    await connection.execute(
        f"{word} ROLE {role} LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT 8 PASSWORD {secret};"
        f"ALTER ROLE {role} SET default_transaction_read_only = on; ALTER ROLE {role} SET statement_timeout = '10s';"
        # A journal notice makes the transaction write its commit; nobody waits for the disk because of it.
        f"ALTER ROLE {role} SET synchronous_commit = off;"
        f"REVOKE ALL ON DATABASE {database} FROM PUBLIC; GRANT CONNECT ON DATABASE {database} TO {role};"
        f"REVOKE CREATE ON SCHEMA public FROM PUBLIC;" + "".join(f"GRANT {grant} TO {role};" for grant in grants),
    )


async def streamed(rows: Iterator[tuple[object, ...]], *, chunk: int = 2000) -> AsyncIterator[tuple[object, ...]]:
    """Rows made in a thread, a chunk at a time: however many there are, few are in memory and the loop goes on."""
    while made := await asyncio.to_thread(lambda: list(islice(rows, chunk))):
        for row in made:
            yield row
