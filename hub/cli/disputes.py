"""`hub catalogue correction | dispute`: wrong data reported to their provider (GDS §26), disputes and who coordinates them (GDS §28)."""

from __future__ import annotations

import os

import click
from sqlalchemy import select

from hub.cli.listing import show
from hub.cli.organisation import Region
from hub.cli.premises import Premises, at_work
from hub.clock import clock
from hub.sharing.corrections import Corrections
from hub.tables import SharingDispute
from hub.working_days import calendar_of
from policies.disputes import CorrectionState


async def corrections_of(premises: Premises) -> Corrections:
    """Corrections counted in the region's working days, and disputes."""
    return Corrections(premises.engine, await calendar_of(premises.settings), clock=clock, random=os.urandom)


@click.group()
def correction() -> None:
    """校核申请: wrong data reported to their provider (GDS §26)."""


@correction.command("file")
@click.argument("entry")
@click.option("--by", "requester", required=True, metavar="ORGANISATION")
@click.option("--question", required=True, help="extensions.question of the answer; whom it is about stands in the log.")
@click.option("--reason", required=True)
def file_correction(entry: str, requester: str, question: str, reason: str) -> None:
    """Report wrong data; the provider's report is due within 10 working days."""

    async def work(premises: Premises) -> None:
        corrections = await corrections_of(premises)
        identifier, due = await corrections.file(entry=entry, requester=requester, question=question, reason=reason)
        click.echo(f"correction {identifier}: OPEN; report due {due}")

    at_work(work)


@correction.command("answer")
@click.argument("identifier")
@click.option("--outcome", required=True, type=click.Choice(("CORRECTED", "UPHELD")))
@click.option("--note", required=True)
def answer_correction(identifier: str, outcome: str, note: str) -> None:
    """The provider's report: corrected, or verified and standing."""

    async def work(premises: Premises) -> None:
        await (await corrections_of(premises)).answer(identifier, CorrectionState(outcome), note)
        click.echo(f"correction {identifier}: {outcome}")

    at_work(work)


@click.group()
def dispute() -> None:
    """共享争议: consulted over, then the authority's to coordinate (GDS §28)."""


@dispute.command("open")
@click.argument("about")
@click.option("--provider-region", type=Region(), help="12 digits; this hub's own where none is given.")
@click.option("--issue", required=True)
def open_dispute(about: str, provider_region: str | None, issue: str) -> None:
    """Open a dispute over a request or a correction; prints the authority it goes to if consulting fails."""

    async def work(premises: Premises) -> None:
        region = provider_region or premises.settings.region
        identifier, authority = await (await corrections_of(premises)).dispute(about=about, provider_region=region, issue=issue)
        click.echo(f"dispute {identifier}: CONSULTING; its authority is {authority.level} {authority.region}")

    at_work(work)


@dispute.command("escalate")
@click.argument("identifier")
def escalate_dispute(identifier: str) -> None:
    """Consulting came to nothing."""

    async def work(premises: Premises) -> None:
        await (await corrections_of(premises)).escalate(identifier)
        click.echo(f"dispute {identifier}: ESCALATED")

    at_work(work)


@dispute.command("settle")
@click.argument("identifier")
@click.option("--outcome", required=True)
def settle_dispute(identifier: str, outcome: str) -> None:
    """How it ended."""

    async def work(premises: Premises) -> None:
        await (await corrections_of(premises)).settle(identifier, outcome)
        click.echo(f"dispute {identifier}: SETTLED")

    at_work(work)


@dispute.command("list")
def list_disputes() -> None:
    """All disputes."""

    async def work(premises: Premises) -> None:
        query = select(
            SharingDispute.id, SharingDispute.about, SharingDispute.requester, SharingDispute.level, SharingDispute.authority, SharingDispute.state,
        ).order_by(SharingDispute.id)
        async with premises.engine.connect() as connection:
            rows = [tuple(row) for row in (await connection.execute(query)).all()]
        show(("dispute", "about", "requester", "level", "authority", "state"), rows, none="no dispute")

    at_work(work)
