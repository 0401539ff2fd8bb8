"""The bounded security log: what arrives without a name (no token, no client) cannot be an entry each, or anyone could fill the
log. It is counted by kind, a bounded sample goes to a rotated file, and the counts become one SECURITY_SUMMARY entry a period.

A line holds a time, a kind and a class of address. Nothing an anonymous sender wrote is ever stored.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import orjson

from hub.access_log.entry import security_summary
from hub.access_log.leaf import instant
from hub.access_log.writer import AccessLog, Appended

_KINDS = 64  # distinct kinds counted in a period; the rest count as OTHER
_OTHER = "OTHER"


class SecurityLog:
    """Counts and samples. The file and the `keep` files before it hold at most `largest` bytes each."""

    def __init__(self, path: Path, *, clock: Callable[[], datetime], largest: int = 1_000_000, keep: int = 3, sample: int = 1000) -> None:
        """`sample`: lines kept between two flushes; beyond them events are only counted."""
        self._path = path
        self._clock = clock
        self._largest = largest
        self._keep = keep
        self._lines: deque[bytes] = deque()
        self._sample = sample
        self._counts: Counter[str] = Counter()
        self._since = clock()

    def note(self, kind: str, *, address: str = "") -> None:
        """Something nameless of `kind` (a word of ours: TOKEN_MISSING, MALFORMED …) came from a class of `address`."""
        kind = kind if kind in self._counts or len(self._counts) < _KINDS else _OTHER
        self._counts[kind] += 1
        if len(self._lines) < self._sample:
            self._lines.append(orjson.dumps({"at": instant(self._clock()), "kind": kind, "address": address}) + b"\n")

    async def flush(self) -> None:
        """Write the sampled lines to the file, rotating it when it is full."""
        lines, self._lines = b"".join(self._lines), deque()
        if lines:
            await asyncio.to_thread(self._write, lines)

    async def summarise(self, log: AccessLog) -> Appended | None:
        """Append the counts since the last summary as one entry; None when nothing came. Counts survive a log that is down."""
        await self.flush()
        if not self._counts:
            return None
        counts, since = self._counts, self._since
        self._counts, self._since = Counter(), self._clock()
        try:
            return await log.append(security_summary(at=self._clock(), counts=counts, since=since))
        except BaseException:
            self._counts.update(counts)
            self._since = since
            raise

    def _write(self, lines: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._path.exists() and self._path.stat().st_size + len(lines) > self._largest:
            for number in range(self._keep, 0, -1):
                older = self._numbered(number - 1)
                if older.exists():
                    older.replace(self._numbered(number))
        with self._path.open("ab") as file:
            file.write(lines[: self._largest])

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}") if number else self._path
