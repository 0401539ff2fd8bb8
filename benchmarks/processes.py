"""Processes of a run: each on its core, each with its CPU time read from the kernel."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Coroutine, Mapping
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

    def wait(self) -> dict[str, Any]:
        """Until it serves."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args} ended before it served")
        self.ready = json.loads(line)
        return self.ready

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


async def serve(application: Any, ready: Mapping[str, object]) -> None:
    """Serve an ASGI application with uvicorn on a free port; tell `ready` and the URL once it listens; until SIGTERM."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(application, log_level="warning", access_log=False, lifespan="off", loop="uvloop", http="httptools")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:  # noqa: ASYNC110 (uvicorn tells no other way)
        await asyncio.sleep(0.01)
    tell({"url": f"http://127.0.0.1:{listening.getsockname()[1]}", **ready})
    await serving


def tell(ready: Mapping[str, object]) -> None:
    """The line the parent waits for."""
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()


def run(work: Coroutine[Any, Any, None]) -> None:
    """The gateway's loop: uvloop."""
    uvloop.run(work)


def sandbox(directory: Path, registry: str, *, journal: bool) -> Child:
    """The six departments on the rest's core."""
    arguments = ["--region", "500152", "--people", "10000", "--dir", str(directory), "--gz-url", registry]
    return Child("connectors.sandbox", *arguments, *([] if journal else ["--no-journal"]), core=REST)
