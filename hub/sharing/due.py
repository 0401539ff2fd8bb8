"""What is owed and by when, the nearest first, what is overdue marked: by providers answers, supplies and corrections (GDS §21, §22, §26),
by receivers the disposal of what they were told (GDS §27).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.disposal.due import outstanding
from hub.tables import CatalogueEntry, CorrectionRequest, ShareRequest
from policies.disposal import Term
from policies.disputes import CorrectionState
from policies.purposes import PurposeKind
from policies.sharing import RequestState

SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Due:
    """One thing owed. `step` is ANSWER, SUPPLY, CORRECTION or DISPOSAL; the last is its `requester`'s, and its entry the groups told."""

    due: date
    step: str
    identifier: str
    entry: str
    provider: str
    requester: str
    overdue: bool


async def owed(engine: AsyncEngine, today: date, terms: Mapping[PurposeKind, Term]) -> list[Due]:
    """Everything open, the nearest day first. The due day itself is in time. Of disposals, under the region's `terms`, those within
    SOON: each case under way has one, and no work yet.
    """
    requests = select(
        ShareRequest.id, ShareRequest.state, ShareRequest.answer_due, ShareRequest.supply_due, ShareRequest.entry,
        CatalogueEntry.provider, ShareRequest.requester,
    ).join(CatalogueEntry, CatalogueEntry.id == ShareRequest.entry).where(
        ShareRequest.state.in_([RequestState.FILED.value, RequestState.AGREED.value]),
    )
    corrections = select(
        CorrectionRequest.id, CorrectionRequest.due, CorrectionRequest.entry, CatalogueEntry.provider, CorrectionRequest.requester,
    ).join(CatalogueEntry, CatalogueEntry.id == CorrectionRequest.entry).where(CorrectionRequest.state == CorrectionState.OPEN.value)
    async with engine.connect() as connection:
        found = []
        for row in (await connection.execute(requests)).all():
            step, day = ("ANSWER", row.answer_due) if row.state == RequestState.FILED.value else ("SUPPLY", row.supply_due)
            if day is None:  # pragma: no cover (each of the two states has its day)
                continue
            found.append(Due(day, step, row.id, row.entry, row.provider, row.requester, today > day))
        found += [
            Due(one.due, "CORRECTION", one.id, one.entry, one.provider, one.requester, today > one.due)
            for one in (await connection.execute(corrections)).all()
        ]
        found += [
            Due(one.due, "DISPOSAL", one.id, " ".join(one.groups), "", one.organisation, one.overdue)
            for one in await outstanding(connection, terms, today) if one.due is not None and one.due <= today + SOON
        ]
    return sorted(found, key=lambda one: (one.due, one.identifier))
