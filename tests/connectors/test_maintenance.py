"""Windows of maintenance: both edges of each, over midnight, linked to one another, and read strictly."""

from __future__ import annotations

from datetime import datetime

import pytest

from connectors.maintenance import back_at
from connectors.manifest import parse
from connectors.section import ManifestFault
from tests.connectors.test_manifest import MZ, SETTINGS

SUNDAYS = '[[maintenance]]\nweekdays = ["SUN"]\nfrom = "23:00"\nto = "05:00"\n'
ACCOUNTS = '[[maintenance]]\nmonthdays = [1, 2]\nfrom = "00:00"\nto = "24:00"\n'
ONCE = "[[maintenance]]\nbegins = 2026-12-31T18:00:00+08:00\nends = 2027-01-01T00:00:00+08:00\n"


def windows(*texts: str):
    return parse("MZ.toml", MZ + "\n" + "\n".join(texts), SETTINGS).limits.windows


def back(at: str, *texts: str) -> str | None:
    found = back_at(windows(*texts), datetime.fromisoformat(at))
    return None if found is None else found.isoformat()


@pytest.mark.parametrize(("at", "expected"), [
    ("2026-11-22T22:59:59+08:00", None),
    ("2026-11-22T23:00:00+08:00", "2026-11-23T05:00:00+08:00"),
    ("2026-11-22T15:00:00+00:00", "2026-11-23T05:00:00+08:00"),
    ("2026-11-23T04:59:59+08:00", "2026-11-23T05:00:00+08:00"),
    ("2026-11-23T05:00:00+08:00", None),
    ("2026-11-23T23:30:00+08:00", None),
])
def test_a_night_begins_on_its_weekday_and_ends_on_the_next_day(at: str, expected: str | None) -> None:
    assert back(at, SUNDAYS) == expected


def test_days_of_a_month_that_touch_are_one_window() -> None:
    assert back("2026-11-30T23:59:59+08:00", ACCOUNTS) is None
    assert back("2026-12-01T00:00:00+08:00", ACCOUNTS) == "2026-12-03T00:00:00+08:00"
    assert back("2026-12-03T00:00:00+08:00", ACCOUNTS) is None


def test_an_announced_window_leads_into_the_one_it_meets() -> None:
    assert back("2026-12-31T17:59:59+08:00", ONCE, ACCOUNTS) is None
    assert back("2026-12-31T18:00:00+08:00", ONCE) == "2027-01-01T00:00:00+08:00"
    assert back("2026-12-31T18:00:00+08:00", ONCE, ACCOUNTS) == "2027-01-03T00:00:00+08:00"


def test_without_windows_a_department_is_always_there() -> None:
    assert windows() == ()
    assert back("2026-12-31T18:00:00+08:00") is None


def test_a_department_that_is_closed_every_day_ends_the_search() -> None:
    daily = '[[maintenance]]\nweekdays = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]\nfrom = "00:00"\nto = "24:00"\n'
    assert back("2026-11-22T22:59:59+08:00", daily) is not None


@pytest.mark.parametrize(("window", "fault"), [
    (SUNDAYS.replace("SUN", "SUNDAY"), "maintenance.1.weekdays: MON to SUN"),
    (SUNDAYS.replace('weekdays = ["SUN"]', "monthdays = [0]"), "maintenance.1.monthdays: not a list of whole numbers of 1 to 31"),
    (SUNDAYS.replace('weekdays = ["SUN"]', ""), "maintenance.1.weekdays"),
    (SUNDAYS + "monthdays = [1]\n", "maintenance.1.weekdays"),
    (SUNDAYS.replace("23:00", "25:00"), "maintenance.1.from: no time of day"),
    (SUNDAYS.replace("05:00", "24:30"), "maintenance.1.to: no time of day"),
    (SUNDAYS.replace("23:00", "24:00"), "maintenance.1.from: a day begins at 00:00"),
    (SUNDAYS.replace('to = "05:00"\n', ""), "maintenance.1.to: missing"),
    (SUNDAYS + 'why = "x"\n', "maintenance.1.why: unknown key"),
    (ONCE.replace("+08:00\nends", "\nends"), "maintenance.1.begins: not a date and time with its offset"),
    (ONCE.replace("2027", "2025"), "maintenance.1.ends: an announced window begins, and ends later"),
    ("[[maintenance]]\nbegins = 2026-12-31T18:00:00+08:00\n", "maintenance.1.ends"),
    ("[maintenance]\n", "maintenance: not an array of tables"),
])
def test_a_window_is_read_strictly(window: str, fault: str) -> None:
    with pytest.raises(ManifestFault) as caught:
        windows(window)
    assert fault in str(caught.value)
