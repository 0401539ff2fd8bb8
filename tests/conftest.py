"""Shared by all tests: a real PostgreSQL, a fresh migrated database per test, a clock and randomness that obey the test.

One embedded server a run: under pytest-xdist the controller starts it and tells its workers where it is. HUB_TEST_DATABASE_URL points at
another server (as a superuser: some tests do what only one may); HUB_PG_BIN at other binaries.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

import asyncpg
import psutil
import pytest
from hypothesis import settings
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.keys import KeyRing
from hub.migrate import migrate
from hub.postgres import connection
from hub.postgres.directory import DirectoryLock
from hub.postgres.errors import AlreadyRunning
from hub.postgres.supervisor import Supervisor

# The same examples every day: what landed once lands again; a wider hunt is `--hypothesis-profile=wide`.
settings.register_profile("daily", derandomize=True, deadline=None)
settings.register_profile("wide", max_examples=2000, deadline=None)
settings.load_profile("daily")

CHINA = timezone(timedelta(hours=8))

# A test's database is thrown away: durability would only cost time. Durability itself is tested on a server of its own.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}

ROOM = 1024**3
"""Bytes; a run uses a fraction."""


class Server:
    """The run's server, made on first use; or the one HUB_TEST_DATABASE_URL names."""

    def __init__(self) -> None:
        self._given = os.environ.get("HUB_TEST_DATABASE_URL")
        self._template: str | None = None
        self._supervisor: Supervisor | None = None
        self._directory = ""
        self._url = ""

    def prepare(self) -> tuple[str, str]:
        """Server URL and the name of the migrated template database."""
        if self._template is None:
            if not self._given:
                self._directory = tempfile.mkdtemp(prefix=f"hub-pg-{os.getpid()}-", dir=in_memory())
                self._supervisor = Supervisor(Path(self._directory), random=os.urandom, settings=SETTINGS)
            self._url = self._given or asyncio.run(self._supervisor.start())
            self._template = f"hub_template_{uuid.uuid4().hex[:12]}"
            asyncio.run(make_template(self._url, self._template))
        return self._url, self._template

    def close(self) -> None:
        if self._supervisor:
            asyncio.run(self._supervisor.stop())
            shutil.rmtree(self._directory, ignore_errors=True)
        elif self._template:
            asyncio.run(administer(self._url, f'DROP DATABASE IF EXISTS "{self._template}" WITH (FORCE)'))
        self._supervisor = self._template = None


SERVER = Server()


def in_memory() -> Path | None:
    """Where files live in memory, if there is room: a database a test is copied in half the time there. None: wherever temporary files are."""
    directory = Path("/dev/shm")
    if not directory.is_dir() or shutil.disk_usage(directory).free < ROOM:
        return None
    for left in directory.glob("hub-pg-[0-9]*-*"):  # of a run that was killed: memory is not given back by itself
        if not psutil.pid_exists(int(left.name.split("-")[2])):
            clear(left)
    return directory


def clear(left: Path) -> None:
    """Remove a server's directory nobody holds: a process of another container has no number here, but its lock is seen."""
    lock = DirectoryLock(left / "lock")
    with suppress(AlreadyRunning, OSError):  # another run may be removing it too
        lock.acquire()
        shutil.rmtree(left, ignore_errors=True)
        lock.release()


async def administer(url: str, *statements: str) -> None:
    """Run statements on the server's own database, outside a transaction."""
    admin = await asyncpg.connect(connection.plain_url(url))
    try:
        for statement in statements:
            await admin.execute(statement)
    finally:
        await admin.close()


async def make_template(url: str, name: str) -> None:
    await administer(url, f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
    await migrate(at_database(url, name))


def at_database(url: str, name: str) -> str:
    """The same server, another database."""
    return re.sub(r"(?<=[^/:])/[^/?]*(?=\?|$)", f"/{name}", url, count=1)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:
    """pytest-xdist, in the controller: every worker learns of the one server."""
    node.workerinput["hub_postgres"] = SERVER.prepare()


def pytest_unconfigure() -> None:
    SERVER.close()


@pytest.fixture(scope="session")
def postgres(request) -> tuple[str, str]:
    """The server: its URL, and the name of the migrated template."""
    given = getattr(request.config, "workerinput", {}).get("hub_postgres")
    return given or SERVER.prepare()


@pytest.fixture
async def empty_database_url(postgres) -> AsyncIterator[str]:
    """A database of the test's own with nothing in it."""
    url, _ = postgres
    name = f"hub_test_{uuid.uuid4().hex[:12]}"
    await administer(url, f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
    yield at_database(url, name)
    await administer(url, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
async def database_url(postgres) -> AsyncIterator[str]:
    """A database of the test's own, migrated to head."""
    url, template = postgres
    name = f"hub_test_{uuid.uuid4().hex[:12]}"
    await administer(url, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    yield at_database(url, name)
    await administer(url, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
async def engine(database_url) -> AsyncIterator[AsyncEngine]:
    """An SQLAlchemy engine under the role hub_app."""
    made = connection.engine(database_url)
    yield made
    await made.dispose()


@pytest.fixture
async def pool(database_url) -> AsyncIterator[asyncpg.Pool]:
    """An asyncpg pool under the role hub_app; for another role open `hub.postgres.connection.pool(database_url, role=…)`."""
    made = await connection.pool(database_url)
    yield made
    # Not close(): a test that left a connection out would hang here instead of failing.
    made.terminate()


class FakeClock:
    """A clock that stands still until told; aware, in China's time."""

    def __init__(self, at: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=CHINA)) -> None:
        self.now = at

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


class SeededRandom:
    """Bytes that look random and are the same in every run; never the same twice within one."""

    def __init__(self, seed: bytes = b"hub") -> None:
        self._seed = seed
        self._count = 0

    def __call__(self, size: int) -> bytes:
        self._count += 1
        return hashlib.shake_256(self._seed + self._count.to_bytes(8, "big")).digest(size)


@pytest.fixture
def clock() -> FakeClock:
    """2026-11-23 09:00 in China, a Monday; `clock.advance(seconds)`."""
    return FakeClock()


@pytest.fixture
def random() -> SeededRandom:
    """Deterministic bytes: `random(16)`."""
    return SeededRandom()


@pytest.fixture
def keys(tmp_path, random, clock) -> Iterator[KeyRing]:
    """A key ring with one key a use, in a directory of the test's own."""
    return KeyRing.create(tmp_path / "keys", random=random, at=clock())
