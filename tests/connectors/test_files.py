"""The monthly drop: served only if all of it is right, read where it lies, and the last good one while a newer one is not."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
from pathlib import Path

import pytest

from connectors.comma_drop import CommaDrop
from connectors.drop import LINES_LIMIT, DropRefused, Layout
from connectors.files import FilesConnector
from connectors.interface import DepartmentUnavailable
from connectors.manifest import parse
from tests.conftest import FakeClock
from tests.connectors.asking import ask, column, columns, household
from tests.connectors.shipped import SETTINGS

LAYOUT = Layout("cjr", ("cjrzh", "xm", "yxqz", "kfjz", "zt"), "gb18030", "cjrzh", 18, 1_000_000)
PERSON, OTHER = "50990119850101001X", "509901198501010028"
ROWS = [f'{PERSON}42,"张,三",2031/06/30,是,1', f"{OTHER}53B1,丂,,,3"]


def write(directory: Path, rows=ROWS, month="202610", *, header="cjrzh,xm,yxqz,kfjz,zt", count=None, digest=None, done=True, encoding="gb18030"):
    path = directory / f"cjr_{month}.csv"
    data = ("\r\n".join([header, *rows]) + "\r\n").encode(encoding)
    path.write_bytes(data)
    path.with_name(path.name + ".sha256").write_text(f"{digest or hashlib.sha256(data).hexdigest()}  {path.name}\n")
    if done:
        path.with_name(path.name + ".done").write_text(f"rows={len(rows) if count is None else count}\nasof=2026-10-31T22:00:00+08:00\n")
    return path


def connector(directory: Path) -> FilesConnector:
    text = Path("connectors/manifests/CL.toml").read_text(encoding="utf-8")
    return FilesConnector(parse("CL.toml", text, {**SETTINGS, "CL_DIRECTORY": str(directory)}), clock=FakeClock(), copies=directory / "copies")


def test_a_line_is_found_by_its_person_quotes_and_two_byte_characters_included(tmp_path):
    drop = CommaDrop(write(tmp_path), LAYOUT)
    assert drop.lines(PERSON) == [[f"{PERSON}42", "张,三", "2031/06/30", "是", "1"]]
    assert drop.lines(OTHER) == [[f"{OTHER}53B1", "丂", "", "", "3"]]
    assert drop.lines("509901198501010036") == []
    drop.close()


def test_several_lines_of_a_person_are_read_in_their_order_where_the_contract_lets_them_be(tmp_path):
    rows = [f"{PERSON}42,一,,,1", f"{OTHER}53,李,,,1", f"{PERSON}42,二,,,1", f"{PERSON}42,三,,,1"]
    drop = CommaDrop(write(tmp_path, rows), dataclasses.replace(LAYOUT, many=True))
    assert [line[1] for line in drop.lines(PERSON)] == ["一", "二", "三"]
    assert [line[1] for line in drop.lines(OTHER)] == ["李"]
    drop.close()
    path = write(tmp_path, [f"{PERSON}42,{number},,,1" for number in range(LINES_LIMIT + 1)])
    with pytest.raises(DropRefused, match="more lines of one person than there can be"):
        CommaDrop(path, dataclasses.replace(LAYOUT, many=True, max_bytes=10_000_000))


def test_a_quoted_line_end_is_part_of_its_line(tmp_path):
    drop = CommaDrop(write(tmp_path, [f'{PERSON}42,"张\r\n三",,,1', f"{OTHER}53,李,,,1"]), LAYOUT)
    assert drop.lines(PERSON)[0][1] == "张\r\n三"
    assert drop.lines(OTHER)[0][1] == "李"
    drop.close()


@pytest.mark.parametrize(("changes", "why"), [
    ({"digest": "0" * 64}, "checksum wrong"), ({"digest": "xyz"}, "marker or checksum file unreadable"),
    ({"header": "cjrzh,xm,yxqz,kfjz,zt,lxdh"}, "header wrong"), ({"header": "xm,cjrzh,yxqz,kfjz,zt"}, "header wrong"),
    ({"count": 3}, "another number of rows than its marker says"), ({"rows": [*ROWS, ROWS[0]]}, "a person twice"),
    ({"rows": [ROWS[0] + ",more"]}, "a line of another shape"), ({"rows": ["无名氏,,,,1"]}, "a line of another shape"),
    ({"rows": [f'{PERSON}42,"张,,,1']}, "ends within a line"), ({"encoding": "utf-8"}, "not the encoding agreed"),
    ({"rows": [f"{PERSON}42,{'张' * 40_000},,,1"]}, "a line too long"), ({"rows": [], "header": ""}, "header wrong"),
])
def test_a_drop_with_one_thing_wrong_is_refused_whole(tmp_path, changes, why):
    path = write(tmp_path, **changes)
    with pytest.raises(DropRefused) as caught:
        CommaDrop(path, LAYOUT)
    assert str(caught.value) == why


def test_a_drop_larger_than_agreed_is_refused_unread(tmp_path):
    with pytest.raises(DropRefused, match="larger than a drop may be"):
        CommaDrop(write(tmp_path, [f"{PERSON}42,{'x' * 900},,,1"]), Layout("cjr", LAYOUT.header, "gb18030", "cjrzh", 18, 500))


@pytest.mark.parametrize("changes", [{"digest": "0" * 64}, {"header": "CJRZH,xm,yxqz,kfjz,zt"}, {"done": False}])
async def test_a_bad_newer_drop_leaves_the_last_good_one_counting_with_its_own_date(tmp_path, population, changes):
    people = household(population, "disability")
    write(tmp_path, [f"{people[0].id_number}42,甲,2031/06/30,是,1"], "202610")
    reader = connector(tmp_path)
    asked = ask("disability", people[:2], (column("disability", "grade"),))
    before = await reader.fetch(asked)
    write(tmp_path, [f"{people[0].id_number}41,甲,2031/06/30,是,1"], "202611", **changes)
    assert await reader.fetch(asked) == before
    assert before["s0"].rows == (("2",),)
    assert before["s0"].as_of == "2026-10-31T22:00:00+08:00"
    assert before["s1"].status == "NO_RECORD"
    write(tmp_path, [f"{people[0].id_number}41,甲,2031/06/30,是,1"], "202611")
    assert (await reader.fetch(asked))["s0"].rows == (("1",),)
    await reader.close()


async def test_a_drop_overwritten_in_place_is_verified_again_before_it_is_read(tmp_path, population):
    people = household(population, "disability")[:1]
    write(tmp_path, [f"{people[0].id_number}42,甲,,,1"], "202609")
    newer = write(tmp_path, [f"{people[0].id_number}43,甲,,,1"], "202610")
    reader = connector(tmp_path)
    asked = ask("disability", people, (column("disability", "grade"),))
    assert (await reader.fetch(asked))["s0"].rows == (("3",),)
    newer.write_bytes(newer.read_bytes().replace(b"43,", b"41,"))  # same length, checksum no longer right
    assert (await reader.fetch(asked))["s0"].rows == (("2",),)
    await reader.close()


async def test_a_withdrawn_drop_is_served_no_longer(tmp_path, population):
    people = household(population, "disability")[:1]
    write(tmp_path, [f"{people[0].id_number}42,甲,,,1"])
    reader = connector(tmp_path)
    assert (await reader.fetch(ask("disability", people)))["s0"].status == "MATCHED"
    for path in list(tmp_path.iterdir()):
        path.unlink()
    with pytest.raises(DepartmentUnavailable, match="CL: no complete and valid drop lies there"):
        await reader.fetch(ask("disability", people))
    await reader.close()


async def test_a_directory_that_is_not_there_is_unavailable(tmp_path, population):
    with pytest.raises(DepartmentUnavailable, match="CL: drop directory, FileNotFoundError"):
        await connector(tmp_path / "nowhere").fetch(ask("disability", household(population, "disability")))


async def test_nothing_is_written_beside_the_drop(tmp_path, population):
    people = household(population, "disability")
    write(tmp_path, [f"{people[0].id_number}42,甲,,,1"])
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    reader = connector(tmp_path)
    await reader.fetch(ask("disability", people, columns("disability")))
    await reader.close()
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


async def test_one_unreadable_value_is_an_error_of_its_person_alone(tmp_path, population):
    people = household(population, "disability")
    write(tmp_path, [f"{people[0].id_number}42,甲,明年,是,1", f"{people[2].id_number}42,乙,2031/06/30,是,1"])
    reader = connector(tmp_path)
    told = await reader.fetch(ask("disability", people[:4], (column("disability", "validTo"),)))
    assert [records.status for records in told.values()] == ["SOURCE_ERROR", "NO_RECORD", "MATCHED", "NO_RECORD"]
    assert reader.batches.tally.unreadable == 1
    await reader.close()


async def test_two_questions_at_once_both_wait_for_the_first_look(tmp_path, population):
    people = household(population, "disability")
    write(tmp_path, [f"{people[0].id_number}42,张,,,1"])
    files = connector(tmp_path)
    asked = ask("disability", people)
    first, second = await asyncio.gather(files.fetch(asked), files.fetch(asked))
    assert first == second
    await files.close()
