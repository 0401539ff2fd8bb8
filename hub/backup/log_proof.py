"""Proves that the access log in a database holds together, and agrees with checkpoints kept elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from hashlib import sha256

import asyncpg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.access_log.merkle import Head, grow, leaf_hash
from hub.access_log.note import BadNote, Checkpoint, Verifier
from hub.keys import KeyRing, Use

_BATCH = 2000  # leaves hashed at a time, away from the loop


class LogBroken(Exception):
    """An entry, the head or a checkpoint contradicts the others; says which."""


def open_checkpoint(note: str, ring: KeyRing) -> Checkpoint:
    """A checkpoint one of the ring's log keys signed. Raises BadNote."""
    origin = note.partition("\n")[0]
    secrets = (key.secret for key in ring.versions(Use.LOG))
    public = (Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw() for secret in secrets)
    return Checkpoint.open(note, [Verifier(origin, key) for key in public])


async def prove_log(database: asyncpg.Connection[asyncpg.Record], notes: Sequence[str], ring: KeyRing) -> Head:
    """Re-derive the tree from the entries' bodies; its head. Call inside a transaction. Raises LogBroken.

    Every note must be signed by the ring, and name a size and root the tree had.
    """
    try:
        due = sorted((open_checkpoint(note, ring) for note in notes), key=lambda checkpoint: checkpoint.size)
    except BadNote as reason:
        raise LogBroken(f"a kept checkpoint is not this log's ({reason})") from None
    grown, pending = Head.empty(), []
    _agree(due, grown)
    async for row in database.cursor("SELECT idx, leaf_hash, body FROM log_entry ORDER BY idx", prefetch=_BATCH):
        pending.append(row)
        if len(pending) == _BATCH or (due and grown.size + len(pending) == due[0].size):
            grown, pending = await asyncio.to_thread(_grown, grown, pending), []
            _agree(due, grown)
    grown = await asyncio.to_thread(_grown, grown, pending)
    if due:
        raise LogBroken(f"a checkpoint says {due[0].size} entries, there are {grown.size}")
    stored = await database.fetchrow("SELECT size, frontier, root FROM log_head")
    if stored is None or tuple(stored) != (grown.size, b"".join(grown.frontier), grown.root):
        raise LogBroken(
            f"the head says {stored and stored['size']} entries under another root than the {grown.size} entries have"
        )
    return grown


def _grown(head: Head, rows: Sequence[asyncpg.Record]) -> Head:
    for index, row in enumerate(rows, head.size):
        if row["idx"] != index:
            raise LogBroken(f"entry {index} is missing")
        first, _, rest = row["body"].partition(b"\n")  # head and rest of an entry: the leaf is the head, which names the rest
        if leaf_hash(first) != row["leaf_hash"] or sha256(rest).hexdigest().encode() not in first:
            raise LogBroken(f"entry {index} is not what was hashed")
    return grow(head, [row["leaf_hash"] for row in rows])[0]


def _agree(due: list[Checkpoint], head: Head) -> None:
    """Take off `due` what was said of a tree of this size."""
    while due and due[0].size == head.size:
        if due.pop(0).root != head.root:
            raise LogBroken(f"a checkpoint has another root for the first {head.size} entries")
