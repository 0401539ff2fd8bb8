"""Which versions of the token key are shown, sign and open at a moment, so that the key changes while every worker serves.

    made ── announced in /oauth/jwks ── signs ──────── next one signs ── last token of it has ended, gone from jwks
             ANNOUNCED                   │ opens ─────────────────────────┘

Nobody tells a worker: all of them read the same ring, and the time a version was made says the rest. So all agree without a word, whoever
keeps the published keys for as long as their header allows knows a key before its first token, and no token outlives its key.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog

from hub.background import Background
from hub.chore import Chore
from hub.keys import Key, KeyRing, Use

CACHED = timedelta(minutes=5)
"""How long the published keys may be kept by who checks our tokens."""
ANNOUNCED = CACHED + timedelta(minutes=1)
"""How long a new key is published before it signs; also how long a replica on another machine has to be given it."""
LIFETIME = timedelta(minutes=10)
"""How long a token lives."""
MARGIN = timedelta(minutes=1)
"""By how much the clocks of two replicas may differ."""
EVERY = 1.0
"""Seconds between two looks at the ring's directory."""

_log = structlog.stdlib.get_logger("hub.oauth")


def signs_from(key: Key) -> datetime:
    """When a version that has one before it begins to sign."""
    return key.made + ANNOUNCED


def signing(versions: tuple[Key, ...], now: datetime) -> Key:
    """The version that signs; `versions` newest first. One alone signs at once: there is nothing to bridge."""
    return next((key for key in versions if signs_from(key) <= now), versions[-1])


def shown(versions: tuple[Key, ...], now: datetime) -> tuple[Key, ...]:
    """The versions to publish and to open tokens with: those to come, the one that signs, and those whose last token may still be good."""
    newer = (None, *versions)
    return tuple(
        key for key, next_one in zip(versions, newer, strict=False)
        if next_one is None or now < signs_from(next_one) + LIFETIME + MARGIN
    )


class TokenKeys:
    """The token key's versions as one worker knows them. One event loop's thread only."""

    def __init__(self, ring: KeyRing) -> None:
        """Knows what the ring knows; `start` to follow its directory."""
        self._ring = ring
        self._looking = Chore("token keys read")
        self._background = Background("token keys", self._turn)

    def signing(self, now: datetime) -> Key:
        """The version new tokens are signed by."""
        return signing(self._ring.versions(Use.TOKEN), now)

    def shown(self, now: datetime) -> tuple[Key, ...]:
        """The versions published, newest first."""
        return shown(self._ring.versions(Use.TOKEN), now)

    def start(self) -> None:
        """Follow the directory until stopped."""
        self._background.start()

    async def stop(self) -> None:
        """No further look."""
        await self._background.stop()

    async def look(self) -> None:
        """Take up versions that were added or removed. A ring that cannot be read changes nothing: what is known stays good."""
        with self._looking:
            found = await asyncio.to_thread(self._ring.on_disk, Use.TOKEN)
            if self._ring.take_up(Use.TOKEN, found):
                _log.info("token keys", versions=[key.version for key in self._ring.versions(Use.TOKEN)])

    async def _turn(self) -> None:
        await asyncio.sleep(EVERY)
        await self.look()
