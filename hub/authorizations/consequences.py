"""What follows from a withdrawal, told to who withdraws before they decide, and again when they did (57 §29; PIPL §15, §16, §47).

Each line has a code for the platform, Chinese and English for the citizen, and the clause it rests on: what stops, what ends with it,
what stays and on which ground. Reports whose person withdrew are frozen here: kept for their retention, told to nobody new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.authorizations.consequence_words import LINES
from hub.authorizations.coverage import by_letters
from hub.authorizations.matter import Matter
from hub.deferred.statements import STANDING_OF_CASE
from hub.messages.fallen import FALLEN_OF_CASE, KINDS
from hub.tables import MeansCheck, Organisation, Outbox
from policies.purposes import PURPOSES
from policies.verdict import BasisKind

_CHECK = (
    MeansCheck.id, MeansCheck.people, MeansCheck.purpose, MeansCheck.requested_by, MeansCheck.keep_until, MeansCheck.frozen_at,
    MeansCheck.sealed.is_not(None).label("kept"), Organisation.region,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Survey:
    """What rests on a matter's letters at a moment: questions at departments by number, checks whose people all stand, messages fallen."""

    jobs: Mapping[str, str]  # number to fact group
    checks: Mapping[str, Any]
    fallen: frozenset[int]


@dataclass(frozen=True, slots=True)
class Fallen:
    """What ended with the change: fact groups asked and not answered yet, checks, messages on their way."""

    groups: tuple[str, ...]
    checks: tuple[str, ...]
    messages: int


NONE = Fallen((), (), 0)


async def survey(connection: AsyncConnection, held: Matter, at: datetime) -> Survey:
    """As it is in this transaction now."""
    jobs = await connection.exec_driver_sql(STANDING_OF_CASE, (at, held.case))
    fallen = await connection.exec_driver_sql(FALLEN_OF_CASE, (list(KINDS), held.case))
    query = select(*_CHECK).join(Organisation, Organisation.code == MeansCheck.requested_by)
    rows = await connection.execute(query.where(MeansCheck.case_id == held.case, MeansCheck.frozen_at.is_(None)))
    return Survey(
        jobs={row.id: row.fact_group for row in jobs}, checks={row.id: row for row in rows if _stands(row, held, at)},
        fallen=frozenset(row.number for row in fallen),
    )


async def freeze(connection: AsyncConnection, before: Survey, after: Matter, at: datetime) -> Fallen:
    """Freeze the checks that fell; what fell altogether. Kept questions and contents are destroyed where they lie, by who looks after them."""
    now = await survey(connection, after, at)
    checks = tuple(sorted(before.checks.keys() - now.checks.keys()))
    if checks:
        await connection.execute(update(MeansCheck).where(MeansCheck.id.in_(checks)).values(frozen_at=at))
        await connection.execute(insert(Outbox), [{"kind": "CHECK_FROZEN", "body": {"check": one, "case": after.case}, "at": at} for one in checks])
    groups = tuple(sorted(group for job, group in before.jobs.items() if job not in now.jobs))
    return Fallen(groups, checks, len(now.fallen - before.fallen))


async def told(connection: AsyncConnection, after: Matter, fallen: Fallen, at: datetime) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """The lines, as JSON."""
    live = after.closed_at is None or after.closed_at > at
    stops = [_line("QUESTIONS"), _line("PROCEDURE", assistanceType=after.assistance_type, stage=after.stage) if live else _line("MATTER")]
    return {"stops": stops, "ends": _ends(fallen), "stays": await _stays(connection, after, live=live, at=at)}


def _ends(fallen: Fallen) -> list[Mapping[str, Any]]:
    lines = []
    if fallen.groups:
        lines.append(_line("LATE_ANSWERS", groups=dict(Counter(fallen.groups))))
    if fallen.checks:
        lines.append(_line("CHECKS", checks=list(fallen.checks)))
    if fallen.messages:
        lines.append(_line("MESSAGES", count=fallen.messages))
    return lines


async def _stays(connection: AsyncConnection, after: Matter, *, live: bool, at: datetime) -> list[Mapping[str, Any]]:
    lines = [_line("TOLD")]
    query = select(MeansCheck.id, MeansCheck.keep_until).where(MeansCheck.case_id == after.case, MeansCheck.sealed.is_not(None))
    reports = (await connection.execute(query.order_by(MeansCheck.id))).all()
    if reports:
        lines.append(_line("REPORTS", reports=[{"check": row.id, "until": row.keep_until.isoformat()} for row in reports]))
    letters = [one.number for one in after.letters if one.status == "ACTIVE" and (one.expires_at is None or one.expires_at > at)]
    if letters and live:
        lines.append(_line("LETTERS", letters=letters))
    statutory = await _statutory(connection, after) if live else []
    if statutory:
        lines.append(_line("STATUTE", purposes=statutory))
    return [*lines, _line("RECORD")]


async def _statutory(connection: AsyncConnection, after: Matter) -> list[Mapping[str, str]]:
    """The purposes the matter's offices may go on with by law alone (PIPL §13(3))."""
    query = select(Organisation.department).where(Organisation.code.in_(after.organisations), Organisation.active)
    departments = frozenset((await connection.execute(query)).scalars())
    return [
        {"purpose": code, "law": one.legal_basis} for code, one in sorted(PURPOSES.items())
        if BasisKind.STATUTE in one.bases and one.statute_groups and departments & one.departments
    ]


def _stands(row: Any, held: Matter, at: datetime) -> bool:
    """Whether everybody of a check is covered for everything: a check asks every source at once."""
    if held.closed_at is not None and held.closed_at <= at:
        return False
    named = [letter.id for letter in held.letters]
    coverage = by_letters(held, named, purpose=row.purpose, organisation=row.requested_by, region=row.region, at=at)
    people = [coverage.get(person) for person in row.people]
    return all(one is not None and one.covered and one.groups is None for one in people)


def _line(code: str, **about: Any) -> Mapping[str, Any]:
    return {"code": code, **LINES[code], **about}
