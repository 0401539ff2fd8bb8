"""The scene of one run: databases, six departments, and the gateways started beside each other; everything ends with it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from benchmarks import baseline, load
from benchmarks.applicants import Applicants
from benchmarks.hub_server import REGION
from benchmarks.processes import GATEWAY, REST, Child, cpu, free_port, sandbox
from hub.keys import KeyRing
from hub.migrate import migrate
from hub.postgres.connection import plain_url
from hub.postgres.supervisor import Supervisor

FAMILIES = 64
HTTP = ("GA", "SW", "RS", "MZ")


@dataclass(slots=True)
class Scene:
    """What a measure needs to know. `log` is the hub's database, of which the CPU is shown apart."""

    directory: Path
    database: str
    log: Supervisor
    government: Child
    applicants: Applicants
    port: int
    stack: AsyncExitStack

    def baseline(self, *arguments: str) -> Child:
        """A baseline gateway on the gateways' core."""
        plain = self.government.ready["plain"]["url"]
        child = self._started("benchmarks.baseline", "--url", plain, "--families", str(FAMILIES), *arguments)
        child.asks = baseline.asks(FAMILIES)
        return child

    async def road(self, *arguments: str) -> Child:
        """A hub worker on the gateways' core, its tokens verified and warm. One at a time: they share an address."""
        child = self._started(
            "benchmarks.hub_server", "--directory", str(self.directory), "--database", self.database, "--port", str(self.port), *arguments,
        )
        child.asks = await self.applicants.asks()
        return child

    def _started(self, module: str, *arguments: str) -> Child:
        child = Child(module, *arguments, core=GATEWAY)
        self.stack.callback(child.stop)
        child.wait()
        return child

    def log_cpu(self) -> float:
        """Seconds of CPU of the log's database."""
        return cpu(self.log.pid) if self.log.pid else 0.0

    async def fresh_database(self, name: str = "bench_log") -> str:
        """Another migrated database on the log's server."""
        connection = await asyncpg.connect(plain_url(self.database))
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        await connection.close()
        url = f"{self.database.rpartition('/')[0]}/{name}"
        await migrate(url)
        return url

    async def slow(self, seconds: float) -> None:
        """Every department answers so much later; a file drop has no lateness."""
        body: dict[str, Any] = {"slow": seconds} if seconds else {}
        for name in HTTP:
            await load.sent(self.government.ready[name]["url"], "PUT", "/_control", body)
        for path in ("/GZ/_control", "/_control"):  # the second is the baseline's own face
            await load.sent(self.government.ready["plain"]["url"], "PUT", path, body)

    async def calls(self) -> int:
        """Calls departments were made so far."""
        plain = self.government.ready["plain"]["url"]
        counts = [await load.sent(plain, "GET", f"/{name}/_calls") for name in (*HTTP, "GZ")]
        return sum(int(count["calls"]) for count in counts)


@asynccontextmanager
async def open_scene() -> AsyncIterator[Scene]:
    """Databases and departments on the rest's core; the gateways of a measure get the other to themselves."""
    os.sched_setaffinity(0, {REST})
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hub-bench-", ignore_cleanup_errors=True)))
        servers = [Supervisor(directory / name, random=os.urandom) for name in ("log", "registry")]
        urls = []
        for server in servers:
            urls.append(await server.start())
            stack.push_async_callback(server.stop)
        await migrate(urls[0])
        KeyRing.create(directory / "hub" / "keys", random=os.urandom, at=datetime.now(UTC))
        port = free_port()
        applicants = Applicants(f"http://127.0.0.1:{port}", REGION, FAMILIES)
        await applicants.enrol(urls[0])
        government = sandbox(directory / "government", urls[1], journal=True)
        stack.callback(government.stop)
        government.wait()
        yield Scene(directory, urls[0], servers[0], government, applicants, port, stack)
