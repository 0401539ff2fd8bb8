"""Bring a database to the schema this version of the hub expects."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from hub.postgres.connection import engine

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"

_LOCK = 0x686F757365  # any number, the same in every hub: replicas that start together migrate one after the other


def head() -> str:
    """The newest revision, as the file `migrations/HEAD` names it."""
    return (MIGRATIONS / "HEAD").read_text().strip()


async def migrate(url: str, revision: str = "head") -> None:
    """Upgrade to `revision`; nothing happens where the database is there already. Safe to call from several replicas at once."""
    await _run(url, lambda config: command.upgrade(config, revision))


async def downgrade(url: str, revision: str) -> None:
    """Go back to `revision` ("base" for an empty database). Refused by the migration where the access log has entries."""
    await _run(url, lambda config: command.downgrade(config, revision))


async def revision_of(url: str) -> str | None:
    """The revision the database is at; None for an empty one."""
    database = engine(url, role=None)
    try:
        async with database.connect() as connection:
            return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
    finally:
        await database.dispose()


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration for a connection of ours (migrations/env.py reads it from there)."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


async def _run(url: str, step: Callable[[Config], None]) -> None:
    database = engine(url, role=None)
    try:
        async with database.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
            await connection.commit()
            try:
                await connection.run_sync(lambda sync: step(configuration(sync)))
                await connection.commit()
            finally:
                await asyncio.shield(connection.close())  # the lock goes with the session
    finally:
        await database.dispose()
