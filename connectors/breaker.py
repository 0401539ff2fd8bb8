"""熔断: a department that failed several times in a row is left alone for a while, then asked once to see.

Rules of this file:
- CLOSED until so many calls in a row failed; then OPEN for a rest; then HALF_OPEN: one call goes through, the others are refused
  until it has come back. Its answer closes, its failure opens anew.
- A call that was cancelled says nothing of the department: it gives its place back and counts as neither.
- Time is an argument, seconds of any steady clock.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class State(StrEnum):
    """What a breaker does with the next call."""

    CLOSED = "CLOSED"
    HALF_OPEN = "HALF_OPEN"
    OPEN = "OPEN"


class Breaker:
    """The breaker of one department in one worker."""

    __slots__ = ("_changed", "_failed", "_failures", "_probed", "_rest", "_until", "state")

    def __init__(self, *, failures: int, rest: float, changed: Callable[[State], None]) -> None:
        """Opens after `failures` in a row, for `rest` seconds; `changed` is told each new state."""
        self._failures = failures
        self._rest = rest
        self._changed = changed
        self._failed = 0
        self._until = self._probed = 0.0
        self.state = State.CLOSED

    def admits(self, now: float) -> bool:
        """Whether a call may go now. After a rest the first that asks is the probe."""
        if self.state is State.CLOSED:
            return True
        if self.state is State.HALF_OPEN or now < self._until:
            return False
        self._probed = now
        self._become(State.HALF_OPEN)
        return True

    def answered(self) -> None:
        """A call was answered: whatever failed before, the department is there."""
        self._failed = 0
        if self.state is not State.CLOSED:
            self._become(State.CLOSED)

    def failed(self, now: float) -> None:
        """A call failed."""
        self._failed += 1
        if self._failed >= self._failures or self.state is State.HALF_OPEN:
            self._until = now + self._rest
            if self.state is not State.OPEN:
                self._become(State.OPEN)

    def released(self, left: float) -> None:
        """A call that left at `left` went away without an answer. Was it the probe, the next call is."""
        if self.state is State.HALF_OPEN and left >= self._probed:
            self._become(State.OPEN)

    def _become(self, state: State) -> None:
        self.state = state
        self._changed(state)
