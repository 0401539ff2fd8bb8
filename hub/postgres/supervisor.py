"""A real PostgreSQL as the hub's own child: made once, started with the hub, gone with the hub.

- The server is a direct child and gets SIGINT from the kernel when the hub's main thread ends, by kill -9 too: no orphans.
- SCRAM passwords only, on 127.0.0.1 and a socket inside the data directory; a random password beside it, mode 0600.
- One hub a directory, held by a lock that dies with its holder. What an earlier hub left running is stopped first.
- The server's own log holds no statement, parameter or key value: errors are terse (identities travel in parameters).

A supervised directory: `data/`, `password`, `lock`, `server.log` (and the one before it).
"""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import asyncpg

from hub.postgres.account import Account, choose
from hub.postgres.binaries import Binaries, find
from hub.postgres.directory import DirectoryLock, clear_leftovers, free_port, socket_directory
from hub.postgres.errors import StartFailed

SUPERUSER = "hub"
DATABASE = "hub"

_READY_SECONDS = 60  # crash recovery of a large database may take long; a start takes 0.1 s
_STOP_SECONDS = 30
_PRIVATE = {
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}


class Supervisor:
    """Starts and stops the embedded server of one directory.

    `random` gives the password's bytes; `settings` are PostgreSQL settings beside ours; `namespaces=False` acts as if user
    namespaces were forbidden.
    """

    def __init__(
        self,
        directory: Path,
        *,
        random: Callable[[int], bytes],
        binaries: Binaries | None = None,
        settings: Mapping[str, str] | None = None,
        namespaces: bool = True,
    ) -> None:
        """Nothing is touched before `start`."""
        self._directory = Path(directory).absolute()
        self._data = self._directory / "data"
        self._random = random
        self._binaries = binaries
        self._settings = {**_PRIVATE, **(settings or {})}
        self._namespaces = namespaces
        self._lock = DirectoryLock(self._directory / "lock")
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The server's process id while it is supervised."""
        return self._server.pid if self._server else None

    async def start(self) -> str:
        """Start the server, making its data first where there is none; the URL of its superuser on database `hub`.

        Raises EmbeddedServerError. Call from the main thread: the server dies with the thread that started it.
        """
        if threading.current_thread() is not threading.main_thread():
            raise StartFailed("start the server from the main thread: it ends when the thread that started it does")
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock.acquire()
        try:
            return await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop the server: open transactions are rolled back, data is on disk when this returns. Idempotent."""
        server, self._server = self._server, None
        if server:
            for sign, seconds in ((signal.SIGINT, _STOP_SECONDS), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
                if server.poll() is None:
                    server.send_signal(sign)
                    await _ended(server, seconds)
        self._lock.release()

    async def _start(self) -> str:
        await clear_leftovers(self._data, seconds=_STOP_SECONDS)
        binaries = self._binaries
        if binaries is None:
            binaries = await asyncio.to_thread(find, os.environ, major=self._major())
        account = await asyncio.to_thread(choose, self._directory, binaries, namespaces=self._namespaces)
        password = await asyncio.to_thread(self._initialise, binaries, account)
        port = await self._spawn(binaries, account)
        url = f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/"
        await _make_database(url + "postgres")
        return url + DATABASE

    def _major(self) -> int | None:
        """The major version existing data was made with: another one cannot read it."""
        version = self._data / "PG_VERSION"
        return int(version.read_text()) if version.exists() else None

    def _initialise(self, binaries: Binaries, account: Account) -> str:
        """Make the data directory where there is none; the password."""
        path = self._directory / "password"
        account.give(self._directory)
        if self._major() is not None:
            try:
                return path.read_text().strip()
            except OSError:
                raise StartFailed(f"{self._data} has data but {path} cannot be read: put the password file back") from None
        password = base64.urlsafe_b64encode(self._random(24)).decode()
        _write_private(path, password)
        account.give(path)
        try:
            _initdb(binaries, account, self._data, path, sync=self._settings.get("fsync") != "off")
        finally:
            if account.owner:
                os.chown(path, os.getuid(), os.getgid())
        return password

    async def _spawn(self, binaries: Binaries, account: Account) -> int:
        """Start `postgres`; its port, once it takes connections. A port taken in between is tried anew."""
        for _ in range(3):
            port = free_port()
            log = self._open_log()
            command = account.command(
                binaries / "postgres", "-D", str(self._data), "-p", str(port),
                "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={socket_directory(self._data, port)}",
                *(word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")),
            )  # fmt: skip
            try:
                # A group of its own: Ctrl-C at the terminal reaches the hub, and the hub stops the server when it is done with it.
                # It returns at once, and must happen on this thread.
                self._server = subprocess.Popen(  # noqa: ASYNC220
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0
                )
            finally:
                os.close(log)
            if await self._ready(self._server):
                return port
            if "could not create any TCP/IP sockets" not in self._last_words():
                break
        raise StartFailed(f"postgres did not start; {self._directory / 'server.log'} ends: {self._last_words()[-600:]}")

    async def _ready(self, server: subprocess.Popen[bytes]) -> bool:
        """True once postmaster.pid says ready; False when the server ended or took too long."""
        deadline = asyncio.get_running_loop().time() + _READY_SECONDS
        while server.poll() is None and asyncio.get_running_loop().time() < deadline:
            try:
                lines = (self._data / "postmaster.pid").read_text().splitlines()
            except OSError:
                lines = []
            if len(lines) >= 8 and lines[0] == str(server.pid) and lines[7].strip() == "ready":
                return True
            await asyncio.sleep(0.01)
        return False

    def _open_log(self) -> int:
        path = self._directory / "server.log"
        if path.exists():
            path.replace(path.with_suffix(".log.1"))
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def _last_words(self) -> str:
        return (self._directory / "server.log").read_text(errors="replace").strip()


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def _initdb(binaries: Binaries, account: Account, data: Path, password: Path, *, sync: bool) -> None:
    """Raises StartFailed with initdb's reason."""
    data.mkdir(mode=0o700, exist_ok=True)
    account.give(data)
    command = account.command(
        binaries / "initdb", "-D", str(data), "-U", SUPERUSER, "-A", "scram-sha-256", f"--pwfile={password}",
        "--encoding=UTF8", "--locale=C.UTF-8" if sys.platform == "linux" else "--locale=C", "--data-checksums", *([] if sync else ["--no-sync"]),
    )  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise StartFailed(f"initdb failed: {done.stderr.strip()[-600:]}")


async def _make_database(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f'CREATE DATABASE "{DATABASE}"')
    finally:
        await connection.close()


async def _ended(server: subprocess.Popen[bytes], seconds: float) -> bool:
    deadline = asyncio.get_running_loop().time() + seconds
    while server.poll() is None and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110 - a process, not an event
        await asyncio.sleep(0.01)
    return server.returncode is not None
