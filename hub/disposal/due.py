"""Which disposals are owed and by when: the nearest first, what is overdue marked (GDS §27; PIPL §47)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.tables import Case, CatalogueEntry, DisposalDuty, Letter
from policies.calendar import CHINA
from policies.disposal import Term, due
from policies.purposes import PURPOSES, PurposeKind


@dataclass(frozen=True, slots=True)
class Owed:
    """One duty that is not met. `due` None: neither region nor provider says a number of days (DISPOSAL_DAYS_MISSING)."""

    id: str
    organisation: str
    case: str
    purpose: str
    groups: tuple[str, ...]
    told: int
    state: str  # OPEN, or RETAINED until `due`
    due: date | None
    overdue: bool


async def outstanding(
    connection: AsyncConnection, terms: Mapping[PurposeKind, Term], today: date, *, organisation: str = "", duty: str = "",
) -> list[Owed]:
    """Everything open or retained, the nearest day first and what has none last; of one organisation, or one duty, where named."""
    withdrawn = _withdrawn()
    columns = (DisposalDuty.__table__, Case.closed_at, withdrawn.label("withdrawn_at"))
    query = select(*columns).join(Case, Case.id == DisposalDuty.case_id).where(DisposalDuty.state != "DISPOSED")
    if organisation:
        query = query.where(DisposalDuty.organisation == organisation)
    if duty:
        query = query.where(DisposalDuty.id == duty)
    kept = await _keep_days(connection, today)
    found = []
    for row in (await connection.execute(query)).all():
        purpose = PURPOSES.get(row.purpose)
        day = row.retained_until or due(
            terms.get(purpose.kind) if purpose is not None else None, told=_day(row.first_told_at),
            closed=_day(row.closed_at) if row.closed_at is not None else None,
            withdrawn=_day(row.withdrawn_at) if row.withdrawn_at is not None else None,
            keep_days=min((kept[group] for group in row.groups if group in kept), default=None),
        )
        found.append(Owed(
            row.id, row.organisation, row.case_id, row.purpose, tuple(row.groups), row.told, row.state, day, day is not None and today > day,
        ))
    return sorted(found, key=lambda one: (one.due or date.max, one.id))


def _withdrawn() -> ScalarSelect[datetime | None]:
    """When the last letter a duty stood on fell; null while one stands, or where it stood on none."""
    named = Letter.id == func.any(DisposalDuty.letters)
    standing = select(Letter.id).where(named, Letter.status != "REVOKED").exists()
    return select(func.max(Letter.revoked_at)).where(named, ~standing).correlate(DisposalDuty).scalar_subquery()


async def _keep_days(connection: AsyncConnection, today: date) -> Mapping[str, int]:
    """The shortest time providers let a group's data be kept, by the entries in force."""
    in_force = (CatalogueEntry.valid_from <= today, func.coalesce(CatalogueEntry.valid_to, date.max) > today)
    query = select(CatalogueEntry.fact_group, func.min(CatalogueEntry.keep_days)).where(
        CatalogueEntry.keep_days.is_not(None), *in_force,
    ).group_by(CatalogueEntry.fact_group)
    return {group: days for group, days in await connection.execute(query) if days is not None}


def _day(at: datetime) -> date:
    return at.astimezone(CHINA).date()
