"""An XLSX workbook (ECMA-376) nobody trusts: looked over as an archive first, then read row by row as text.

Rules of this file:
- Before a part is read: what the parts unpack to is bounded (ZIP bomb), each is UTF-8 XML without a document type (billion laughs), none is a
  macro, an embedded object or a data connection, and no relationship leads out of the file.
- One sheet and in it values alone: a formula's value is what somebody's machine made of it last, so it is refused wherever it stands.
- A reason quotes no cell. What the reading library raises keeps its class only.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from io import BufferedReader, FileIO
from typing import Any

import openpyxl
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from connectors.drop import DropRefused

_PARTS_LIMIT = 200
_RELATIONSHIPS_LIMIT = 1 << 20
_PROLOG_LIMIT = 512
_COLUMNS_LIMIT = 256
_CELL_LIMIT = 32_767  # characters, as the format has it
_DIGITS_KEPT = 10 ** 15
"""Office programs keep fifteen digits of a number: an ID number typed as one has become somebody else's."""
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED = 0x1
_MIDNIGHT = time()
_PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^?>]*\?>)?\s*<[A-Za-z]")
_OTHER_ENCODING = re.compile(rb"<\?xml[^>]*encoding=[\"'](?!utf-8[\"'])", re.IGNORECASE)
_REFUSED_PARTS = (
    ("vbaproject", "holds a macro"), ("macrosheets/", "holds a macro"), ("externallinks/", "refers to another file"),
    ("embeddings/", "holds an embedded object"), ("activex/", "holds an embedded object"), ("connections.xml", "holds a data connection"),
    ("querytables/", "holds a data connection"),
)


def rows(file: BufferedReader[FileIO], *, unpacked_limit: int, row_limit: int) -> Iterator[list[str]]:
    """The rows that are not blank, each cell as text. Blocks. Raises DropRefused."""
    try:
        with zipfile.ZipFile(file) as archive:
            _look_over(archive, unpacked_limit)
        yield from _texts(_only_sheet(file), row_limit)
    except DropRefused:
        raise
    except DefusedXmlException:
        raise DropRefused("a part declares a document type or entities") from None
    except Exception as error:  # noqa: BLE001 - the seam: an archive somebody shaped may break the library anywhere
        raise DropRefused(f"not a readable workbook: {type(error).__name__}") from None


def _look_over(archive: zipfile.ZipFile, unpacked_limit: int) -> None:
    parts = archive.infolist()
    if len(parts) > _PARTS_LIMIT or len({part.filename.casefold() for part in parts}) < len(parts):
        raise DropRefused("too many parts, or one of them twice")
    if any(part.flag_bits & _ENCRYPTED or part.compress_type not in _METHODS for part in parts):
        raise DropRefused("encrypted, or compressed in another way")
    # A part that lies about its size ends where it said it would: its checksum is wrong then.
    if sum(part.file_size for part in parts) > unpacked_limit:
        raise DropRefused("unpacks to more than a drop may be")
    for part in parts:
        _look_at(archive, part)


def _look_at(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    name = part.filename.casefold()
    for piece, reason in _REFUSED_PARTS:
        if piece in name:
            raise DropRefused(reason)
    if not name.endswith((".xml", ".rels")):
        return
    with archive.open(part) as opened:
        prolog = opened.read(_PROLOG_LIMIT)
    if not _PROLOG.match(prolog) or _OTHER_ENCODING.search(prolog):
        raise DropRefused("a part declares a document type or entities, or is no XML in UTF-8")
    if name.endswith(".rels") and part.file_size:
        _look_at_relationships(archive, part)
    if name == "[content_types].xml" and b"macroenabled" in archive.read(part).lower():
        raise DropRefused("holds a macro")


def _look_at_relationships(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    if part.file_size > _RELATIONSHIPS_LIMIT:
        raise DropRefused("too many relationships")
    try:
        root = fromstring(archive.read(part), forbid_dtd=True)
    except ParseError:
        raise DropRefused("not a readable workbook: a part is no XML") from None
    if any(one.get("TargetMode", "Internal").casefold() != "internal" for one in root):
        raise DropRefused("refers to another file")


def _only_sheet(file: BufferedReader[FileIO]) -> Any:
    book = openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)
    if len(book.worksheets) != 1 or len(book.sheetnames) != 1 or book.worksheets[0].sheet_state != "visible":
        raise DropRefused("more than one sheet, or a hidden one")
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # what the file says of its own size is not believed
    return sheet


def _texts(sheet: Any, row_limit: int) -> Iterator[list[str]]:
    for number, row in enumerate(sheet.iter_rows()):
        if number > row_limit:
            # Also a row that says it is the millionth: the library fills the rows between.
            raise DropRefused("more rows than its marker says")
        if len(row) > _COLUMNS_LIMIT:
            # One cell that says it is the 16,384th: the library fills the cells before it, in every row anew.
            raise DropRefused("a row wider than a table is")
        texts = [_text(cell) for cell in row]
        while texts and not texts[-1]:
            texts.pop()
        if texts:
            yield texts


def _text(cell: Any) -> str:
    if cell.data_type == "f":
        raise DropRefused("holds a formula")
    if cell.data_type == "e":
        raise DropRefused("holds an error in place of a value")
    value = cell.value
    if isinstance(value, str) and len(value) > _CELL_LIMIT:
        raise DropRefused("a cell too long")
    if isinstance(value, int | float) and abs(value) >= _DIGITS_KEPT:
        raise DropRefused("a number of more digits than a workbook keeps")
    return _written(value)


def _written(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value.strip()
        case float():
            return str(int(value)) if value.is_integer() else repr(value)
        case int():
            return str(value)
        case datetime():
            return value.date().isoformat() if value.time() == _MIDNIGHT else value.isoformat(" ", "seconds")
        case date():
            return value.isoformat()
    raise DropRefused("a cell of another kind")
