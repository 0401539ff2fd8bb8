"""State changes on their way into the log: rows written in the change's own transaction become CHANGE entries, each exactly once.

The entry and the mark on its row (`logged_index`) are one transaction, and rows another process is carrying are skipped: a crash
in between leaves either both or neither.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress

import asyncpg
import orjson

from hub.access_log.entry import Entry, change
from hub.access_log.failures import FAILURES
from hub.access_log.leaf import Sealed
from hub.access_log.writer import BATCH, AccessLog
from hub.errors import RecordingFailed

_PENDING = """
SELECT id, kind, body, at FROM outbox WHERE logged_index IS NULL ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED
"""
_MARK = """
UPDATE outbox SET logged_index = logged.idx FROM unnest($1::bigint[], $2::bigint[]) AS logged(id, idx) WHERE outbox.id = logged.id
"""


async def drain(log: AccessLog) -> int:
    """Carry every pending row into the log; how many there were. Raises `RecordingFailed` while the log takes nothing."""
    carried = 0
    while batch := await _carry(log):
        carried += batch
    return carried


async def _carry(log: AccessLog) -> int:
    try:
        async with log.tree.turn() as turn:
            rows = await turn.connection.fetch(_PENDING, BATCH)
            if rows:
                first = await turn.extend([_sealed(log, row) for row in rows])
                await turn.connection.execute(_MARK, [row["id"] for row in rows], range(first, first + len(rows)))
    except FAILURES:
        raise RecordingFailed("the access log could not take state changes") from None
    if turn.grown is not None:
        log.sign(turn.grown)
    return len(rows)


def _sealed(log: AccessLog, row: asyncpg.Record) -> Sealed:
    """The row as an entry. One row no entry can hold must not keep the others out: then its JSON is text, or its digest."""
    text: str = row["body"]
    about = orjson.loads(text)
    for said in (about, {"json": text}):
        if isinstance(said, dict):
            with suppress(RecordingFailed):
                return log.seal(_entry(row, said))
    return log.seal(_entry(row, {"sha256": hashlib.sha256(text.encode()).hexdigest()}))


def _entry(row: asyncpg.Record, about: Mapping[str, object]) -> Entry:
    organisation, case = about.get("organisation"), about.get("case")
    return change(
        at=row["at"],
        code=row["kind"],
        about=about,
        organisation=organisation if isinstance(organisation, str) else "",
        case=case if isinstance(case, str) else "",
    )
