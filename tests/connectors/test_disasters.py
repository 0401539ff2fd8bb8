"""The emergency-management bureau's workbook through its connector: a bad newer one is named and the last good month goes on counting."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from connectors.files import FilesConnector
from connectors.interface import DepartmentUnavailable
from connectors.manifest import parse
from connectors.sandbox.emergency_management import HEADER
from tests.conftest import FakeClock
from tests.connectors.asking import ask, column, household
from tests.connectors.conftest import POPULATION
from tests.connectors.shipped import SETTINGS
from tests.connectors.test_workbook import LAUGHS, SHEET
from tests.connectors.workbooks import part, place, reshaped, workbook

YJ = Path("connectors/manifests/YJ.toml").read_text(encoding="utf-8")
PEOPLE = household(POPULATION, "disaster")[:2]
ASKED = ask("disaster", PEOPLE, (column("disaster", "eventCode"), column("disaster", "loss", "yuan"), column("disaster", "houseDamage")))


def row(code: str, loss: object, damage: str = "倒塌", number: object = PEOPLE[0].id_number) -> tuple[object, ...]:
    return (number, "甲", code, damage, loss, 1000, "是", "在建")


FIRST, SECOND = row("E1", 1.25), row("E2", 0.3, "一般损坏")
GOOD, NEWER = workbook([HEADER, FIRST, SECOND]), workbook([HEADER, FIRST])
OLD = (("E1", "12500.00", "COLLAPSED"), ("E2", "3000.00", "SLIGHT"))


def connector(directory: Path) -> FilesConnector:
    return FilesConnector(parse("YJ.toml", YJ, {**SETTINGS, "YJ_DIRECTORY": str(directory)}), clock=FakeClock(), copies=directory / "copies")


@pytest.mark.parametrize(("data", "placed", "why"), [
    (workbook([HEADER, row("E9", "=1+1")]), {}, "holds a formula"),
    (reshaped(NEWER, {"xl/vbaProject.bin": b"x"}), {}, "holds a macro"),
    (NEWER, {"end": "xlsm"}, "a workbook of a kind that may hold macros"),
    (reshaped(NEWER, {"xl/externalLinks/externalLink1.xml": b"<a/>"}), {}, "refers to another file"),
    (reshaped(NEWER, {"xl/media/bomb.xml": b"<a>" + b"0" * 60_000_000}), {}, "unpacks to more than a drop may be"),
    (reshaped(NEWER, {SHEET: LAUGHS + part(NEWER, SHEET)}), {}, "declares a document type or entities"),
    (workbook([("证件号", *HEADER[1:]), FIRST]), {}, "header wrong"),
    (NEWER[: len(NEWER) // 2], {}, "not a readable workbook: BadZipFile"),
    (NEWER[: len(NEWER) // 2], {"digest": "0" * 64}, "checksum wrong"),
    (NEWER, {"checksum": False}, "without its .sha256 file"), (NEWER, {"done": False}, None),
    (workbook([HEADER, row("E9", 1, number=int(PEOPLE[0].id_number))]), {}, "a number of more digits than a workbook keeps"),
], ids=lambda value: value if isinstance(value, str) else "")
async def test_a_bad_newer_workbook_is_named_and_the_last_good_one_told_with_its_date(tmp_path, data, placed, why, caplog):
    place(tmp_path, GOOD, rows=2)
    reader = connector(tmp_path)
    before = await reader.fetch(ASKED)
    assert (before["s0"].rows, before["s0"].as_of, before["s1"].status) == (OLD, "2026-10-31T18:00:00+08:00", "NO_RECORD")
    with caplog.at_level(logging.WARNING):
        place(tmp_path, data, month="202611", rows=1, as_of="2026-11-30T18:00:00+08:00", **placed)
        assert await reader.fetch(ASKED) == before
        assert await reader.fetch(ASKED) == before
    said = [line.getMessage() for line in caplog.records]
    assert len(said) == (why is not None), "once a state of the file, and nothing of a month that is not finished"
    assert why is None or why in said[0]
    assert PEOPLE[0].id_number not in caplog.text
    for path in tmp_path.glob("szry_202611*"):
        path.unlink()
    place(tmp_path, NEWER, month="202611", rows=1, as_of="2026-11-30T18:00:00+08:00")
    mended = await reader.fetch(ASKED)
    assert (mended["s0"].rows, mended["s0"].as_of) == (OLD[:1], "2026-11-30T18:00:00+08:00")
    await reader.close()


async def test_with_no_good_workbook_there_is_no_answer(tmp_path):
    place(tmp_path, workbook([HEADER, row("E9", "=1+1")]), rows=1)
    reader = connector(tmp_path)
    with pytest.raises(DepartmentUnavailable, match="YJ: no complete and valid drop lies there"):
        await reader.fetch(ASKED)
    await reader.close()


async def test_one_unreadable_cell_is_an_error_of_its_person_alone(tmp_path):
    other = household(POPULATION, "disaster")[2]
    place(tmp_path, workbook([HEADER, row("E1", "不少"), row("E1", 2, number=other.id_number)]), rows=2)
    reader = connector(tmp_path)
    told = await reader.fetch(ask("disaster", [PEOPLE[0], other], (column("disaster", "loss", "yuan"),)))
    assert [records.status for records in told.values()] == ["SOURCE_ERROR", "MATCHED"]
    await reader.close()


async def test_the_loop_goes_on_while_a_workbook_is_read(tmp_path):
    rows = [row(f"E{n}", n, number=f"5099011985{n:07d}X") for n in range(3000)]
    place(tmp_path, workbook([HEADER, *rows]), rows=3000)
    reader, turns = connector(tmp_path), 0
    asking = asyncio.ensure_future(reader.fetch(ASKED))
    while not asking.done():
        turns += 1
        await asyncio.sleep(0.002)
    assert asking.result()["s0"].status == "NO_RECORD"
    assert turns > 10
    await reader.close()
