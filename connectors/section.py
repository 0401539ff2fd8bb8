"""One table of a manifest, read strictly: every key is taken once, by type, and what is left over is a fault.

Rules of this file:
- A fault names the file and the key, and never a value: a value may be a secret written in the wrong place.
- `${NAME}` is the only way a setting enters a manifest; a name without a setting is a fault, never an empty text.
- A secret is a reference and nothing else; text around it, or text instead of it, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

_REFERENCE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")


class ManifestFault(ValueError):
    """A manifest cannot be used; the text says which file, which key, and what is wrong with it."""


class Section:
    """A table under a dotted path; `done` refuses what nobody took."""

    def __init__(self, path: str, values: object, settings: Mapping[str, str]) -> None:
        if not isinstance(values, dict):
            raise ManifestFault(f"{path}: not a table")
        self.path = path
        self._left = dict(values)
        self._settings = settings

    @property
    def empty(self) -> bool:
        """Whether nothing is left in it."""
        return not self._left

    def fault(self, key: str, what: str) -> ManifestFault:
        """A fault of one key of this table."""
        return ManifestFault(f"{self.path}.{key}: {what}")

    def _take(self, key: str, kind: type, default: object) -> object:
        value = self._left.pop(key, default)
        if value is None:
            raise self.fault(key, "missing")
        if type(value) is not kind:
            raise self.fault(key, f"not a {kind.__name__}")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """A text without references."""
        value = str(self._take(key, str, default))
        if "${" in value:
            raise self.fault(key, "may not hold a reference")
        return value

    def choice(self, key: str, allowed: frozenset[str], default: str | None = None) -> str:
        """A text out of a closed set."""
        value = self.text(key, default)
        if value not in allowed:
            raise self.fault(key, f"unknown; one of {', '.join(sorted(allowed))}")
        return value

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        """A whole number within bounds."""
        value = self._take(key, int, default)
        if not isinstance(value, int) or not low <= value <= high:
            raise self.fault(key, f"outside {low} to {high}")
        return value

    def seconds(self, key: str, default: float) -> float:
        """A duration in seconds, above 0 and at most an hour."""
        value = self._left.pop(key, default)
        if type(value) not in {int, float} or not 0 < value <= 3600:
            raise self.fault(key, "not a number of seconds above 0")
        return float(value)

    def flag(self, key: str, *, default: bool) -> bool:
        """A boolean."""
        return bool(self._take(key, bool, default))

    def located(self, key: str) -> str:
        """A place: a text that begins with a reference, so that no address is written into a manifest."""
        value = str(self._take(key, str, None))
        if not _REFERENCE.match(value):
            raise self.fault(key, "must begin with a ${SETTING} reference")
        return _REFERENCE.sub(lambda match: self._setting(key, match[1]), value)

    def given(self, key: str) -> str:
        """A text that may be written here or referred to: a user's name, a key's id."""
        return _REFERENCE.sub(lambda match: self._setting(key, match[1]), str(self._take(key, str, None)))

    def secret(self, key: str) -> str:
        """A secret: exactly one reference."""
        match = _REFERENCE.fullmatch(str(self._take(key, str, None)))
        if match is None:
            raise self.fault(key, "a secret may only be a ${SETTING} reference, never plain text")
        return self._setting(key, match[1])

    def _setting(self, key: str, name: str) -> str:
        value = self._settings.get(name, "")
        if not value:
            raise self.fault(key, f"setting {name} is not set")
        return value

    def table(self, key: str, *, optional: bool = False) -> Section:
        """A table within this one."""
        return Section(f"{self.path}.{key}", self._left.pop(key, {} if optional else None), self._settings)

    def tables(self, key: str) -> tuple[tuple[str, Section], ...]:
        """Named tables within this one, at least one."""
        named = self._left.pop(key, None)
        if not isinstance(named, dict) or not named:
            raise self.fault(key, "missing or empty")
        return tuple((name, Section(f"{self.path}.{key}.{name}", value, self._settings)) for name, value in named.items())

    def codes(self, key: str) -> Mapping[str, str | int | bool]:
        """A code table: text keys; text, whole numbers or booleans as values. Empty when the key is absent."""
        value = self._left.pop(key, {})
        if not isinstance(value, dict) or any(type(item) not in {str, int, bool} for item in value.values()):
            raise self.fault(key, "not a table of codes")
        return value

    def names(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty when the key is absent."""
        value = self._left.pop(key, [])
        if not isinstance(value, list) or any(type(item) is not str for item in value):
            raise self.fault(key, "not a list of texts")
        return tuple(value)

    def wholes(self, key: str, low: int, high: int) -> tuple[int, ...]:
        """A list of whole numbers within bounds; empty when the key is absent."""
        value = self._left.pop(key, [])
        if not isinstance(value, list) or any(type(item) is not int or not low <= item <= high for item in value):
            raise self.fault(key, f"not a list of whole numbers of {low} to {high}")
        return tuple(value)

    def moment(self, key: str) -> datetime | None:
        """A date and time with its offset; None when the key is absent."""
        value = self._left.pop(key, None)
        if value is not None and not (isinstance(value, datetime) and value.tzinfo is not None):
            raise self.fault(key, "not a date and time with its offset")
        return value

    def rows(self, key: str) -> tuple[Section, ...]:
        """An array of tables within this one; none when the key is absent."""
        value = self._left.pop(key, [])
        if not isinstance(value, list):
            raise self.fault(key, "not an array of tables")
        return tuple(Section(f"{self.path}.{key}.{place}", row, self._settings) for place, row in enumerate(value, 1))

    def span(self, key: str) -> tuple[int, int]:
        """Two positions in a text, ascending; (0, 0) when the key is absent."""
        value = self._left.pop(key, [0, 0])
        match value:
            case [int(start), int(end)] if 0 <= start <= end <= 64:
                return start, end
        raise self.fault(key, "not two ascending positions")

    def rest(self, *, required: frozenset[str], allowed: frozenset[str]) -> Mapping[str, str]:
        """Everything left, as texts, its keys held to `required` and `allowed`."""
        taken = {key: self.text(key) for key in list(self._left) if key in required | allowed}
        for key in sorted(required - taken.keys()):
            raise self.fault(key, "missing")
        self.done()
        return taken

    def done(self) -> None:
        """Refuse what nobody took."""
        for key in self._left:
            raise self.fault(key, "unknown key")


def named_by(settings: Mapping[str, str], system: str) -> bool:
    """Whether the settings name a system: `cq-means-check` by any `CQ_MEANS_CHECK_…`."""
    prefix = system.upper().replace("-", "_") + "_"
    return any(name.startswith(prefix) for name in settings)
