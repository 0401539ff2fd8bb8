"""Duties follow from the access log: whatever it says was told, and to whom, has to be disposed of one day; nothing is asked twice.

No question waits for this: the entries are durable, so a duty that is written a moment later, by whichever process, misses none.
One process reads at a time, from where the last one stopped, and moves that mark in the transaction of what it wrote. So each entry
counts once, and one that stands in the log behind a report opens the duty again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from sqlalchemy import Row, any_, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.access_log.leaf import split
from hub.disposal.terms import OWED_BY_NOBODY, duty_id, told_groups
from hub.tables import Case, DisposalDuty, Letter, LogEntry, LogFollower, LogHead, Organisation

NAME = "disposal"
WINDOW = 2_000
"""Entries looked at in one transaction."""
MEANS_CHECK = "meansCheck"
"""What stands for a report of a means check among the groups: it holds all of them."""


@dataclass(slots=True)
class _Told:
    organisation: str
    case: str
    purpose: str
    first: datetime
    last: datetime
    answers: int = 0
    groups: set[str] = field(default_factory=set)
    letters: set[str] = field(default_factory=set)


async def follow(engine: AsyncEngine) -> int:
    """Write the duties of everything the log holds by now; how many answers led to one. Another process at it is left to it."""
    found = 0
    while True:
        async with engine.begin() as connection:
            moved, answers = await _window(connection, waits=False)
        found += answers
        if not moved:
            return found


async def caught_up(connection: AsyncConnection) -> None:
    """The same, inside the caller's transaction and waiting for whoever is at it: before a report says that everything is gone."""
    while (await _window(connection, waits=True))[0]:
        pass


async def _window(connection: AsyncConnection, *, waits: bool) -> tuple[bool, int]:
    await connection.execute(insert(LogFollower).values(name=NAME, next=0).on_conflict_do_nothing())
    mark = select(LogFollower.next).where(LogFollower.name == NAME).with_for_update(skip_locked=not waits)
    begin = (await connection.execute(mark)).scalar_one_or_none()
    size = (await connection.execute(select(LogHead.size))).scalar_one_or_none() or 0
    if begin is None or begin >= size:
        return False, 0
    end = min(begin + WINDOW, size)
    query = select(LogEntry.at, LogEntry.organisation, LogEntry.purpose, LogEntry.case_id, LogEntry.body).where(
        LogEntry.index >= begin, LogEntry.index < end, LogEntry.kind == "OUTCOME", LogEntry.decision.in_(("ALLOW", "PARTIAL")),
        exists().where(Case.id == any_(func.string_to_array(LogEntry.case_id, " "))), LogEntry.organisation.in_(select(Organisation.code)),
    )
    told = _gathered((await connection.execute(query.order_by(LogEntry.index))).all())
    answers = sum(one.answers for one in told.values())
    if told:
        await _parted(connection, told)
        await _owe(connection, told)
    await connection.execute(update(LogFollower).where(LogFollower.name == NAME).values(next=end))
    return True, answers


def _gathered(rows: Iterable[Row[datetime, str | None, str | None, str | None, bytes]]) -> dict[str, _Told]:
    told: dict[str, _Told] = {}
    for at, named, meant, concerned, body in rows:
        organisation, purpose, cases = named or "", meant or "", concerned or ""
        rest = orjson.loads(split(body)[1])
        groups = told_groups(rest.get("rows", ()))
        if rest.get("statuses", {}).get(MEANS_CHECK) == "OK" and orjson.loads(split(body)[0]).get("answer"):
            groups |= {MEANS_CHECK}
        if not groups or rest.get("basis") in OWED_BY_NOBODY:
            continue
        apart = rest.get("told", {}).get("cases")  # an answer over several: in each is owed what was told in it, and may be nothing
        for case in cases.split(" "):
            of = groups if apart is None else told_groups(apart.get(case, ()))
            if not of:
                continue
            identifier = duty_id(organisation=organisation, case=case, purpose=purpose)
            one = told.setdefault(identifier, _Told(organisation, case, purpose, at, at))
            one.first, one.last, one.answers = min(one.first, at), max(one.last, at), one.answers + 1
            one.groups |= of
            one.letters |= set(rest.get("letters", ()))
    return told


async def _parted(connection: AsyncConnection, told: dict[str, _Told]) -> None:
    """An entry over several cases names the letters of all of them: each duty keeps those of its case, and no case unknown here owes."""
    cases = {one.case for one in told.values()}
    known = set((await connection.execute(select(Case.id).where(Case.id.in_(cases)))).scalars())
    named = {letter for one in told.values() for letter in one.letters}
    of = {row.id: row.case_id for row in await connection.execute(select(Letter.id, Letter.case_id).where(Letter.id.in_(named)))}
    for identifier, one in list(told.items()):
        one.letters = {letter for letter in one.letters if of.get(letter, one.case) == one.case}
        if one.case not in known:
            del told[identifier]


async def _owe(connection: AsyncConnection, told: Mapping[str, _Told]) -> None:
    """Add to what is owed. Who holds the mark writes alone; a report meanwhile waits for these rows, or these for it."""
    known = select(DisposalDuty).where(DisposalDuty.id.in_(told), DisposalDuty.state != "DISPOSED").order_by(DisposalDuty.id)
    for row in (await connection.execute(known.with_for_update())).all():
        one = told[row.id]
        one.first, one.answers = min(one.first, row.first_told_at), one.answers + row.told
        one.groups |= set(row.groups)
        one.letters |= set(row.letters)
    rows = [
        {
            "id": identifier, "organisation": one.organisation, "case_id": one.case, "purpose": one.purpose, "groups": sorted(one.groups),
            "letters": sorted(one.letters), "told": one.answers, "first_told_at": one.first, "last_told_at": one.last, "state": "OPEN",
            "retained_until": None, "settled_at": None,
        }
        for identifier, one in sorted(told.items())
    ]
    if rows:  # one statement for all of them, prepared once: a busy hub owes in hundreds of cases at a time
        statement = insert(DisposalDuty)
        said = {name: statement.excluded[name] for name in rows[0] if name != "id"}
        await connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=said), rows)
