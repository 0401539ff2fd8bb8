"""What a database call may raise that is no bug of ours: the server said no, is gone, or the connection was cut in the middle."""

from __future__ import annotations

import asyncpg

# InternalClientError is what asyncpg says of a call on a connection whose server ended in the middle of another.
FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
