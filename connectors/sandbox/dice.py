"""A deterministic source of choices: the same key always throws the same numbers, on every machine and version of Python."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Choices derived from a key by BLAKE2b. Not for secrets: whoever knows the key knows every throw."""

    __slots__ = ("_key", "_pool", "_turn")

    def __init__(self, *key: object) -> None:
        self._key = "\x1f".join(map(str, key)).encode()
        self._turn = 0
        self._pool = 0

    def below(self, bound: int) -> int:
        """An integer in [0, bound)."""
        if self._pool < 1 << 64:
            digest = hashlib.blake2b(self._key, salt=self._turn.to_bytes(16, "big"))
            self._pool = int.from_bytes(digest.digest(), "big")
            self._turn += 1
        self._pool, value = divmod(self._pool, bound)
        return value

    def between(self, low: int, high: int) -> int:
        """An integer in [low, high]."""
        return low + self.below(high - low + 1)

    def chance(self, per_mille: int) -> bool:
        """True in so many of a thousand throws."""
        return self.below(1000) < per_mille

    def pick(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[self.below(len(options))]

    def day(self, first: date, last: date) -> date:
        """A day in [first, last]."""
        return first + timedelta(days=self.below(max((last - first).days, 0) + 1))
