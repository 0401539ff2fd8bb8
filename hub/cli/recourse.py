"""The checks of `hub doctor` over what citizens are owed: where one who is refused is sent, places of the region's own and not the examples it was
delivered with; and the explanations they asked for.
"""

from __future__ import annotations

import asyncio

from hub.citizens.explaining import open_requests
from hub.cli.findings import Finding, ok, warn
from hub.cli.premises import Premises
from hub.clock import clock
from hub.settings import Settings
from policies.calendar import CHINA
from policies.citizens import Recourse, citizen_rules


async def recourse_named(settings: Settings) -> Finding:
    """Whether each kind of remedy names somebody, and nobody made up (PIPL §50)."""
    rules = await asyncio.to_thread(citizen_rules, settings.region[:6])
    places = rules.places if rules is not None else {}
    wanting = [kind.value for kind in Recourse if kind not in places or places[kind].example]
    if wanting:
        return warn("remedies", f"a refused citizen is sent to nobody, or to an example: {', '.join(wanting)}", "[[recourse]] of the region's citizens.toml")
    return ok("remedies", "the region names whom a refused citizen may turn to")


async def explanations_in_time(premises: Premises) -> Finding:
    """Requests that the rules be explained (PIPL §48), and whether one is past the region's term."""
    found = await open_requests(premises.engine, clock().astimezone(CHINA).date())
    late = [one for one in found if one.overdue]
    if late:
        return warn("explanations", f"{len(late)} of {len(found)} open are overdue, the oldest since {late[0].due}", "see `hub explanation list`")
    return ok("explanations", f"{len(found)} open, none overdue")
