"""Writes the log to one file that can be checked without the hub: JSON lines of entries, leaf hashes and signed checkpoints.

    {"export": "household-facts-log/1", "origin": …, "size": n, "keys": [vkey, …]}
    {"index": 0, "body": base64}          an entry's stored bytes, in order
    {"tile": 0, "hashes": base64}         after every 256 entries their leaf hashes, to name what was changed
    {"checkpoint": note}                  every stored signed checkpoint up to that size

The file holds what only the privacy officer may read; the column check tells whether the table's search columns say what the
entries say.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BufferedWriter
from pathlib import Path
from typing import Any

import asyncpg
import orjson

from hub.access_log.leaf import instant, parts
from hub.access_log.note import Checkpoint
from hub.access_log.writer import AccessLog

FORMAT = "household-facts-log/1"
BLOCK = 256

_ROWS = """
SELECT idx, leaf_hash, body, id, kind, question, at, organisation, purpose, letter, case_id, decision, subjects
FROM log_entry WHERE idx >= $1 AND idx < $2 ORDER BY idx
"""


@dataclass(frozen=True, slots=True)
class Exported:
    """How many entries were written, and of which the search columns disagree with the entry itself."""

    size: int
    disagreeing: tuple[int, ...]


async def export_log(log: AccessLog, pool: asyncpg.Pool, path: Path) -> Exported:
    """Write the log up to its newest signed checkpoint to `path`; `pool` of role hub_log."""
    note = await log.checkpoint()
    size = Checkpoint.open(note, log.verifiers).size
    disagreeing: list[int] = []
    with path.open("wb") as file:
        header = {"export": FORMAT, "origin": log.origin, "size": size, "keys": [verifier.vkey for verifier in log.verifiers]}
        await asyncio.to_thread(_write, file, [header])
        for start in range(0, size, BLOCK):
            rows = await pool.fetch(_ROWS, start, min(start + BLOCK, size))
            await asyncio.to_thread(_write, file, _block(start // BLOCK, rows))
            disagreeing += [row["idx"] for row in rows if not _agrees(row)]
        after = 0
        while found := await log.store.checkpoints(after, 1000):
            await asyncio.to_thread(_write, file, [{"checkpoint": each.note} for each in found if each.size <= size])
            after = found[-1].size
        await asyncio.to_thread(_write, file, [{"checkpoint": note}])
    return Exported(size, tuple(disagreeing))


def _block(number: int, rows: Sequence[asyncpg.Record]) -> list[Mapping[str, Any]]:
    lines: list[Mapping[str, Any]] = [{"index": row["idx"], "body": base64.b64encode(row["body"]).decode()} for row in rows]
    hashes = b"".join(row["leaf_hash"] for row in rows)
    return [*lines, {"tile": number, "hashes": base64.b64encode(hashes).decode()}]


def _write(file: BufferedWriter, lines: Iterable[Mapping[str, Any]]) -> None:
    file.writelines(orjson.dumps(line) + b"\n" for line in lines)


def _agrees(row: asyncpg.Record) -> bool:
    try:
        head, rest = parts(bytes(row["body"]))
    except ValueError:
        return False  # an entry that cannot be read is named by the verifier
    said = {
        "id": row["id"],
        "kind": row["kind"],
        "question": row["question"],
        "at": instant(row["at"]),
        "organisation": row["organisation"],
        "purpose": row["purpose"],
        "case": row["case_id"],
        "decision": row["decision"],
    }
    letters = row["letter"].split(" ") if row["letter"] else []
    same_head = all(head.get(name) == value for name, value in said.items())
    return same_head and rest.get("letters", []) == letters and rest.get("subjects", []) == list(row["subjects"])
