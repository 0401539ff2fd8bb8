"""Witnessing a neighbour's log: its checkpoint fetched, held against the last one seen, and cosigned where the tree only grew.

Rules of this file:
- What was seen is stored before it is cosigned, and never replaced by a smaller or another tree: two roots of one size, or a proof that does
  not lead from one to the other, are a FORK and stay one until an officer here says that it was looked into.
- A smaller tree may be a replica that lags a moment: it is asked once more before it is called SHRUNK, and forgiven when it grew back.
- The neighbour's keys are those its hub published when it was first looked at; a key that comes later is taken from the same place, and says
  so in the log. The tree binds it all the same: no new key makes a rewritten log consistent with what was seen.
- Only hashes travel. Nobody's name, and no fact, is asked or told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime

import aiohttp
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from hub import metrics
from hub.access_log.cosignature import Cosigner
from hub.access_log.merkle import is_consistent
from hub.access_log.note import BadNote, Checkpoint, Verifier
from hub.access_log.tiles import WIDTH, Nodes, NoSuchTile, tile_path
from hub.background import Background
from hub.chore import Chore
from hub.keys import KeyRing, Use
from hub.regions.agreement import Agreement
from hub.regions.asking import whole
from hub.regions.exchange import ExchangeRefused
from hub.regions.witnessed import FORK, SHRUNK, Seen, WitnessedLogs
from hub.settings import Settings

SECONDS = 10.0
"""How long a neighbour's log is given for one look at it."""
AGAIN = 2.0
"""Seconds after which a tree that seems to have shrunk is asked for once more: longer than replicas of one hub lag behind each other."""
MOST_KEYS = 64
"""Of one log: each is kept, and tried at every look."""
_log = structlog.get_logger("hub.witness")

Agreements = Callable[[], Mapping[str, Agreement]]


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look found. `fault` is "" where the tree continues what was seen."""

    note: str
    checkpoint: Checkpoint
    verifiers: tuple[Verifier, ...]
    fault: str


class Witness:
    """Looks at every neighbour under an agreement in force, one process at a time, `every` so many seconds."""

    def __init__(
        self, agreements: Agreements, logs: WitnessedLogs, cosigner: Cosigner, *, region: str, session: aiohttp.ClientSession,
        clock: Callable[[], datetime], every: float, again: float = AGAIN,
    ) -> None:
        """`every` 0: nobody is looked at."""
        self._agreements = agreements
        self._logs = logs
        self.cosigner = cosigner
        self._region = region
        self._session = session
        self._clock = clock
        self._every = every
        self._again = again
        self._background = Background("witness", self._turn)
        self._looking: dict[str, Chore] = {}

    def start(self) -> None:
        """Begin in the background; the first look comes after the first interval."""
        if self._every > 0:
            self._background.start()

    async def stop(self) -> None:
        """End."""
        await self._background.stop()

    def neighbours(self) -> Mapping[str, str]:
        """Where the hubs of regions stand with which an agreement is in force today."""
        today = self._clock().date()
        return {
            party.region: party.url.rstrip("/")
            for agreement in self._agreements().values() if agreement.valid_from <= today <= agreement.valid_to
            for party in agreement.parties.values() if party.region != self._region
        }

    async def round(self) -> None:
        """Look at whoever nobody looked at for most of an interval. Raises asyncpg's and SQLAlchemy's errors."""
        for region, url in self.neighbours().items():
            if await self._logs.claim(region, self._clock(), every=self._every):
                # Each neighbour's by itself: one that slips keeps nobody from looking at the others', and is not hidden by one that goes well.
                with self._looking.setdefault(region, Chore(f"witness of {region}")):
                    await self.look(region, url)
        states = await self._logs.states(self.neighbours())
        for state, many in states.items():
            metrics.WITNESSED.labels(state).set(many)

    async def look(self, region: str, url: str) -> None:
        """One neighbour's log. What cannot be reached or read is said, and changes nothing that was seen."""
        seen = await self._logs.seen(region)
        try:
            async with asyncio.timeout(SECONDS + self._again):
                looked = await self._looked(url, seen)
                if looked.fault == SHRUNK:
                    await asyncio.sleep(self._again)
                    looked = await self._looked(url, seen)
            now = self._clock()
            cosigned = "" if looked.fault else self.cosigner.cosign(looked.note, now, looked.verifiers)
        except (TimeoutError, aiohttp.ClientError, BadNote, NoSuchTile, ExchangeRefused, UnicodeDecodeError) as error:
            _log.warning("a neighbour's log was not seen", region=region, reason=type(error).__name__)
            await self._logs.missed(region, self._clock(), reason=str(error)[:200] or type(error).__name__)
            return
        if looked.fault:
            _log.error("a neighbour's log does not continue what was seen of it", region=region, fault=looked.fault)
            await self._logs.broken(region, seen, looked.fault, looked.note, looked.checkpoint, now)
        else:
            await self._logs.grew(region, seen, looked.checkpoint, [one.vkey for one in looked.verifiers], cosigned, now)

    async def _looked(self, url: str, seen: Seen) -> Looked:
        note = (await self._get(f"{url}/checkpoint")).decode()
        verifiers = seen.verifiers()
        try:
            checkpoint = Checkpoint.open(note, verifiers)
        except BadNote:
            verifiers = await self._keys(url, seen)
            checkpoint = Checkpoint.open(note, verifiers)
        if seen.origin and checkpoint.origin != seen.origin:
            raise BadNote("the checkpoint of another log")
        if checkpoint.size < seen.size:
            return Looked(note, checkpoint, verifiers, SHRUNK)
        proof: Sequence[bytes] = ()
        if 0 < seen.size < checkpoint.size:
            proof = await Published(self._get, url).consistency(seen.size, checkpoint.size)
        continues = is_consistent(seen.size, seen.root, checkpoint.size, checkpoint.root, proof)
        return Looked(note, checkpoint, verifiers, "" if continues else FORK)

    async def _keys(self, url: str, seen: Seen) -> tuple[Verifier, ...]:
        """The keys the neighbour publishes. Those known already stay; a hub that no longer names them is another one."""
        lines = (await self._get(f"{url}/log/key")).decode().splitlines()
        if len(lines) > MOST_KEYS:
            raise BadNote(f"a log has at most {MOST_KEYS} keys")
        published = tuple(map(Verifier.parse, lines))
        if not {one.vkey for one in seen.verifiers()} <= {one.vkey for one in published}:
            raise BadNote("the log's known keys are no longer published")
        return published

    async def _get(self, url: str) -> bytes:
        async with self._session.get(url, allow_redirects=False, timeout=aiohttp.ClientTimeout(total=SECONDS)) as reply:
            if reply.status != 200:
                raise ExchangeRefused(f"status {reply.status}")
            return await whole(reply)

    async def _turn(self) -> None:
        await asyncio.sleep(self._every)
        await self.round()


def open_witness(
    stack: AsyncExitStack, settings: Settings, agreements: Agreements, engine: AsyncEngine, keys: KeyRing, session: aiohttp.ClientSession,
    clock: Callable[[], datetime],
) -> Witness:
    """The witness of one hub, at work until the stack closes."""
    cosigner = Cosigner(settings.witness_name, keys.current(Use.WITNESS).secret)
    witness = Witness(
        agreements, WitnessedLogs(engine), cosigner, region=settings.region, session=session, clock=clock, every=settings.witness_every,
    )
    witness.start()
    stack.push_async_callback(witness.stop)
    return witness


class Published(Nodes):
    """The tree of another log, out of the hash tiles it publishes."""

    def __init__(self, get: Callable[[str], Awaitable[bytes]], url: str) -> None:
        self._get = get
        self._url = url

    async def _hashes(self, level: int, index: int, width: int) -> Sequence[bytes]:
        name = tile_path(index) + (f".p/{width}" if width < WIDTH else "")
        data = await self._get(f"{self._url}/tile/{level}/{name}")
        if len(data) != width * 32:
            raise NoSuchTile("a tile of another size than was asked for")
        return [data[at : at + 32] for at in range(0, len(data), 32)]
