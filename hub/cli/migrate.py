"""`hub migrate`: the database to this hub's schema, and a key ring where there is none yet."""

from __future__ import annotations

import click

from hub.cli.premises import Premises, at_work, ensured_keys, keys_directory
from hub.migrate import head, migrate, revision_of


@click.command("migrate")
def migrate_command() -> None:
    """Bring the database to the newest schema; make keys where there are none.

    Safe to run from several replicas at once, and again.
    """
    at_work(_migrate, empty=True)


async def _migrate(premises: Premises) -> None:
    before = await revision_of(premises.url)
    await migrate(premises.url)
    if before == head():
        click.echo(f"database at {head()}, nothing to do")
    else:
        click.echo(f"database brought from {before or 'empty'} to {head()}")
    if ensured_keys(premises.settings):
        click.echo(f"keys made in {keys_directory(premises.settings)}: back them up apart from the database (`hub backup`)")
