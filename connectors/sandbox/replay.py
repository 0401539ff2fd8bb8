"""Refuses what was already accepted once: nonces within their lifetime, and clocks that are off."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

Clock = Callable[[], datetime]

_AGE, _AHEAD = 300.0, 30.0


class ReplayGuard:
    """Accepts a nonce once per key while its time stamp is fresh: at most 300 s old, 30 s ahead."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: OrderedDict[tuple[str, str], float] = OrderedDict()

    def fresh(self, stamp: float) -> bool:
        """Whether a time stamp (seconds since the epoch) is recent enough to be believed."""
        now = self._clock().timestamp()
        return now - _AGE <= stamp <= now + _AHEAD

    def first_use(self, key: str, nonce: str) -> bool:
        """Whether this nonce is new; from now on it is not."""
        now = self._clock().timestamp()
        while self._seen and next(iter(self._seen.values())) < now:
            self._seen.popitem(last=False)
        if (key, nonce) in self._seen:
            return False
        self._seen[key, nonce] = now + _AGE + _AHEAD
        return True
