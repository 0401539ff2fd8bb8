"""When a department that answers later is out of time: working hours, counted over the region's calendar of working days."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from policies.calendar import CHINA, Calendar

OPENS, CLOSES = time(9), time(17)  # [D] office hours: a working day has eight


def due_at(calendar: Calendar, asked: datetime, working_hours: int) -> datetime:
    """The moment so many working hours after `asked` are over. Raises CalendarMissing for a year nobody loaded."""
    at, left = asked.astimezone(CHINA), timedelta(hours=working_hours)
    while True:
        opens, closes = (datetime.combine(at.date(), moment, CHINA) for moment in (OPENS, CLOSES))
        begins = max(at, opens)
        if calendar.is_working_day(at.date()) and begins < closes:
            if left <= closes - begins:
                return begins + left
            left -= closes - begins
        at = opens + timedelta(days=1)
