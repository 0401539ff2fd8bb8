"""`hub incident`: a leak, tampering or loss is recorded, what was compromised stopped, who was touched read from the log (PIPL §57)."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from hub.actor import STATED, Actor
from hub.cli.listing import show
from hub.cli.officers_proven import named, passwords_of
from hub.cli.premises import Premises, at_work
from hub.clock import clock
from hub.incidents import register
from hub.incidents.listing import Telling, listed
from hub.incidents.register import (
    KINDS,
    IncidentRefused,
    Opening,
    close_incident,
    open_incident,
    span_of,
    tell_authority,
    tell_party,
    tell_people,
)
from hub.incidents.reporting import Reporting
from hub.incidents.touched import groups_of
from hub.incidents.tracing import Traced, Tracing
from hub.people.handles import Handles
from hub.people.vault import Vault
from hub.postgres.connection import pool
from policies.calendar import CHINA
from policies.incidents import incident_rule

_TIME = click.DateTime(formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
_BY = click.option("--by", "officer", required=True, help="The privacy officer who answers for it, by their name in the console; their password is asked for.")


@click.group()
def incident() -> None:
    """个人信息安全事件: leak, tampering or loss, suspected or certain; remedied and told at once (PIPL §57)."""


@incident.command("open")
@click.option("--kind", required=True, type=click.Choice(KINDS))
@click.option("--client", "clients", multiple=True, help="A system whose key, or tokens, others may have had.")
@click.option("--officer", "officers", multiple=True, metavar="ORGANISATION:OFFICER", help="Who looked where they had no business.")
@click.option("--platform", "platforms", multiple=True, help="A platform somebody else may have spoken for.")
@click.option("--case", "cases", multiple=True, help="Cases it is limited to.")
@click.option("--since", required=True, type=_TIME, help="From when, in China's time.")
@click.option("--until", type=_TIME, help="Until when; now, where not given.")
@click.option("--cause", required=True, help="As people will read it. Name nobody.")
@click.option("--harm", required=True, help="What it may do to people.")
@click.option("--measures", required=True, help="What the office did against it.")
@click.option("--advice", required=True, help="What people can do themselves.")
@click.option("--contact", required=True, help="Where they ask.")
@click.option("--public-interest", is_flag=True, help="National security or the public interest is at risk (NDS §10).")
@click.option("--stop", is_flag=True, help="Disable these clients and revoke these platforms' keys now.")
@click.option("--unproven", is_flag=True, help="No privacy officer is at hand: the operator opens it, and the record says that --by was only stated.")
@_BY
def open_command(
    officer: str, since: datetime, until: datetime | None, officers: Sequence[str], *, stop: bool, unproven: bool, **said: Any,
) -> None:
    """Record an incident, and with --stop end at once what was compromised: both or neither."""
    named = tuple(one.replace(":", " ", 1) for one in officers)
    if any(" " not in one for one in named):
        raise click.UsageError("an officer is ORGANISATION:OFFICER")

    async def work(premises: Premises, by: Actor) -> None:
        now = clock()
        opening = Opening(
            since=since.replace(tzinfo=CHINA), until=until.replace(tzinfo=CHINA) if until else now, officers=named,
            **said,
        )
        made, stopped = await open_incident(premises.engine, opening, by=by, stop=stop, at=now, random=os.urandom)
        click.echo(f"incident {made} opened; the authority and the people are told at once (PIPL §57)")
        for one in stopped:
            click.echo(f"stopped: {one}")
        if named:
            click.echo("an officer is stopped where they log in: `hub officer-issuer disable`, or their system")

    _answered_for(work, (officer,), proven=not unproven)


@incident.command("report")
@click.argument("incident_id")
@click.argument("file", type=click.Path(path_type=Path))
@_BY
def report_command(incident_id: str, file: Path, officer: str) -> None:
    """Write who was touched, by which fields, whom it reached, and the notice's contents. Nobody is named in it."""

    async def work(premises: Premises, by: Actor) -> None:
        async with _tracing(premises) as tracing:
            told, text = await Reporting(premises.engine, tracing, Handles(premises.keys())).report(incident_id, by=by, at=clock())
        _write(file, text)
        counts = ", ".join(f"{many} {name}" for name, many in told["counts"].items())
        click.echo(f"{file}: {counts}")

    _answered_for(work, (officer,))


@incident.command("told")
@click.argument("incident_id")
@click.option("--to", "whom", required=True, metavar="authority|people|CODE", help="CODE: an organisation, or a region of 12 digits.")
@_BY
def told_command(incident_id: str, whom: str, officer: str) -> None:
    """The authority, the people, an office or a region were told; each of the people sees it under `me { incidents }` from now on."""

    async def work(premises: Premises, by: Actor) -> None:
        if whom == "authority":
            await tell_authority(premises.engine, incident_id, by=by, at=clock())
        elif whom == "people":
            one = await register.found(premises.engine, incident_id)
            async with _tracing(premises) as tracing:
                touched = _touched(await tracing.trace(span_of(one)))
            await tell_people(premises.engine, incident_id, touched, by=by, at=clock())
            click.echo(f"{len(touched)} people see it")
        else:
            await tell_party(premises.engine, incident_id, whom, by=by, at=clock())
        click.echo(f"incident {incident_id}: {whom} told")

    _answered_for(work, (officer,))


@incident.command("close")
@click.argument("incident_id")
@click.option("--people-not-told", "not_told", default="", help="Why they need not be: measures that avoid the harm (PIPL §57). Needs --second.")
@click.option("--second", default="", help="Another privacy officer, who agrees that the people are not told.")
@_BY
def close_command(incident_id: str, not_told: str, second: str, officer: str) -> None:
    """End it: the authority was told, and the people, or two officers say why not."""

    async def work(premises: Premises, by: Actor) -> None:
        await close_incident(premises.engine, incident_id, by=by, not_told=not_told, at=clock())
        click.echo(f"incident {incident_id} closed")

    _answered_for(work, (officer, second) if second else (officer,))


@incident.command("list")
def list_command() -> None:
    """All incidents, and who is late to be told."""

    async def work(premises: Premises) -> None:
        found = await listed(premises.engine, incident_rule(premises.settings.region[:6]), clock())
        show(
            ("incident", "kind", "clients", "officers", "platforms", "cases", "since", "until", "people", "authority told", "people told", "by", "state"),
            [
                (
                    one.id, one.kind, one.clients, one.officers, one.platforms, one.cases, _local(one.since), _local(one.until),
                    "" if one.people is None else str(one.people), _when(told.authority), _when(told.people),
                    one.opened_by if one.opened_proof != STATED else f"{one.opened_by} (as stated)", told.state,
                )
                for told in reversed(found) for one in (told.incident,)
            ],
            none="no incident",
        )

    _at_work(work)


def _touched(traced: Traced) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    people = dict.fromkeys(person for one in traced.questions for person in one.people)
    return {
        person: [{"group": group, "form": form.value if form else None} for group, form in sorted(groups_of(traced.questions, person).items())]
        for person in people
    }


@asynccontextmanager
async def _tracing(premises: Premises) -> AsyncIterator[Tracing]:
    async with await pool(premises.url, max_size=1) as records:
        yield Tracing(records, Vault(premises.keys(), os.urandom))


def _write(file: Path, text: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(text)


def _when(telling: Telling) -> str:
    if telling.told_at is not None:
        return f"told {_local(telling.told_at)}"
    return telling.needless or (f"LATE since {_local(telling.due)}" if telling.late else "at once")


def _local(at: datetime) -> str:
    return at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")


def _answered_for(work: Callable[[Premises, Actor], Awaitable[None]], officers: Sequence[str], *, proven: bool = True) -> None:
    """Runs `work` for the officer, or both, once they proved themselves; or for the operator, who only states the officer's name."""
    passwords = passwords_of(officers) if proven else {}

    async def answered(premises: Premises) -> None:
        name, second = (*officers, "")[:2]
        await work(premises, replace(await named(premises, name, passwords), second=second))

    _at_work(answered)


def _at_work(work: Any) -> None:
    async def told(premises: Premises) -> None:
        try:
            await work(premises)
        except IncidentRefused as refused:
            raise click.ClickException(str(refused)) from None

    at_work(told)
