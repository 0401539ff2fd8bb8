"""The check of `hub doctor` over the citizens' door: for how many people each platform vouched lately."""

from __future__ import annotations

import asyncpg

from hub.citizens.vouching import spoken
from hub.cli.findings import Finding, ok, warn
from hub.cli.premises import Premises
from hub.clock import clock
from hub.postgres.connection import APP_ROLE, plain_url
from policies.citizens import citizen_rules


async def vouching_bounded(premises: Premises) -> Finding:
    """Whether a platform vouched for as many people as it may, or the region lets one vouch for anybody."""
    rules = citizen_rules(premises.settings.region[:6])
    if rules is None:
        return ok("citizens", "the region states no rules for their own access: nobody is answered")
    session = await asyncpg.connect(plain_url(premises.url), timeout=5, server_settings={"role": APP_ROLE})
    try:
        windows = await spoken(session, rules.vouching.people, clock())
    finally:
        await session.close(timeout=5)
    full = [one for one in windows if one.people >= one.most]
    if full:
        seen = ", ".join(f"{one.platform} vouched for {one.people} people in {one.minutes} minutes, of {one.most}" for one in full)
        return warn("citizens", seen, "is its key in other hands? `hub platform key revoke`; or raise `[[vouching.people]]` of citizens.toml")
    if not rules.vouching.own_cases_only:
        return warn("citizens", "the region lets a platform vouch for anybody", "own_cases_only = true in its citizens.toml")
    spoke = max((one.people for one in windows), default=0)
    return ok("citizens", f"no platform vouched for more than {spoke} people, all of its own cases")
