"""The hub's own copy of a drop it fetched: private, whole or not there, and gone when a newer one counts.

Rules of this file:
- One directory a drop, named by month and checksum, put in place by one rename: who reads a drop never sees half of one, and an older one stays
  readable until its reader lets go. Directories 0700, files 0600.
- What is still on its way lies under `incoming` and is taken up again only if it belongs to the same checksum.
- Everything here blocks: call it off the loop. Workers of one hub share the copies; who fetches holds the lock.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.drop import SIDECARS

_INCOMING = "incoming"
_LOCK = "lock"


class Copies:
    """The copies of one dataset under `directory`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._incoming = directory / _INCOMING

    def newest(self) -> Path | None:
        """The directory of the newest copy; None where none was ever fetched."""
        if not self._directory.is_dir():
            return None
        return max((path for path in self._directory.iterdir() if path.is_dir() and path.name != _INCOMING), default=None)

    def place_of(self, name: str, checksum: str) -> Path:
        """Where a drop's copy stands once it is whole."""
        return self._directory / f"{name}.{checksum}"

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether this worker is the one that fetches; the lock ends with the block, or with the process."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._directory / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(descriptor)

    def begin(self, name: str, sidecars: dict[str, bytes]) -> int:
        """Make ready to take a drop; how much of it lies here from an earlier try."""
        known = self._incoming / f"{name}.sha256"
        if not known.exists() or known.read_bytes() != sidecars[".sha256"]:
            shutil.rmtree(self._incoming, ignore_errors=True)
        self._incoming.mkdir(mode=0o700, exist_ok=True)
        for suffix in SIDECARS:
            (self._incoming / (name + suffix)).unlink(missing_ok=True)
            self.append(name + suffix, sidecars[suffix])
        data = self._incoming / name
        return data.stat().st_size if data.exists() else 0

    def append(self, name: str, data: bytes) -> None:
        """More of what is on its way."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self._incoming / name, flags, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)

    def finish(self, name: str, checksum: str, verify: Callable[[Path], None]) -> Path:
        """Verify what came and put it in place; what fails is thrown away. Raises what `verify` raises."""
        place = self.place_of(name, checksum)
        try:
            verify(self._incoming / name)
        except BaseException:
            self.abandon()
            raise
        if place.exists():
            shutil.rmtree(place)
        self._incoming.rename(place)
        return place

    def abandon(self) -> None:
        """Throw away what is on its way."""
        shutil.rmtree(self._incoming, ignore_errors=True)

    def keep_only(self, place: Path | None) -> None:
        """Remove every other copy; all of them where the department withdrew its drops."""
        for path in list(self._directory.iterdir()):
            if path.is_dir() and path not in {place, self._incoming}:
                shutil.rmtree(path, ignore_errors=True)
