"""`hub platform`: the platforms whose signed registrations the hub accepts."""

from __future__ import annotations

import re
from typing import Any

import click
from sqlalchemy import select

from hub.cli.listing import show
from hub.cli.premises import Premises, at_work, clock
from hub.cli.public_keys import PublicKeys
from hub.enrolment import enrol_platform
from hub.messages.kinds import Kind
from hub.tables import Platform


@click.group()
def platform() -> None:
    """业务平台: platforms that register cases, households and letters."""


@platform.command()
@click.argument("platform_id")
@click.option("--name", required=True)
@click.option("--jwks", required=True, type=PublicKeys(), help="JWK set of its public keys.")
@click.option("--sends", multiple=True, type=click.Choice([kind.value for kind in Kind]), metavar="KIND", help="Message it may push; may be repeated.")
@click.option("--collects", multiple=True, type=click.Choice([kind.value for kind in Kind]), metavar="KIND", help="Message it receives; may be repeated.")
@click.option("--region", default="", help="12-digit code of where it collects.")
def add(platform_id: str, name: str, jwks: dict[str, Any], sends: tuple[str, ...], collects: tuple[str, ...], region: str) -> None:
    """Add or change a platform."""
    if collects and not re.fullmatch(r"[1-9][0-9]{11}", region):
        raise click.UsageError("a platform that collects needs --region, 12 digits")

    async def work(premises: Premises) -> None:
        await enrol_platform(
            premises.engine, platform=platform_id, name=name, jwks=jwks, at=clock(), sends=sends, collects=collects, region=region,
        )
        click.echo(f"platform {platform_id} enrolled with {len(jwks['keys'])} key(s), sends {', '.join(sends) or 'no messages'}")

    at_work(work)


@platform.command("list")
def list_platforms() -> None:
    """All platforms."""

    async def work(premises: Premises) -> None:
        query = select(Platform.id, Platform.active, Platform.jwks, Platform.name, Platform.sends, Platform.collects).order_by(Platform.id)
        async with premises.engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        listed = [
            (row.id, row.active, [key.get("kid", "") for key in row.jwks["keys"]], row.name, row.sends, row.collects) for row in rows
        ]
        show(("platform", "active", "keys", "name", "sends", "collects"), listed, none="no platform enrolled")

    at_work(work)
