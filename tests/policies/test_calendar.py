"""Working days: holidays and worked weekends move deadlines, and a year without a notice is an error."""

from __future__ import annotations

from datetime import date

import pytest

from policies.calendar import Calendar, CalendarMissing, read_calendar
from policies.engine import load
from policies.parameters import ParametersRefused

CALENDAR = load("500152").calendar
YEAR = '[[year]]\nyear = 2027\nsource = "s"\nholidays = [{holidays}]\nworked = [{worked}]\n'


@pytest.mark.parametrize(("day", "works"), [
    (date(2026, 11, 23), True), (date(2026, 11, 21), False), (date(2026, 10, 1), False), (date(2026, 10, 10), True),
])
def test_a_day_is_worked_or_not(day: date, works: bool) -> None:
    assert CALENDAR.is_working_day(day) is works


def test_an_application_received_on_friday_is_accepted_by_the_second_working_day() -> None:
    assert CALENDAR.after(date(2026, 11, 20), 2) == date(2026, 11, 24)


def test_a_holiday_week_moves_the_due_date() -> None:
    assert CALENDAR.after(date(2026, 9, 30), 2) == date(2026, 10, 9)
    assert CALENDAR.after(date(2026, 9, 30), 3) == date(2026, 10, 10)


def test_days_between_are_the_deadline_backwards() -> None:
    assert CALENDAR.between(date(2026, 9, 30), date(2026, 10, 10)) == 3
    assert CALENDAR.between(date(2026, 10, 10), date(2026, 9, 30)) == 0


def test_a_year_without_a_notice_is_an_error_that_says_so() -> None:
    with pytest.raises(CalendarMissing, match="does not cover 2027") as missing:
        CALENDAR.after(date(2026, 12, 30), 5)
    assert missing.value.year == 2027


def test_a_regions_own_year_stands_in_place_of_the_nations() -> None:
    own = read_calendar("own.toml", YEAR.format(holidays="2027-02-09", worked="").replace("2027", "2026"))
    both = CALENDAR.overridden(own)
    assert both.is_working_day(date(2026, 10, 1))
    assert both.overridden(Calendar(years=frozenset({2027}), holidays=frozenset(), worked=frozenset())).years == {2026, 2027}


@pytest.mark.parametrize(("text", "named"), [
    (YEAR.format(holidays="2027-01-01", worked="") * 2, "2027 is given twice"),
    (YEAR.format(holidays="2026-01-01", worked=""), "2026-01-01 is not in 2027"),
    (YEAR.format(holidays="2027-01-02", worked=""), "2027-01-02 is a weekend day"),
    (YEAR.format(holidays="", worked="2027-01-04"), "2027-01-04 is no weekend day"),
    (YEAR.format(holidays="", worked="") + "note = 1", "unknown key note"),
    ("weekend = 1", "unknown key weekend"),
])
def test_a_calendar_with_a_mistake_is_refused(text: str, named: str) -> None:
    with pytest.raises(ParametersRefused, match=named):
        read_calendar("calendar.toml", text)
