"""Whether the notices people are shown are registered and tell of everything, and how many letters have to be signed anew because of a later one, as `hub doctor` says it."""

from __future__ import annotations

import asyncio
from datetime import datetime

from hub.authorizations.conditions import Conditions
from hub.authorizations.renewals import Renewal, renewals
from hub.cli.findings import Finding, fail, ok, warn
from hub.cli.premises import Premises
from hub.clock import clock
from policies.calendar import CHINA
from policies.groups import GROUPS
from policies.purposes import PURPOSES

EVERYTHING = "everything"


async def renewals_now(premises: Premises, at: datetime) -> tuple[Conditions, tuple[Renewal, ...]]:
    """The region's conditions and the counts under them."""
    conditions = await asyncio.to_thread(Conditions.of, premises.settings.region)
    return conditions, await renewals(premises.engine, conditions, at)


def not_told_of(conditions: Conditions, version: str) -> str:
    """What a notice is silent about, in Chinese words with the code of each; "everything" where nobody entered what it tells; "" for none."""
    known = conditions.notices.versions.get(version) if conditions.notices is not None else None
    if known is not None and known.tells is None:
        return EVERYTHING
    return ", ".join(f"{_title(code)} ({code})" for code in sorted(conditions.silent(version)))


def _title(code: str) -> str:
    found = GROUPS.get(code) or PURPOSES.get(code)
    return found.title_zh if found is not None else "不满十四周岁"


async def notices_current(premises: Premises) -> Finding:
    """Whether letters can be signed under a notice today, and whether those that stand still carry what they say (PIPL §14, §17)."""
    at = clock()
    conditions, counted = await renewals_now(premises, at)
    shown = conditions.shown(at.astimezone(CHINA).date())
    living, anew = sum(one.living for one in counted), sum(one.anew for one in counted)
    if not shown:
        return fail("notices", "no privacy notice is in force: no letter signed today is taken in", "register it in the region's notices.toml")
    silent = {version: words for version in shown if (words := not_told_of(conditions, version))}
    if EVERYTHING in silent.values():
        empty = ", ".join(version for version, words in silent.items() if words == EVERYTHING)
        said = f"nobody entered what {empty} tells: no letter signed under it opens anything"
        return fail("notices", said, "write it under [notice.tells] of the region's notices.toml (PIPL §17, §30)")
    if silent:
        said = "; ".join(f"{version} does not tell of {words}" for version, words in silent.items())
        return warn("notices", f"{said}; {anew} of {living} living letters are to be signed anew", "no letter under it opens that: show a notice that tells of it")
    if anew:
        return warn("notices", f"{anew} of {living} living letters are to be signed anew", "a later notice took something from them: `hub letters notices`")
    if examples := [version for version in shown if conditions.notices is not None and conditions.notices.versions[version].example]:
        said = f"in force is an example: {', '.join(examples)}; none of {living} living letters is to be signed anew"
        return warn("notices", said, "enter the notices people are really shown in the region's notices.toml")
    return ok("notices", f"{', '.join(shown)} in force; none of {living} living letters is to be signed anew")
