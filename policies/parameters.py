"""A TOML table read strictly: every key is asked for by name and type, and a key nobody asked for is refused."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

REGIONS = Path(__file__).parent / "regions"
"""One folder of parameters a region, by its 6 digits."""


class ParametersRefused(ValueError):
    """A parameter file is not one the hub starts with; the text names the file, the table and the key."""


class Table:
    """One TOML table. Each method takes a key out; `done` refuses what is left."""

    def __init__(self, values: Mapping[str, Any], where: str) -> None:
        """`where` is the file and path of the table, for messages."""
        self._left = dict(values)
        self.where = where

    @classmethod
    def parse(cls, file: str, text: str) -> Table:
        """The top table of a file."""
        try:
            return cls(tomllib.loads(text), file)
        except tomllib.TOMLDecodeError as wrong:
            raise ParametersRefused(f"{file}: {wrong}") from wrong

    def text(self, key: str) -> str:
        """A text that is not empty."""
        value = self._take(key, str)
        if not value:
            raise ParametersRefused(f"{self.where}: {key} is empty")
        return str(value)

    def amount(self, key: str) -> Decimal:
        """A decimal above nought, written as text so that no binary fraction comes between."""
        value = self.text(key)
        try:
            amount = Decimal(value)
        except InvalidOperation:
            amount = Decimal(0)
        if not amount.is_finite() or amount <= 0:
            raise ParametersRefused(f"{self.where}: {key} is not a decimal above 0 in quotes")
        return amount

    def count(self, key: str) -> int:
        """A whole number above nought."""
        value = self._take(key, int)
        if isinstance(value, bool) or value <= 0:
            raise ParametersRefused(f"{self.where}: {key} is not a whole number above 0")
        return int(value)

    def flag(self, key: str) -> bool:
        """A Boolean: true or false, no number."""
        return bool(self._take(key, bool))

    def day(self, key: str) -> date:
        """A date without a time."""
        return self._date(self._take(key, date), key)

    def days(self, key: str) -> tuple[date, ...]:
        """An array of dates."""
        return tuple(self._date(value, key) for value in self._take(key, list))

    def codes(self, key: str) -> tuple[str, ...]:
        """An array of texts."""
        values = self._take(key, list)
        if not all(isinstance(value, str) for value in values):
            raise ParametersRefused(f"{self.where}: {key} is not an array of texts")
        return tuple(values)

    def table(self, key: str) -> Table:
        """A table within."""
        return Table(self._take(key, dict), f"{self.where} [{key}]")

    def rows(self, key: str) -> tuple[Table, ...]:
        """An array of tables; none where the key is missing, since a region may have no such rows."""
        rows = self._left.pop(key, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ParametersRefused(f"{self.where}: {key} is not an array of tables")
        return tuple(Table(row, f"{self.where} [[{key}]] {place}") for place, row in enumerate(rows, 1))

    def names(self) -> tuple[str, ...]:
        """The keys not taken yet, for tables whose keys are themselves data."""
        return tuple(self._left)

    def done(self) -> None:
        """Refuse keys nobody asked for."""
        if self._left:
            raise ParametersRefused(f"{self.where}: unknown key {', '.join(sorted(self._left))}")

    def _take(self, key: str, type_: type) -> Any:
        if key not in self._left:
            raise ParametersRefused(f"{self.where}: {key} is missing")
        value = self._left.pop(key)
        if not isinstance(value, type_):
            raise ParametersRefused(f"{self.where}: {key} is not a {type_.__name__}")
        return value

    def _date(self, value: object, key: str) -> date:
        if not isinstance(value, date) or isinstance(value, datetime):
            raise ParametersRefused(f"{self.where}: {key} is not a date")
        return value
