"""The checks of `hub doctor` over what stands in for a letter: impact assessments, duties that emergencies left open, approvals."""

from __future__ import annotations

import asyncio
from datetime import date

from sqlalchemy import select

from hub.cli.findings import Finding, ok, warn
from hub.cli.premises import Premises
from hub.clock import clock
from hub.emergencies.follow_ups import open_duties
from hub.settings import Settings
from hub.tables import Client, ImpactAssessment
from policies.approvals import TwoPeople, approval_rules
from policies.calendar import CHINA
from policies.emergency import emergency_rule
from policies.purposes import PURPOSES


async def enrolled(premises: Premises) -> frozenset[str]:
    """Purposes that tell facts and that an active system is enrolled for."""
    async with premises.engine.connect() as connection:
        rows = (await connection.execute(select(Client.purposes).where(Client.active))).scalars().all()
    return frozenset(code for row in rows for code in row if code in PURPOSES and PURPOSES[code].needs_assessment)


async def unassessed(premises: Premises, today: date) -> list[str]:
    """Those of them without a current impact assessment (PIPL §55), sorted."""
    current = select(ImpactAssessment.purpose).where(
        ImpactAssessment.ended_at.is_(None), ImpactAssessment.valid_from <= today, ImpactAssessment.valid_until >= today,
    )
    async with premises.engine.connect() as connection:
        assessed = set((await connection.execute(current)).scalars())
    return sorted(await enrolled(premises) - assessed)


async def assessments_current(premises: Premises) -> Finding:
    """Whether every purpose a system is enrolled for may be used."""
    missing = await unassessed(premises, clock().astimezone(CHINA).date())
    if missing:
        add = f"`hub assessment add {' '.join(missing)} --report FILE --by … --from DAY --until DAY`; until then they are refused"
        return warn("assessments", f"{len(missing)} purpose(s) without a current one: {' '.join(missing)}", add)
    if not await enrolled(premises):
        return warn("assessments", "no system is enrolled that is told facts", "`hub client add`, then `hub assessment add` for its purposes")
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


async def two_people(settings: Settings) -> Finding:
    """Whether the two officers of an approval are known to be two (policies/national/approvals.toml)."""
    rules = await asyncio.to_thread(approval_rules, settings.region[:6])
    loose = {kind: rule for kind, rule in rules.items() if rule.officers is TwoPeople.ASSERTED}
    if loose:
        seen = "; ".join(f"one system may name both officers of {kind}: {rule.exception}" for kind, rule in loose.items())
        return warn("approvals", seen, "have officers prove themselves (`hub officer-issuer add`) or decide in another system, then say so in approvals.toml")
    return ok("approvals", "two officers are known by two log-ins or two systems")
