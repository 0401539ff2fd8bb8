"""Processes of a run: each on its core, each with its CPU time read from the kernel."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import psutil
import uvicorn
import uvloop

GATEWAY, REST = (0, 1) if (os.cpu_count() or 1) > 1 else (0, 0)
"""The core of the gateway, and that of departments, database and load."""


class Child:
    """A process of this run. `ready` is the JSON line it prints once it serves."""

    def __init__(self, module: str, *arguments: str, core: int) -> None:
        """Starts it on a core; whatever it starts stays there."""
        here = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {core})
        try:
            self._process = subprocess.Popen([sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE)
        finally:
            os.sched_setaffinity(0, here)
        self.ready: dict[str, Any] = {}
        self.asks: list[dict[str, str]] = []
        """What it is asked about: a token and a household each."""

    def wait(self) -> dict[str, Any]:
        """Until it serves."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args} ended before it served")
        self.ready = json.loads(line)
        return self.ready

    @property
    def url(self) -> str:
        """Where it serves."""
        return str(self.ready["url"])

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def stop(self) -> None:
        """End it, and wait."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def cpu(pid: int) -> float:
    """Seconds of CPU a process and its children have used, user and system, waited-for children included."""
    tree = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    total = 0.0
    for process in tree:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
        if process.pid == pid:
            total += times.children_user + times.children_system
    return total


def resident(pid: int) -> float:
    """Resident memory in MB."""
    return float(psutil.Process(pid).memory_info().rss) / 1e6


async def serve(application: Any, port: int) -> None:
    """Serve an ASGI application with uvicorn, as in production; tell the URL once it listens; until SIGTERM."""
    config = uvicorn.Config(
        application, host="127.0.0.1", port=port, log_level="warning", access_log=False, lifespan="off", loop="uvloop", http="httptools",
        ws="none", server_header=False, proxy_headers=False,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn tells no other way)
        await asyncio.sleep(0.01)
    sys.stdout.write(json.dumps({"url": f"http://127.0.0.1:{port}"}) + "\n")
    sys.stdout.flush()
    await serving


def free_port() -> int:
    """One nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(work: Coroutine[Any, Any, None]) -> None:
    """The gateway's loop: uvloop."""
    uvloop.run(work)


def sandbox(directory: Path, registry: str, *, journal: bool) -> Child:
    """The six departments on the rest's core."""
    arguments = ["--region", "500152", "--people", "10000", "--dir", str(directory), "--gz-url", registry]
    return Child("connectors.sandbox", *arguments, *([] if journal else ["--no-journal"]), core=REST)
