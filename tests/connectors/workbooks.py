"""Workbooks for tests: honest ones as an office program writes them, and ones somebody shaped part by part."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl


def workbook(rows: Sequence[Sequence[object]], *, sheets: Sequence[str] = ("受灾人员",)) -> bytes:
    """A workbook of one table; further sheets are empty."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = sheets[0]
    for row in rows:
        sheet.append(row)
    for name in sheets[1:]:
        book.create_sheet(name)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def reshaped(data: bytes, changes: Mapping[str, bytes | None]) -> bytes:
    """The workbook with parts replaced, added or (None) taken out."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in changes:
                new.writestr(name, old.read(name))
        for name, content in changes.items():
            if content is not None:
                new.writestr(name, content)
    return made.getvalue()


def part(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)


def place(directory: Path, data: bytes, *, dataset: str = "szry", month: str = "202610", end: str = "xlsx", rows: int = 0, digest: str | None = None,
          done: bool = True, checksum: bool = True, as_of: str = "2026-10-31T18:00:00+08:00") -> Path:
    """A drop as a department leaves it: data, checksum, marker."""
    path = directory / f"{dataset}_{month}.{end}"
    path.write_bytes(data)
    if checksum:
        path.with_name(path.name + ".sha256").write_text(f"{digest or hashlib.sha256(data).hexdigest()}  {path.name}\n")
    if done:
        path.with_name(path.name + ".done").write_text(f"rows={rows}\nasof={as_of}\n")
    return path


def shared(data: bytes, text: str) -> bytes:
    """The workbook with one text moved into the part of shared strings, as most office programs write them all."""
    sheet, types = part(data, "xl/worksheets/sheet1.xml").decode(), part(data, "[Content_Types].xml").decode()
    written = "".join(f"&#{ord(sign)};" for sign in text)
    told = f' t="inlineStr"><is><t>{written}</t></is>'
    assert told in sheet
    spreadsheet = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    added = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{spreadsheet}.sharedStrings+xml"/></Types>'
    strings = f'<?xml version="1.0" encoding="UTF-8"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{text}</t></si></sst>'
    return reshaped(data, {
        "xl/worksheets/sheet1.xml": sheet.replace(told, ' t="s"><v>0</v>').encode(), "xl/sharedStrings.xml": strings.encode(),
        "[Content_Types].xml": types.replace("</Types>", added).encode(),
    })
