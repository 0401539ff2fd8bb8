"""One monthly drop on a front-end machine (前置机): found, and verified whole before anything of it is told.

Rules of this file:
- A month counts when its `.done` is there, its checksum is right, its header is the contract's, and every line is one person's.
  A drop with one bad line is refused whole: leaving the line out would say "no record" of somebody.
- A file that changed under us is no longer the file that was verified; it is not read again before it is verified again.
- How lines are written is the work of `connectors.comma_drop` and `connectors.workbook_drop`.
"""

from __future__ import annotations

import abc
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import BufferedReader, FileIO
from pathlib import Path

_DONE = re.compile(r"rows=(\d{1,9})\r?\nasof=(\S{10,40})\r?\n?", re.ASCII)
_CHECKSUM = re.compile(r"([0-9a-f]{64})  (\S+)\r?\n?", re.ASCII)
_PERSON = re.compile(r"\d{17}[\dX]", re.ASCII)
_NAMES = {"csv": "csv", "xlsx": "xls[xmb]?"}  # a workbook of another kind is told apart from no workbook
SIDECARS = (".sha256", ".done")
"""What stands beside a drop, in the order a department writes it."""
SIDECAR_LIMIT = 4096
LINES_LIMIT = 500
"""Most lines one person may have: more is no answer about a person."""

Stamp = tuple[int, int, int]
"""Inode, size and modification time: what tells one state of a file from another."""


class DropRefused(ValueError):
    """A drop that may not be served; the text says which rule it broke, and quotes no line."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the contract says of the files: names begin with `dataset`, `subject` is the column whose first `subject_end`
    characters are the ID number. `form` is csv (in `encoding`) or xlsx; `many` lets a person have several lines.
    """

    dataset: str
    header: tuple[str, ...]
    encoding: str
    subject: str
    subject_end: int
    max_bytes: int
    form: str = "csv"
    many: bool = False

    def person(self, fields: Sequence[str]) -> str:
        """Whose line it is. Raises DropRefused for a line of another shape."""
        number = fields[self.header.index(self.subject)][:self.subject_end] if len(fields) == len(self.header) else ""
        if not _PERSON.fullmatch(number):
            raise DropRefused("a line of another shape")
        return number


class Drop(abc.ABC):
    """A verified drop, open for reading; `as_of` is the department's own statement."""

    def __init__(self, path: Path, layout: Layout) -> None:
        """Blocks while the whole file is verified: call it off the loop. Raises DropRefused and OSError."""
        self.path = path
        self.layout = layout
        self._file = BufferedReader(FileIO(path), 1 << 20)
        try:
            self.stamp = stamp(os.fstat(self._file.fileno()))
            self.as_of = self._verified()
        except BaseException:
            self._file.close()
            raise

    def _verified(self) -> str:
        done = _DONE.fullmatch(_sidecar(self.path, ".done"))
        checksum = _CHECKSUM.fullmatch(_sidecar(self.path, ".sha256"))
        if done is None or checksum is None or checksum[2] != self.path.name:
            raise DropRefused("marker or checksum file unreadable")
        if self.stamp[1] > self.layout.max_bytes:
            raise DropRefused("larger than a drop may be")
        digest, rows = self.read(self._file, int(done[1]), checksum[1])
        if digest != checksum[1]:
            raise DropRefused("checksum wrong")
        if rows != int(done[1]):
            raise DropRefused("another number of rows than its marker says")
        if stamp(os.fstat(self._file.fileno())) != self.stamp:
            raise DropRefused("changed while it was read")
        return done[2]

    @abc.abstractmethod
    def read(self, file: BufferedReader[FileIO], rows: int, checksum: str) -> tuple[str, int]:
        """Read the whole file; its SHA-256 and how many lines it has. `rows` and `checksum` are what stands beside it. Raises DropRefused."""

    @abc.abstractmethod
    def lines(self, id_number: str) -> Sequence[Sequence[str]]:
        """The fields of one person's lines. Raises DropRefused if the file is not what was verified."""

    def unchanged(self) -> bool:
        """Whether the open file is still the one verified."""
        return stamp(os.fstat(self._file.fileno())) == self.stamp

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def stamp(status: os.stat_result) -> Stamp:
    """What tells this state of a file from another."""
    return status.st_ino, status.st_size, status.st_mtime_ns


def states(path: Path) -> tuple[Stamp, ...]:
    """What tells the state of a drop and of the files beside it; a file that is not there has none."""
    beside = (path, *(path.with_name(path.name + suffix) for suffix in SIDECARS))
    return tuple(stamp(one.stat()) if one.exists() else (0, 0, 0) for one in beside)


def months(names: Sequence[str], layout: Layout) -> list[str]:
    """Of the names in a directory, the months whose marker is there, newest first."""
    name = re.compile(re.escape(layout.dataset) + r"_\d{4}(0[1-9]|1[0-2])\." + _NAMES[layout.form], re.ASCII)
    lying = set(names)
    return sorted((one for one in lying if name.fullmatch(one) and f"{one}.done" in lying), reverse=True)


def complete(directory: Path, layout: Layout) -> list[Path]:
    """The months in a directory whose marker is there, newest first."""
    return [directory / name for name in months([path.name for path in directory.iterdir()], layout)]


def _sidecar(path: Path, suffix: str) -> str:
    beside = path.with_name(path.name + suffix)
    if not beside.exists():
        raise DropRefused(f"without its {suffix} file")
    if beside.stat().st_size > SIDECAR_LIMIT:
        raise DropRefused("marker or checksum file unreadable")
    return beside.read_text("ascii", errors="replace")
