"""The approvals of a hub as they stand at a moment, newest first, for those who look after them: the privacy officer, the operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.tables import Approval

STATES = ("WAITING", "LAPSED", "STANDING", "ENDED", "REFUSED", "WITHDRAWN")
"""What waits; what nobody decided in time; what opens something now; what did until its end; what was refused; what was taken back."""
PAGE = 30


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which approvals: every part that is set must hold. `state` is one of `STATES`."""

    state: str = ""
    kind: str = ""
    purpose: str = ""
    organisation: str = ""
    case: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """One approval and its state at the moment it was looked at."""

    approval: Approval
    state: str


def as_it_stands(approval: Approval, at: datetime) -> str:
    """One of `STATES`: the register keeps what people said, time passes by itself."""
    if approval.state == "ASKED":
        return "LAPSED" if approval.valid_until <= at else "WAITING"
    if approval.state == "APPROVED":
        return "ENDED" if approval.valid_until <= at else "STANDING"
    return approval.state


async def listed(engine: AsyncEngine, wanted: Wanted, *, at: datetime, after: str = "", limit: int = PAGE) -> tuple[Sequence[Listed], str]:
    """A page of those older than `after` (an approval's id, "" from the newest on), and the id the next page follows; "" at the end."""
    query = _of(select(Approval), wanted, at).order_by(Approval.id.desc()).limit(limit + 1)
    if after:
        query = query.where(Approval.id < after)
    async with engine.connect() as connection:
        rows = (await connection.execute(query)).all()
    found = [Approval(**row._mapping) for row in rows[:limit]]  # noqa: SLF001 - the row's public mapping
    return [Listed(one, as_it_stands(one, at)) for one in found], found[-1].id if len(rows) > limit else ""


async def counted(engine: AsyncEngine, *, at: datetime) -> Mapping[str, int]:
    """How many approvals are in each state; states nothing is in are left out."""
    state = _state(at).label("state")
    async with engine.connect() as connection:
        rows = (await connection.execute(select(state, func.count()).group_by(state))).all()
    return {row[0]: row[1] for row in rows}


def _of(query: Select[tuple[Approval]], wanted: Wanted, at: datetime) -> Select[tuple[Approval]]:
    parts: tuple[tuple[ColumnElement[str], str], ...] = (
        (_state(at), wanted.state), (Approval.kind.expression, wanted.kind), (Approval.purpose.expression, wanted.purpose),
        (Approval.organisation.expression, wanted.organisation), (Approval.case_id.expression, wanted.case),
    )
    return query.where(*(column == value for column, value in parts if value))


def _state(at: datetime) -> ColumnElement[str]:
    """`as_it_stands`, in the database."""
    past = Approval.valid_until <= at
    return case(
        (and_(Approval.state == "ASKED", past), "LAPSED"), (Approval.state == "ASKED", "WAITING"),
        (and_(Approval.state == "APPROVED", past), "ENDED"), (Approval.state == "APPROVED", "STANDING"), else_=Approval.state,
    )
