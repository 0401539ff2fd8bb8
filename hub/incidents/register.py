"""Incidents in the hub's records: opened, told, closed; each step with its row for the log, in one transaction.

What is opened can stop what was compromised at the same moment, by what exists for it: a client and with it its tokens, a platform's keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.authorizations.key_changes import revoke_key
from hub.authorizations.revocation import revoke_client
from hub.incidents.span import Span
from hub.sharing.wording import worded
from hub.tables import Case, Client, Incident, IncidentPerson, Organisation, Outbox, Platform, PlatformKey
from hub.ulid import new_id

KINDS = ("LEAK", "TAMPERING", "LOSS")
"""泄露、篡改、丢失 (PIPL §57)."""


class IncidentRefused(ValueError):
    """An incident cannot be opened, told or closed so; the text says why."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What an incident is about, and what the notice says of it. `officers` are "organisation officer"."""

    kind: str
    since: datetime
    until: datetime
    cause: str
    harm: str
    measures: str
    advice: str
    contact: str
    opened_by: str
    clients: tuple[str, ...] = ()
    officers: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    public_interest: bool = False


async def open_incident(
    engine: AsyncEngine, opening: Opening, *, stop: bool, at: datetime, random: Callable[[int], bytes],
) -> tuple[str, tuple[str, ...]]:
    """The id of a new incident, and what was stopped. Raises IncidentRefused, SharingRefused for a text that is empty or names somebody."""
    wanted = _worded(opening)
    if not wanted.since < wanted.until <= at:
        raise IncidentRefused("an incident began before it ended, and does not reach into the future")
    if not (wanted.clients or wanted.officers or wanted.platforms or wanted.cases):
        raise IncidentRefused("an incident names clients, officers, platforms or cases")
    async with engine.connect() as connection:
        await _known(connection, wanted)
    identifier = new_id("inc", at, random(10))
    stopped = await _stop(engine, wanted, identifier, at) if stop else ()
    said = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(wanted).items()}
    async with engine.begin() as connection:
        await connection.execute(insert(Incident).values(id=identifier, opened_at=at, stopped=list(stopped), **said))
        scope = {name: said[name] for name in ("kind", "clients", "officers", "platforms", "cases", "opened_by")}
        await _note(connection, "INCIDENT_OPENED", identifier, at, since=wanted.since.isoformat(), until=wanted.until.isoformat(), stopped=list(stopped), **scope)
    return identifier, stopped


def span_of(incident: Incident) -> Span:
    """The condition on entries an incident stands for."""
    officers = tuple((organisation, officer) for organisation, _, officer in (one.partition(" ") for one in incident.officers))
    return Span(
        since=incident.since, until=incident.until, clients=frozenset(incident.clients), officers=officers,
        platforms=frozenset(incident.platforms), cases=frozenset(incident.cases),
    )


async def found(engine: AsyncEngine, identifier: str) -> Incident:
    """Raises IncidentRefused where there is none."""
    async with engine.connect() as connection:
        return await _found(connection, identifier)


async def reported(engine: AsyncEngine, identifier: str, *, by: str, digest: str, counts: Mapping[str, int], at: datetime) -> None:
    """Somebody read who was touched: that is an entry of the log, with the report's SHA-256."""
    async with engine.begin() as connection:
        await _found(connection, identifier)
        await _note(connection, "INCIDENT_REPORTED", identifier, at, by=worded("by", by), sha256=digest, counts=dict(counts))


async def tell_authority(engine: AsyncEngine, identifier: str, *, by: str, at: datetime) -> None:
    """The authority was told. Raises IncidentRefused where it was before."""
    async with engine.begin() as connection:
        if (await _found(connection, identifier, changing=True)).authority_told_at is not None:
            raise IncidentRefused("the authority was told before")
        await _change(connection, identifier, "INCIDENT_TOLD", at, {"authority_told_at": at}, to="authority", by=worded("by", by))


async def tell_people(
    engine: AsyncEngine, identifier: str, touched: Mapping[str, Sequence[Mapping[str, Any]]], *, by: str, at: datetime,
) -> None:
    """The people were told, and from now on each sees it: `touched` has by pseudonym the groups. Raises IncidentRefused."""
    async with engine.begin() as connection:
        if (await _found(connection, identifier, changing=True)).people_told_at is not None:
            raise IncidentRefused("the people were told before")
        rows = [{"incident": identifier, "subject": subject, "groups": list(groups)} for subject, groups in sorted(touched.items())]
        if rows:
            await connection.execute(insert(IncidentPerson), rows)
        await _change(connection, identifier, "INCIDENT_TOLD", at, {"people_told_at": at}, to="people", by=worded("by", by), people=len(rows))


async def close_incident(engine: AsyncEngine, identifier: str, *, by: str, not_told: str, at: datetime) -> None:
    """Nothing is left to be done. The authority was told in any case; the people, or why not (PIPL §57, second paragraph). Raises IncidentRefused."""
    async with engine.begin() as connection:
        one = await _found(connection, identifier, changing=True)
        if one.closed_at is not None:
            raise IncidentRefused("it was closed before")
        if one.authority_told_at is None:
            raise IncidentRefused("the authority was not told yet")
        if (one.people_told_at is None) is not bool(not_told):
            raise IncidentRefused("the people are told, or it is said why they need not be (PIPL §57)")
        why = worded("why the people are not told", not_told) if not_told else None
        said = {"closed_at": at, "closed_by": worded("by", by), "people_not_told": why}
        await _change(connection, identifier, "INCIDENT_CLOSED", at, said, by=said["closed_by"], not_told=why)


def _worded(opening: Opening) -> Opening:
    return replace(
        opening, cause=worded("cause", opening.cause), harm=worded("harm", opening.harm), measures=worded("measures", opening.measures),
        advice=worded("advice", opening.advice), contact=worded("contact", opening.contact), opened_by=worded("by", opening.opened_by),
    )


async def _known(connection: AsyncConnection, wanted: Opening) -> None:
    """Of a name mistyped nothing would be found, and the officer believe that nobody was touched."""
    organisations = [one.partition(" ")[0] for one in wanted.officers]
    for what, column, names in (
        ("client", Client.id, wanted.clients), ("platform", Platform.id, wanted.platforms), ("case", Case.id, wanted.cases),
        ("organisation", Organisation.code, organisations),
    ):
        there = set((await connection.execute(select(column).where(column.in_(names)))).scalars())
        for name in names:
            if name not in there:
                raise IncidentRefused(f"no {what} {name}")


async def _stop(engine: AsyncEngine, wanted: Opening, identifier: str, at: datetime) -> tuple[str, ...]:
    stopped = [f"client {client}" for client in wanted.clients if await revoke_client(engine, client, by=wanted.opened_by, at=at)]
    for platform in wanted.platforms:
        standing = (PlatformKey.platform == platform, PlatformKey.revoked_at.is_(None))
        async with engine.connect() as connection:
            kids = (await connection.execute(select(PlatformKey.kid).where(*standing).order_by(PlatformKey.kid))).scalars().all()
        for kid in kids:
            await revoke_key(engine, platform=platform, kid=kid, reason=identifier, at=at)
            stopped.append(f"platform {platform} key {kid}")
    return tuple(stopped)


async def _found(connection: AsyncConnection, identifier: str, *, changing: bool = False) -> Incident:
    query = select(Incident).where(Incident.id == identifier)
    row = (await connection.execute(query.with_for_update() if changing else query)).one_or_none()
    if row is None:
        raise IncidentRefused(f"no incident {identifier}")
    return Incident(**row._mapping)  # noqa: SLF001 - the row's public mapping


async def _change(connection: AsyncConnection, identifier: str, kind: str, at: datetime, said: Mapping[str, Any], **more: Any) -> None:
    await connection.execute(update(Incident).where(Incident.id == identifier).values(said))
    await _note(connection, kind, identifier, at, **more)


async def _note(connection: AsyncConnection, code: str, identifier: str, at: datetime, **more: Any) -> None:
    body = {"ref": identifier} | {name: value for name, value in more.items() if value}
    await connection.execute(insert(Outbox).values(kind=code, body=body, at=at))
