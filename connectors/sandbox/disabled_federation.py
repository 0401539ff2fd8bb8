"""残联: writes its monthly CSV drop with checksum and done marker (docs/contracts/CL.md).

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
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from connectors.sandbox.controls import Controls, Journal
from connectors.sandbox.people import Record
from connectors.sandbox.population import Population

HEADER = ("cjrzh", "xm", "yxqz", "kfjz", "zt")
_REHAB = {True: "是", False: "否", None: ""}


class DisabledFederation:
    """The federation's front-end machine: a directory it drops files into."""

    def __init__(self, population: Population, *, directory: Path) -> None:
        self.population, self.directory, self.journal, self.controls = population, directory, Journal(), Controls()

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
        month = self._month(0)
        await asyncio.to_thread(self._remove, month)
        fault = mood.lie or ("checksum" if mood.fail is not None else "late" if mood.slow else None)
        if fault is not None:
            await asyncio.to_thread(self.drop, month, fault=fault)

    def drop(self, month: str, *, leave_out: int = 0, fault: str | None = None) -> None:
        """Write one month ("202610"), blocking; every `leave_out`-th row is not yet in it."""
        rows = [row for number, row in enumerate(self._rows()) if not leave_out or number % leave_out]
        data, count = _csv(rows, fault), len(rows)
        self.directory.mkdir(parents=True, exist_ok=True)
        path = self.directory / f"cjr_{month}.csv"
        digest = hashlib.sha256(data).hexdigest() if fault != "checksum" else "0" * 64
        if fault == "half":
            data = data[: len(data) // 2]
        _place(path, data)
        _place(path.with_suffix(".csv.sha256"), f"{digest}  {path.name}\n".encode())
        if fault != "late":
            _place(path.with_suffix(".csv.done"), f"rows={count}\nasof={_last_day(month)}T22:00:00+08:00\n".encode())

    def _fill(self) -> None:
        self.drop(self._month(2), leave_out=50)
        self.drop(self._month(1))

    def _month(self, back: int) -> str:
        return self.population.setting.month(back).replace("-", "")

    def _remove(self, month: str) -> None:
        for suffix in (".csv.done", ".csv.sha256", ".csv"):
            (self.directory / f"cjr_{month}{suffix}").unlink(missing_ok=True)

    def _rows(self) -> Iterator[tuple[str, ...]]:
        for person in self.population.people():
            for record in self.population.records("disability", person):
                yield _line(person.id_number, person.name, person.index, record)


def _line(id_number: str, name: str, index: int, record: Record) -> tuple[str, ...]:
    reissued = "B1" if index % 17 == 3 else ""
    to = record["validTo"]
    return (
        f"{id_number}{record['category']}{record['grade']}{reissued}", name, f"{to:%Y/%m/%d}" if isinstance(to, date) else "",
        _REHAB[None if record["rehabSubsidy"] is None else bool(record["rehabSubsidy"])], "1" if record["hasCertificate"] else "3",
    )


def _csv(rows: list[tuple[str, ...]], fault: str | None) -> bytes:
    match fault:
        case "nothing":
            return b""
        case "html":
            return "<!DOCTYPE html><html><body>系统维护</body></html>".encode("gb18030")
        case "huge":
            return (",".join(HEADER) + "\r\n").encode() + (b"x" * 1023 + b"\n") * 1024 * 50
        case "types":
            rows = [(number[:18] + "九级", name, "明年", "大概", "好") for number, name, *_ in rows]
        case "extra_people":
            rows = [*rows, ("不是证件号", "无名氏", "", "", "1")]
    header: tuple[str, ...] = HEADER
    if fault == "renamed":
        header = tuple(name.upper() + "_NEW" for name in HEADER)
    elif fault == "extra_fields":
        header, rows = (*HEADER, "lxdh"), [(*row, "13800000000") for row in rows]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode("gb18030")


def _place(path: Path, data: bytes) -> None:
    """Write beside and rename, so that the file is there whole or not at all."""
    beside = path.with_name("." + path.name + ".part")
    beside.write_bytes(data)
    beside.replace(path)


def _last_day(month: str) -> date:
    year, number = int(month[:4]), int(month[4:])
    return date(year, number, calendar.monthrange(year, number)[1])
