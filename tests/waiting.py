"""Waiting for what another task, process or machine makes true; how soon it does is measured elsewhere, never asserted by the clock."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

PATIENCE = 30.0
"""Seconds; longer than a machine stands still."""


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
