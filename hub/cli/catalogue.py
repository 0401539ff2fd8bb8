"""`hub catalogue`: the shared-data catalogue (政务数据目录, GDS §13–15), what was asked for under it, and what is due."""

from __future__ import annotations

import tomllib
from dataclasses import asdict
from pathlib import Path

import click
from sqlalchemy import select

from hub.cli.catalogue_file import CatalogueFault, read_entries
from hub.cli.disputes import correction, dispute
from hub.cli.listing import show
from hub.cli.premises import Premises, at_work
from hub.cli.sharing import request
from hub.clock import clock
from hub.enrolment import publish_catalogue_entry
from hub.sharing.due import owed
from hub.tables import CatalogueEntry
from policies.calendar import CHINA
from policies.disposal import disposal_terms


@click.group()
def catalogue() -> None:
    """政务数据目录: what each department shares, with whom, for what; requests, corrections, disputes."""


catalogue.add_command(request)
catalogue.add_command(correction)
catalogue.add_command(dispute)


@catalogue.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def load(file: Path) -> None:
    """Publish the entries of a TOML file; one that is there already is changed, as its next version.

    The whole file is read before the first entry is written.
    """
    try:
        entries = read_entries(tomllib.loads(file.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise CatalogueFault(f"{file}: not TOML: {fault}") from None

    async def work(premises: Premises) -> None:
        for entry in entries:
            await publish_catalogue_entry(premises.engine, **asdict(entry), at=clock())
        click.echo(f"{len(entries)} entries published; workers follow within 30 s")

    at_work(work)


@catalogue.command("list")
def list_entries() -> None:
    """All entries."""

    async def work(premises: Premises) -> None:
        query = select(
            CatalogueEntry.id, CatalogueEntry.version, CatalogueEntry.fact_group, CatalogueEntry.attribute, CatalogueEntry.by_request,
            CatalogueEntry.departments, CatalogueEntry.purposes,
        ).order_by(CatalogueEntry.id)
        async with premises.engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        heads = ("entry", "version", "fact group", "attribute", "by request", "departments", "purposes")
        show(heads, [tuple(row) for row in rows], none="the catalogue is empty: nothing is shared")

    at_work(work)


@catalogue.command("show")
@click.argument("entry")
def show_entry(entry: str) -> None:
    """One entry, with everything it states."""

    async def work(premises: Premises) -> None:
        async with premises.engine.connect() as connection:
            found = (await connection.execute(select(CatalogueEntry).where(CatalogueEntry.id == entry))).mappings().one_or_none()
        if found is None:
            raise click.ClickException(f"there is no entry {entry}; see `hub catalogue list`")
        show(("", ""), [(key, value) for key, value in found.items() if value not in (None, "", [])], none="")

    at_work(work)


@catalogue.command()
def due() -> None:
    """What is owed: answers, supplies, corrections, disposals; the nearest first. Exit status 1 where something is overdue."""

    async def work(premises: Premises) -> int:
        found = await owed(premises.engine, clock().astimezone(CHINA).date(), disposal_terms(premises.settings.region[:6]))
        show(
            ("due", "", "step", "id", "entry", "provider", "requester"),
            [(one.due, "OVERDUE 逾期" if one.overdue else "", one.step, one.identifier, one.entry, one.provider, one.requester) for one in found],
            none="nothing is open",
        )
        return sum(one.overdue for one in found)

    if at_work(work):
        raise click.exceptions.Exit(1)
