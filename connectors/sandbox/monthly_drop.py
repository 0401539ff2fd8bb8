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
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import openpyxl

from connectors.sandbox.controls import Controls, Journal
from connectors.sandbox.population import Population

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """What one department's files are: names, columns, how a table becomes bytes, and a row nobody should write."""

    dataset: str
    end: str
    header: tuple[str, ...]
    rows: Callable[[Population], Iterable[Row]]
    written: Callable[[Sequence[Row]], bytes]
    wrong: Callable[[Row], Row]


def comma_separated(encoding: str) -> Callable[[Sequence[Row]], bytes]:
    """RFC 4180 lines in an encoding."""

    def written(table: Sequence[Row]) -> bytes:
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerows(table)
        return text.getvalue().encode(encoding)

    return written


def workbook(title: str) -> Callable[[Sequence[Row]], bytes]:
    """A workbook of one sheet."""

    def written(table: Sequence[Row]) -> bytes:
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet(title)
        for row in table:
            sheet.append(row)
        made = io.BytesIO()
        book.save(made)
        return made.getvalue()

    return written


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
        rows = [row for number, row in enumerate(self.form.rows(self.population)) if not leave_out or number % leave_out]
        data = _bytes(self.form, rows, fault)
        self.directory.mkdir(parents=True, exist_ok=True)
        path = self.directory / f"{self.form.dataset}_{month}.{self.form.end}"
        digest = hashlib.sha256(data).hexdigest() if fault != "checksum" else "0" * 64
        if fault == "half":
            data = data[: len(data) // 2]
        _place(path, data)
        _place(path.with_name(path.name + ".sha256"), f"{digest}  {path.name}\n".encode())
        if fault != "late":
            _place(path.with_name(path.name + ".done"), f"rows={len(rows)}\nasof={_last_day(month)}T22:00:00+08:00\n".encode())

    def month(self, back: int) -> str:
        """"YYYYMM", so many months before the current one."""
        return self.population.setting.month(back).replace("-", "")

    def _fill(self) -> None:
        self.drop(self.month(2), leave_out=50)
        self.drop(self.month(1))

    def _remove(self, month: str) -> None:
        for suffix in (".done", ".sha256", ""):
            (self.directory / f"{self.form.dataset}_{month}.{self.form.end}{suffix}").unlink(missing_ok=True)


def _bytes(form: Form, rows: list[Row], fault: str | None) -> bytes:
    header: Row = form.header
    match fault:
        case "nothing":
            return b""
        case "html":
            return "<!DOCTYPE html><html><body>系统维护</body></html>".encode("gb18030")
        case "huge":
            return ",".join(form.header).encode() + b"\r\n" + (b"x" * 1023 + b"\n") * 1024 * 50
        case "types":
            rows = [form.wrong(row) for row in rows]
        case "extra_people":
            rows = [*rows, ("不是证件号", *("" for _ in form.header[1:]))]
        case "renamed":
            header = tuple(name.upper() + "_NEW" for name in form.header)
        case "extra_fields":
            header, rows = (*form.header, "lxdh"), [(*row, "13800000000") for row in rows]
    return form.written([header, *rows])


def _place(path: Path, data: bytes) -> None:
    """Write beside and rename, so that the file is there whole or not at all."""
    beside = path.with_name("." + path.name + ".part")
    beside.write_bytes(data)
    beside.replace(path)


def _last_day(month: str) -> date:
    year, number = int(month[:4]), int(month[4:])
    return date(year, number, calendar.monthrange(year, number)[1])
