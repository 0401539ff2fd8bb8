"""工作日历: working days counted over a dated calendar that a region can override.

Deadlines of the law run in working days, public notice in calendar days. A year the calendar does not hold is an error that
says so: a deadline guessed from weekdays alone would be wrong around every holiday.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta, timezone

from policies.parameters import ParametersRefused, Table

CHINA = timezone(timedelta(hours=8))
"""The time a day of the law is counted in: no summer time since 1991."""

_SATURDAY = 5


class CalendarMissing(Exception):
    """The calendar holds nothing for a year; the operator loads the State Council's notice for it."""

    def __init__(self, year: int) -> None:
        """`year` is the one asked about."""
        super().__init__(f"the working-day calendar does not cover {year}: load the holiday notice of that year")
        self.year = year


@dataclass(frozen=True, slots=True)
class Calendar:
    """Years covered, weekdays that are holidays (放假), weekend days that are worked (调休上班)."""

    years: frozenset[int]
    holidays: frozenset[date]
    worked: frozenset[date]

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on a day. Raises CalendarMissing."""
        if day.year not in self.years:
            raise CalendarMissing(day.year)
        return day in self.worked or (day.weekday() < _SATURDAY and day not in self.holidays)

    def after(self, day: date, working_days: int) -> date:
        """The day a deadline of so many working days ends, counted from the day after. Raises CalendarMissing."""
        while working_days > 0:
            day += timedelta(days=1)
            working_days -= self.is_working_day(day)
        return day

    def between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; 0 where the end is not later. Raises CalendarMissing."""
        days = (start + timedelta(days=number) for number in range(1, (end - start).days + 1))
        return sum(self.is_working_day(day) for day in days)

    def overridden(self, by: Calendar) -> Calendar:
        """The calendar with another's years in place of its own."""
        kept = self.years - by.years
        return Calendar(
            years=self.years | by.years,
            holidays=by.holidays | {day for day in self.holidays if day.year in kept},
            worked=by.worked | {day for day in self.worked if day.year in kept},
        )


def read_calendar(file: str, text: str) -> Calendar:
    """A calendar from TOML: [[year]] with `year`, `source`, `holidays`, `worked`. Raises ParametersRefused."""
    top = Table.parse(file, text)
    years: set[int] = set()
    holidays: set[date] = set()
    worked: set[date] = set()
    for row in top.rows("year"):
        year = row.count("year")
        row.text("source")
        free, busy = row.days("holidays"), row.days("worked")
        row.done()
        if year in years:
            raise ParametersRefused(f"{row.where}: {year} is given twice")
        _within(row, year, free, weekend=False)
        _within(row, year, busy, weekend=True)
        years.add(year)
        holidays.update(free)
        worked.update(busy)
    top.done()
    return Calendar(years=frozenset(years), holidays=frozenset(holidays), worked=frozenset(worked))


def _within(row: Table, year: int, days: Iterable[date], *, weekend: bool) -> None:
    for day in days:
        if day.year != year:
            raise ParametersRefused(f"{row.where}: {day} is not in {year}")
        if (day.weekday() >= _SATURDAY) is not weekend:
            raise ParametersRefused(f"{row.where}: {day} is {'no weekend' if weekend else 'a weekend'} day")
