"""`hub log`: export the access log to a file that can be verified without the hub; the keys to verify it by."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
import click

from hub.access_log.entry import Kind
from hub.access_log.export import Exported, export_log
from hub.access_log.note import Signer
from hub.access_log.store import Filter, LogStore
from hub.access_log.writer import AccessLog
from hub.cli.faults import reported
from hub.cli.listing import show
from hub.cli.premises import Premises, at_work, keys_directory, read_settings
from hub.cli.witnessing import witness_anew, witnessed
from hub.clock import clock
from hub.keys import KeyRing, Use
from hub.postgres.connection import LOG_ROLE, pool
from policies.calendar import CHINA


@click.group()
def log() -> None:
    """访问日志: the access log."""


@log.command()
@click.argument("file", type=click.Path(path_type=Path))
def export(file: Path) -> None:
    """Write every entry and signed checkpoint to FILE (0600). It holds what only the privacy officer may read."""

    async def work(premises: Premises) -> Exported:
        # Not started: an export must be possible of a log that is unsound, to find out what happened to it.
        async with await pool(premises.url, role=LOG_ROLE, max_size=2) as reading:
            return await export_log(access_log(premises, reading), reading, file)

    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as fault:
        raise click.ClickException(f"{file}: {fault.strerror}") from None
    try:
        done = at_work(work)
    except BaseException:
        file.unlink()
        raise
    click.echo(f"{done.size} entries in {file}; check them with `hub verify-log {file} --key …`, the key from `hub log key`")
    if done.disagreeing:
        entries = ", ".join(map(str, done.disagreeing[:20]))
        click.echo(f"the search columns of entries {entries} do not say what the entries say: somebody changed the table", err=True)
        raise click.exceptions.Exit(1)


@log.command()
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), default=None, help="First day; by default the whole log.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), default=None, help="Last day.")
def review(first: datetime | None, last: datetime | None) -> None:
    """Count the questions that rest on no letter, by organisation and purpose: on a statute, in an emergency (domain C4)."""
    since = first.replace(tzinfo=CHINA) if first else None
    until = (last + timedelta(days=1)).replace(tzinfo=CHINA) if last else None

    async def work(premises: Premises) -> list[tuple[object, ...]]:
        async with await pool(premises.url, role=LOG_ROLE, max_size=2) as reading:
            store = LogStore(reading)
            return [
                (mark, *row) for mark in ("EMERGENCY", "STATUTE")
                for row in await store.counted(Filter(kind=Kind.OUTCOME, review=mark, since=since, until=until))
            ]

    show(("basis", "organisation", "purpose", "questions"), at_work(work), none="no question without a letter")


@log.command()
def key() -> None:
    """The log's public keys, one a line, newest first."""
    with reported():
        settings = read_settings()
        ring = KeyRing.load(keys_directory(settings))
        for version in ring.versions(Use.LOG):
            click.echo(Signer(settings.log_origin, version.secret).verifier.vkey)


log.add_command(witnessed)
log.add_command(witness_anew)


def access_log(premises: Premises, reading: asyncpg.Pool[asyncpg.Record]) -> AccessLog:
    """The log as the hub opens it, not started: nothing of it is written."""
    return AccessLog(
        reading, keys=premises.keys(), clock=clock, random=os.urandom, origin=premises.settings.log_origin,
        checkpoint_path=premises.checkpoint,
    )
