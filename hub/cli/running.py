"""What the running hub says of itself: its own metrics, read where it listens."""

from __future__ import annotations

import aiohttp

from hub.settings import Settings

_PATIENCE = aiohttp.ClientTimeout(total=2)
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 (read here, not listened on)


async def exposition(settings: Settings) -> str:
    """The text of its /metrics; "" where no hub answers at this address."""
    host = _EVERYWHERE.get(settings.host, settings.host)
    try:
        async with aiohttp.ClientSession(timeout=_PATIENCE) as session, session.get(f"http://{host}:{settings.port}/metrics") as answer:
            return await answer.text() if answer.status == 200 else ""
    except (TimeoutError, aiohttp.ClientError, ValueError):
        return ""
