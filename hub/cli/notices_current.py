"""Whether the notices people are shown are registered, and how many letters have to be signed anew because of a later one, as `hub doctor` says it."""

from __future__ import annotations

import asyncio
from datetime import datetime

from hub.authorizations.conditions import Conditions
from hub.authorizations.renewals import Renewal, renewals
from hub.cli.findings import Finding, fail, ok, warn
from hub.cli.premises import Premises
from hub.clock import clock
from policies.calendar import CHINA


async def renewals_now(premises: Premises, at: datetime) -> tuple[Conditions, tuple[Renewal, ...]]:
    """The region's conditions and the counts under them."""
    conditions = await asyncio.to_thread(Conditions.of, premises.settings.region)
    return conditions, await renewals(premises.engine, conditions, at)


async def notices_current(premises: Premises) -> Finding:
    """Whether letters can be signed under a notice today, and whether those that stand still carry what they say (PIPL §14, §17)."""
    at = clock()
    conditions, found = await renewals_now(premises, at)
    shown = conditions.shown(at.astimezone(CHINA).date())
    living, anew = sum(one.living for one in found), sum(one.anew for one in found)
    if not shown:
        return fail("notices", "no privacy notice is in force: no letter signed today is taken in", "register it in the region's notices.toml")
    if anew:
        return warn("notices", f"{anew} of {living} living letters are to be signed anew", "a later notice took something from them: `hub letters notices`")
    return ok("notices", f"{', '.join(shown)} in force; none of {living} living letters is to be signed anew")
