"""先行救助: how long the papers of an emergency may follow (SAL §50), and how much of a reason is one, by region, as data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from policies.calendar import CHINA
from policies.parameters import REGIONS, Table


@dataclass(frozen=True, slots=True)
class EmergencyRule:
    """Papers within so many calendar days of the opening, a reason of so many characters at least; `example` is for development."""

    days: int
    reason_characters: int
    source: str
    example: bool

    def due(self, opened_at: datetime) -> date:
        """The last day in time, counted from the day after, in China's days."""
        return opened_at.astimezone(CHINA).date() + timedelta(days=self.days)


def read_emergency(file: str, text: str) -> EmergencyRule:
    """The rule of an `emergency.toml`. Raises ParametersRefused."""
    top = Table.parse(file, text)
    row = top.table("follow_up")
    rule = EmergencyRule(
        days=row.count("days"), reason_characters=row.count("reason_characters"), source=row.text("source"), example=row.flag("example"),
    )
    row.done()
    top.done()
    return rule


def emergency_rule(region: str) -> EmergencyRule | None:
    """A region's (6 digits); None where its folder states none: nobody asks in an emergency there (FOLLOW_UP_DEADLINE_MISSING)."""
    path = REGIONS / region / "emergency.toml"
    return read_emergency(f"{region}/{path.name}", path.read_text("utf-8")) if path.is_file() else None
