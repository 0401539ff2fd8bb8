"""`hub backup` and `hub restore`: database, keys and the log's kept checkpoint in one file."""

from __future__ import annotations

import os
from pathlib import Path

import click

from hub.backup.contents import Summary
from hub.backup.restoring import restore
from hub.backup.saving import backup
from hub.cli.premises import Premises, at_work, keys_directory
from hub.clock import clock

_PASSPHRASE = click.option(
    "--passphrase-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its first line is the passphrase; else it is asked for.",
)


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@_PASSPHRASE
@click.option("--plain", is_flag=True, help="No passphrase: whoever has the file opens every identity.")
def backup_command(file: Path, passphrase_file: Path | None, *, plain: bool) -> None:
    """Write everything to FILE, beside a running hub too. The log is proven first."""
    passphrase = None if plain else _passphrase(passphrase_file, confirm=True)

    async def work(premises: Premises) -> Summary:
        return await backup(
            premises.url, file, keys=keys_directory(premises.settings), checkpoint=premises.checkpoint, at=clock(), random=os.urandom,
            passphrase=passphrase,
        )

    _tell("saved", at_work(work))
    if plain:
        click.echo("this file holds the keys in the clear: keep it as you keep the keys", err=True)


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_PASSPHRASE
@click.option("--plain", is_flag=True, help="The backup has no passphrase.")
def restore_command(file: Path, passphrase_file: Path | None, *, plain: bool) -> None:
    """Bring FILE into an empty database and, where there are none, its keys into the hub's directory.

    Refused where it would take entries of the access log back.
    """
    passphrase = None if plain else _passphrase(passphrase_file, confirm=False)

    async def work(premises: Premises) -> Summary:
        return await restore(
            premises.url, file, keys=keys_directory(premises.settings), checkpoint=premises.checkpoint, passphrase=passphrase,
        )

    _tell("restored", at_work(work, empty=True))


def _passphrase(file: Path | None, *, confirm: bool) -> str:
    if file is None:
        asked: str = click.prompt("passphrase", hide_input=True, confirmation_prompt=confirm)
        return asked
    passphrase = file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    if not passphrase:
        raise click.ClickException(f"{file} is empty")
    return passphrase


def _tell(what: str, summary: Summary) -> None:
    click.echo(f"{what}: schema {summary.revision}, {summary.rows} rows, {summary.log_size} log entries, proven; made {summary.made:%Y-%m-%d %H:%M}")
