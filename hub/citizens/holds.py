"""依法不予告知: entries an officer keeps from the people they are about, by an article and until a day (PIPL §45(1), §18, §35).

Nothing is hidden by itself: each hold is somebody's act, names its article, ends, and stands in the log. What it hides is counted for the
person, with the article; the entries themselves stay in the log for the privacy officer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.changes import UNSAID, changing
from hub.sharing.wording import worded
from hub.tables import AccessHold, Case
from hub.ulid import new_id
from policies.purposes import PURPOSES

LONGEST = timedelta(days=366)
"""A hold that should last longer is set anew, by somebody who looks again."""


class HoldRefused(ValueError):
    """A hold cannot be set or lifted; the text says why."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Which entries: every condition that is set must hold. At least a case or an organisation is."""

    case: str
    organisation: str
    purpose: str
    article: str
    until: datetime
    by: str


async def set_hold(engine: AsyncEngine, hold: Hold, *, at: datetime, random: Callable[[int], bytes], said: Mapping[str, str] = UNSAID) -> str:
    """The id of a new hold; `said`: whose act it is (`hub.actor`). Raises HoldRefused, SharingRefused for an empty article or officer."""
    if not hold.case and not hold.organisation:
        raise HoldRefused("a hold names a case or an organisation")
    if not at < hold.until <= at + LONGEST:
        raise HoldRefused(f"a hold ends within {LONGEST.days} days")
    if hold.purpose and hold.purpose not in PURPOSES:
        raise HoldRefused(f"no purpose {hold.purpose}")
    identifier = new_id("hold", at, random(10))
    async with changing(engine, kind="ACCESS_HOLD_SET", ref=identifier, at=at, said=said) as connection:
        # Of a case mistyped nothing would be hidden, and the officer believe it was.
        if hold.case and not (await connection.execute(select(Case.id).where(Case.id == hold.case))).first():
            raise HoldRefused(f"no case {hold.case}")
        await connection.execute(insert(AccessHold).values(
            id=identifier, case_id=hold.case or None, organisation=hold.organisation or None, purpose=hold.purpose or None,
            article=worded("article", hold.article), until=hold.until, set_by=worded("by", hold.by), set_at=at, lifted_at=None,
        ))
    return identifier


async def lift_hold(engine: AsyncEngine, identifier: str, *, at: datetime) -> None:
    """From now on its entries are shown. Raises HoldRefused."""
    async with changing(engine, kind="ACCESS_HOLD_LIFTED", ref=identifier, at=at) as connection:
        lifted = update(AccessHold).where(AccessHold.id == identifier, AccessHold.lifted_at.is_(None)).values(lifted_at=at)
        if not (await connection.execute(lifted)).rowcount:
            raise HoldRefused(f"there is no hold {identifier} to lift")
