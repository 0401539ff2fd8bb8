"""The working days a hub counts in: the region's calendar, and years the operator loaded in its place (HUB_CALENDAR)."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hub.settings import Settings
from policies.calendar import Calendar, read_calendar
from policies.engine import load_calendar


async def calendar_of(settings: Settings) -> Calendar:
    """Raises ParametersRefused for a file that is no calendar, OSError for one that cannot be read."""
    own = await asyncio.to_thread(load_calendar, settings.region[:6])
    if not settings.calendar:
        return own
    text = await asyncio.to_thread(Path(settings.calendar).read_text, encoding="utf-8")
    return own.overridden(read_calendar("HUB_CALENDAR", text))
