"""Keeps signed checkpoints: in the database, and the newest in a file outside it.

The file is what a database rolled back or replaced behind the hub's back is held against at the next start. It may be
shared by the processes of one machine: it only ever moves forward, under a lock.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import asyncpg

from hub.access_log.note import BadNote, Checkpoint, Verifier
from hub.background import Background

_INSERT = """
INSERT INTO log_checkpoint (size, note, at) SELECT * FROM unnest($1::bigint[], $2::text[], $3::timestamptz[])
ON CONFLICT (size) DO NOTHING
"""
_PENDING = 4096  # checkpoints held while the database does not take them; older ones are told by newer ones
_REST = 0.25  # seconds between two rounds: a file synced and replaced costs a worker more than an answer


class KeptFile:
    """The newest checkpoint in a file of its own, replaced as a whole and never by an older one."""

    def __init__(self, path: Path) -> None:
        """`path` and `path`.lock are this class's alone."""
        self._path = path

    def read(self, verifiers: Iterable[Verifier]) -> Checkpoint | None:
        """The kept checkpoint, or None when there is no file yet; raises `BadNote` for a file no known key signed."""
        try:
            note = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        return Checkpoint.open(note, verifiers)

    def keep(self, note: str) -> None:
        """Replace the file unless it already holds a larger tree. Blocks on the disk: call it in a thread."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_name(self._path.name + ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self._size() > _size(note):
                return
            fresh = self._path.with_name(self._path.name + ".new")
            with fresh.open("w", encoding="utf-8") as file:
                file.write(note)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)

    def _size(self) -> int:
        try:
            return _size(self._path.read_text(encoding="utf-8"))
        except (FileNotFoundError, BadNote):
            return -1


class Keeper:
    """Writes checkpoints behind the writer's back; what it could not write yet, it writes with the next ones."""

    def __init__(self, pool: asyncpg.Pool, file: KeptFile) -> None:
        """`pool` of role hub_log."""
        self._pool = pool
        self._file = file
        self._pending: list[tuple[int, str, datetime]] = []
        self._ready = asyncio.Event()
        self._background = Background("checkpoint keeper", self._turn)
        self.newest = ""
        self.newest_size = -1

    def start(self) -> None:
        """Begin writing in the background."""
        self._background.start()

    def add(self, size: int, note: str, at: datetime) -> None:
        """Hand over a signed checkpoint."""
        if size > self.newest_size:
            self.newest, self.newest_size = note, size
        self._pending.append((size, note, at))
        del self._pending[:-_PENDING]
        self._ready.set()

    async def stop(self) -> None:
        """Write what is left, then end."""
        await self._background.stop()
        with self._background.chore:
            await self.flush()

    async def flush(self) -> None:
        """Write what is pending now."""
        pending = list(self._pending)
        if not pending:
            return
        await asyncio.to_thread(self._file.keep, max(pending)[1])
        sizes, notes, instants = zip(*pending, strict=True)
        await self._pool.execute(_INSERT, sizes, notes, instants, timeout=5)
        written = set(pending)  # not by number: while these were written others came, and the oldest of too many left
        self._pending = [one for one in self._pending if one not in written]

    async def _turn(self) -> None:
        await self._ready.wait()
        await self.flush()  # where it fails the event stays set: tried again, with whatever came meanwhile
        if not self._pending:
            self._ready.clear()
        await asyncio.sleep(_REST)


def _size(note: str) -> int:
    return Checkpoint.parse(note.partition("\n\n")[0] + "\n").size
