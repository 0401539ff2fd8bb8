"""A hundred thousand letters: a household that was really registered, copied in the database, and how its look-ups are planned.

A copy is the row it was made from with other keys, whatever columns a table has; so the figures stay true as tables grow.
"""

from __future__ import annotations

import random
import re
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from hub.authorizations.reading import CASE, STATEMENT, Reading
from hub.authorizations.watch import SINCE, TOKENS

SIGNERS = 5
SMALL, LARGE = 1_000, 100_000
BIG = ("matter_case", "household", "member", "person", "letter", "signer", "revocation")
"""Tables that grow with cases: none of them is ever read whole to find one row."""

_PERSON = "md5('p' || c || '.' || s)::uuid"
_COPIES = (
    ("matter_case", "'id', 'case_' || c, 'reference', 'R' || c, 'registration_hash', sha256(('r' || c)::bytea)", False),
    ("household", "'id', md5('h' || c)::uuid, 'case_id', 'case_' || c", False),
    ("person", f"'id', {_PERSON}, 'blind_index', sha256(('b' || c || '.' || s)::bytea)", True),
    ("member", f"'household_id', md5('h' || c)::uuid, 'person_id', {_PERSON}, 'ordinal', s, 'guardians', '{{}}'::text[]", True),
    ("letter", "'id', 'auth_' || c, 'case_id', 'case_' || c, 'number', 'N' || c, 'document_hash', sha256(('l' || c)::bytea)", False),
    ("signer", f"'letter_id', 'auth_' || c, 'person_id', {_PERSON}, 'covers', ARRAY[{_PERSON}::text]", True),
)
"""Table, the keys that differ, and whether each of five signers has a row. `c` is the case, `s` the signer."""


@dataclass(frozen=True, slots=True)
class LookUp:
    """One way rows are found: as the hub asks, with the values for one case."""

    title: str
    statement: str
    values: tuple[Any, ...]


async def copied(database: asyncpg.Connection[asyncpg.Record], first: int, last: int) -> None:
    """Copy one registered case into cases `first` to `last`, and as many revoked tokens. Statistics are made anew."""
    async with database.transaction():
        await database.execute("SET LOCAL session_replication_role = replica")  # what a copy refers to was copied before it
        for table, keys, signers in _COPIES:
            rows = "generate_series($1::int, $2::int) c" + (f", generate_series(1, {SIGNERS}) s" if signers else "")
            await database.execute(
                f"INSERT INTO {table} SELECT made.* FROM (SELECT x FROM {table} x LIMIT 1) one, {rows}, "
                f"LATERAL jsonb_populate_record(one.x, jsonb_build_object({keys})) made", first, last,
            )
        await database.execute(
            "INSERT INTO revocation (kind, ref, at, expires_at) SELECT 'TOKEN', 'jti-' || c, now(), now() - interval '1 day' "
            "FROM generate_series($1::int, $2::int) c", first, last,
        )
    await database.execute("ANALYZE " + ", ".join(BIG))


async def look_ups(database: asyncpg.Connection[asyncpg.Record], case: int) -> Sequence[LookUp]:
    """Every way the checks, registrations, messages and withdrawals find rows, for one copied case."""
    person = await database.fetchval("SELECT md5('p' || $1::int || '.1')::uuid", case)
    platform = await database.fetchval("SELECT platform FROM matter_case LIMIT 1")
    last = await database.fetchval("SELECT max(seq) FROM revocation")
    blind = await database.fetchval("SELECT sha256(('b' || $1::int || '.1')::bytea)", case)
    registered = await database.fetchval("SELECT sha256(('r' || $1::int)::bytea)", case)
    own = f"case_{case}"
    return (
        LookUp("the matter, in one statement", STATEMENT, ([], [own], False, False)),
        LookUp("a case by its platform's number", CASE, (platform, f"R{case}")),
        LookUp("a registration sent again", "SELECT id FROM matter_case WHERE platform = $1 AND registration_hash = $2", (platform, registered)),
        LookUp("a letter of a case by number", "SELECT id FROM letter WHERE case_id = $1 AND (id = $2 OR number = $2)", (own, f"N{case}")),
        LookUp("a letter by id", "SELECT status FROM letter WHERE id = ANY($1)", ([f"auth_{case}"],)),
        LookUp(
            "a letter of a case by hash", "SELECT id FROM letter WHERE case_id = $1 AND document_hash = sha256(('l' || $2::text)::bytea)",
            (own, str(case)),
        ),
        LookUp("a person by blind index", "SELECT id FROM person WHERE blind_index = ANY($1)", ([blind],)),
        LookUp(
            "the cases of a person",
            "SELECT h.case_id FROM member m JOIN household h ON h.id = m.household_id WHERE m.person_id = $1", (person,),
        ),
        LookUp("revocations since the last reading", SINCE, (last - 256,)),
        LookUp("revoked tokens that still live", TOKENS, (await database.fetchval("SELECT now()"),)),
    )


async def plan(database: asyncpg.Connection[asyncpg.Record], one: LookUp) -> list[str]:
    """How PostgreSQL finds them: EXPLAIN (ANALYZE, BUFFERS), as it says it."""
    return [row[0] for row in await database.fetch(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {one.statement}", *one.values)]


def read_whole(lines: Sequence[str]) -> list[str]:
    """The big tables a plan reads from end to end."""
    return [found[1] for line in lines if (found := re.search(r"Seq Scan on (\w+)", line)) and found[1] in BIG]


def pages(lines: Sequence[str]) -> int:
    """Pages a plan touched, in memory or not."""
    touched = next((line for line in lines if "Buffers: shared" in line), "")
    return sum(int(number) for number in re.findall(r"(?:hit|read)=(\d+)", touched))


async def measured(database: asyncpg.Connection[asyncpg.Record], pool: asyncpg.Pool[asyncpg.Record], readings: int) -> dict[str, Any]:
    """The figures over a small table set, then over the large one; the plans over the large."""
    found: dict[str, Any] = {"p50_ms": {}}
    begun, filled = time.monotonic(), 0
    for size in (SMALL, LARGE):
        await copied(database, filled + 1, size)
        filled = size
        found["p50_ms"][str(size)] = await _read(pool, size, readings)
    found["filled_s"] = time.monotonic() - begun
    found["rows"] = {table: await database.fetchval(f"SELECT count(*) FROM {table}") for table in BIG}
    found["plans"], found["ms"], found["pages"], found["read_whole"] = {}, {}, {}, {}
    for one in await look_ups(database, LARGE // 2):
        lines = await plan(database, one)
        found["plans"][one.title], found["read_whole"][one.title] = lines, read_whole(lines)
        found["pages"][one.title] = pages(lines)
        found["ms"][one.title] = next(float(line.split()[2]) for line in lines if line.startswith("Execution Time"))
    found["ratio"] = found["p50_ms"][str(LARGE)] / found["p50_ms"][str(SMALL)]
    return found


async def _read(pool: asyncpg.Pool[asyncpg.Record], cases: int, readings: int) -> float:
    """Milliseconds to read one matter, the median over cases drawn at random."""
    reading, dice, taken = Reading(pool), random.Random(9), []
    for number in range(readings + 20):
        case = f"case_{dice.randrange(1, cases + 1)}"
        begun = time.perf_counter()
        assert await reading.matter(case) is not None
        if number >= 20:  # the first ones warm connection and pages
            taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)
