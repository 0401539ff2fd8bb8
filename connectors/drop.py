"""One monthly drop on a front-end machine (前置机): found, verified whole, then read where it lies, a line at a time.

Rules of this file:
- A month counts when its `.done` is there, its checksum is right, its header is the contract's, and every line is one person's.
  A drop with one bad line is refused whole: leaving the line out would say "no record" of somebody.
- Held are the open file and, per person, where the line stands. No line is kept, nothing is copied.
- A file that changed under us is no longer the file that was verified; it is not read again before it is verified again.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_DONE = re.compile(r"rows=(\d{1,9})\r?\nasof=(\S{10,40})\r?\n?", re.ASCII)
_CHECKSUM = re.compile(r"([0-9a-f]{64})  (\S+)\r?\n?", re.ASCII)
_PERSON = re.compile(r"\d{17}[\dX]", re.ASCII)
_LENGTH_BITS = 16
_LINE_LIMIT = 1 << _LENGTH_BITS

Stamp = tuple[int, int, int]
"""Inode, size and modification time: what tells one state of a file from another."""


class DropRefused(ValueError):
    """A drop that may not be served; the text says which rule it broke, and quotes no line."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the contract says of the files: names begin with `dataset`, `subject` is the column whose first `subject_end`
    characters are the ID number.
    """

    dataset: str
    header: tuple[str, ...]
    encoding: str
    subject: str
    subject_end: int
    max_bytes: int


class Drop:
    """A verified drop, open for reading; `as_of` is the department's own statement."""

    def __init__(self, path: Path, layout: Layout) -> None:
        """Blocks while the whole file is verified: call it off the loop. Raises DropRefused and OSError."""
        self.path = path
        self._layout = layout
        self._file = path.open("rb", buffering=1 << 20)
        try:
            self.stamp = stamp(os.fstat(self._file.fileno()))
            self.as_of, self._lines = self._verified()
        except BaseException:
            self._file.close()
            raise

    def _verified(self) -> tuple[str, dict[str, int]]:
        done = _DONE.fullmatch(_sidecar(self.path, ".done"))
        checksum = _CHECKSUM.fullmatch(_sidecar(self.path, ".sha256"))
        if done is None or checksum is None or checksum[2] != self.path.name:
            raise DropRefused("marker or checksum file unreadable")
        if self.stamp[1] > self._layout.max_bytes:
            raise DropRefused("larger than a drop may be")
        digest = hashlib.sha256()
        lines = self._indexed(digest)
        if digest.hexdigest() != checksum[1]:
            raise DropRefused("checksum wrong")
        if len(lines) != int(done[1]):
            raise DropRefused("another number of rows than its marker says")
        if stamp(os.fstat(self._file.fileno())) != self.stamp:
            raise DropRefused("changed while it was read")
        return done[2], lines

    def _indexed(self, digest: hashlib._Hash) -> dict[str, int]:
        records = self._records(digest)
        if next(records, None) != (0, list(self._layout.header)):
            raise DropRefused("header wrong")
        column, end = self._layout.header.index(self._layout.subject), self._layout.subject_end
        lines: dict[str, int] = {}
        for place, fields in records:
            if len(fields) != len(self._layout.header) or not _PERSON.fullmatch(fields[column][:end]):
                raise DropRefused("a line of another shape")
            if fields[column][:end] in lines:
                raise DropRefused("a person twice")
            lines[fields[column][:end]] = place
        return lines

    def _records(self, digest: hashlib._Hash) -> Iterator[tuple[int, list[str]]]:
        """Each record with its place, offset and length in one number; the header's place is told as 0.

        A quote, a comma and a line end are never the second byte of a GB18030 character, so bytes may be counted.
        """
        offset, pending = 0, b""
        for line in self._file:
            digest.update(line)
            pending += line
            if pending.count(b'"') % 2 == 0:
                if len(pending) >= _LINE_LIMIT:
                    raise DropRefused("a line too long")
                yield offset << _LENGTH_BITS | len(pending) if offset else 0, self._fields(pending)
                offset, pending = offset + len(pending), b""
        if pending:
            raise DropRefused("ends within a line")

    def _fields(self, line: bytes) -> list[str]:
        try:
            text = line.decode(self._layout.encoding)
        except UnicodeDecodeError:
            raise DropRefused("not the encoding agreed") from None
        if '"' not in text:
            return text.rstrip("\r\n").split(",")
        return next(csv.reader([text], strict=True))

    def unchanged(self) -> bool:
        """Whether the open file is still the one verified."""
        return stamp(os.fstat(self._file.fileno())) == self.stamp

    def line(self, id_number: str) -> Sequence[str] | None:
        """The fields of one person's line, or None. Raises DropRefused if the file is not what was verified."""
        place = self._lines.get(id_number)
        if place is None:
            return None
        fields = self._fields(os.pread(self._file.fileno(), place & (_LINE_LIMIT - 1), place >> _LENGTH_BITS))
        column = self._layout.header.index(self._layout.subject)
        if len(fields) != len(self._layout.header) or fields[column][:self._layout.subject_end] != id_number:
            raise DropRefused("changed since it was verified")
        return fields

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def stamp(status: os.stat_result) -> Stamp:
    """What tells this state of a file from another."""
    return status.st_ino, status.st_size, status.st_mtime_ns


def states(path: Path) -> tuple[Stamp, ...]:
    """What tells the state of a drop and of the files beside it; a file that is not there has none."""
    beside = (path, path.with_name(f"{path.name}.sha256"), path.with_name(f"{path.name}.done"))
    return tuple(stamp(one.stat()) if one.exists() else (0, 0, 0) for one in beside)


def complete(directory: Path, dataset: str) -> list[Path]:
    """The months whose marker is there, newest first."""
    name = re.compile(re.escape(dataset) + r"_\d{4}(0[1-9]|1[0-2])\.csv", re.ASCII)
    return sorted(
        (path for path in directory.iterdir() if name.fullmatch(path.name) and path.with_name(f"{path.name}.done").exists()),
        key=lambda path: path.name, reverse=True,
    )


def _sidecar(path: Path, suffix: str) -> str:
    beside = path.with_name(path.name + suffix)
    if not beside.exists():
        raise DropRefused(f"without its {suffix} file")
    if beside.stat().st_size > 4096:
        raise DropRefused("marker or checksum file unreadable")
    return beside.read_text("ascii", errors="replace")
