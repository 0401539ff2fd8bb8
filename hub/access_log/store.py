"""Reading the access log: one entry, the officer's filtered pages, leaf hashes, checkpoints, intents left open.

What an entry says is always read from the bytes the tree commits to; the table's other columns only find it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from hub.access_log.entry import Decision, Kind
from hub.access_log.leaf import parts, split
from hub.access_log.merkle import Head


@dataclass(frozen=True, slots=True)
class Stored:
    """One entry as it lies in the log."""

    index: int
    id: str
    kind: Kind
    body: bytes
    leaf_hash: bytes

    @property
    def head_bytes(self) -> bytes:
        """The leaf's data."""
        return split(self.body)[0]

    def parts(self) -> tuple[Mapping[str, object], Mapping[str, object]]:
        """Head and rest as values; raises `leaf.Unreadable` when the bytes are not what an entry is."""
        return parts(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What the privacy officer filters by; every part that is set must hold. `since` is included, `until` is not."""

    organisation: str = ""
    subject: str = ""
    purpose: str = ""
    letter: str = ""
    case: str = ""
    question: str = ""
    decision: Decision | None = None
    kind: Kind | None = None
    review: str = ""  # STATUTE or EMERGENCY: what rests on no letter (domain C4)
    approval: str = ""  # entries that name it: its asking and deciding, and what was read under it
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Entries newest first; `after` continues, None at the end."""

    entries: tuple[Stored, ...]
    after: int | None


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A signed note and the size it is about."""

    size: int
    note: str


class LogStore:
    """Reads over `pool` (role hub_log)."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def entry(self, identifier: str) -> Stored | None:
        """The entry of this id."""
        row = await self._pool.fetchrow("SELECT idx, id, kind, body, leaf_hash FROM log_entry WHERE id = $1", identifier)
        return stored(row) if row else None

    async def closing(self, question: str) -> tuple[Stored, ...]:
        """The outcomes of an intent, oldest first: one, none while it is open, two when an answer left after the sweep."""
        sql = "SELECT idx, id, kind, body, leaf_hash FROM log_entry WHERE question = $1 ORDER BY idx"
        rows = await self._pool.fetch(sql, question)
        return tuple(map(stored, rows))

    async def query(self, wanted: Filter, *, after: int | None = None, limit: int = 50) -> Page:
        """A page of at most `limit` entries older than leaf `after`, newest first."""
        clauses, arguments = _conditions(wanted)
        if after is not None:
            arguments.append(after)
            clauses.append(f"idx < ${len(arguments)}")
        arguments.append(limit + 1)
        where = " AND ".join(clauses) or "true"
        # Only the constant clauses of _CLAUSES are joined; every value is a parameter.
        sql = f"SELECT idx, id, kind, body, leaf_hash FROM log_entry WHERE {where} ORDER BY idx DESC LIMIT ${len(arguments)}"  # noqa: S608
        rows = await self._pool.fetch(sql, *arguments)
        entries = tuple(map(stored, rows[:limit]))
        return Page(entries, entries[-1].index if len(rows) > limit else None)

    async def counted(self, wanted: Filter) -> Sequence[tuple[str, str, int]]:
        """How many entries of a filter each organisation has under each purpose, the most first."""
        clauses, arguments = _conditions(wanted)
        where = " AND ".join(clauses) or "true"
        sql = (
            f"SELECT organisation, purpose, count(*) FROM log_entry WHERE {where} "  # noqa: S608 (as in `query`)
            "GROUP BY organisation, purpose ORDER BY count(*) DESC, organisation, purpose"
        )
        return [(row[0] or "", row[1] or "", row[2]) for row in await self._pool.fetch(sql, *arguments)]

    async def bodies(self, start: int, end: int) -> Sequence[Stored]:
        """The entries of leaves [start, end)."""
        sql = "SELECT idx, id, kind, body, leaf_hash FROM log_entry WHERE idx >= $1 AND idx < $2 ORDER BY idx"
        rows = await self._pool.fetch(sql, start, end)
        return [stored(row) for row in rows]

    async def leaf_hashes(self, start: int, end: int) -> list[bytes]:
        """The stored leaf hashes of [start, end)."""
        rows = await self._pool.fetch("SELECT leaf_hash FROM log_entry WHERE idx >= $1 AND idx < $2 ORDER BY idx", start, end)
        return [bytes(row["leaf_hash"]) for row in rows]

    async def writable(self) -> bool:
        """Whether the database would take an entry from this role now: for readiness, without writing one."""
        sql = """SELECT has_table_privilege('log_entry', 'INSERT') AND has_table_privilege('log_head', 'UPDATE')
        AND NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off'"""
        return bool(await self._pool.fetchval(sql))

    async def head(self) -> Head:
        """Size and root as stored now; the frontier is the writer's business."""
        row = await self._pool.fetchrow("SELECT size, root FROM log_head WHERE id = 1")
        return Head(row["size"], (), bytes(row["root"])) if row else Head.empty()

    async def extent(self) -> tuple[int, int]:
        """How many entries there are and one more than the largest index: equal, in a log without gaps."""
        row = await self._pool.fetchrow("SELECT count(*) AS many, coalesce(max(idx) + 1, 0) AS past FROM log_entry")
        return (row["many"], row["past"]) if row else (0, 0)

    async def newest_checkpoint(self) -> StoredCheckpoint | None:
        """The checkpoint of the largest tree any process stored."""
        row = await self._pool.fetchrow("SELECT size, note FROM log_checkpoint ORDER BY size DESC LIMIT 1")
        return StoredCheckpoint(row["size"], row["note"]) if row else None

    async def checkpoints(self, after: int, limit: int) -> Sequence[StoredCheckpoint]:
        """Stored checkpoints of trees larger than `after`, smallest first."""
        rows = await self._pool.fetch("SELECT size, note FROM log_checkpoint WHERE size > $1 ORDER BY size LIMIT $2", after, limit)
        return [StoredCheckpoint(row["size"], row["note"]) for row in rows]


_CLAUSES = {
    "organisation": "organisation = ${}",
    "subject": "subjects @> ARRAY[${}::text]",
    "purpose": "purpose = ${}",
    "letter": "${} = ANY(string_to_array(letter, ' '))",
    "case": "string_to_array(case_id, ' ') @> ARRAY[${}::text]",
    "question": "question = ${}",
    "decision": "decision = ${}",
    "kind": "kind = ${}",
    # Canonical JSON escapes every quotation mark within a text: these bytes are a member's name and value (of an approval: a whole
    # text of its own), nobody's words.
    "review": """position(convert_to('"review":"' || ${}::text || '"', 'UTF8') in body) > 0""",
    "approval": """position(convert_to('"' || ${}::text || '"', 'UTF8') in body) > 0""",
    "since": "at >= ${}",
    "until": "at < ${}",
}


def _conditions(wanted: Filter) -> tuple[list[str], list[object]]:
    clauses: list[str] = []
    arguments: list[object] = []
    for name, clause in _CLAUSES.items():
        value = getattr(wanted, name)
        if value is None or value == "":
            continue
        arguments.append(value if isinstance(value, datetime) else str(value))
        clauses.append(clause.format(len(arguments)))
    return clauses, arguments


def stored(row: asyncpg.Record) -> Stored:
    """The entry of a row with idx, id, kind, body and leaf_hash."""
    return Stored(row["idx"], row["id"], Kind(row["kind"]), bytes(row["body"]), bytes(row["leaf_hash"]))
