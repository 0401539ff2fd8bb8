"""What was seen of neighbours' logs: the last checkpoint of each, cosigned, and what did not fit it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert as insert_row
from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.access_log.merkle import EMPTY_ROOT
from hub.access_log.note import Checkpoint, Verifier
from hub.actor import Actor
from hub.tables import Outbox, WitnessedLog

FORK, SHRUNK, MISSED, CONSISTENT, UNSEEN = "FORK", "SHRUNK", "MISSED", "CONSISTENT", "UNSEEN"
STATES = (CONSISTENT, MISSED, SHRUNK, FORK, UNSEEN)
"""The last look fitted; could not be had; a smaller tree; another tree; nobody looked yet."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was last seen of one log; nothing, before the first look."""

    origin: str = ""
    vkeys: tuple[str, ...] = ()
    size: int = 0
    root: bytes = EMPTY_ROOT

    def verifiers(self) -> tuple[Verifier, ...]:
        """Its known keys."""
        return tuple(map(Verifier.parse, self.vkeys))


class WitnessedLogs:
    """The rows of one hub. A change that somebody has to hear of is an entry of the access log."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def claim(self, region: str, at: datetime, *, every: float) -> bool:
        """Whether this process is to look now: of many at once one is told so, and none before most of an interval has gone by."""
        fresh = insert(WitnessedLog).values(
            region=region, origin="", vkeys=[], size=0, root=EMPTY_ROOT, note="", state=UNSEEN, reason="", evidence="", looked_at=at,
        )
        due = update(WitnessedLog).where(
            WitnessedLog.region == region, WitnessedLog.looked_at <= at - timedelta(seconds=every / 2),
        ).values(looked_at=at)
        async with self._engine.begin() as connection:
            if (await connection.execute(fresh.on_conflict_do_nothing())).rowcount:
                return True
            return bool((await connection.execute(due)).rowcount)

    async def seen(self, region: str) -> Seen:
        """What is known of a region's log."""
        columns = (WitnessedLog.origin, WitnessedLog.vkeys, WitnessedLog.size, WitnessedLog.root)
        async with self._engine.connect() as connection:
            row = (await connection.execute(select(*columns).where(WitnessedLog.region == region))).one_or_none()
        return Seen(row.origin, tuple(row.vkeys), row.size, bytes(row.root)) if row is not None else Seen()

    async def missed(self, region: str, at: datetime, *, reason: str) -> None:
        """It could not be had, or not be read. A fault that was found stays."""
        changed = update(WitnessedLog).where(WitnessedLog.region == region, WitnessedLog.state.not_in((FORK, SHRUNK)))
        async with self._engine.begin() as connection:
            await connection.execute(changed.values(state=MISSED, reason=reason, looked_at=at))

    async def broken(self, region: str, seen: Seen, fault: str, evidence: str, shown: Checkpoint, at: datetime) -> None:
        """A checkpoint its own key signed that does not continue what was seen; said once."""
        changed = update(WitnessedLog).where(WitnessedLog.region == region, WitnessedLog.state != FORK, WitnessedLog.state != fault)
        async with self._engine.begin() as connection:
            if (await connection.execute(changed.values(state=fault, evidence=evidence, reason="", looked_at=at))).rowcount:
                await _note(connection, f"WITNESS_{fault}", region, seen, shown, at)

    async def grew(
        self, region: str, seen: Seen, shown: Checkpoint, vkeys: Sequence[str], cosigned: str, at: datetime,
    ) -> None:
        """It continues what was seen: kept in its place, cosigned. Two processes that saw different sizes keep the larger; a fork stays one."""
        unchanged = (WitnessedLog.region == region, WitnessedLog.size == seen.size, WitnessedLog.root == seen.root, WitnessedLog.state != FORK)
        kept = {
            "origin": shown.origin, "vkeys": list(vkeys), "size": shown.size, "root": shown.root, "note": cosigned, "state": CONSISTENT,
            "reason": "", "evidence": "", "seen_at": at, "looked_at": at,
        }
        async with self._engine.begin() as connection:
            before = (await connection.execute(
                select(WitnessedLog.state).where(*unchanged).with_for_update(),
            )).scalar_one_or_none()
            if before is None:
                return
            await connection.execute(update(WitnessedLog).where(WitnessedLog.region == region).values(kept))
            said = "FIRST_SEEN" if not seen.vkeys else "KEY_ADDED" if set(vkeys) != set(seen.vkeys) else "GREW_BACK" if before == SHRUNK else ""
            if said:
                await _note(connection, f"WITNESS_{said}", region, seen, shown, at)

    async def note(self, region: str) -> str:
        """The last checkpoint that was cosigned; "" for a region nobody saw."""
        async with self._engine.connect() as connection:
            found = await connection.execute(select(WitnessedLog.note).where(WitnessedLog.region == region))
            return found.scalar_one_or_none() or ""

    async def states(self, regions: Collection[str]) -> Mapping[str, int]:
        """How many of these neighbours are in each state."""
        async with self._engine.connect() as connection:
            rows = (await connection.execute(
                select(WitnessedLog.region, WitnessedLog.state).where(WitnessedLog.region.in_(list(regions))),
            )).all()
        found = {row.region: row.state for row in rows}
        return {state: sum(found.get(region, UNSEEN) == state for region in regions) for state in STATES}

    async def all(self) -> Sequence[WitnessedLog]:
        """Every row, by region."""
        async with self._engine.connect() as connection:
            rows = (await connection.execute(select(WitnessedLog).order_by(WitnessedLog.region))).all()
        return [WitnessedLog(**row._mapping) for row in rows]  # noqa: SLF001 - the row's public mapping

    async def anew(self, region: str, *, by: Actor, reason: str, at: datetime) -> bool:
        """An officer looked into it: the next look begins anew. False where nothing is wrong."""
        broken = (WitnessedLog.region == region, or_(WitnessedLog.state == FORK, WitnessedLog.state == SHRUNK))
        async with self._engine.begin() as connection:
            row = (await connection.execute(select(WitnessedLog).where(*broken).with_for_update())).one_or_none()
            if row is None:
                return False
            seen = Seen(row.origin, tuple(row.vkeys), row.size, bytes(row.root))
            blank = {"origin": "", "vkeys": [], "size": 0, "root": EMPTY_ROOT, "note": "", "state": UNSEEN, "evidence": "", "looked_at": at - timedelta(days=1)}
            await connection.execute(update(WitnessedLog).where(WitnessedLog.region == region).values(blank))
            await _note(connection, "WITNESS_BEGUN_ANEW", region, seen, None, at, officer=by.name, proof=by.proof, operator=by.operator, reason=reason)
        return True


async def _note(
    connection: AsyncConnection, kind: str, region: str, seen: Seen, shown: Checkpoint | None, at: datetime, **more: str,
) -> None:
    body = {"region": region, "seen": {"size": seen.size, "root": seen.root.hex()}, **more}
    if shown is not None:
        body |= {"origin": shown.origin, "shown": {"size": shown.size, "root": shown.root.hex()}}
    await connection.execute(insert_row(Outbox).values(kind=kind, body=body, at=at))
