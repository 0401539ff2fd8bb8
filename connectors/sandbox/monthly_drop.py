"""A department that leaves a file a month with checksum and done marker, and how such a file is written.

Rules of this file:
- Files appear in order and whole: data, checksum, marker; a reader that obeys the marker never sees half a file.
- Told to misbehave, it spoils the drop of the month after; the good ones stay.
"""

from __future__ import annotations

import asyncio
import calendar
import csv
import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

import openpyxl

from connectors.sandbox.controls import Controls, Journal
from connectors.sandbox.population import Population

Row = tuple[object, ...]


class Sheet(Protocol):
    """A file of rows being written."""

    def add(self, row: Row) -> None:
        """The next row."""
        ...

    def close(self) -> None:
        """The file is whole."""
        ...


@dataclass(frozen=True, slots=True)
class Form:
    """What one department's files are: names, columns, how rows are written, and a row nobody should write."""

    dataset: str
    end: str
    header: tuple[str, ...]
    rows: Callable[[Population], Iterable[Row]]
    written: Callable[[Path], Sheet]
    wrong: Callable[[Row], Row]


def comma_separated(encoding: str) -> Callable[[Path], Sheet]:
    """RFC 4180 lines in an encoding."""
    return lambda path: _Lines(path, encoding)


def workbook(title: str) -> Callable[[Path], Sheet]:
    """A workbook of one sheet."""
    return lambda path: _Workbook(path, title)


class _Lines:
    def __init__(self, path: Path, encoding: str) -> None:
        self._file = path.open("w", encoding=encoding, newline="")
        self.add = csv.writer(self._file, lineterminator="\r\n").writerow
        self.close = self._file.close


class _Workbook:
    def __init__(self, path: Path, title: str) -> None:
        self._path, self._book = path, openpyxl.Workbook(write_only=True)
        self.add = self._book.create_sheet(title).append

    def close(self) -> None:
        self._book.save(self._path)


class MonthlyDrop:
    """The front-end machine: a directory the department drops files into."""

    def __init__(self, population: Population, form: Form, *, directory: Path) -> None:
        self.population, self.form, self.directory = population, form, directory
        self.journal, self.controls = Journal(), Controls()

    @property
    def settings(self) -> dict[str, str]:
        """What the hub is given to read it."""
        return {"directory": str(self.directory)}

    async def start(self) -> None:
        """Drop the two latest complete months."""
        await asyncio.to_thread(self._fill)

    async def stop(self) -> None:
        """Nothing runs; the files stay."""

    async def control(self, settings: Mapping[str, object]) -> None:
        """Spoil or restore the current month's drop. Raises BadControl."""
        self.controls.set(settings)
        mood = self.controls.mood
        month = self.month(0)
        await asyncio.to_thread(self._remove, month)
        fault = mood.lie or ("checksum" if mood.fail is not None else "late" if mood.slow else None)
        if fault is not None:
            await asyncio.to_thread(self.drop, month, fault=fault)

    def drop(self, month: str, *, leave_out: int = 0, fault: str | None = None) -> None:
        """Write one month ("202610"), blocking; every `leave_out`-th row is not yet in it."""
        self._drop([(month, leave_out)], fault)

    def _drop(self, months: Sequence[tuple[str, int]], fault: str | None = None) -> None:
        """Several months in one walk over the people, row by row."""
        self.directory.mkdir(parents=True, exist_ok=True)
        begun = [_Month(self.form, self._path(month), leave_out, fault) for month, leave_out in months]
        for number, row in enumerate(self.form.rows(self.population)):
            for one in begun:
                one.add(number, row)
        for one, (month, _) in zip(begun, months, strict=True):
            one.place(_last_day(month))

    def _path(self, month: str) -> Path:
        return self.directory / f"{self.form.dataset}_{month}.{self.form.end}"

    def month(self, back: int) -> str:
        """"YYYYMM", so many months before the current one."""
        return self.population.setting.month(back).replace("-", "")

    def _fill(self) -> None:
        self._drop([(self.month(2), 50), (self.month(1), 0)])

    def _remove(self, month: str) -> None:
        path = self._path(month)
        for suffix in (".done", ".sha256", ""):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


class _Month:
    """One month's file on its way: written beside, then placed whole with its checksum and marker, or spoilt by `fault`."""

    def __init__(self, form: Form, path: Path, leave_out: int, fault: str | None) -> None:
        self._form, self._path, self._leave_out, self._fault = form, path, leave_out, fault
        self._beside = path.with_name("." + path.name + ".part")
        self._sheet = form.written(self._beside)
        self._rows = 0
        self._sheet.add(_SPOILT_HEADERS.get(fault or "", tuple)(form.header))

    def add(self, number: int, row: Row) -> None:
        """The department's row, unless it is one of those not in yet."""
        if not self._leave_out or number % self._leave_out:
            self._rows += 1
            self._sheet.add(self._spoilt(row))

    def _spoilt(self, row: Row) -> Row:
        if self._fault == "types":
            return self._form.wrong(row)
        return (*row, "13800000000") if self._fault == "extra_fields" else row

    def place(self, as_of: date) -> None:
        """The whole file, then its checksum, then the marker."""
        if self._fault == "extra_people":
            self._sheet.add(("不是证件号", *("" for _ in self._form.header[1:])))
        self._sheet.close()
        if (whole := _WHOLE.get(self._fault or "")) is not None:
            self._beside.write_bytes(whole(self._form))
        with self._beside.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest() if self._fault != "checksum" else "0" * 64
        if self._fault == "half":
            os.truncate(self._beside, self._beside.stat().st_size // 2)
        self._beside.replace(self._path)
        _place(self._path.with_name(self._path.name + ".sha256"), f"{digest}  {self._path.name}\n".encode())
        if self._fault != "late":
            _place(self._path.with_name(self._path.name + ".done"), f"rows={self._rows}\nasof={as_of}T22:00:00+08:00\n".encode())


_SPOILT_HEADERS: Mapping[str, Callable[[Row], Row]] = {
    "renamed": lambda header: tuple(f"{name}".upper() + "_NEW" for name in header), "extra_fields": lambda header: (*header, "lxdh"),
}
_WHOLE: Mapping[str, Callable[[Form], bytes]] = {
    "nothing": lambda _form: b"", "html": lambda _form: "<!DOCTYPE html><html><body>系统维护</body></html>".encode("gb18030"),
    "huge": lambda form: ",".join(form.header).encode() + b"\r\n" + (b"x" * 1023 + b"\n") * 1024 * 50,
}
"""What stands in place of the whole file."""


def _place(path: Path, data: bytes) -> None:
    """Write beside and rename, so that the file is there whole or not at all."""
    beside = path.with_name("." + path.name + ".part")
    beside.write_bytes(data)
    beside.replace(path)


def _last_day(month: str) -> date:
    year, number = int(month[:4]), int(month[4:])
    return date(year, number, calendar.monthrange(year, number)[1])
