"""维护窗口: when a department has said it cannot be asked, and when it is back. Pure: the moment is an argument.

    [[maintenance]]                       every Sunday night; a `to` not after `from` is on the next day
    weekdays = ["SUN"]
    from = "23:00"
    to = "05:00"

    [[maintenance]]                       the closing days of a month's accounts
    monthdays = [1, 2]
    from = "00:00"
    to = "24:00"

    [[maintenance]]                       once, as announced
    begins = 2026-12-31T18:00:00+08:00
    ends = 2027-01-04T08:00:00+08:00

Times of day are China's; an announced window carries its offset.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from connectors.section import Section

CHINA = timezone(timedelta(hours=8))
_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_TIME = re.compile(r"([01]\d|2[0-4]):([0-5]\d)", re.ASCII)
_DAY = 24 * 60
_LINKED = 64
"""Windows followed into one another at most: a department closed on every day is not waited for."""


@dataclass(frozen=True, slots=True)
class Recurring:
    """A window of certain weekdays (0 Monday) or days of a month; `start` and `length` in minutes of the day it begins on."""

    weekdays: frozenset[int]
    monthdays: frozenset[int]
    start: int
    length: int

    def ends(self, at: datetime) -> datetime | None:
        """The end of the window `at` lies in, None outside. A window of yesterday may last into today."""
        today = at.astimezone(CHINA).date()
        for day in (today, today - timedelta(days=1)):
            if not self._falls(day):
                continue
            begins = datetime(day.year, day.month, day.day, tzinfo=CHINA) + timedelta(minutes=self.start)
            ends = begins + timedelta(minutes=self.length)
            if begins <= at < ends:
                return ends
        return None

    def _falls(self, day: date) -> bool:
        return day.weekday() in self.weekdays or day.day in self.monthdays


@dataclass(frozen=True, slots=True)
class Announced:
    """A window that is once."""

    begins: datetime
    end: datetime

    def ends(self, at: datetime) -> datetime | None:
        """As `Recurring.ends`."""
        return self.end if self.begins <= at < self.end else None


Window = Recurring | Announced


def back_at(windows: Sequence[Window], at: datetime) -> datetime | None:
    """When the department can be asked again, None where it can be now. Windows that touch count as one."""
    moment = at
    for _ in range(_LINKED):
        ends = [end for window in windows if (end := window.ends(moment)) is not None]
        if not ends:
            break
        moment = max(ends)
    return moment if moment > at else None


def read_window(section: Section) -> Window:
    """One [[maintenance]] table. Raises ManifestFault."""
    begins, ends = section.moment("begins"), section.moment("ends")
    if begins is not None or ends is not None:
        if begins is None or ends is None or begins >= ends:
            raise section.fault("ends", "an announced window begins, and ends later")
        section.done()
        return Announced(begins, ends)
    weekdays, monthdays = section.names("weekdays"), section.wholes("monthdays", 1, 31)
    unknown = [day for day in weekdays if day not in _WEEKDAYS]
    if unknown or bool(weekdays) is bool(monthdays):
        raise section.fault("weekdays", "MON to SUN, or monthdays in their place")
    start, end = _minutes(section, "from"), _minutes(section, "to")
    section.done()
    if start == _DAY:
        raise section.fault("from", "a day begins at 00:00")
    return Recurring(frozenset(map(_WEEKDAYS.index, weekdays)), frozenset(monthdays), start, (end - start - 1) % _DAY + 1)


def _minutes(section: Section, key: str) -> int:
    match = _TIME.fullmatch(section.text(key))
    minutes = int(match[1]) * 60 + int(match[2]) if match else _DAY + 1
    if minutes > _DAY:
        raise section.fault(key, "no time of day, 00:00 to 24:00")
    return minutes
