"""Tables to files and back, as PostgreSQL's text COPY format: moves between major versions 15–18 and needs no pg_dump."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg

from hub.tables import Base, DeferredJob


class NotWhole(Exception):
    """A table did not come back with the rows it went out with."""


async def dump_tables(database: asyncpg.Connection[asyncpg.Record], directory: Path) -> dict[str, Any]:
    """Every table of the models into a file of its name; per table its columns, rows, digest and numbering, referenced tables first.

    Answers that wait to be told are left out: restored, they would be told a second time, or after their letter had fallen.
    """
    told = {}
    for table in Base.metadata.sorted_tables:
        if table.name == DeferredJob.__tablename__:
            continue
        columns = [column.name for column in table.columns]
        target = directory / table.name
        done = await database.copy_from_table(table.name, columns=columns, output=target, format="text")
        told[table.name] = {
            "columns": columns, "rows": _rows(done), "sha256": await asyncio.to_thread(digest, target),
            "identities": await _identities(database, table.name),
        }  # fmt: skip
    return told


async def load_tables(database: asyncpg.Connection[asyncpg.Record], directory: Path, told: Mapping[str, Any]) -> None:
    """Fill the migrated, empty tables of the connection's transaction. Raises NotWhole."""
    await database.execute("DELETE FROM log_head")  # the empty tree a migration begins with
    for table, facts in told.items():
        done = await database.copy_to_table(table, source=directory / table, columns=facts["columns"], format="text")
        if _rows(done) != facts["rows"]:
            raise NotWhole(f"table {table} did not come back whole")
        for column, (last, called) in facts["identities"].items():
            # Not the largest number in the table: one that was given away and its row deleted must not be given again.
            await database.execute("SELECT setval(pg_get_serial_sequence($1, $2), $3, $4)", table, column, last, called)


async def _identities(database: asyncpg.Connection[asyncpg.Record], table: str) -> dict[str, tuple[int, bool]]:
    """Where the table's own numbering stands: column -> (last number, whether it was given)."""
    told = {}
    for column in Base.metadata.tables[table].columns:
        if column.identity:
            sequence = await database.fetchval("SELECT pg_get_serial_sequence($1, $2)", table, column.name)
            [(last, called)] = await database.fetch(f"SELECT last_value, is_called FROM {sequence}")  # noqa: S608 - the catalog's own name
            told[column.name] = (last, called)
    return told


def digest(path: Path) -> str:
    """SHA-256 of a file, hex. Blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _rows(status: str) -> int:
    return int(status.rpartition(" ")[2])
