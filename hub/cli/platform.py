"""`hub platform`: the platforms whose signed registrations the hub accepts."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import click
from sqlalchemy import select

from hub.authorizations.platform_keys import KeyState, brought, state
from hub.cli.listing import show
from hub.cli.platform_key import key
from hub.cli.premises import Premises, at_work
from hub.cli.public_keys import PublicKeys
from hub.clock import clock
from hub.enrolment import enrol_platform
from hub.messages.kinds import Kind
from hub.suites import SUITES
from hub.tables import Platform, PlatformKey
from policies.calendar import CHINA


@click.group()
def platform() -> None:
    """业务平台: platforms that register cases, households and letters."""


platform.add_command(key)


@platform.command()
@click.argument("platform_id")
@click.option("--name", required=True)
@click.option("--jwks", required=True, type=PublicKeys(of_a_platform=True), help="JWK set of its public keys.")
@click.option("--sends", multiple=True, type=click.Choice([kind.value for kind in Kind]), metavar="KIND", help="Message it may push; may be repeated.")
@click.option("--collects", multiple=True, type=click.Choice([kind.value for kind in Kind]), metavar="KIND", help="Message it receives; may be repeated.")
@click.option("--region", default="", help="12-digit code of where it collects.")
@click.option("--algorithm", "algorithms", multiple=True, type=click.Choice(SUITES), help="That counts under its letters; none: the installation's.")
def add(
    platform_id: str, name: str, jwks: dict[str, Any], sends: tuple[str, ...], collects: tuple[str, ...], region: str,
    algorithms: tuple[str, ...],
) -> None:
    """Add or change a platform; keys that JWKS leaves out are retired now."""
    if collects and not re.fullmatch(r"[1-9][0-9]{11}", region):
        raise click.UsageError("a platform that collects needs --region, 12 digits")

    async def work(premises: Premises) -> None:
        await enrol_platform(
            premises.engine, platform=platform_id, name=name, jwks=jwks, at=clock(), sends=sends, collects=collects, region=region,
            algorithms=algorithms,
        )
        click.echo(f"platform {platform_id} enrolled with {len(jwks['keys'])} key(s), sends {', '.join(sends) or 'no messages'}")

    at_work(work)


@platform.command("list")
def list_platforms() -> None:
    """All platforms."""

    async def work(premises: Premises) -> None:
        query = select(Platform.id, Platform.active, Platform.name, Platform.sends, Platform.collects).order_by(Platform.id)
        async with premises.engine.connect() as connection:
            rows = (await connection.execute(query)).all()
            keys = (await connection.execute(select(PlatformKey.__table__).order_by(PlatformKey.kid))).all()
        now = clock()
        good = {row.id: [one.kid for one in keys if one.platform == row.id and state(one, now) is KeyState.ACTIVE] for row in rows}
        listed = [(row.id, row.active, good[row.id], row.name, row.sends, row.collects) for row in rows]
        show(("platform", "active", "keys", "name", "sends", "collects"), listed, none="no platform enrolled")

    at_work(work)


@platform.command("show")
@click.argument("platform_id")
def show_platform(platform_id: str) -> None:
    """A platform's keys, and what came under each; what came under a revoked one is under review."""

    async def work(premises: Premises) -> None:
        where = PlatformKey.platform == platform_id
        async with premises.engine.connect() as connection:
            algorithms = (await connection.execute(select(Platform.algorithms).where(Platform.id == platform_id))).scalar_one_or_none()
            if algorithms is None:
                raise click.ClickException(f"no platform {platform_id}")
            keys = (await connection.execute(select(PlatformKey.__table__).where(where).order_by(PlatformKey.valid_from, PlatformKey.kid))).all()
            came = [await brought(connection, platform_id, one.kid) for one in keys]
        click.echo(f"letters may be signed with: {','.join(algorithms) or premises.settings.signature_algorithms}")
        now = clock()
        listed = [
            (one.kid, state(one, now), _day(one.valid_from), _day(one.valid_to), flagged.cases, flagged.letters)
            for one, flagged in zip(keys, came, strict=True)
        ]
        show(("kid", "state", "from", "to", "cases", "letters"), listed, none="no key")

    at_work(work)


def _day(at: datetime | None) -> str:
    return at.astimezone(CHINA).isoformat(timespec="seconds") if at is not None else ""
