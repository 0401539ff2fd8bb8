"""A drop of comma-separated lines (RFC 4180): verified whole, then read where it lies, a line at a time.

Rules of this file:
- Held are the open file and, per person, where their lines stand. No line is kept, nothing is copied.
"""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Iterator, Sequence
from io import BufferedReader, FileIO

from connectors.drop import LINES_LIMIT, Drop, DropRefused

_LENGTH_BITS = 16
_LINE_LIMIT = 1 << _LENGTH_BITS


class CommaDrop(Drop):
    """Lines in the layout's encoding."""

    def read(self, file: BufferedReader[FileIO], rows: int, checksum: str) -> tuple[str, int]:
        """Index every line."""
        del rows, checksum
        digest = hashlib.sha256()
        records = self._records(file, digest)
        if next(records, None) != (0, list(self.layout.header)):
            raise DropRefused("header wrong")
        self._places: dict[str, int | list[int]] = {}  # of most people one: a list each would cost more than all the rest
        count = 0
        for place, fields in records:
            count += 1
            self._note(self.layout.person(fields), place)
        return digest.hexdigest(), count

    def _note(self, person: str, place: int) -> None:
        known = self._places.get(person)
        if known is None:
            self._places[person] = place
        elif not self.layout.many:
            raise DropRefused("a person twice")
        elif isinstance(known, int):
            self._places[person] = [known, place]
        elif len(known) >= LINES_LIMIT:
            raise DropRefused("more lines of one person than there can be")
        else:
            known.append(place)

    def _records(self, file: BufferedReader[FileIO], digest: hashlib._Hash) -> Iterator[tuple[int, list[str]]]:
        """Each record with its place, offset and length in one number; the header's place is told as 0.

        A quote, a comma and a line end are never the second byte of a GB18030 character, so bytes may be counted.
        """
        offset, pending = 0, b""
        for line in file:
            digest.update(line)
            pending += line
            if pending.count(b'"') % 2 == 0:
                if len(pending) >= _LINE_LIMIT:
                    raise DropRefused("a line too long")
                yield offset << _LENGTH_BITS | len(pending) if offset else 0, self._fields(pending)
                offset, pending = offset + len(pending), b""
        if pending:
            raise DropRefused("ends within a line")

    def _fields(self, line: bytes) -> list[str]:
        try:
            text = line.decode(self.layout.encoding)
        except UnicodeDecodeError:
            raise DropRefused("not the encoding agreed") from None
        if '"' not in text:
            return text.rstrip("\r\n").split(",")
        return next(csv.reader([text], strict=True))

    def lines(self, id_number: str) -> Sequence[Sequence[str]]:
        """Read where they stand."""
        places = self._places.get(id_number, [])
        return [self._line(place, id_number) for place in (places if isinstance(places, list) else [places])]

    def _line(self, place: int, id_number: str) -> Sequence[str]:
        fields = self._fields(os.pread(self._file.fileno(), place & (_LINE_LIMIT - 1), place >> _LENGTH_BITS))
        try:
            same = self.layout.person(fields) == id_number
        except DropRefused:
            same = False
        if not same:
            raise DropRefused("changed since it was verified")
        return fields
