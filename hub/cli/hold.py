"""`hub hold`: entries of the log the law keeps from the people they are about, for a while."""

from __future__ import annotations

import os
from datetime import datetime

import click
from sqlalchemy import select

from hub.citizens.holds import Hold, lift_hold, set_hold
from hub.cli.listing import show
from hub.cli.officers_proven import PROVEN, named, passwords_of
from hub.cli.premises import Premises, at_work
from hub.clock import clock
from hub.tables import AccessHold
from policies.calendar import CHINA

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def hold() -> None:
    """依法不予告知: what a person who asks who asked about them is not shown yet, and by which article."""


@hold.command("set")
@click.option("--case", default="", help="Id of the case whose entries are meant.")
@click.option("--organisation", default="", help="Code of the organisation that asked.")
@click.option("--purpose", default="", help="Purpose code, beside one of the two.")
@click.option("--article", required=True, help="The article that forbids telling, as the person will read it.")
@click.option("--until", required=True, type=_DAY, help="The first day they are shown again.")
@click.option("--by", "officer", required=True, help="The officer who answers for it.")
@PROVEN
def set_command(case: str, organisation: str, purpose: str, article: str, until: datetime, officer: str, *, proven: bool) -> None:
    """Hide entries from the people they are about, until a day. They are counted for them, with the article."""
    passwords = passwords_of([officer]) if proven else {}

    async def work(premises: Premises) -> None:
        wanted = Hold(case, organisation, purpose, article, until.replace(tzinfo=CHINA), officer)
        by = await named(premises, officer, passwords)
        made = await set_hold(premises.engine, wanted, at=clock(), random=os.urandom, said=by.said())
        click.echo(f"hold {made} set until {until.date()}")

    at_work(work)


@hold.command()
@click.argument("hold_id")
def lift(hold_id: str) -> None:
    """Show its entries from now on."""

    async def work(premises: Premises) -> None:
        await lift_hold(premises.engine, hold_id, at=clock())
        click.echo(f"hold {hold_id} lifted")

    at_work(work)


@hold.command("list")
def list_holds() -> None:
    """All holds that were not lifted."""

    async def work(premises: Premises) -> None:
        columns = (
            AccessHold.id, AccessHold.case_id, AccessHold.organisation, AccessHold.purpose, AccessHold.article, AccessHold.until, AccessHold.set_by,
        )
        query = select(*columns).where(AccessHold.lifted_at.is_(None)).order_by(AccessHold.until, AccessHold.id)
        async with premises.engine.connect() as connection:
            found = (await connection.execute(query)).all()
        rows = [
            (one.id, one.case_id or "", one.organisation or "", one.purpose or "", one.article, one.until.astimezone(CHINA).date(), one.set_by)
            for one in found
        ]
        show(("hold", "case", "organisation", "purpose", "article", "until", "by"), rows, none="nothing is held back")

    at_work(work)
