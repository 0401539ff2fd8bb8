"""A drop in a workbook: an archive cannot be read from its middle, so its lines are held while it is the one served.

Rules of this file:
- Held is text of one sheet whose unpacked size the manifest bounds; it is let go with the drop and written nowhere.
- The checksum is proved before the archive is opened: nothing is unpacked that the department did not vouch for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from io import BufferedReader, FileIO

from connectors.drop import LINES_LIMIT, Drop, DropRefused
from connectors.workbook import rows as rows_of

_BLANKS = 1000  # rows a department may leave blank below its table


class WorkbookDrop(Drop):
    """The lines of one sheet, its first row the header."""

    def read(self, file: BufferedReader[FileIO], rows: int, checksum: str) -> tuple[str, int]:
        """Hold every line by its person."""
        if self.path.suffix != ".xlsx":
            raise DropRefused("a workbook of a kind that may hold macros")
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != checksum:
            return digest, 0
        file.seek(0)
        lines = rows_of(file, unpacked_limit=self.layout.max_bytes, row_limit=rows + 1 + _BLANKS)
        if next(lines, None) != list(self.layout.header):
            raise DropRefused("header wrong")
        self._held: dict[str, tuple[tuple[str, ...], ...]] = {}
        width, count = len(self.layout.header), 0
        for line in lines:
            count += 1
            fields = (*line, *[""] * (width - len(line)))
            self._hold(self.layout.person(fields), fields)
        return digest, count

    def _hold(self, person: str, fields: tuple[str, ...]) -> None:
        known = self._held.get(person, ())
        if known and not self.layout.many:
            raise DropRefused("a person twice")
        if len(known) >= LINES_LIMIT:
            raise DropRefused("more lines of one person than there can be")
        self._held[person] = (*known, fields)

    def lines(self, id_number: str) -> Sequence[Sequence[str]]:
        """Held since it was verified."""
        return self._held.get(id_number, ())
