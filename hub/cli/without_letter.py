"""The checks of `hub doctor` over what stands in for a letter: impact assessments, and duties that emergencies left open."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from hub.cli.findings import Finding, ok, warn
from hub.cli.premises import Premises, clock
from hub.emergencies.follow_ups import open_duties
from hub.tables import Client, ImpactAssessment
from policies.calendar import CHINA
from policies.emergency import emergency_rule
from policies.purposes import PURPOSES


async def unassessed(premises: Premises, today: date) -> list[str]:
    """Purposes that tell facts and that an active system is enrolled for, without a current impact assessment (PIPL §55), sorted."""
    current = select(ImpactAssessment.purpose).where(
        ImpactAssessment.ended_at.is_(None), ImpactAssessment.valid_from <= today, ImpactAssessment.valid_until >= today,
    )
    async with premises.engine.connect() as connection:
        enrolled = {code for row in (await connection.execute(select(Client.purposes).where(Client.active))).scalars() for code in row}
        assessed = set((await connection.execute(current)).scalars())
    return sorted(code for code in enrolled - assessed if code in PURPOSES and PURPOSES[code].needs_assessment)


async def assessments_current(premises: Premises) -> Finding:
    """Whether every purpose a system is enrolled for may be used."""
    missing = await unassessed(premises, clock().astimezone(CHINA).date())
    if missing:
        return warn("assessments", f"{len(missing)} purpose(s) without a current one: {' '.join(missing)}", "see `hub assessment add`")
    return ok("assessments", "current for every purpose a system is enrolled for")


async def emergencies_followed(premises: Premises) -> Finding:
    """Whether papers that follow an emergency are overdue (SAL §50)."""
    if emergency_rule(premises.settings.region[:6]) is None:
        return ok("emergencies", "the region states no deadline for their papers: nobody asks in one")
    duties, today = await open_duties(premises.engine), clock().astimezone(CHINA).date()
    late = [one for one in duties if one.due < today]
    if late:
        seen = f"{len(late)} of {len(duties)} open duties are overdue, the oldest since {min(one.due for one in late)}"
        return warn("emergencies", seen, "see the console's page of emergencies")
    return ok("emergencies", f"{len(duties)} duties open, none overdue")
