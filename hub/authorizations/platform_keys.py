"""A platform's keys: each valid from and to, several at a time while one follows another, revoked where somebody else may have it.

- A `kid` means one key for ever: cases and letters remember under which they came, and revoking it puts them under review (coverage.py).
- What a key signed counts by the message's `iat`: outside the key's validity it is refused. A revoked key signs nothing, of whatever time:
  whoever stole it writes any `iat`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from joserfc.jwk import KeySet
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.signatures import LEEWAY, BadSignature
from hub.suites import platform_keys
from hub.tables import Case, Letter, Platform, PlatformKey

_LATEST = 2**33
"""Seconds: the year 2242. No message we read is of later, and no arithmetic here overflows."""

UNDER_REVIEW = (
    "EXISTS (SELECT FROM platform_key k WHERE k.platform = c.platform AND k.revoked_at IS NOT NULL"
    " AND (k.kid = {0}.registered_under OR {0}.registered_under IS NULL))"
)
"""SQL, beside a case `c`, of the row {0}: whether the platform's key it came under was revoked."""


class KeyState(StrEnum):
    """Of a platform's key at a moment."""

    COMING = "COMING"
    ACTIVE = "ACTIVE"
    RETIRED = "RETIRED"
    REVOKED = "REVOKED"


@dataclass(frozen=True, slots=True)
class Flagged:
    """What a revoked key had brought: cases and letters that are under review now."""

    cases: int
    letters: int


def state(row: Any, at: datetime) -> KeyState:
    """Of a row with `valid_from`, `valid_to` and `revoked_at`."""
    if row.revoked_at is not None:
        return KeyState.REVOKED
    if at < row.valid_from - timedelta(seconds=LEEWAY):
        return KeyState.COMING
    return KeyState.ACTIVE if row.valid_to is None or at < row.valid_to else KeyState.RETIRED


async def keys_for(connection: AsyncConnection, platform: object, *, kid: object, issued: object) -> KeySet:
    """The keys an active platform may have signed with at `iat`. Raises `BadSignature` saying why there is none, for the log."""
    if not isinstance(platform, str) or "\0" in platform:
        raise BadSignature("no readable iss")
    if not isinstance(issued, int) or isinstance(issued, bool) or not 0 <= issued < _LATEST:
        raise BadSignature("no readable iat")
    query = select(PlatformKey).join(Platform).where(Platform.id == platform, Platform.active).with_only_columns(*PlatformKey.__table__.columns)
    rows = (await connection.execute(query)).all()
    at = datetime.fromtimestamp(issued, UTC)
    states = {row.kid: state(row, at) for row in rows}
    if isinstance(kid, str) and states.get(kid, KeyState.ACTIVE) is not KeyState.ACTIVE:
        raise BadSignature(f"the platform's key is {states[kid]} at the message's iat")
    good = [{**row.jwk, "kid": row.kid} for row in rows if states[row.kid] is KeyState.ACTIVE]
    if not good:
        raise BadSignature("no such platform, or none of its keys is valid at the message's iat")
    return platform_keys(good, kid)


async def brought(connection: AsyncConnection, platform: str, kid: str) -> Flagged:
    """How many cases and active letters stand on a key's word."""
    cases = select(func.count()).where(Case.platform == platform, _under(Case.registered_under, kid))
    letters = select(func.count()).select_from(Letter).join(Case, Case.id == Letter.case_id)
    letters = letters.where(Case.platform == platform, _under(Letter.registered_under, kid), Letter.status == "ACTIVE")
    return Flagged((await connection.execute(cases)).scalar_one(), (await connection.execute(letters)).scalar_one())


def _under(registered_under: Any, kid: Any) -> Any:
    """What came before the hub kept the kid may have come under any of the platform's keys: `UNDER_REVIEW`, for one key."""
    return or_(registered_under == kid, registered_under.is_(None))
