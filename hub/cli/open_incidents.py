"""The check of `hub doctor` over incidents: whether somebody is late to be told of one (PIPL §57)."""

from __future__ import annotations

from hub.cli.findings import Finding, ok, warn
from hub.cli.premises import Premises
from hub.clock import clock
from hub.incidents.listing import listed
from policies.incidents import incident_rule


async def incidents_told(premises: Premises) -> Finding:
    """Whether of every open incident authority and people were told, before it is late."""
    rows = [one for one in await listed(premises.engine, incident_rule(premises.settings.region[:6]), clock()) if one.state == "OPEN"]
    late = [one for one in rows if one.authority.late or one.people.late]
    if late:
        return warn("incidents", f"of {len(late)} of {len(rows)} open ones the authority or the people were not told in time", "see `hub incident list`")
    return ok("incidents", f"{len(rows)} open, nobody late to be told")
