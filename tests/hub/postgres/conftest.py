"""Directories and processes for servers that live and die on their own."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from hub.postgres.supervisor import Supervisor

ROOT = Path(__file__).parents[3]
SCRIPT = Path(__file__).with_name("hub_process.py")


class HubProcess:
    """The running script; `told` is what it said first."""

    def __init__(self, directory: Path, *arguments: str, prefix: tuple[str, ...] = ()) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = subprocess.Popen(
            [*prefix, sys.executable, str(SCRIPT), str(directory), *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True,
        )  # fmt: skip
        self.told = json.loads(self.process.stdout.readline())

    def kill(self) -> None:
        """As the kernel's memory killer would."""
        self.process.kill()
        self.process.wait()

    def finish(self) -> int:
        """Let it end by itself."""
        self.process.stdin.close()
        return self.process.wait(timeout=30)

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        self.process.stdin.close()
        self.process.stdout.close()


@pytest.fixture(scope="session")
def initialised() -> Iterator[Path]:
    """A directory as a first start leaves it: making one anew for every test would cost a second each."""
    made = Path(tempfile.mkdtemp(prefix="hub-"))
    supervisor = Supervisor(made / "pg", random=os.urandom)

    async def once() -> None:
        await supervisor.start()
        await supervisor.stop()

    asyncio.run(once())
    yield made / "pg"
    shutil.rmtree(made)


@pytest.fixture
def parent() -> Iterator[Path]:
    """An empty directory, its path short (Unix sockets), passable for other users; a server left below it is ended."""
    made = Path(tempfile.mkdtemp(prefix="hub-"))
    made.chmod(0o755)
    yield made
    for pid_file in made.rglob("postmaster.pid"):
        try:
            left = psutil.Process(int(pid_file.read_text().split("\n", 1)[0]))
            if left.name() == "postgres":
                left.send_signal(signal.SIGQUIT)
                left.wait(10)
        except (psutil.Error, ValueError, OSError):
            continue
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def directory(parent, initialised) -> Path:
    """A directory whose server was started and stopped once."""
    return shutil.copytree(initialised, parent / "pg")


@pytest.fixture
def fresh(parent) -> Path:
    """A directory that is not there yet."""
    return parent / "pg"


@pytest.fixture
def hub_process(parent) -> Iterator[type[HubProcess]]:
    """`hub_process(directory, …)`: started processes are ended with the test."""
    started: list[HubProcess] = []

    def start(*arguments, **options) -> HubProcess:
        started.append(HubProcess(*arguments, **options))
        return started[-1]

    yield start
    for one in started:
        one.close()


def gone(pid: int) -> bool:
    """Whether a process has ended."""
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def servers_on(directory: Path) -> list[int]:
    """Processes of PostgreSQL that work in a directory."""
    found = []
    for process in psutil.process_iter(["name"]):
        try:
            if process.info["name"] == "postgres" and Path(process.cwd()).is_relative_to(directory):
                found.append(process.pid)
        except (psutil.Error, OSError):
            continue
    return found
