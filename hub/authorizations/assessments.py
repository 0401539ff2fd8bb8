"""个人信息保护影响评估 (PIPL §55–56), part of check 5: a purpose that tells facts is used only while its assessment is current.

What it tells is sensitive (§28), goes to another body (§55 no. 3) and is decided by rules (§55 no. 2): each of the three asks for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from hub.authorizations.reading import Reading

KEPT = 30.0
"""Seconds a worker keeps what it read; it is told at once when an assessment is recorded or ended."""
ASSESSMENT = "ASSESSMENT"
"""The kind under which workers hear that one was."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """One purpose's assessment, as far as it decides; `valid_until` is the last day it holds."""

    purpose: str
    valid_from: date
    valid_until: date

    def holds(self, on: date) -> bool:
        """Whether it is current on a day."""
        return self.valid_from <= on <= self.valid_until


def current(assessments: Sequence[Assessment], on: date) -> frozenset[str]:
    """The purposes that may be used on a day."""
    return frozenset(one.purpose for one in assessments if one.holds(on))


class Assessments:
    """The assessments as a worker knows them; `version` changes when it reads others. Before the first reading there are none."""

    def __init__(self, reading: Reading) -> None:
        """`reading` of the records."""
        self._reading = reading
        self._rows: tuple[Assessment, ...] = ()
        self._read_at = float("-inf")
        self._changed = 0
        self._current: tuple[int, date, frozenset[str]] | None = None
        self.version = 0

    def forget(self, kind: str, _ref: str) -> None:
        """Told by the watch: what an ASSESSMENT changed is read before the next question is decided."""
        if kind == ASSESSMENT:
            self._changed += 1
            self._read_at = float("-inf")

    def fresh(self, monotonic: float) -> bool:
        """Whether the rows are younger than KEPT; `monotonic` in seconds."""
        return bool(self.version) and monotonic - self._read_at < KEPT

    async def refresh(self, monotonic: float) -> None:
        """Read again what is older than KEPT; `monotonic` in seconds."""
        if self.fresh(monotonic):
            return
        before = self._changed
        rows = tuple([Assessment(**row) for row in await self._reading.assessments()])
        if rows != self._rows or not self.version:
            self._rows = rows
            self.version += 1
        if self._changed == before:  # else something changed while we read: the next question reads once more
            self._read_at = monotonic

    def current(self, on: date) -> frozenset[str]:
        """The purposes that may be used on a day, by the rows last read."""
        known = self._current
        if known is None or known[:2] != (self.version, on):
            known = self._current = (self.version, on, current(self._rows, on))
        return known[2]
