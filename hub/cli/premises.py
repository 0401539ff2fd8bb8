"""Where a command works: settings, the hub's own directory, its keys, and its database, embedded or given.

Rules of this file:
- The embedded server belongs to `hub serve` while that runs: a command beside it joins it; alone, it starts it and stops it.
- An embedded database is the hub's own and is brought to the newest schema on the way; a given one is migrated by `hub migrate` alone.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import click
from sqlalchemy.ext.asyncio import AsyncEngine

from hub import journal
from hub.actor import at_shell
from hub.cli.faults import reported
from hub.clock import clock
from hub.keys import KeyRing
from hub.migrate import head, migrate, revision_of
from hub.postgres.connection import engine, plain_url
from hub.postgres.errors import AlreadyRunning
from hub.postgres.supervisor import DATABASE, SUPERUSER, Supervisor
from hub.settings import Settings, SettingsError

T = TypeVar("T")

@dataclass(frozen=True, slots=True)
class Premises:
    """A hub's place, as a command finds it; `settings.database_url` is set."""

    settings: Settings
    engine: AsyncEngine

    @property
    def url(self) -> str:
        """The database."""
        return self.settings.database_url

    @property
    def checkpoint(self) -> Path:
        """The log's newest checkpoint, kept outside the database."""
        return self.settings.directory / "checkpoint"

    def keys(self) -> KeyRing:
        """The key ring. Raises KeyRingError."""
        return KeyRing.load(keys_directory(self.settings))


def keys_directory(settings: Settings) -> Path:
    """Where the key ring lies."""
    return settings.directory / "keys"


def read_settings() -> Settings:
    """From the environment, with the hub's directory made. Raises SettingsError naming the setting."""
    settings = Settings.read(os.environ)
    if settings.database_url:
        try:
            plain_url(settings.database_url)
        except ValueError:
            raise SettingsError("HUB_DATABASE_URL must begin with postgresql://") from None
    settings.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return settings


def supervisor(settings: Settings) -> Supervisor:
    """The embedded server of this hub's directory, not started."""
    return Supervisor(settings.directory / "postgres", random=os.urandom)


def ensured_keys(settings: Settings) -> bool:
    """Make a key ring where there is none; whether one was made. Raises KeyRingError for one that is not whole."""
    directory = keys_directory(settings)
    if directory.is_dir() and any(directory.iterdir()):
        KeyRing.complete(directory, random=os.urandom, at=clock())
        KeyRing.load(directory)
        return False
    KeyRing.create(directory, random=os.urandom, at=clock())
    return True


async def require_head(url: str) -> None:
    """Raises SettingsError where the database is not at this hub's schema."""
    found = await revision_of(url)
    if found != head():
        raise SettingsError(f"the database is at schema {found or 'none'}, this hub needs {head()}: run `hub migrate`")


@asynccontextmanager
async def database(settings: Settings, *, migrates: bool = True) -> AsyncIterator[str]:
    """The database's URL, and the server behind it for as long as the block lasts. Call from the main thread."""
    if settings.database_url:
        yield settings.database_url
        return
    server = supervisor(settings)
    # A directory mistyped holds no hub, and a command that lists nothing there would be believed.
    if not (settings.directory / "postgres").exists():
        click.echo(f"there was no database in {settings.directory} (HUB_DIRECTORY): a new one is made", err=True)
    try:
        url = await server.start()
    except AlreadyRunning:
        running = await asyncio.to_thread(_running, settings.directory / "postgres")
        if running is None:
            raise
        yield running
        return
    try:
        if migrates:
            await migrate(url)
        yield url
    finally:
        await server.stop()


@asynccontextmanager
async def open_premises(*, empty: bool = False) -> AsyncIterator[Premises]:
    """The premises with the schema at head; `empty`: as they are, for who brings the schema along."""
    settings = read_settings()
    async with database(settings, migrates=not empty) as url:
        if not empty:
            await require_head(url)
        made = at_shell(engine(url))
        try:
            yield Premises(replace(settings, database_url=url), made)
        finally:
            await made.dispose()


def at_work(work: Callable[[Premises], Awaitable[T]], *, empty: bool = False) -> T:
    """Run one command's work on the premises; faults become one line and exit status 1."""

    async def run() -> T:
        async with open_premises(empty=empty) as premises:
            return await work(premises)

    journal.configure(level=logging.WARNING)
    with reported():
        return asyncio.run(run())


def _running(directory: Path) -> str | None:
    """The URL of the embedded server another process supervises, None where it is not ready."""
    try:
        lines = (directory / "data" / "postmaster.pid").read_text().splitlines()
        password = (directory / "password").read_text().strip()
    except OSError:
        return None
    if len(lines) < 8 or lines[7].strip() != "ready" or not lines[3].strip().isdigit():
        return None
    return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{lines[3].strip()}/{DATABASE}"
