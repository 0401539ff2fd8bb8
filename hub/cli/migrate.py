"""`hub migrate`: the database to this hub's schema, and a key ring where there is none yet."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from hub.cli.premises import Premises, at_work, ensured_keys, keys_directory
from hub.migrate import head, migrate, revision_of
from hub.postgres.run_login import ensure_run_login


@click.command("migrate")
@click.option(
    "--login-of", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with the URL the hub will run under: its login is made, and may do what a running hub needs and no more.",
)
def migrate_command(login_of: Path | None) -> None:
    """Bring the database to the newest schema; make keys where there are none. Run it under the login that owns the tables.

    Safe to run from several replicas at once, and again.
    """
    at_work(lambda premises: _migrate(premises, login_of), empty=True)


async def _migrate(premises: Premises, login_of: Path | None) -> None:
    before = await revision_of(premises.url)
    await migrate(premises.url)
    if before == head():
        click.echo(f"database at {head()}, nothing to do")
    else:
        click.echo(f"database brought from {before or 'empty'} to {head()}")
    if login_of is not None:
        run_url = await asyncio.to_thread(login_of.read_text, encoding="utf-8")
        click.echo(f"login {await ensure_run_login(premises.url, run_url.strip())} may run a hub")
    if ensured_keys(premises.settings):
        click.echo(f"keys made in {keys_directory(premises.settings)}: back them up apart from the database (`hub backup`)")
