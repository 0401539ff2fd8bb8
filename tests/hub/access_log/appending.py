"""A process of its own that appends under load: started by tests with database, directory, number of entries, and how to end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from hub.access_log.entry import Entry, Kind
from hub.access_log.receipt import verify_receipt
from hub.access_log.writer import AccessLog
from hub.keys import KeyRing
from hub.postgres.connection import pool


async def main(url: str, path: str, ring: str, count: int, end: str) -> None:
    connections = await pool(url, role="hub_log")
    keys = KeyRing.load(Path(ring))
    log = AccessLog(
        connections,
        keys=keys,
        clock=lambda: datetime.now(UTC),
        random=os.urandom,
        origin="hub.test/log",
        checkpoint_path=Path(path),
        wait=20,
    )
    await log.start()

    async def produce(name: int) -> None:
        for number in range(count):
            entry = Entry(kind=Kind.INTENT, at=datetime.now(UTC), organisation=f"process-{os.getpid()}", case=f"{name}-{number}")
            appended = await log.append(entry)
            verify_receipt(log.receipt(appended), log.verifiers)

    if end == "kill":
        appended = await log.append(Entry(kind=Kind.INTENT, at=datetime.now(UTC)))
        sys.stdout.write(f"{appended.size}\n")
        sys.stdout.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    await asyncio.gather(*(produce(name) for name in range(32)))
    await log.stop()
    await connections.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4], int(sys.argv[4]), sys.argv[5]))
