"""How the hub connects to PostgreSQL: one engine for records, raw pools for hot paths, each under the role it needs.

Every connection takes on a group role at start-up (`hub_app` for records, `hub_log` for the access log's writer; migration 0002):
a bug in one part cannot write what belongs to the other. It is no wall against someone who holds the connection itself.
"""

from __future__ import annotations

from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

APP_ROLE = "hub_app"
LOG_ROLE = "hub_log"

_SCHEMES = ("postgresql+asyncpg://", "postgres://", "postgresql://")


def plain_url(url: str) -> str:
    """The URL as asyncpg and libpq read it, whichever of the usual schemes it came with. Raises ValueError without the URL's text."""
    for scheme in _SCHEMES:
        if url.startswith(scheme):
            return "postgresql://" + url.removeprefix(scheme)
    raise ValueError("the database URL must begin with postgresql://")


def engine(url: str, *, role: str | None = APP_ROLE, pool_size: int = 5, **options: Any) -> AsyncEngine:
    """An SQLAlchemy engine; `role=None` connects as the user of the URL itself. `options` go to `create_async_engine`."""
    dsn = plain_url(url)

    async def connect() -> asyncpg.Connection[asyncpg.Record]:
        return await asyncpg.connect(dsn, server_settings=_settings(role))

    # The creator, not the URL: SQLAlchemy and asyncpg read host, sslmode and options of a URL differently.
    # Parameters are names, letters and sealed people: an error's text, and with it a log line, holds none of them.
    return create_async_engine("postgresql+asyncpg://", async_creator=connect, pool_size=pool_size, hide_parameters=True, **options)


async def pool(url: str, *, role: str | None = APP_ROLE, **options: Any) -> asyncpg.Pool[asyncpg.Record]:
    """An asyncpg pool; `options` go to `create_pool`. Its connections are handed on as they are: leave no session state behind."""
    settings = {**_settings(role), **options.pop("server_settings", {})}
    options = {"min_size": 1, "max_size": 4, "reset": _keep, **options}
    return await asyncpg.create_pool(plain_url(url), server_settings=settings, **options)


def _settings(role: str | None) -> dict[str, str]:
    # As start-up parameter: no extra round trip, and `RESET ALL` does not undo it.
    return {"role": role} if role else {}


async def _keep(_connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Asyncpg's own reset doubles the round trips of a short query (measured)."""
