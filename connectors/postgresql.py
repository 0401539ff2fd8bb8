"""A read-only session pool at a PostgreSQL or KingbaseES front-end database.

Rules of this file:
- The session is read-only and its statements end with the deadline; the pool gives connections back without a round trip,
  because a session that can only SELECT has nothing to reset.
- A department's error text may quote the parameters, so only its SQLSTATE goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import asyncpg

from connectors.dialects import KINGBASE, Dialect
from connectors.interface import DepartmentBroke, DepartmentError, DepartmentTimeout, DepartmentUnavailable
from connectors.manifest import Manifest

_REFUSED = (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InsufficientPrivilegeError, asyncpg.InvalidCatalogNameError,
            asyncpg.TooManyConnectionsError, asyncpg.CannotConnectNowError, asyncpg.AdminShutdownError,
            asyncpg.PostgresConnectionError)


class PostgresqlPool:
    """The pool of one manifest, opened with the first question."""

    def __init__(self, manifest: Manifest, dialect: Dialect) -> None:
        self._department = manifest.department
        self._place = f"postgresql://{manifest.place.partition('://')[2]}"
        self._concurrency, self._deadline, self._dialect = manifest.concurrency, manifest.deadline, dialect
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    async def query(self, text: str, parameters: tuple[object, ...]) -> Sequence[Sequence[object]]:
        """The rows of a statement. Raises DepartmentError."""
        try:
            pool = self._pool or await self._open()
            async with pool.acquire() as connection:
                return [tuple(row) for row in await connection.fetch(text, *parameters)]
        except DepartmentError:
            raise
        except asyncpg.QueryCanceledError:
            raise DepartmentTimeout(f"{self._department} ended the statement at its time limit") from None
        except _REFUSED as error:
            raise DepartmentUnavailable(f"{self._department} refused the hub: SQLSTATE {error.sqlstate}") from None
        except asyncpg.PostgresError as error:
            raise DepartmentBroke(f"{self._department} failed a statement: SQLSTATE {error.sqlstate}") from None
        except (OSError, asyncpg.InterfaceError) as error:
            raise DepartmentUnavailable(f"{self._department} could not be reached: {type(error).__name__}") from None

    async def _open(self) -> asyncpg.Pool:
        settings = {
            "default_transaction_read_only": "on", "application_name": "household-facts-hub", "TimeZone": "Asia/Shanghai",
            "statement_timeout": str(int(self._deadline * 1000)),
        }
        if self._dialect is not KINGBASE:  # which knows no such setting, and would refuse the log-in
            settings["jit"] = "off"
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._place, min_size=0, max_size=self._concurrency, reset=_nothing_to_reset,
                    statement_cache_size=256, max_cached_statement_lifetime=0, server_settings=settings,
                )
            return self._pool

    async def close(self) -> None:
        """End every connection."""
        if self._pool is not None:
            self._pool.terminate()
            self._pool = None


async def _nothing_to_reset(_connection: object) -> None:
    """Given to the pool in place of its reset, which doubles round trips."""
