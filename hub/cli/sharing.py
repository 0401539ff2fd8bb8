"""`hub catalogue request`: what departments ask of each other under the catalogue (GDS §20–22, §27).

The operator writes down what reached the hub's office on paper or by a platform: each command is one step, and an entry of the log.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from datetime import datetime

import click
from sqlalchemy import select

from hub.cli.listing import show
from hub.cli.premises import Premises, at_work
from hub.clock import clock
from hub.sharing.requests import Filing, ShareRequests
from hub.tables import ShareRequest
from hub.working_days import calendar_of
from policies.sharing import EXTENSION_DAYS, MODES, Request

Step = Callable[[ShareRequests], Awaitable[Request]]


async def requests_of(premises: Premises) -> ShareRequests:
    """Requests counted in the region's working days."""
    return ShareRequests(premises.engine, await calendar_of(premises.settings), clock=clock, random=os.urandom)


def taken(identifier: str, step: Step) -> None:
    """Take one step of a request and say where it stands."""

    async def work(premises: Premises) -> None:
        now = await step(await requests_of(premises))
        due = {"FILED": f"; answer due {now.answer_due}", "AGREED": f"; supply due {now.supply_due}"}.get(now.state, "")
        click.echo(f"share request {identifier}: {now.state}{due}")

    at_work(work)


@click.group()
def request() -> None:
    """共享申请: a department asks for an entry (GDS §20–22)."""


@request.command("file")
@click.argument("entry")
@click.option("--by", "requester", required=True, metavar="ORGANISATION")
@click.option("--approved-by", required=True, help="Head of the requester's data-sharing body.")
@click.option("--basis", required=True, help="使用依据")
@click.option("--scene", required=True, help="使用场景")
@click.option("--scope", required=True, help="使用范围")
@click.option("--mode", required=True, type=click.Choice(MODES), help="共享方式")
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), help="使用时限: the last day of use.")
@click.option("--onward", is_flag=True, help="The data would be handed on to a third party (GDS §25).")
def file_request(
    entry: str, requester: str, approved_by: str, basis: str, scene: str, scope: str, mode: str, until: datetime, *, onward: bool,
) -> None:
    """File a request; prints its id and when the answer is due: 1 or 10 working days (GDS §21)."""
    filing = Filing(entry, requester, approved_by, basis, scene, scope, mode, until.date(), onward)

    async def work(premises: Premises) -> None:
        identifier = await (await requests_of(premises)).file(filing)
        async with premises.engine.connect() as connection:
            due = (await connection.execute(select(ShareRequest.answer_due).where(ShareRequest.id == identifier))).scalar_one()
        click.echo(f"share request {identifier}: FILED; answer due {due}")

    at_work(work)


@request.command()
@click.argument("identifier")
@click.option("--missing", required=True, help="Everything that is missing, in one notice.")
def incomplete(identifier: str, missing: str) -> None:
    """The provider's one notice of what is missing (GDS §21)."""
    taken(identifier, lambda requests: requests.incomplete(identifier, missing))


@request.command()
@click.argument("identifier")
def complete(identifier: str) -> None:
    """What was missing has come; the clock begins anew."""
    taken(identifier, lambda requests: requests.complete(identifier))


@request.command()
@click.argument("identifier")
@click.option("--days", required=True, type=click.IntRange(1, EXTENSION_DAYS), help="Working days.")
@click.option("--reason", required=True, help="With the authority's approval.")
def extend(identifier: str, days: int, reason: str) -> None:
    """Put the answer off by up to 10 working days (GDS §21)."""
    taken(identifier, lambda requests: requests.extend(identifier, days, reason))


@request.command()
@click.argument("identifier")
def agree(identifier: str) -> None:
    """The provider agrees; the supply is due within 20 working days (GDS §22)."""
    taken(identifier, lambda requests: requests.agree(identifier))


@request.command()
@click.argument("identifier")
@click.option("--reason", required=True)
def refuse(identifier: str, reason: str) -> None:
    """The provider refuses, with its reason (GDS §21)."""
    taken(identifier, lambda requests: requests.refuse(identifier, reason))


@request.command()
@click.argument("identifier")
def supply(identifier: str) -> None:
    """The data can be asked for."""
    taken(identifier, lambda requests: requests.supply(identifier))


@request.command()
@click.argument("identifier")
@click.option("--reason", required=True)
def suspend(identifier: str, reason: str) -> None:
    """Misuse: an entry opened by request closes to the requester (GDS §27)."""
    taken(identifier, lambda requests: requests.suspend(identifier, reason))


@request.command()
@click.argument("identifier")
def resume(identifier: str) -> None:
    """It was put right."""
    taken(identifier, lambda requests: requests.resume(identifier))


@request.command()
@click.argument("identifier")
@click.option("--reason", required=True)
def end(identifier: str, reason: str) -> None:
    """The purpose is met, or sharing is terminated (GDS §27)."""
    taken(identifier, lambda requests: requests.end(identifier, reason))


@request.command("list")
def list_requests() -> None:
    """All requests, the newest last."""

    async def work(premises: Premises) -> None:
        query = select(
            ShareRequest.id, ShareRequest.entry, ShareRequest.requester, ShareRequest.state, ShareRequest.answer_due,
            ShareRequest.supply_due, ShareRequest.used_until,
        ).order_by(ShareRequest.id)
        async with premises.engine.connect() as connection:
            rows = [tuple("" if cell is None else cell for cell in row) for row in (await connection.execute(query)).all()]
        show(("request", "entry", "requester", "state", "answer due", "supply due", "until"), rows, none="nothing was asked for")

    at_work(work)
