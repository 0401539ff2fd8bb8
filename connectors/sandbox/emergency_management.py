"""应急管理局: its monthly workbook of people who suffered a disaster (docs/contracts/YJ.md)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from connectors.sandbox.monthly_drop import Form, MonthlyDrop, Row, workbook
from connectors.sandbox.people import Record, Value
from connectors.sandbox.population import Population

HEADER = ("身份证号", "姓名", "灾害编号", "房屋损毁", "损失金额", "救助金额", "冬春救助", "重建状态")
_DAMAGE = {"COLLAPSED": "倒塌", "SEVERE": "严重损坏", "SLIGHT": "一般损坏", "NONE": "无"}
_REBUILD = {"PLANNED": "拟建", "BUILDING": "在建", "DONE": "竣工"}


class EmergencyManagement(MonthlyDrop):
    """The bureau's front-end machine."""

    def __init__(self, population: Population, *, directory: Path) -> None:
        super().__init__(population, FORM, directory=directory)


def _rows(population: Population) -> Iterator[Row]:
    for person in population.people():
        for record in population.records("disaster", person):
            yield _line(person.id_number, person.name, record)


def _line(id_number: str, name: str, record: Record) -> Row:
    return (
        id_number, name, record["eventCode"], _DAMAGE[str(record["houseDamage"])], _wan(record["lossBand"]), record["reliefPaid"],
        "是" if record["winterRelief"] else "否", _REBUILD.get(str(record["rebuildStatus"])),
    )


def _wan(yuan: Value) -> Value:
    """万元, as the bureau counts losses."""
    return yuan / 10_000 if isinstance(yuan, Decimal) else yuan


FORM = Form("szry", "xlsx", HEADER, _rows, workbook("受灾人员"), lambda row: (*row[:3], "很严重", "不少", "一些", "也许", "快了"))
