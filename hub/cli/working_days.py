"""Whether the working days ahead are known, as `hub doctor` says it."""

from __future__ import annotations

from datetime import timedelta

from hub.cli.findings import Finding, ok, warn
from hub.clock import clock
from hub.settings import Settings
from hub.working_days import calendar_of
from policies.calendar import CHINA

_AHEAD = timedelta(days=75)
"""More than 40 working days: an answer put off and the supply after it."""


async def calendar_ahead(settings: Settings) -> Finding:
    """Whether the clocks that begin today can be counted to their end."""
    calendar, today = await calendar_of(settings), clock().astimezone(CHINA).date()
    missing = sorted({today.year, (today + _AHEAD).year} - calendar.years)
    if missing:
        return warn("calendar", f"no working days are known of {missing[0]}", "load that year's holiday notice by HUB_CALENDAR")
    return ok("calendar", f"covers {today.year}" + ("" if (today + _AHEAD).year == today.year else f" and {today.year + 1}"))
