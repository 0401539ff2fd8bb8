"""Closes intents whose outcome never came: the hub died between asking and telling, and nothing of that answer left it.

Candidates are looked for without a lock; under the lock of the head, when nobody can append, they are looked at once more.
So two processes that sweep at once, or an outcome that arrives in that moment, never close an intent twice.
"""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import orjson

from hub.access_log.entry import Entry, not_delivered
from hub.access_log.failures import FAILURES
from hub.access_log.leaf import split
from hub.access_log.writer import BATCH, AccessLog
from hub.errors import RecordingFailed

_WINDOW = 20_000  # leaves looked at in one statement
_OPEN = """
SELECT i.idx, i.id, i.body FROM log_entry AS i
WHERE i.idx = ANY($1::bigint[]) AND NOT EXISTS (SELECT 1 FROM log_entry AS o WHERE o.question = i.id) ORDER BY i.idx
"""
_CANDIDATES = """
SELECT i.idx FROM log_entry AS i
WHERE i.idx >= $1 AND i.idx < $2 AND i.kind = 'INTENT' AND NOT EXISTS (SELECT 1 FROM log_entry AS o WHERE o.question = i.id)
ORDER BY i.idx
"""
_SETTLED = "SELECT coalesce(min(idx), $2) FROM log_entry WHERE idx >= $1 AND idx < $2 AND kind = 'INTENT' AND at >= $3"


class Sweep:
    """Sweeps one log. It remembers up to where every intent is closed, so a round looks at what is new."""

    def __init__(self, log: AccessLog, pool: asyncpg.Pool, *, older_than: float = 120.0) -> None:
        """`older_than` in seconds must exceed the longest time a question may take from intent to outcome."""
        self._log = log
        self._pool = pool
        self._older_than = timedelta(seconds=older_than)
        self._from = 0

    async def round(self) -> int:
        """Close every intent that is old enough and open; how many. Raises `RecordingFailed` while the log takes nothing."""
        cutoff = self._log.now() - self._older_than
        closed = 0
        try:
            size = (await self._log.store.head()).size
            while self._from < size:
                end = min(self._from + _WINDOW, size)
                # An entry's index follows commits, its time the callers' clocks: stop at the first intent that is too young.
                settled = await self._pool.fetchval(_SETTLED, self._from, end, cutoff)
                rows = await self._pool.fetch(_CANDIDATES, self._from, settled)
                found = [row["idx"] for row in rows]
                for at in range(0, len(found), BATCH):
                    closed += await self._close(found[at : at + BATCH])
                self._from = settled
                if settled < end:
                    break
        except FAILURES:
            raise RecordingFailed("the access log could not be swept") from None
        return closed

    async def _close(self, indexes: list[int]) -> int:
        async with self._log.tree.turn() as turn:
            await turn.lock()
            rows = await turn.connection.fetch(_OPEN, indexes)
            if rows:
                await turn.extend([self._log.seal(self._entry(row)) for row in rows])
        if turn.grown is not None:
            self._log.sign(turn.grown)
        return len(rows)

    def _entry(self, row: asyncpg.Record) -> Entry:
        head = orjson.loads(split(bytes(row["body"]))[0])
        return not_delivered(
            at=self._log.now(),
            question=row["id"],
            organisation=head.get("organisation", ""),
            purpose=head.get("purpose", ""),
            case=head.get("case", ""),
            cases=tuple(head.get("cases", ())),
        )
