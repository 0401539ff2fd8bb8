"""The monthly workbook: told cell by cell as text, refused whole for what a table of values has no need of."""

from __future__ import annotations

import gc
import tracemalloc
import zlib
from datetime import date, datetime
from decimal import Decimal

import pytest

from connectors.drop import DropRefused, Layout
from connectors.workbook_drop import WorkbookDrop
from tests.connectors.workbooks import part, place, reshaped, shared, workbook

HEADER = ("身份证号", "姓名", "灾害编号", "损失金额", "登记日期")
LAYOUT = Layout("szry", HEADER, "", "身份证号", 18, 2_000_000, "xlsx", many=True)
PERSON, OTHER = "50990119850101001X", "509901198501010028"
ROWS = [(PERSON, "张三", "50022420260701", 1.25, date(2026, 7, 3)), (OTHER, "李四", "50022420260701", None, datetime(2026, 7, 4, 12, 30))]
GOOD = workbook([HEADER, *ROWS])
SHEET, BOOK, TYPES = "xl/worksheets/sheet1.xml", "xl/workbook.xml", "[Content_Types].xml"
RELATIONSHIP = (b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
                b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" Target="%s" TargetMode="External"/></Relationships>')
LAUGHS = (b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">' + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
          + b"]>")


def sheet_with(old: bytes, new: bytes, name: str = SHEET) -> bytes:
    text = part(GOOD, name)
    assert old in text
    return reshaped(GOOD, {name: text.replace(old, new, 1)})


def refused(tmp_path, data: bytes, *, layout: Layout = LAYOUT, **placed) -> str:
    with pytest.raises(DropRefused) as caught:
        WorkbookDrop(place(tmp_path, data, **{"rows": 2, **placed}), layout)
    return str(caught.value)


def test_cells_are_told_as_the_text_a_conversion_reads(tmp_path):
    drop = WorkbookDrop(place(tmp_path, GOOD, rows=2), LAYOUT)
    assert drop.lines(PERSON) == ((PERSON, "张三", "50022420260701", "1.25", "2026-07-03"),)
    assert drop.lines(OTHER) == ((OTHER, "李四", "50022420260701", "", "2026-07-04 12:30:00"),)
    assert drop.lines("509901198501010036") == ()
    assert drop.as_of == "2026-10-31T18:00:00+08:00"
    drop.close()


def test_several_lines_of_a_person_stay_in_order_and_blank_rows_below_do_not_count(tmp_path):
    data = workbook([HEADER, *ROWS, (PERSON, "张三", "50022420260801", 3, None), (None, None), ("", "")])
    drop = WorkbookDrop(place(tmp_path, data, rows=3), LAYOUT)
    assert [line[2] for line in drop.lines(PERSON)] == ["50022420260701", "50022420260801"]
    drop.close()
    assert refused(tmp_path, data, rows=3, layout=Layout("szry", HEADER, "", "身份证号", 18, 2_000_000, "xlsx")) == "a person twice"


@pytest.mark.parametrize(("data", "why"), [
    (workbook([HEADER, (PERSON, "张三", "1", "=1+1", None), ROWS[1]]), "holds a formula"),
    (workbook([HEADER, *ROWS, (None,) * 40 + ("=WEBSERVICE(A1)",)]), "holds a formula"),
    (workbook([HEADER, (PERSON, "张三", "1", "#REF!", None), ROWS[1]]), "holds an error in place of a value"),
    (reshaped(GOOD, {"xl/vbaProject.bin": b"x"}), "holds a macro"),
    (reshaped(GOOD, {"xl/macrosheets/sheet1.xml": b"<a/>"}), "holds a macro"),
    (sheet_with(b"spreadsheetml.sheet.main+xml", b"sheet.macroEnabled.main+xml", TYPES), "holds a macro"),
    (reshaped(GOOD, {"xl/externalLinks/externalLink1.xml": b"<a/>"}), "refers to another file"),
    (reshaped(GOOD, {"xl/worksheets/_rels/sheet1.xml.rels": RELATIONSHIP % b"file:///etc/passwd"}), "refers to another file"),
    (reshaped(GOOD, {"xl/embeddings/oleObject1.bin": b"x"}), "holds an embedded object"),
    (reshaped(GOOD, {"xl/connections.xml": b"<a/>"}), "holds a data connection"),
    (workbook([HEADER, *ROWS], sheets=("受灾人员", "Sheet2")), "more than one sheet, or a hidden one"),
    (workbook([HEADER[::-1], *ROWS]), "header wrong"), (workbook([(*HEADER, "电话"), *ROWS]), "header wrong"), (workbook([]), "header wrong"),
    (workbook([HEADER, *ROWS, ROWS[0]]), "another number of rows than its marker says"),
    (workbook([HEADER, ROWS[0]]), "another number of rows than its marker says"),
    (workbook([HEADER, ROWS[0], (int(OTHER), "李四", "1", 1, None)]), "a number of more digits than a workbook keeps"),
    (workbook([HEADER, ROWS[0], (*ROWS[1], "多一格")]), "a line of another shape"),
    (b"PK\x03\x04 not an archive", "not a readable workbook: BadZipFile"), (GOOD[: len(GOOD) // 2], "not a readable workbook: BadZipFile"),
    (reshaped(GOOD, {SHEET: b"<worksheet><sheetData>"}), "not a readable workbook: ParseError"),
    (reshaped(GOOD, {BOOK: None}), "not a readable workbook: KeyError"),
    (reshaped(GOOD, {f"xl/x{n}.xml": b"<a/>" for n in range(250)}), "too many parts, or one of them twice"),
    (reshaped(GOOD, {"xl/Workbook.XML": b"<a/>"}), "too many parts, or one of them twice"),
])
def test_a_workbook_with_one_thing_wrong_is_refused_whole(tmp_path, data, why):
    assert refused(tmp_path, data) == why


def test_strings_in_their_own_part_are_read_as_those_in_the_cell(tmp_path):
    drop = WorkbookDrop(place(tmp_path, shared(GOOD, "张三"), rows=2), LAYOUT)
    assert drop.lines(PERSON)[0][1] == "张三"
    drop.close()


@pytest.mark.parametrize("name", [SHEET, BOOK, TYPES, "xl/styles.xml", "xl/sharedStrings.xml", "_rels/.rels"])
def test_a_document_type_is_refused_in_whichever_part_it_stands(tmp_path, name):
    whole = part(shared(GOOD, "张三"), name)
    body = whole.partition(b"?>")[2] or whole
    assert "declares a document type or entities" in refused(tmp_path, reshaped(GOOD, {name: LAUGHS + body}))
    wide = (LAUGHS + body).decode().encode("utf-16")
    assert "no XML in UTF-8" in refused(tmp_path, reshaped(GOOD, {name: wide}))
    seven = b'<?xml version="1.0" encoding="UTF-7"?>' + body
    assert "no XML in UTF-8" in refused(tmp_path, reshaped(GOOD, {name: seven}))


def test_a_billion_laughs_costs_no_memory_and_no_time(tmp_path):
    tracemalloc.start()
    refused(tmp_path, reshaped(GOOD, {SHEET: LAUGHS + b"<worksheet>&j;</worksheet>"}))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_a_zip_bomb_is_refused_by_what_it_says_it_unpacks_to(tmp_path):
    data = reshaped(GOOD, {"xl/media/bomb.xml": b"<a>" + b"0" * 50_000_000})
    assert len(data) < 200_000
    tracemalloc.start()
    assert refused(tmp_path, data) == "unpacks to more than a drop may be"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_a_zip_bomb_that_lies_about_its_size_unpacks_to_no_more_than_it_said(tmp_path):
    bomb = b'<?xml version="1.0"?><worksheet>' + b" " * 20_000_000
    data = reshaped(GOOD, {SHEET: bomb})
    data = data.replace(len(bomb).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert zlib.crc32(bomb).to_bytes(4, "little") in data
    tracemalloc.start()
    assert refused(tmp_path, data) == "not a readable workbook: BadZipFile"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_a_row_that_says_it_is_the_millionth_is_not_waited_for(tmp_path):
    data = sheet_with(b'<row r="3"', b'<row r="1048576"')
    assert refused(tmp_path, data) == "more rows than its marker says"


def test_a_cell_that_says_it_is_the_last_of_its_row_is_not_waited_for(tmp_path):
    data = sheet_with(b'r="E3"', b'r="XFD3"')
    assert refused(tmp_path, data) == "a row wider than a table is"


def test_a_sheet_that_lies_about_its_own_size_is_read_to_its_end(tmp_path):
    drop = WorkbookDrop(place(tmp_path, sheet_with(b'ref="A1:E3"', b'ref="A1:A1"'), rows=2), LAYOUT)
    assert drop.lines(OTHER)
    drop.close()


@pytest.mark.parametrize(("placed", "why"), [
    ({"digest": "0" * 64}, "checksum wrong"), ({"checksum": False}, "without its .sha256 file"), ({"done": False}, "without its .done file"),
    ({"end": "xlsm"}, "a workbook of a kind that may hold macros"), ({"end": "xls"}, "a workbook of a kind that may hold macros"),
])
def test_what_stands_beside_a_workbook_counts_as_beside_lines(tmp_path, placed, why):
    assert refused(tmp_path, GOOD, **placed) == why


def test_an_archive_nobody_vouched_for_is_not_opened(tmp_path, monkeypatch):
    monkeypatch.setattr("connectors.workbook.zipfile.ZipFile", None)
    assert refused(tmp_path, GOOD, digest="0" * 64) == "checksum wrong"


def test_numbers_keep_their_digits(tmp_path):
    rows = [(PERSON, "张", 50022420260701, 123456789.01, True), (OTHER, "李", 7, Decimal("0.1"), False)]
    drop = WorkbookDrop(place(tmp_path, workbook([HEADER, *rows]), rows=2), LAYOUT)
    assert drop.lines(PERSON)[0][2:] == ("50022420260701", "123456789.01", "true")
    assert drop.lines(OTHER)[0][2:] == ("7", "0.1", "false")
    drop.close()


def test_memory_is_a_few_times_the_text_and_is_given_back(tmp_path):
    rows = [(f"5099011985{n:07d}X", f"人{n}", "50022420260701", n, None) for n in range(2000)]
    path = place(tmp_path, workbook([HEADER, *rows]), rows=2000)
    tracemalloc.start()
    drop = WorkbookDrop(path, Layout("szry", HEADER, "", "身份证号", 18, 20_000_000, "xlsx"))
    peak = tracemalloc.get_traced_memory()[1]
    gc.collect()  # what nobody holds any more is not held
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(drop.lines(rows[77][0])) == 1
    assert held < 2_000_000
    assert peak < 5_000_000
    drop.close()
