"""What a supervised directory may hold from an earlier hub, and who holds it now."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import socket
from pathlib import Path

from hub.postgres.errors import AlreadyRunning, StartFailed

_SOCKET_PATH_BYTES = 107  # sun_path without its terminator, unix(7)


class DirectoryLock:
    """An exclusive lock on a file; the kernel lets it go when its holder ends, however it ends."""

    def __init__(self, path: Path) -> None:
        """`path` is made on `acquire`."""
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Raises AlreadyRunning, also where this very process holds it through another lock."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(descriptor, 20).decode() or "unknown"
            os.close(descriptor)
            raise AlreadyRunning(
                f"{self._path.parent} is in use by another hub (process {holder}). "
                "Stop it, choose another directory, or set HUB_DATABASE_URL to share one server."
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        self._descriptor = descriptor

    def release(self) -> None:
        """Idempotent. The file stays: removing it would let two holders lock two files of one name."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


async def clear_leftovers(data: Path, *, seconds: float) -> None:
    """With the lock held: wait for, then stop, a server that outlived its hub; remove a postmaster.pid that names nobody of ours.

    PostgreSQL itself believes a stale postmaster.pid whenever any process bears that number, which in a container is likely.
    Raises StartFailed where the server will not end.
    """
    pid_file = data / "postmaster.pid"
    loop = asyncio.get_running_loop()
    # It may be on its way out already: its hub's death sent it SIGINT.
    for sign, wait in ((None, 2.0), (signal.SIGINT, seconds), (signal.SIGQUIT, 5.0)):
        pid = _server_of(data)
        if pid is None:
            pid_file.unlink(missing_ok=True)
            return
        if sign:
            os.kill(pid, sign)
        deadline = loop.time() + wait
        while _server_of(data) is not None and loop.time() < deadline:  # noqa: ASYNC110 - a process, not an event
            await asyncio.sleep(0.02)
    if _server_of(data) is not None:
        raise StartFailed(f"an earlier server on {data} does not end: stop process {_server_of(data)}")
    pid_file.unlink(missing_ok=True)


def _server_of(data: Path) -> int | None:
    """The process postmaster.pid names, if it lives and truly is a server working in `data`."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, 0)
        # A postmaster's working directory is its data directory. Without /proc (macOS) the pid alone must do.
        ours = not Path("/proc/self/cwd").exists() or Path(f"/proc/{pid}/cwd").samefile(data)
    except (OSError, ValueError):
        return None
    return pid if ours else None


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def socket_directory(data: Path, port: int) -> str:
    """The data directory, or "" (TCP only) where its path is too long for a Unix socket's address."""
    longest = os.fsencode(data / f".s.PGSQL.{port}.lock")
    # A comma or quote would be read as list syntax by the setting.
    return str(data) if len(longest) <= _SOCKET_PATH_BYTES and not set('",') & set(str(data)) else ""
