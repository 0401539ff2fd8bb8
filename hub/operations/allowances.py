"""May this be asked once more: fair use of the purpose, then what the token itself allows. One place for every way in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from hub.caller import Caller
from hub.operations.fair_use import FairUse
from hub.operations.token_uses import TokenUses

Allow = Callable[[Caller, int, datetime], Awaitable[None]]
"""Whether somebody may ask once more, about so many people. Raises TooMany, Unauthenticated, Overloaded."""


@dataclass(frozen=True, slots=True)
class Allowances:
    """One worker's."""

    fair: FairUse
    uses: TokenUses

    async def take(self, caller: Caller, people: int, now: datetime) -> None:
        """Count one question about so many people. Raises TooMany, `UsedUp`, Overloaded; a question refused uses up no token."""
        await self.fair.take(caller, people, now)
        await self.uses.take(caller, now)
