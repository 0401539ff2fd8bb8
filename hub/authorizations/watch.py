"""The watch: every worker learns of a revocation within STOP_TIME, told by the database or, failing that, by asking it.

- Notices wake it at once; where one is lost, it reads on every POLL seconds from the last `seq` it knows. Where the channel itself is
  lost it asks over another connection as often, says so once, and goes on trying to get it back.
- Its knowledge carries the time of the last good reading. Older than STOP_TIME, it decides nothing: each request asks the database
  itself, and is refused where that fails too. So no answer is decided on revocations older than STOP_TIME, whatever breaks.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import asyncpg
import structlog

from hub import metrics
from hub.access_log.failures import FAILURES
from hub.background import Background, woken
from hub.chore import Chore
from hub.errors import Overloaded
from hub.postgres.connection import APP_ROLE, plain_url

CHANNEL = "hub_revocation"
STOP_TIME = 1.0
"""Seconds within which a revocation that committed stops every question in every worker."""
POLL = 0.5
NAME = "hub-watch"
"""What the operator sees in pg_stat_activity."""
OVERLAP = 256
"""Rows read again each time: a row with a lower `seq` may commit after one with a higher (an operator's own SQL, say)."""

SINCE = "SELECT seq, kind, ref, expires_at FROM revocation WHERE seq > $1 ORDER BY seq"
_LAST = "SELECT COALESCE(max(seq), 0) FROM revocation"
TOKENS = "SELECT ref, expires_at FROM revocation WHERE kind = 'TOKEN' AND expires_at > $1"
_log = structlog.stdlib.get_logger("hub.watch")

Fetch = Callable[..., Awaitable[list[asyncpg.Record]]]
Forget = Callable[[str, str], None]
"""Told of each revocation: its kind and what it is of."""


class RevocationWatch:
    """Follows the table `revocation` for one worker. Start before the first request, stop after the last."""

    def __init__(self, url: str, pool: asyncpg.Pool[asyncpg.Record], *, clock: Callable[[], datetime]) -> None:
        """`url` for a connection of its own, `pool` for asking without it, `clock` for the ends of revoked tokens."""
        self._url = url
        self._pool = pool
        self._clock = clock
        self._forget: list[tuple[Chore, Forget]] = []
        self._tokens: dict[str, datetime] = {}
        self._seen: set[int] = set()
        self._untold: set[int] = set()
        self._last = 0
        self._fresh_at = float("-inf")
        self._look: asyncio.Task[bool] | None = None
        self._wake = asyncio.Event()
        self._channel: asyncpg.Connection[asyncpg.Record] | None = None
        self._background = Background("revocation watch", self._turn, rest=POLL)
        self._stopping = False
        self._lost = False
        self.notices = False
        """Whether the database announces revocations to this worker; else it asks, and is as right and a little later."""

    def subscribe(self, forget: Forget) -> None:
        """Have `forget` called for each revocation, before any question is decided after it was read."""
        self._forget.append((Chore(f"revocations to {getattr(forget, '__qualname__', type(forget).__name__)}"), forget))

    @property
    def following(self) -> bool:
        """Whether memory is fresh; else every request asks the database. For readiness."""
        return time.monotonic() - self._fresh_at <= STOP_TIME

    async def start(self) -> None:
        """Read what is revoked now, then follow. Raises asyncpg's errors where the database cannot be read."""
        self._last = await self._pool.fetchval(_LAST)
        for row in await self._pool.fetch(TOKENS, self._clock()):
            self._tokens[row["ref"]] = row["expires_at"]
        await self._read(self._pool.fetch)
        self._background.start()

    async def stop(self) -> None:
        """End following."""
        self._stopping = True
        await self._background.stop()
        if self._look is not None:
            await asyncio.wait({self._look})  # it ends within STOP_TIME, and the pool it reads by is closed after
        self._let_go()

    def revoked(self, jti: str) -> bool:
        """Whether an access token was revoked."""
        return jti in self._tokens

    async def settled(self) -> None:
        """Nothing while memory is fresh; else the database is asked now, once for all who wait for it. Raises `Overloaded` where that cannot
        be done in time: whoever comes while it is asked waits no longer than who asked first, and sees nothing older than STOP_TIME.
        """
        if self.following:
            return
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._looked())
        if not await asyncio.shield(self._look):  # deciding fails closed: what may have been revoked is not asked about
            raise Overloaded(retry_after=1)

    async def _looked(self) -> bool:
        """Whether all there is was read, and taken in by who must know, within STOP_TIME."""
        try:
            async with asyncio.timeout(STOP_TIME):
                return await self._read(self._pool.fetch)
        except FAILURES:
            return False

    async def _turn(self) -> None:
        """One reading over the channel, and what is waited until the next; where the channel broke, one without it."""
        try:
            channel = self._channel or await self._opened()
            self._wake.clear()  # before reading: a notice that comes meanwhile is not lost
            async with asyncio.timeout(STOP_TIME):
                await self._read(channel.fetch)
        except FAILURES as error:
            _log.debug("the channel of revocations broke", error=type(error).__name__)
            self._let_go()
            await self._asked()
            await asyncio.sleep(POLL / 10)  # a server that ends every connection is not run at
        else:
            await woken(self._wake, POLL)

    async def _opened(self) -> asyncpg.Connection[asyncpg.Record]:
        """The channel, once it is listened to."""
        self._channel = channel = await self._connected()
        await channel.add_listener(CHANNEL, lambda *_: self._wake.set())
        channel.add_termination_listener(lambda *_: self._wake.set())  # to find out now, not at the next reading
        self._heard(True)
        return channel

    def _let_go(self) -> None:
        channel, self._channel = self._channel, None
        self._heard(False)
        if channel is not None:
            channel.terminate()

    async def _connected(self) -> asyncpg.Connection[asyncpg.Record]:
        """A connection of the watch's own. Until there is one, the database is asked every POLL seconds over the pool's."""
        settings = {"role": APP_ROLE, "application_name": NAME}
        while True:
            connecting = asyncio.create_task(asyncpg.connect(plain_url(self._url), timeout=STOP_TIME, server_settings=settings))
            try:
                while not (await asyncio.wait({connecting}, timeout=POLL))[0]:
                    await self._asked()
                return connecting.result()
            except FAILURES as error:
                _log.debug("no channel of revocations", error=type(error).__name__)
                await self._asked()
                await asyncio.sleep(POLL)
            finally:
                connecting.cancel()

    async def _asked(self) -> None:
        with contextlib.suppress(*FAILURES):
            async with asyncio.timeout(STOP_TIME):
                await self._read(self._pool.fetch)

    def _heard(self, notices: bool) -> None:
        """Say once that the channel was lost, and once that it is back."""
        if self._stopping:
            return
        if self.notices and not notices:
            self._lost = True
            _log.warning("revocations come by asking, not by notice", every=POLL)
        elif notices and self._lost:
            self._lost = False
            _log.warning("revocations come by notice again")
        self.notices = notices
        metrics.REVOCATION_NOTICES.set(int(notices))

    async def _read(self, fetch: Fetch) -> bool:
        """Whether everybody who must was told all there is; else memory is not fresh, and it is told again at the next reading."""
        began = time.monotonic()
        # However many came after it, what somebody could not take in is read again: else memory would count as fresh without it.
        after = min((self._last - OVERLAP, *(seq - 1 for seq in self._untold)))
        new = [row for row in await fetch(SINCE, after) if row["seq"] not in self._seen]
        untold = [row for row in new if not self._take(row)]
        if not untold:
            self._fresh_at = max(self._fresh_at, began)
        return not untold

    def _take(self, row: asyncpg.Record) -> bool:
        self._last = max(self._last, row["seq"])
        if row["kind"] == "TOKEN":
            self._tokens[row["ref"]] = row["expires_at"] or datetime.max.replace(tzinfo=UTC)
        for chore, forget in self._forget:
            with chore:  # one who cannot take it in keeps it from nobody else
                forget(row["kind"], row["ref"])
        if any(chore.failing for chore, _ in self._forget):
            self._untold.add(row["seq"])
            return False
        self._untold.discard(row["seq"])
        self._seen.add(row["seq"])
        if len(self._seen) > 4 * OVERLAP:
            self._seen = {seq for seq in self._seen if seq > self._last - OVERLAP}
            now = self._clock()
            self._tokens = {jti: ends for jti, ends in self._tokens.items() if ends > now}
        return True
