"""All incidents with who is still to be told, from when that is late, and by which law (PIPL §57)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.tables import Incident
from policies.incidents import IncidentRule


@dataclass(frozen=True, slots=True)
class Telling:
    """Whether one was told; `due` is from when it is late not to have been. `ground`: the law it rests on; `needless`: why it need not be."""

    told_at: datetime | None
    due: datetime
    late: bool
    ground: str
    needless: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """One incident."""

    incident: Incident
    authority: Telling
    people: Telling

    @property
    def state(self) -> str:
        """OPEN or CLOSED."""
        return "CLOSED" if self.incident.closed_at else "OPEN"


async def listed(engine: AsyncEngine, rule: IncidentRule, at: datetime) -> Sequence[Listed]:
    """The newest first."""
    async with engine.connect() as connection:
        rows = (await connection.execute(select(Incident).order_by(Incident.id.desc()))).all()
    return [_listed(Incident(**row._mapping), rule, at) for row in rows]  # noqa: SLF001 - the row's public mapping


def _listed(one: Incident, rule: IncidentRule, at: datetime) -> Listed:
    authority_due, people_due = rule.authority_due(one.opened_at, public_interest=one.public_interest), rule.people_due(one.opened_at)
    return Listed(
        one,
        Telling(
            one.authority_told_at, authority_due, one.authority_told_at is None and authority_due <= at,
            "PIPL §57, NDS §10" if one.public_interest else "PIPL §57",
        ),
        Telling(
            one.people_told_at, people_due, one.people_told_at is None and not one.people_not_told and people_due <= at, "PIPL §57", one.people_not_told or "",
        ),
    )
