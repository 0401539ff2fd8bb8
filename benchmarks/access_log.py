"""Appending to the access log beside the fastest plain insert of the same rows, in one run on one database.

The raw rate is what a loop of batches of 50 reaches (unnest and executemany, the better of both) into a table with the same
columns and indexes: no producers, no canonical bytes, no hashing, no tree, no head row, no signatures. Ours is 64 producers that
each wait for their own entry. The two alternate, so that other load on the machine meets both; the ratio is what counts.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import uvloop

from hub.access_log.entry import Decision, Entry, Kind
from hub.access_log.leaf import Sealed, seal
from hub.access_log.writer import AccessLog
from hub.keys import KeyRing
from hub.postgres.connection import plain_url, pool

PRODUCERS = 64
BATCH = 50
SECONDS = 2.0
ROUNDS = 3
TARGET = 0.3

_COLUMNS = "idx, leaf_hash, body, id, kind, question, at, organisation, purpose, letter, case_id, decision, subjects"
_TYPES = ["bigint", "bytea", "bytea", "text", "text", "text", "timestamptz", "text", "text", "text", "text", "text"]
_UNNEST = f"""
INSERT INTO bench_raw ({_COLUMNS})
SELECT {_COLUMNS.removesuffix("subjects")} string_to_array(subjects, ' ')
FROM unnest({", ".join(f"${at}::{kind}[]" for at, kind in enumerate([*_TYPES, "text"], start=1))}) AS e({_COLUMNS})
"""
_EACH = f"INSERT INTO bench_raw ({_COLUMNS}) VALUES ({', '.join(f'${at}' for at in range(1, 13))}, string_to_array($13, ' '))"


def entry(number: int) -> Entry:
    """An intent as large as the road's: four members, six departments."""
    return Entry(
        kind=Kind.INTENT,
        at=datetime.now(UTC),
        organisation="mz-hd-500152",
        client="check-system",
        officer="officer-7",
        role="CHECK_OPERATOR",
        address="10.0.0.0/8",
        purpose="DIBAO_REVIEW",
        basis="letter",
        token=f"jti-{number}",
        letters=("let_01", "let_02"),
        case=f"case_{number % 100}",
        subjects=tuple(f"{number % 97:02x}{member:062x}" for member in range(4)),
        operation="0f" * 32,
        plan="1f" * 32,
        policy="2f" * 32,
        fields=tuple(f"MEMBER/covered: {code} first_column, second_column, third_column" for code in ("GA", "SW", "GZ", "RS", "CL", "MZ")),
        decision=Decision.ALLOW,
    )


def row(index: int, sealed: Sealed) -> tuple[object, ...]:
    said = sealed.entry
    return (
        index, sealed.leaf_hash, sealed.body, f"{sealed.id}{index}", str(said.kind), None, datetime.fromisoformat(sealed.at), said.organisation,
        said.purpose, " ".join(said.letters), said.case, str(said.decision), " ".join(said.subjects),
    )  # fmt: skip


async def raw(url: str, *, many: bool) -> float:
    """Rows a second of batches of 50, one commit each; the rows are made before the clock starts."""
    connection = await asyncpg.connect(plain_url(url))
    await connection.execute("DROP TABLE IF EXISTS bench_raw; CREATE TABLE bench_raw (LIKE log_entry INCLUDING ALL)")
    made = [seal(entry(number), random=os.urandom) for number in range(2000)]
    count, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < SECONDS:
        rows = [row(count + at, made[(count + at) % len(made)]) for at in range(BATCH)]
        if many:
            async with connection.transaction():
                await connection.executemany(_EACH, rows)
        else:
            await connection.execute(_UNNEST, *zip(*rows, strict=True))
        count += BATCH
    rate = count / (time.perf_counter() - begun)
    await connection.execute("DROP TABLE bench_raw")
    await connection.close()
    return rate


async def ours(url: str, directory: str) -> float:
    """Entries a second of 64 producers through `AccessLog.append`."""
    connections = await pool(url, role="hub_log")
    log = AccessLog(
        connections,
        keys=KeyRing.load(Path(directory) / "keys"),
        clock=lambda: datetime.now(UTC),
        random=os.urandom,
        origin="bench.invalid/log",
        checkpoint_path=Path(directory) / "checkpoint",
        wait=10,
    )
    await log.start()
    made = [entry(number) for number in range(2000)]
    end = time.perf_counter() + SECONDS

    async def produce() -> int:
        count = 0
        while time.perf_counter() < end:
            await log.append(made[count % len(made)])
            count += 1
        return count

    begun = time.perf_counter()
    count = sum(await asyncio.gather(*(produce() for _ in range(PRODUCERS))))
    rate = count / (time.perf_counter() - begun)
    await log.stop()
    await connections.close()
    return rate


async def two(url: str, directory: str) -> float:
    """The same in two processes on one tree, 64 producers each; the sum."""
    arguments = ["-m", "benchmarks.access_log", "--writer", url, directory]
    processes = [await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE) for _ in range(2)]
    said = [await process.communicate() for process in processes]
    return sum(float(output) for output, _ in said)


def run(database_url: str) -> dict[str, Any]:
    """Rates in rows a second and their ratios: medians of three rounds. The database must be migrated and may be thrown away."""
    rounds = []
    with tempfile.TemporaryDirectory() as directory:
        KeyRing.create(Path(directory) / "keys", random=os.urandom, at=datetime.now(UTC))
        for _ in range(ROUNDS):
            unnest = _measure(raw(database_url, many=False))
            executemany = _measure(raw(database_url, many=True))
            one = _measure(ours(database_url, directory))
            both = _measure(two(database_url, directory))
            best = max(unnest, executemany)
            rounds.append((unnest, executemany, one, both, one / best, both / best))
    names = ("raw_unnest", "raw_executemany", "append_one_writer", "append_two_writers", "ratio_one_writer", "ratio_two_writers")
    figures = {name: statistics.median(values) for name, values in zip(names, zip(*rounds, strict=True), strict=True)}
    return {**figures, "target": TARGET, "reached": figures["ratio_one_writer"] >= TARGET}


def _measure(work: Coroutine[Any, Any, float]) -> float:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


if __name__ == "__main__":
    if sys.argv[1] == "--writer":
        print(_measure(ours(*sys.argv[2:4])))
    else:
        print(json.dumps(run(sys.argv[1]), indent=2))
