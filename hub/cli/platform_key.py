"""`hub platform key`: a platform's keys one by one: the next before the last has ended, and what to do when one is in other hands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from hub.authorizations.key_changes import add_key, retire_key, revoke_key
from hub.cli.premises import Premises, at_work
from hub.cli.public_keys import PublicKeys
from hub.clock import clock
from policies.calendar import CHINA

_TIME = click.DateTime(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


@click.group()
def key() -> None:
    """平台密钥: several may be valid at a time; a kid means one key for ever."""


@key.command()
@click.argument("platform_id")
@click.option("--jwks", required=True, type=PublicKeys(of_a_platform=True), help="JWK set of the public keys to add.")
@click.option("--from", "valid_from", type=_TIME, help="In China's time; now, where not given.")
@click.option("--to", "valid_to", type=_TIME, help="In China's time; until it is retired, where not given.")
def add(platform_id: str, jwks: dict[str, Any], valid_from: datetime | None, valid_to: datetime | None) -> None:
    """Add keys beside those there are."""

    async def work(premises: Premises) -> None:
        now = clock()
        start, end = _china(valid_from) or now, _china(valid_to)
        for jwk in jwks["keys"]:
            kid = await add_key(premises.engine, platform=platform_id, jwk=jwk, at=now, valid_from=start, valid_to=end)
            click.echo(f"platform {platform_id} may sign with '{kid}' from {start.isoformat(timespec='seconds')}")

    at_work(work)


@key.command()
@click.argument("platform_id")
@click.argument("kid")
@click.option("--at", "until", type=_TIME, help="In China's time; now, where not given.")
def retire(platform_id: str, kid: str, until: datetime | None) -> None:
    """End a key's validity; what it brought before stays good."""

    async def work(premises: Premises) -> None:
        now = clock()
        end = _china(until) or now
        await retire_key(premises.engine, platform=platform_id, kid=kid, until=end, at=now)
        click.echo(f"'{kid}' signs nothing from {end.isoformat(timespec='seconds')}")

    at_work(work)


@key.command()
@click.argument("platform_id")
@click.argument("kid")
@click.option("--reason", required=True, help="For the log; name no person.")
def revoke(platform_id: str, kid: str, reason: str) -> None:
    """Believe nothing a key signed or signs; what it brought is under review until it is registered again."""

    async def work(premises: Premises) -> None:
        flagged = await revoke_key(premises.engine, platform=platform_id, kid=kid, reason=reason, at=clock())
        click.echo(f"'{kid}' is revoked; under review: {flagged.cases} case(s), {flagged.letters} letter(s); workers follow within a second")

    at_work(work)


def _china(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=CHINA) if at is not None else None
