"""The check of `hub doctor` over incidents: whether somebody is late to be told of one (PIPL §57)."""

from __future__ import annotations

from sqlalchemy import select

from hub.cli.findings import Finding, ok, warn
from hub.cli.premises import Premises
from hub.clock import clock
from hub.tables import Incident
from policies.incidents import incident_rule


async def incidents_told(premises: Premises) -> Finding:
    """Whether of every open incident authority and people were told, before it is late."""
    rule, now = incident_rule(premises.settings.region[:6]), clock()
    async with premises.engine.connect() as connection:
        rows = (await connection.execute(select(Incident).where(Incident.closed_at.is_(None)))).all()
    late = [
        one for one in rows
        if (one.authority_told_at is None and rule.authority_due(one.opened_at, public_interest=one.public_interest) <= now)
        or (one.people_told_at is None and rule.people_due(one.opened_at) <= now)
    ]
    if late:
        return warn("incidents", f"of {len(late)} of {len(rows)} open ones the authority or the people were not told in time", "see `hub incident list`")
    return ok("incidents", f"{len(rows)} open, nobody late to be told")
