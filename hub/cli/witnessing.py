"""Neighbours' logs as this hub saw them: `hub log witnessed`, `hub log witness-anew`, and the check of `hub doctor`."""

from __future__ import annotations

from datetime import datetime, timedelta

import click

from hub.cli.findings import Finding, fail, ok, warn
from hub.cli.listing import show
from hub.cli.officers_proven import PROVEN, named, passwords_of
from hub.cli.premises import Premises, at_work
from hub.clock import clock
from hub.operations.literals import holds_id_number
from hub.regions.witnessed import FORK, SHRUNK, WitnessedLogs
from policies.calendar import CHINA

LATE = timedelta(days=1)
"""A neighbour's log not seen for so long is worth a look: it may be rewritten meanwhile without anybody's noticing at the time."""


@click.command()
def witnessed() -> None:
    """The logs of neighbours: how large each was when it was last seen, and whether it only grew."""

    async def work(premises: Premises) -> None:
        rows = await WitnessedLogs(premises.engine).all()
        seen = [(one.region, one.origin, one.size, one.state, _day(one.seen_at), one.reason) for one in rows]
        show(("region", "log", "entries", "state", "seen", "why missed"), seen, none="no neighbour's log was seen")

    at_work(work)


@click.command("witness-anew")
@click.argument("region")
@click.option("--by", required=True, help="The officer who looked into it.")
@click.option("--reason", required=True, help="What they found; it stands in the log.")
@PROVEN
def witness_anew(region: str, by: str, reason: str, *, proven: bool) -> None:
    """Begin anew with a neighbour whose log shrank or forked, once somebody looked into it. What was seen stays in the log."""
    if not reason.strip() or holds_id_number(reason):
        raise click.ClickException("a reason says what was found, without an ID number")
    passwords = passwords_of([by]) if proven else {}

    async def work(premises: Premises) -> None:
        if not await WitnessedLogs(premises.engine).anew(region, by=await named(premises, by, passwords), reason=reason.strip(), at=clock()):
            raise click.ClickException(f"nothing is wrong with the log of {region}; see `hub log witnessed`")
        click.echo(f"the log of {region} is looked at anew")

    at_work(work)


async def logs_consistent(premises: Premises) -> Finding:
    """Whether each neighbour's log seen only grew, and was seen lately."""
    rows = await WitnessedLogs(premises.engine).all()
    broken = [f"{one.region} {one.state}" for one in rows if one.state in {FORK, SHRUNK}]
    if broken:
        return fail("witness", f"a neighbour's log does not continue what was seen: {', '.join(broken)}", "docs/operations.md, “A neighbour's log forked”")
    late = [one.region for one in rows if one.seen_at is None or one.seen_at < clock() - LATE]
    if late:
        return warn("witness", f"not seen for a day: {', '.join(late)}", "can this hub reach their /checkpoint? `hub log witnessed` says why not")
    return ok("witness", f"{len(rows)} neighbours' logs seen, all consistent" if rows else "no neighbour's log was seen yet")


def _day(at: datetime | None) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}" if at is not None else ""
