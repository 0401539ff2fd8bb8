"""The working days a command counts in: the region's calendar, and years the operator loaded in its place (HUB_CALENDAR)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from hub.cli.findings import Finding, ok, warn
from hub.cli.premises import clock
from hub.settings import Settings
from policies.calendar import CHINA, Calendar, read_calendar
from policies.engine import load_calendar

_AHEAD = timedelta(days=75)
"""More than 40 working days: an answer put off and the supply after it."""


async def calendar_of(settings: Settings) -> Calendar:
    """Raises ParametersRefused for a file that is no calendar, OSError for one that cannot be read."""
    own = await asyncio.to_thread(load_calendar, settings.region[:6])
    if not settings.calendar:
        return own
    text = await asyncio.to_thread(Path(settings.calendar).read_text, encoding="utf-8")
    return own.overridden(read_calendar("HUB_CALENDAR", text))


async def calendar_ahead(settings: Settings) -> Finding:
    """Whether the clocks that begin today can be counted to their end."""
    calendar, today = await calendar_of(settings), clock().astimezone(CHINA).date()
    missing = sorted({today.year, (today + _AHEAD).year} - calendar.years)
    if missing:
        return warn("calendar", f"no working days are known of {missing[0]}", "load that year's holiday notice by HUB_CALENDAR")
    return ok("calendar", f"covers {today.year}" + ("" if (today + _AHEAD).year == today.year else f" and {today.year + 1}"))
