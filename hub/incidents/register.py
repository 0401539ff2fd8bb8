"""Incidents in the hub's records: opened, told, closed; each step with its row for the log, in one transaction.

What is opened can stop what was compromised, in that transaction too: a client and with it its tokens, a platform's keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.actor import STATED, Actor
from hub.authorizations.officers import same_officer
from hub.incidents.span import Span
from hub.incidents.stopping import stop as stop_now
from hub.sharing.wording import worded
from hub.tables import Case, Client, Incident, IncidentPerson, Organisation, Outbox, Platform
from hub.ulid import new_id

KINDS = ("LEAK", "TAMPERING", "LOSS")
"""泄露、篡改、丢失 (PIPL §57)."""
_REGION = 12


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
    clients: tuple[str, ...] = ()
    officers: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    public_interest: bool = False


async def open_incident(
    engine: AsyncEngine, opening: Opening, *, by: Actor, stop: bool, at: datetime, random: Callable[[int], bytes],
) -> tuple[str, tuple[str, ...]]:
    """The id of a new incident, and what was stopped: one transaction, so that neither stands without the other. Raises IncidentRefused,
    SharingRefused for a text that is empty or names somebody.
    """
    wanted = _worded(opening)
    if not wanted.since < wanted.until <= at:
        raise IncidentRefused("an incident began before it ended, and does not reach into the future")
    if not (wanted.clients or wanted.officers or wanted.platforms or wanted.cases):
        raise IncidentRefused("an incident names clients, officers, platforms or cases")
    identifier, name = new_id("inc", at, random(10)), worded("by", by.name)
    said = {field: list(value) if isinstance(value, tuple) else value for field, value in asdict(wanted).items()}
    async with engine.begin() as connection:
        await _known(connection, wanted)
        stopped = await stop_now(connection, wanted.clients, wanted.platforms, incident=identifier, by=name, at=at) if stop else ()
        await connection.execute(insert(Incident).values(
            id=identifier, opened_at=at, opened_by=name, opened_proof=by.proof, opened_operator=by.operator, stopped=list(stopped), **said,
        ))
        scope = {field: said[field] for field in ("kind", "clients", "officers", "platforms", "cases")}
        span = {"since": wanted.since.isoformat(), "until": wanted.until.isoformat()}
        await _note(connection, "INCIDENT_OPENED", identifier, at, by, stopped=list(stopped), **span, **scope)
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


async def reported(engine: AsyncEngine, identifier: str, *, by: Actor, digest: str, counts: Mapping[str, int], at: datetime) -> None:
    """Somebody read who was touched: that is an entry of the log, with the report's SHA-256; how many there were stays in the list.
    Raises IncidentRefused.
    """
    _proven(by)
    async with engine.begin() as connection:
        await _found(connection, identifier)
        await connection.execute(update(Incident).where(Incident.id == identifier).values(people=counts["people"] + counts["unnamed"], counted_at=at))
        await _note(connection, "INCIDENT_REPORTED", identifier, at, by, sha256=digest, counts=dict(counts))


async def tell_authority(engine: AsyncEngine, identifier: str, *, by: Actor, at: datetime) -> None:
    """The authority was told. Raises IncidentRefused where it was before."""
    _proven(by)
    async with engine.begin() as connection:
        if (await _found(connection, identifier, changing=True)).authority_told_at is not None:
            raise IncidentRefused("the authority was told before")
        await _change(connection, identifier, "INCIDENT_TOLD", at, by, {"authority_told_at": at}, to="authority")


async def tell_party(engine: AsyncEngine, identifier: str, party: str, *, by: Actor, at: datetime) -> None:
    """An office, or a neighbouring region (12 digits), was told. Raises IncidentRefused where it was before, or there is none."""
    _proven(by)
    async with engine.begin() as connection:
        one = await _found(connection, identifier, changing=True)
        known = (await connection.execute(select(Organisation.code).where(Organisation.code == party))).scalar_one_or_none()
        if known is None and not (len(party) == _REGION and party.isascii() and party.isdigit()):
            raise IncidentRefused(f"neither the authority, the people, an organisation nor a region of 12 digits: {party}")
        if party in one.parties_told:
            raise IncidentRefused(f"{party} was told before")
        await _change(connection, identifier, "INCIDENT_TOLD", at, by, {"parties_told": {**one.parties_told, party: at.isoformat()}}, to=party)


async def tell_people(
    engine: AsyncEngine, identifier: str, touched: Mapping[str, Sequence[Mapping[str, Any]]], *, by: Actor, at: datetime,
) -> None:
    """The people were told, and from now on each sees it: `touched` has by pseudonym the groups. Raises IncidentRefused."""
    _proven(by)
    async with engine.begin() as connection:
        if (await _found(connection, identifier, changing=True)).people_told_at is not None:
            raise IncidentRefused("the people were told before")
        rows = [{"incident": identifier, "subject": subject, "groups": list(groups)} for subject, groups in sorted(touched.items())]
        if rows:
            await connection.execute(insert(IncidentPerson), rows)
        said = {"people_told_at": at, "people": len(rows), "counted_at": at}
        await _change(connection, identifier, "INCIDENT_TOLD", at, by, said, to="people", people=len(rows))


async def close_incident(engine: AsyncEngine, identifier: str, *, by: Actor, not_told: str, at: datetime) -> None:
    """Nothing is left to be done. The authority was told in any case; the people, or why not (PIPL §57, second paragraph): that is decided
    by two officers, as whatever is kept from somebody cannot be seen by them. Raises IncidentRefused.
    """
    _proven(by)
    if not_told and (not by.second or same_officer(by.name, by.second)):
        raise IncidentRefused("that the people are not told is decided by two privacy officers, each proven")
    async with engine.begin() as connection:
        one = await _found(connection, identifier, changing=True)
        if one.closed_at is not None:
            raise IncidentRefused("it was closed before")
        if one.authority_told_at is None:
            raise IncidentRefused("the authority was not told yet")
        if (one.people_told_at is None) is not bool(not_told):
            raise IncidentRefused("the people are told, or it is said why they need not be (PIPL §57)")
        why = worded("why the people are not told", not_told) if not_told else None
        said = {"closed_at": at, "closed_by": by.name, "closed_second": by.second or None, "people_not_told": why}
        await _change(connection, identifier, "INCIDENT_CLOSED", at, by, said, not_told=why)


async def looked(engine: AsyncEngine, *, by: Actor, at: datetime) -> None:
    """Somebody looked at the list of all incidents: that is an entry of the log."""
    async with engine.begin() as connection:
        await _note(connection, "INCIDENTS_LISTED", "", at, by)


def _proven(by: Actor) -> None:
    """Only opening cannot wait for whoever can prove themselves. Raises IncidentRefused."""
    if by.proof == STATED:
        raise IncidentRefused("a privacy officer proves themselves for this: only an opening may be the operator's")


def _worded(opening: Opening) -> Opening:
    return replace(
        opening, cause=worded("cause", opening.cause), harm=worded("harm", opening.harm), measures=worded("measures", opening.measures),
        advice=worded("advice", opening.advice), contact=worded("contact", opening.contact),
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


async def _found(connection: AsyncConnection, identifier: str, *, changing: bool = False) -> Incident:
    query = select(Incident).where(Incident.id == identifier.replace("\0", " "))  # which no text of the database holds
    row = (await connection.execute(query.with_for_update() if changing else query)).one_or_none()
    if row is None:
        raise IncidentRefused(f"no incident {identifier}")
    return Incident(**row._mapping)  # noqa: SLF001 - the row's public mapping


async def _change(connection: AsyncConnection, identifier: str, kind: str, at: datetime, by: Actor, said: Mapping[str, Any], **more: Any) -> None:
    await connection.execute(update(Incident).where(Incident.id == identifier).values(said))
    await _note(connection, kind, identifier, at, by, **more)


async def _note(connection: AsyncConnection, code: str, identifier: str, at: datetime, by: Actor, **more: Any) -> None:
    body = {name: value for name, value in {"ref": identifier, **by.said(), **more}.items() if value}
    await connection.execute(insert(Outbox).values(kind=code, body=body, at=at))
