"""`hub keys`: make, list and rotate the hub's secret keys. No secret is ever printed."""

from __future__ import annotations

import asyncio
import os

import asyncpg
import click

from hub.access_log.note import Signer
from hub.changes import changing
from hub.cli.faults import reported
from hub.cli.listing import show
from hub.cli.premises import Premises, at_work, keys_directory, read_settings
from hub.clock import clock
from hub.keys import KeyRing, KeyRingError, Use
from hub.oauth.rollover import shown, signs_from
from hub.people.rotation import rotate_vault
from hub.people.vault import Vault
from hub.postgres.connection import plain_url
from hub.settings import Settings

RESEALED = frozenset({Use.VAULT, Use.BLIND, Use.LETTER})
"""Uses whose rows in the database are brought under the new version."""

_OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@click.group()
def keys() -> None:
    """密钥: secret keys, versioned, outside the database."""


@keys.command()
def create() -> None:
    """Make a key ring in the hub's directory. Refused where there is one."""
    with reported():
        settings = read_settings()
        KeyRing.create(keys_directory(settings), random=os.urandom, at=clock())
        click.echo(f"keys made in {keys_directory(settings)}")
        _show_log_keys(KeyRing.load(keys_directory(settings)), settings)


@keys.command("list")
def list_keys() -> None:
    """Which keys there are: use, version, when made. And the log's public keys, for who verifies it."""
    with reported():
        settings = read_settings()
        ring = KeyRing.load(keys_directory(settings))
    rows = [(use, key.version, key.made.isoformat(timespec="minutes"), key is ring.current(use)) for use in Use for key in ring.versions(use)]
    show(("use", "version", "made", "current"), rows, none="no keys")
    _show_log_keys(ring, settings)


@keys.command()
@click.argument("use", type=click.Choice([use.value for use in Use], case_sensitive=False))
@click.option("--force", is_flag=True, help="Other sessions of the database are not hubs.")
def rotate(use: str, *, force: bool) -> None:
    """Add a version of a key and make it current; stop the hub first, except for `token`: hubs that run announce the new one, then use it.

    Rotating vault, blind or letter seals every person and letter anew. Old versions stay in the ring.
    """
    at_work(lambda premises: _rotate(premises, Use(use.lower()), force=force))


@keys.command()
@click.argument("use", type=click.Choice([Use.TOKEN.value], case_sensitive=False))
def forget(use: str) -> None:
    """Remove old versions of the token key whose last token has ended; hubs go on serving."""
    at_work(lambda premises: _forget(premises, Use(use.lower())))


async def _forget(premises: Premises, use: Use) -> None:
    ring, now = premises.keys(), clock()
    kept = shown(ring.versions(use), now)
    ended = [key.version for key in ring.versions(use) if key not in kept]
    for version in ended:
        async with changing(premises.engine, kind="KEY_FORGOTTEN", ref=f"{use.value}/{version}", at=now):
            ring.forget(use, version)
    click.echo(f"forgotten: {', '.join(f'{use.value}/{version}' for version in ended)}" if ended else "no version has ended")


async def _rotate(premises: Premises, use: Use, *, force: bool) -> None:
    if not force and use is not Use.TOKEN:
        await _refuse_beside_a_hub(premises.url)
    ring = premises.keys()
    version = ring.current(use).version + 1
    # The row first, the key in the middle, then the commit: no rotation without its entry in the log.
    async with changing(premises.engine, kind="KEY_ROTATED", ref=f"{use.value}/{version}", at=clock()):
        ring.rotate(use, random=os.urandom, at=clock())
    click.echo(f"{use.value} is at version {version}")
    if use in RESEALED:
        done = await rotate_vault(premises.engine, ring, Vault(ring, os.urandom))
        click.echo(f"sealed anew: {done.people} people, {done.members} members of households, {done.letters} letters, {done.messages} messages, {done.reports} reports")
    if use is Use.TOKEN:
        click.echo(f"published now, signs from {signs_from(ring.current(use)):%H:%M:%S}; replicas on other machines need its file until then")
    if use is Use.LOG:
        _show_log_keys(ring, premises.settings)
    if use in {Use.REGION, Use.REGION_ENC}:
        click.echo("agreements name the old key: write `hub agreement party` into them, and have both regions sign them anew")


async def _refuse_beside_a_hub(url: str) -> None:
    """A hub that runs knows the old versions only: it would open nothing sealed anew, and would index people a second time."""
    database = await asyncpg.connect(plain_url(url))
    try:
        others = await database.fetchval(_OTHERS)
        for _ in range(10):  # a session of our own that was just closed may show for a moment
            if not others:
                return
            await asyncio.sleep(0.1)
            others = await database.fetchval(_OTHERS)
    finally:
        await database.close()
    raise KeyRingError(
        f"{others} other sessions use the database: stop every hub of it first, rotate, start them again "
        "(--force where they are no hubs)"
    )


def _show_log_keys(ring: KeyRing, settings: Settings) -> None:
    click.echo("public keys of the access log, newest first (give them to whoever verifies):")
    for key in ring.versions(Use.LOG):
        click.echo(f"  {Signer(settings.log_origin, key.secret).verifier.vkey}")
