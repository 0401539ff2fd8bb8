"""残联: its monthly CSV drop (docs/contracts/CL.md)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from connectors.sandbox.monthly_drop import Form, MonthlyDrop, Row, comma_separated
from connectors.sandbox.people import Record
from connectors.sandbox.population import Population

HEADER = ("cjrzh", "xm", "yxqz", "kfjz", "zt")
_REHAB = {True: "是", False: "否", None: ""}


class DisabledFederation(MonthlyDrop):
    """The federation's front-end machine."""

    def __init__(self, population: Population, *, directory: Path) -> None:
        super().__init__(population, FORM, directory=directory)


def _rows(population: Population) -> Iterator[Row]:
    for person in population.people():
        for record in population.records("disability", person):
            yield _line(person.id_number, person.name, person.index, record)


def _line(id_number: str, name: str, index: int, record: Record) -> Row:
    reissued = "B1" if index % 17 == 3 else ""
    to = record["validTo"]
    return (
        f"{id_number}{record['category']}{record['grade']}{reissued}", name, f"{to:%Y/%m/%d}" if isinstance(to, date) else "",
        _REHAB[None if record["rehabSubsidy"] is None else bool(record["rehabSubsidy"])], "1" if record["hasCertificate"] else "3",
    )


FORM = Form("cjr", "csv", HEADER, _rows, comma_separated("gb18030"), lambda row: (f"{row[0]}"[:18] + "九级", row[1], "明年", "大概", "好"))
