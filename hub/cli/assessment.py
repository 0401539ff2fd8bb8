"""`hub assessment`: impact assessments of purposes (个人信息保护影响评估, PIPL §55–56). Without a current one a purpose is not used."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import select

from hub.cli.listing import show
from hub.cli.premises import Premises, at_work
from hub.cli.without_letter import unassessed
from hub.clock import clock
from hub.enrolment import end_assessment, record_assessment
from hub.signatures import sha256
from hub.tables import ImpactAssessment
from hub.ulid import new_id
from policies.calendar import CHINA
from policies.purposes import PURPOSES

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def assessment() -> None:
    """影响评估: which purposes may be used, on whose assessment, until when."""


@assessment.command()
@click.argument("purposes", nargs=-1, required=True)
@click.option("--report", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The report; its digest is kept.")
@click.option("--by", required=True, help="Who assessed.")
@click.option("--from", "first", required=True, type=_DAY, help="First day.")
@click.option("--until", "last", required=True, type=_DAY, help="Last day.")
def add(purposes: tuple[str, ...], report: Path, by: str, first: datetime, last: datetime) -> None:
    """Record a report for PURPOSES (codes). Running hubs follow within a second. Keep the report itself three years beyond its term."""
    needless = [code for code in purposes if code not in PURPOSES or not PURPOSES[code].needs_assessment]
    if needless:
        raise click.ClickException(f"no purpose that tells facts, so no assessment is needed: {' '.join(needless)}")
    if last < first:
        raise click.ClickException("the last day is before the first")
    if not by.strip():
        raise click.ClickException("--by is empty: who assessed?")
    digest = sha256(report.read_bytes())

    async def work(premises: Premises) -> None:
        for code in purposes:
            identifier = new_id("pia", clock(), os.urandom(10))
            await record_assessment(
                premises.engine, identifier=identifier, purpose=code, report_hash=digest, assessed_by=by.strip(),
                valid_from=first.date(), valid_until=last.date(), at=clock(),
            )
            click.echo(f"{identifier} {code}")

    at_work(work)


@assessment.command()
@click.argument("identifier")
def end(identifier: str) -> None:
    """From now on the purpose is not used on it. The record stays."""

    async def work(premises: Premises) -> None:
        if not await end_assessment(premises.engine, identifier=identifier, at=clock()):
            raise click.ClickException(f"no assessment {identifier} holds; see `hub assessment list`")
        click.echo(f"{identifier} has ended; running hubs follow within a second")

    at_work(work)


@assessment.command("list")
def list_assessments() -> None:
    """All of them, and the purposes without one. Exit status 1 where a system is enrolled for a purpose it cannot use."""

    async def work(premises: Premises) -> bool:
        today = clock().astimezone(CHINA).date()
        async with premises.engine.connect() as connection:
            rows = (await connection.execute(select(ImpactAssessment).order_by(ImpactAssessment.purpose, ImpactAssessment.valid_from))).all()
        show(
            ("id", "purpose", "by", "from", "until", "ended", "kept until", "report SHA-256"),
            [
                (one.id, one.purpose, one.assessed_by, one.valid_from, one.valid_until, one.ended_at or "", one.keep_until, one.report_hash.hex())
                for one in rows
            ],
            none="no purpose has been assessed: none that tells facts can be used",
        )
        missing = await unassessed(premises, today)
        if missing:
            click.echo(f"enrolled for, without a current assessment: {' '.join(missing)}")
        return bool(missing)

    if at_work(work):
        raise click.exceptions.Exit(1)
