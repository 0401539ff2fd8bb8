"""`hub approval`: what officers asked a second person to approve, and taking an approval back."""

from __future__ import annotations

import click
from sqlalchemy import select

from hub.approvals.listing import as_it_stands
from hub.approvals.register import withdraw
from hub.cli.listing import show
from hub.cli.officers_proven import PROVEN, named, passwords_of
from hub.cli.premises import Premises, at_work
from hub.clock import clock
from hub.tables import Approval


@click.group()
def approval() -> None:
    """审批: access that one officer asked for and another one decides (57 §11, §20, §37)."""


@approval.command("list")
@click.option("--case", default="", help="Of one case; by default of all.")
def list_approvals(case: str) -> None:
    """Who asked for what, who decided it, until when it holds. The newest last."""

    async def work(premises: Premises) -> None:
        query = select(Approval).order_by(Approval.id)
        async with premises.engine.connect() as connection:
            rows = (await connection.execute(query.where(Approval.case_id == case) if case else query)).all()
        found = [Approval(**row._mapping) for row in rows]  # noqa: SLF001 - the row's public mapping
        now = clock()
        show(
            ("approval", "case", "kind", "purpose", "groups", "people", "asked by", "state", "by", "until", "reason"),
            [
                (
                    one.id, one.case_id, one.kind, one.purpose, one.fact_groups, len(one.people), f"{one.organisation} {one.officer}",
                    as_it_stands(one, now), one.ended_by or one.decided_by,
                    one.valid_until.isoformat(timespec="minutes"), one.reason,
                )
                for one in found
            ],
            none="nothing was asked for",
        )

    at_work(work)


@approval.command("withdraw")
@click.argument("identifier")
@click.option("--by", required=True, help="Who told you to.")
@PROVEN
def withdraw_approval(identifier: str, by: str, *, proven: bool) -> None:
    """Take an approval back. Running hubs follow within a second."""
    passwords = passwords_of([by]) if proven else {}

    async def work(premises: Premises) -> None:
        if not await withdraw(premises.engine, identifier, by=await named(premises, by, passwords), at=clock()):
            raise click.ClickException(f"no approval {identifier} stands; see `hub approval list`")
        click.echo(f"{identifier} was withdrawn")

    at_work(work)
