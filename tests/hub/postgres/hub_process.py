"""A hub of nothing but its database, as a process of its own: starts the server, says where, waits. Run by the supervisor's tests.

`python hub_process.py DIRECTORY [no-namespaces]` prints one JSON line: {"url", "pid", "uid"} or {"error", "kind"}; ends when its input does.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from hub.postgres.errors import EmbeddedServerError
from hub.postgres.supervisor import Supervisor


async def main() -> None:
    supervisor = Supervisor(Path(sys.argv[1]), random=os.urandom, namespaces="no-namespaces" not in sys.argv)
    try:
        url = await supervisor.start()
    except EmbeddedServerError as refused:
        print(json.dumps({"error": str(refused), "kind": type(refused).__name__}), flush=True)  # noqa: T201 - what the test reads
        return
    print(json.dumps({"url": url, "pid": supervisor.pid, "uid": os.geteuid()}), flush=True)  # noqa: T201 - what the test reads
    await asyncio.to_thread(sys.stdin.read)
    await supervisor.stop()


if __name__ == "__main__":
    asyncio.run(main())
