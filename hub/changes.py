"""A change of what the hub keeps, and the row that tells the log of it: one transaction, so that none escapes the audit.

Beside what was changed stands under which organisation, at whose shell (`hub.actor`), and whose act it was where somebody is named for it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.actor import shell_of
from hub.tables import Base, Outbox

UNSAID: Mapping[str, str] = MappingProxyType({})
"""Of an act over the hub's doors, whose it is the token says, and of one nobody is named for."""


@asynccontextmanager
async def changing(
    engine: AsyncEngine, *, kind: str, ref: str, at: datetime, organisation: str = "", said: Mapping[str, str] = UNSAID,
) -> AsyncIterator[AsyncConnection]:
    """A transaction that changes something and tells the log so, under the organisation that acted where one did, with whose act it was
    (`said`, as of `hub.actor`); nothing is told where the block fails.
    """
    async with engine.begin() as connection:
        yield connection
        await note(connection, kind=kind, ref=ref, at=at, organisation=organisation, said=said)


async def put(
    engine: AsyncEngine, table: type[Base], values: Mapping[str, Any], *, key: tuple[str, ...], kind: str, ref: str,
    at: datetime, also: Mapping[str, Any] | None = None,
) -> None:
    """Adds or changes one row, as one change of its own. `also` is set where the row is there already."""
    async with changing(engine, kind=kind, ref=ref, at=at) as connection:
        await upsert(connection, table, values, key=key, also=also)


async def upsert(
    connection: AsyncConnection, table: type[Base], values: Mapping[str, Any], *, key: tuple[str, ...],
    also: Mapping[str, Any] | None = None,
) -> None:
    """Adds or changes one row, within a change that was begun."""
    statement = insert(table).values(**values)
    changed = {name: statement.excluded[name] for name in values if name not in key}
    await connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_={**changed, **(also or {})}))


async def note(
    connection: AsyncConnection, *, kind: str, ref: str, at: datetime, organisation: str = "", said: Mapping[str, object] = UNSAID,
) -> None:
    """What is told of a change, within its transaction: for one that may turn out to change nothing. What is "" is left out."""
    told = {"organisation": organisation, "operator": shell_of(connection), **said}
    body = {"ref": ref, **{name: value for name, value in told.items() if value != ""}}
    await connection.execute(insert(Outbox).values(kind=kind, body=body, at=at))
