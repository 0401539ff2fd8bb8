"""A front-end database behind a driver that blocks: as many threads as the manifest allows calls at once, and no more.

Rules of this file:
- No driver call on the loop. A thread that hangs is one of this department's own few: it delays no other department, and the driver's
  own time limit ends it.
- A connection is used by one thread at a time, and given up after any error: nothing of one answer is left for the next.
- A SELECT is repeated once, on a connection made anew, where a kept one turns out to have been closed meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from connectors.dialects import Dialect
from connectors.drivers import DRIVERS, code_of
from connectors.interface import DepartmentBroke, DepartmentTimeout, DepartmentUnavailable
from connectors.manifest import Manifest


class _Gone(DepartmentUnavailable):
    """A connection was closed before anything of an answer came; not one that kept us waiting, which is late."""


class ThreadedDatabase:
    """One manifest's database, opened with the first question. Raises ManifestFault where driver or address are not there."""

    def __init__(self, manifest: Manifest, dialect: Dialect) -> None:
        self._department, self._deadline = manifest.department, manifest.deadline
        self._driver = DRIVERS[dialect]
        self._module = self._driver.load(self._department)
        self._address = self._driver.address(self._department, manifest.place)
        self._threads = ThreadPoolExecutor(manifest.concurrency, thread_name_prefix=f"sql-{self._department}")
        self._idle: deque[Any] = deque()
        self._closed = False
        self._once = manifest.limits.queries_counted  # then no connection is kept that may be gone, and none is tried again

    async def query(self, text: str, parameters: tuple[object, ...]) -> Sequence[Sequence[object]]:
        """The rows of a statement. Raises DepartmentError."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._answered, text, parameters)

    def _answered(self, text: str, parameters: tuple[object, ...]) -> Sequence[Sequence[object]]:
        try:
            connection = self._idle.pop()
        except IndexError:
            return self._asked(self._connected(), text, parameters)
        try:
            return self._asked(connection, text, parameters)
        except _Gone:
            return self._asked(self._connected(), text, parameters)

    def _connected(self) -> Any:
        try:
            return self._driver.connect(self._module, self._address, self._deadline)
        except (self._module.Error, OSError) as error:
            raise DepartmentUnavailable(f"{self._department} could not be reached or refused the hub: {code_of(error)}") from None

    def _asked(self, connection: Any, text: str, parameters: tuple[object, ...]) -> Sequence[Sequence[object]]:
        rows: Sequence[Sequence[object]] | None = None
        try:
            cursor = connection.cursor()
            for statement in self._driver.prepare:
                cursor.execute(statement)
            cursor.execute(text, parameters)
            rows = cursor.fetchall()
            cursor.close()
            if self._driver.prepare:
                connection.rollback()
        except (self._module.Error, OSError) as error:
            raise self._failure(error) from None
        finally:
            self._put_back(connection, sound=rows is not None)
        return rows or ()

    def _failure(self, error: BaseException) -> Exception:
        code = code_of(error)
        if code in self._driver.late or isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
            return DepartmentTimeout(f"{self._department} ended the statement at its time limit")
        if code in self._driver.gone:
            return _Gone(f"{self._department} closed the connection: {code}")
        if code in self._driver.refused or isinstance(error, OSError):
            return DepartmentUnavailable(f"{self._department} refused the hub: {code}")
        return DepartmentBroke(f"{self._department} failed a statement: {code}")

    def _put_back(self, connection: Any, *, sound: bool) -> None:
        if sound and not self._closed and not self._once:
            self._idle.append(connection)
        else:
            self._let_go(connection)

    def _let_go(self, connection: Any) -> None:
        with contextlib.suppress(self._module.Error, OSError):
            connection.close()

    async def close(self) -> None:
        """End the idle connections; a thread still waiting for an answer ends its own."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        while self._idle:
            await asyncio.to_thread(self._let_go, self._idle.pop())
