"""The one place that reads the machine's clock; every other part of the hub is told the time."""

from __future__ import annotations

from datetime import datetime

from policies.calendar import CHINA


def clock() -> datetime:
    """Now, in China's time."""
    return datetime.now(CHINA)
