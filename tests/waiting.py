"""Waiting for what another task, process or machine makes true; how soon it does is measured elsewhere, never asserted by the clock."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import asyncpg

PATIENCE = 30.0
"""Seconds; longer than a machine stands still."""
_HELD_UP = "SELECT pid FROM pg_locks WHERE NOT granted AND coalesce($1::int, pg_backend_pid()) = ANY(pg_blocking_pids(pid)) LIMIT 1"


async def until(look: Callable[[], Any], *, every: float = 0.01) -> Any:
    """What a look finds, once it finds anything; `look` may be a coroutine function. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = look()
            if inspect.isawaitable(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(every)


async def held_up(connection: asyncpg.Connection, *, by: int | None = None) -> int | None:
    """The server process of somebody who waits for a lock that this connection has, or another one (`by`, its server process)."""
    return await connection.fetchval(_HELD_UP, by)
