"""The check of `hub doctor` over where a refused citizen is sent: places of the region's own, not of the examples it was delivered with."""

from __future__ import annotations

import asyncio

from hub.cli.findings import Finding, ok, warn
from hub.settings import Settings
from policies.citizens import Recourse, citizen_rules


async def recourse_named(settings: Settings) -> Finding:
    """Whether each kind of remedy names somebody, and nobody made up (PIPL §50)."""
    rules = await asyncio.to_thread(citizen_rules, settings.region[:6])
    places = rules.places if rules is not None else {}
    wanting = [kind.value for kind in Recourse if kind not in places or places[kind].example]
    if wanting:
        return warn("remedies", f"a refused citizen is sent to nobody, or to an example: {', '.join(wanting)}", "[[recourse]] of the region's citizens.toml")
    return ok("remedies", "the region names whom a refused citizen may turn to")
