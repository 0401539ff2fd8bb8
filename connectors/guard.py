"""What stands before every call to a department: its maintenance, its breaker, its pace, and whether a call may be repeated.

Rules of this file:
- A department in its window, or left alone after failures, is not asked; its groups say so at once and nobody waits for it.
- Only a call that did not get through is repeated, where the manifest allows it, in the time that is left, and within a budget:
  repeats are a tenth of the calls at most, so that a failing department never gets more questions than a healthy one.
- A department's answer outside its contract is an answer, and so is its no to one asker: one poisoned question, or one organisation it
  does not serve, must not close the department to the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from aiolimiter import AsyncLimiter

from connectors.breaker import Breaker, State
from connectors.interface import (
    DepartmentClosed,
    DepartmentError,
    DepartmentForbade,
    DepartmentLeftAlone,
    DepartmentRefused,
    DepartmentTimeout,
    DepartmentUnavailable,
)
from connectors.maintenance import back_at
from connectors.manifest import Manifest

Clock = Callable[[], datetime]
Changed = Callable[[Manifest, State], None]
"""Told whose breaker is in which new state."""

PAUSE = 0.05
"""Seconds before the first repeat; twice as long before each that follows."""

_SHARE = 0.1
_SAVED = 10.0
"""Repeats a call earns, and the most that are kept."""

_OWN_FAULT = 0.5
"""Share of its deadline a department must have had for its silence to count: a short rest of ours is not its failure."""


class Guard:
    """The guard of one department in one worker."""

    def __init__(self, manifest: Manifest) -> None:
        """Without a clock (see `watch`) no window is known."""
        limits = manifest.limits
        self._manifest = manifest
        self._department = manifest.department
        self._limits = limits
        self._deadline = manifest.deadline
        self._clock: Clock | None = None
        self._changed: Changed | None = None
        self._budget = 1.0
        self._silence: tuple[frozenset[str], float] = (frozenset(), 0.0)
        self._breaker = Breaker(failures=limits.failures, rest=limits.rest, changed=self._told)
        # A bucket of one second's calls: a department that allows 600 a minute does not get them in one instant.
        per_second = limits.rate / 60
        self._pace = AsyncLimiter(max(per_second, 1.0), max(per_second, 1.0) / per_second) if limits.rate else None

    @property
    def state(self) -> State:
        """The breaker's."""
        return self._breaker.state

    def watch(self, clock: Clock, changed: Changed | None) -> None:
        """Give the guard the time of day, and somebody to tell."""
        self._clock = clock
        self._changed = changed

    async def admit(self) -> float:
        """Wait for the department's pace; the moment the call leaves. Raises DepartmentClosed, DepartmentLeftAlone."""
        if self._limits.windows and self._clock is not None:
            back = back_at(self._limits.windows, self._clock())
            if back is not None:
                raise DepartmentClosed(f"{self._department} is in maintenance", back_at=back.isoformat(timespec="seconds"))
        loop = asyncio.get_running_loop()
        now = loop.time()
        if not self._breaker.admits(now):
            raise DepartmentLeftAlone(f"{self._department} failed {self._limits.failures} times in a row and is left alone")
        if self._pace is not None:
            try:
                await self._pace.acquire()
            except asyncio.CancelledError:
                self._breaker.released(now)
                raise
            return loop.time()
        return now

    def answered(self) -> None:
        """The call came back, or broke its contract."""
        self._breaker.answered()

    def failed(self, error: BaseException, left: float, about: frozenset[str]) -> None:
        """The call that left at `left`, under the intents `about`, ended so."""
        now = asyncio.get_running_loop().time()
        if isinstance(error, DepartmentError):
            if error.counted:
                self._breaker.released(left)  # was it the probe, it gives its place back: else nobody would be let through ever again
                return
            error.counted = True
        if isinstance(error, TimeoutError | DepartmentTimeout):
            if now - left >= self._deadline * _OWN_FAULT and not self._same_silence(about, left, now):
                self._breaker.failed(now)
            else:
                self._breaker.released(left)
        elif isinstance(error, DepartmentUnavailable) and not isinstance(error, DepartmentForbade):
            self._breaker.failed(now)
        elif isinstance(error, Exception):
            self._breaker.answered()
        else:
            self._breaker.released(left)

    def _same_silence(self, about: frozenset[str], left: float, now: float) -> bool:
        """Whether the same question met it already, in a call that takes several groups: each asker's time ends by itself, and has its own error."""
        asked, met = self._silence
        if self._limits.together and asked == about and left < met:
            return True
        self._silence = (about, now)
        return False

    def earned(self) -> None:
        """A question's first call left: a tenth of a repeat."""
        self._budget = min(self._budget + _SHARE, _SAVED)

    def pause(self, error: DepartmentError, repeats: int, end: float) -> float | None:
        """Seconds until the call may be repeated, None where it may not: `repeats` so far, `end` in the loop's time."""
        if repeats >= self._limits.retries or self._budget < 1 or not isinstance(error, DepartmentUnavailable):
            return None
        if isinstance(error, DepartmentRefused | DepartmentLeftAlone):
            return None
        pause = PAUSE * 2.0**repeats
        if asyncio.get_running_loop().time() + pause >= end:
            return None
        self._budget -= 1
        return pause

    def _told(self, state: State) -> None:
        if self._changed is not None:
            self._changed(self._manifest, state)
