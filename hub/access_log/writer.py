"""Appending to the access log: many producers, one writer task, one transaction for up to 64 entries.

`append` returns once the entry is on disk, and raises `RecordingFailed` when that is not known within `wait` seconds: then the
entry may stand or not, and the caller neither asks nor tells. Checkpoints are signed after the commit they are about, never
before: a signed tree that was not stored would be a lie nobody could take back.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import asyncpg

from connectors.value import value
from hub import metrics
from hub.access_log.entry import Entry
from hub.access_log.keeper import Keeper, KeptFile
from hub.access_log.leaf import Sealed, Unreadable, seal, split
from hub.access_log.merkle import inclusion_ranges, prove
from hub.access_log.note import Checkpoint, Signer
from hub.access_log.receipt import Receipt
from hub.access_log.soundness import check_sound
from hub.access_log.store import LogStore
from hub.access_log.tiles import Tiles
from hub.access_log.tree import Grown, Tree
from hub.background import Background
from hub.canonical import NotCanonical
from hub.errors import RecordingFailed
from hub.keys import KeyRing, Use

BATCH = 64


@value
class Appended:
    """An entry on disk: its leaf index, its id, the size of the tree and the signed checkpoint right after it."""

    index: int
    id: str
    size: int
    checkpoint: str = field(repr=False)
    grown: Grown = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(slots=True, eq=False)
class _Waiting:
    sealed: Sealed
    done: asyncio.Future[Appended]


class AccessLog:
    """The hub's access log. `pool` (role hub_log) needs three connections: the writer's, the keeper's, one to read."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        *,
        keys: KeyRing,
        clock: Callable[[], datetime],
        random: Callable[[int], bytes],
        origin: str,
        checkpoint_path: Path,
        wait: float = 2.0,
    ) -> None:
        """`origin` names the log in checkpoints ("hub.example/log"); `checkpoint_path` lies outside the database; `wait` in
        seconds bounds every append.
        """
        self._signer = Signer(origin, keys.current(Use.LOG).secret)
        self.verifiers = tuple(Signer(origin, key.secret).verifier for key in reversed(keys.versions(Use.LOG)))
        self.origin = origin
        self.store = LogStore(pool)
        self.tiles = Tiles(self.store.leaf_hashes, checkpoint_path.with_name(checkpoint_path.name + ".tiles"))
        self.tree = Tree(pool, wait=wait)
        self._file = KeptFile(checkpoint_path)
        self._keeper = Keeper(pool, self._file)
        self._clock = clock
        self._random = random
        self._wait = wait
        self._queue: deque[_Waiting] = deque()
        self._ready = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._writer = Background("access log writer", self._turn, rest=0.01)  # who waits is told at once; the next batch may stand
        self._running = False

    async def start(self) -> None:
        """Compare the stored tree with the checkpoint kept outside the database, sign its head, begin writing. Raises
        `LogUnsound` when the tree is behind or beside what was signed.
        """
        try:
            head = await check_sound(self.tree, self.store, self.tiles, self._file, self.verifiers)
        except BaseException:
            await self.tree.close()
            raise
        self._keeper.start()
        self._keeper.add(head.size, Checkpoint(self.origin, head.size, head.root).sign(self._signer), self._clock())
        self._writer.start()
        self._running = True

    async def stop(self) -> None:
        """Write what is queued, within the wait, then end; later appends fail."""
        if not self._running:
            return
        self._running = False
        with suppress(TimeoutError):
            async with asyncio.timeout(self._wait):
                await self._idle.wait()
        await self._writer.stop()
        self._fail([*self._queue])
        self._queue.clear()
        await self._keeper.stop()
        await self.tree.close()

    async def append(self, entry: Entry) -> Appended:
        """Record; returns when the entry is durable, raises `RecordingFailed` when that is not known in time."""
        if not self._running:
            raise RecordingFailed("the access log is not running")
        loop = asyncio.get_running_loop()
        waiting = _Waiting(self.seal(entry), loop.create_future())
        late = loop.call_later(self._wait, _give_up, waiting.done)
        self._queue.append(waiting)
        self._idle.clear()
        self._ready.set()
        try:
            return await waiting.done
        finally:
            late.cancel()

    def now(self) -> datetime:
        """The log's clock."""
        return self._clock()

    def seal(self, entry: Entry) -> Sealed:
        """The entry's final bytes; an entry that cannot be written is one that is not recorded."""
        try:
            return seal(entry, random=self._random)
        except (NotCanonical, Unreadable) as refused:
            raise RecordingFailed(f"the entry cannot be written: {refused}") from None

    def sign(self, grown: Grown) -> str:
        """Sign and keep the checkpoint of a committed batch."""
        note = Checkpoint(self.origin, grown.after.size, grown.after.root).sign(self._signer)
        self._keeper.add(grown.after.size, note, self._clock())
        return note

    def receipt(self, appended: Appended, *, salt: bytes = b"") -> Receipt:
        """The receipt of an entry just appended, from memory: what grew holds every node."""
        proof = prove(inclusion_ranges(appended.index, appended.size), appended.grown.nodes.__getitem__)
        return Receipt(appended.id, appended.index, split(appended.body)[0], proof, appended.checkpoint, salt)

    async def receipt_of(self, identifier: str) -> Receipt | None:
        """The receipt of any entry, from the database, against the newest checkpoint; None when there is no such entry."""
        stored = await self.store.entry(identifier)
        if stored is None:
            return None
        note = await self.checkpoint(at_least=stored.index + 1)
        size = Checkpoint.open(note, self.verifiers).size
        proof = await self.tiles.inclusion(stored.index, size)
        return Receipt(stored.id, stored.index, stored.head_bytes, proof, note)

    async def checkpoint(self, *, at_least: int = 0) -> str:
        """The newest signed checkpoint any process stored, or this one holds; signs the head when none is large enough."""
        stored = await self.store.newest_checkpoint()
        note, size = self._keeper.newest, self._keeper.newest_size
        if stored is not None and stored.size > size:
            note, size = stored.note, stored.size
        if size < max(at_least, 0) or not note:
            head = await self.store.head()
            note = Checkpoint(self.origin, head.size, head.root).sign(self._signer)
            self._keeper.add(head.size, note, self._clock())
        return note

    async def _turn(self) -> None:
        await self._ready.wait()
        while self._queue:  # a batch that fails leaves the event set: the next turn goes on with the others
            batch = self._batch()
            if batch:
                await self._commit(batch)
        self._ready.clear()
        self._idle.set()

    def _batch(self) -> list[_Waiting]:
        """The next entries somebody still waits for; one given up while queued is not written."""
        batch: list[_Waiting] = []
        while self._queue and len(batch) < BATCH:
            waiting = self._queue.popleft()
            if not waiting.done.done():
                batch.append(waiting)
        return batch

    async def _commit(self, batch: Sequence[_Waiting]) -> None:
        try:
            grown = await self.tree.append([waiting.sealed for waiting in batch])
            note = self.sign(grown)
        except BaseException:
            self._fail(batch)  # whatever failed, the batch is not known to stand
            raise
        for index, waiting in enumerate(batch, start=grown.before.size):
            if not waiting.done.done():
                sealed = waiting.sealed
                waiting.done.set_result(Appended(index, sealed.id, grown.after.size, note, grown, sealed.body))
        for kind, many in Counter([waiting.sealed.entry.kind for waiting in batch]).items():
            metrics.counted(metrics.LOG_APPENDS, kind).inc(many)

    @staticmethod
    def _fail(batch: Sequence[_Waiting]) -> None:
        for waiting in batch:
            if not waiting.done.done():
                waiting.done.set_exception(RecordingFailed("the access log could not take the entry"))


def _give_up(done: asyncio.Future[Appended]) -> None:
    if not done.done():
        done.set_exception(RecordingFailed("the access log did not answer in time"))
