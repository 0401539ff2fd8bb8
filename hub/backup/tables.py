"""Tables to files and back, as PostgreSQL's text COPY format: moves between major versions 15–18 and needs no pg_dump."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg

from hub.tables import Base


class NotWhole(Exception):
    """A table did not come back with the rows it went out with."""


async def dump_tables(database: asyncpg.Connection[asyncpg.Record], directory: Path) -> dict[str, Any]:
    """Every table of the models into a file of its name; per table its columns, rows and digest, referenced tables first."""
    told = {}
    for table in Base.metadata.sorted_tables:
        columns = [column.name for column in table.columns]
        target = directory / table.name
        done = await database.copy_from_table(table.name, columns=columns, output=target, format="text")
        told[table.name] = {"columns": columns, "rows": _rows(done), "sha256": await asyncio.to_thread(digest, target)}
    return told


async def load_tables(database: asyncpg.Connection[asyncpg.Record], directory: Path, told: Mapping[str, Any]) -> None:
    """Fill the migrated, empty tables of the connection's transaction. Raises NotWhole."""
    await database.execute("DELETE FROM log_head")  # the empty tree a migration begins with
    for table, facts in told.items():
        done = await database.copy_to_table(table, source=directory / table, columns=facts["columns"], format="text")
        if _rows(done) != facts["rows"]:
            raise NotWhole(f"table {table} did not come back whole")
    identities = await database.fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' AND is_identity = 'YES'"
    )
    for table, column in identities:  # COPY brings its own numbers; new rows must go on after them
        await database.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), coalesce(max({column}), 0) + 1, false) FROM {table}"  # noqa: S608 - the catalog's own names
        )


def digest(path: Path) -> str:
    """SHA-256 of a file, hex. Blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _rows(status: str) -> int:
    return int(status.rpartition(" ")[2])
