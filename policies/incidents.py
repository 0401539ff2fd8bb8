"""事件时限: from when an incident nobody was told of is late, as data. The law says "at once" (PIPL §57); the hours warn, they permit nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from policies.parameters import REGIONS, Table

FILE = Path(__file__).parent / "national" / "incidents.toml"


@dataclass(frozen=True, slots=True)
class IncidentRule:
    """Hours from the opening: until the authority is told, sooner where the public interest is at risk (NDS §10), until the people are."""

    authority_hours: int
    people_hours: int
    public_interest_hours: int
    source: str

    def authority_due(self, opened_at: datetime, *, public_interest: bool) -> datetime:
        """When it is late not to have told the authority."""
        hours = min(self.authority_hours, self.public_interest_hours) if public_interest else self.authority_hours
        return opened_at + timedelta(hours=hours)

    def people_due(self, opened_at: datetime) -> datetime:
        """When it is late not to have told the people."""
        return opened_at + timedelta(hours=self.people_hours)


def read_incidents(file: str, text: str) -> IncidentRule:
    """The rule of an `incidents.toml`. Raises ParametersRefused."""
    top = Table.parse(file, text)
    row = top.table("late_after")
    rule = IncidentRule(
        authority_hours=row.count("authority_hours"), people_hours=row.count("people_hours"),
        public_interest_hours=row.count("public_interest_hours"), source=row.text("source"),
    )
    row.done()
    top.done()
    return rule


def incident_rule(region: str) -> IncidentRule:
    """That of a region (6 digits): its own file in place of the national one where its folder has one."""
    own = REGIONS / region / FILE.name
    path = own if own.is_file() else FILE
    return read_incidents(f"{path.parent.name}/{path.name}", path.read_text("utf-8"))
