"""事后复核: the privacy officer looks at each question asked in an emergency and says so, or objects; each mark is an entry of the log.

An objection undoes nothing and decides about nobody: it says to whom it may concern that the emergency was none (PIPL §54).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert as insert_row
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.access_log.entry import Kind
from hub.access_log.store import LogStore
from hub.authorizations.officers import same_officer
from hub.emergencies.follow_ups import FollowUps
from hub.errors import Forbidden, Malformed
from hub.operations.literals import holds_id_number
from hub.tables import FollowUp, Outbox, SecondLook

MARKS = ("SEEN", "OBJECTED")
SHORTEST, LONGEST = 4, 400
"""Characters of a reason; what was seen and found right needs none."""


@dataclass(frozen=True, slots=True)
class SecondLooks:
    """What the console does about emergencies."""

    engine: AsyncEngine
    store: LogStore
    follow_ups: FollowUps

    async def mark(self, entry: str, mark: str, *, officer: str, reason: str, at: datetime) -> None:
        """Mark one answer of an emergency. Raises `Malformed` for what is none, `Forbidden` for one's own."""
        said = worded(mark, reason)
        stored = await self.store.entry(entry)
        head, rest = stored.parts() if stored is not None and stored.kind is Kind.OUTCOME else ({}, {})
        if rest.get("review") != "EMERGENCY":
            raise Malformed("the entry is no answer in an emergency")
        if same_officer(str(rest.get("officer", "")), officer):
            raise Forbidden("nobody looks a second time at what they asked themselves", code="SAME_OFFICER")
        about = {"case": str(head.get("case", "")), "organisation": str(head.get("organisation", ""))}
        async with self.engine.begin() as connection:
            await keep(connection, f"EMERGENCY_{mark}", entry, mark, said, {"entry": entry, **about}, officer=officer, at=at)

    async def close(self, follow_up: str, *, officer: str, reason: str, at: datetime) -> None:
        """Close a duty no letter will meet. Raises `Malformed`, `Forbidden` for one's own."""
        said = reason.strip()
        if not _worded(said):
            raise Malformed(f"a duty is closed with a reason of {SHORTEST} to {LONGEST} characters without an ID number")
        opened = select(FollowUp.officer).where(FollowUp.id == follow_up)
        async with self.engine.connect() as connection:
            owing = (await connection.execute(opened)).scalar_one_or_none()
        if owing is not None and same_officer(owing, officer):
            raise Forbidden("nobody closes a duty they owe themselves", code="SAME_OFFICER")
        if not await self.follow_ups.close(follow_up, by=officer, reason=said, at=at):
            raise Malformed("the duty is not open")


def worded(mark: str, reason: str) -> str:
    """The reason as it is kept. Raises `Malformed` for a mark there is none of, and for an objection that does not say why."""
    said = reason.strip()
    if mark not in MARKS or (mark == "OBJECTED" and not _worded(said)) or (said and not _worded(said)):
        raise Malformed(f"a mark is {' or '.join(MARKS)}; an objection says why in {SHORTEST} to {LONGEST} characters without an ID number")
    return said


async def keep(
    connection: AsyncConnection, kind: str, looked_at: str, mark: str, reason: str, about: Mapping[str, str], *, officer: str, at: datetime,
) -> None:
    """The mark on a log entry or an approval, in place of an earlier one, and its row for the log: `about` with officer and reason."""
    row = {"entry": looked_at, "officer": officer, "mark": mark, "reason": reason, "at": at}
    marked = insert(SecondLook).values(row)
    await connection.execute(marked.on_conflict_do_update(index_elements=["entry"], set_=row))
    body = {**about, "officer": officer, "reason": reason}
    await connection.execute(insert_row(Outbox).values(kind=kind, body=body, at=at))


async def marks(engine: AsyncEngine, looked_at: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    """Mark and reason of those entries and approvals that have one."""
    query = select(SecondLook.entry, SecondLook.mark, SecondLook.reason).where(SecondLook.entry.in_(list(looked_at)))
    async with engine.connect() as connection:
        return {row.entry: (row.mark, row.reason) for row in (await connection.execute(query)).all()}


def _worded(reason: str) -> bool:
    return SHORTEST <= len(reason) <= LONGEST and reason.isprintable() and not holds_id_number(reason)
