"""`hub officer-issuer`: whose log-ins prove an organisation's officers (RFC 8693)."""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy import select

from hub.cli.listing import show
from hub.cli.premises import Premises, at_work
from hub.cli.public_keys import PublicKeys
from hub.clock import clock
from hub.enrolment import disable_officer_issuer, enrol_officer_issuer
from hub.tables import OfficerIssuer


@click.group("officer-issuer")
def officer_issuer() -> None:
    """经办人身份签发方: log-in systems whose tokens officers exchange for the hub's."""


@officer_issuer.command()
@click.argument("name")
@click.option("--organisation", required=True, help="Code of the enrolled organisation whose officers it proves.")
@click.option("--issuer", required=True, metavar="URL", help="`iss` of its tokens, to the letter.")
@click.option("--audience", required=True, help="What `aud` of its tokens must name.")
@click.option("--jwks", required=True, type=PublicKeys(), help="JWK set of its public keys.")
def add(name: str, organisation: str, issuer: str, audience: str, jwks: dict[str, Any]) -> None:
    """Add or change an issuer; one that was disabled is active again."""

    async def work(premises: Premises) -> None:
        await enrol_officer_issuer(
            premises.engine, name=name, organisation=organisation, issuer=issuer, audience=audience, jwks=jwks, at=clock(),
        )
        click.echo(f"officers of {organisation} are proven by {issuer} with {len(jwks['keys'])} key(s)")

    at_work(work)


@officer_issuer.command("list")
def list_issuers() -> None:
    """All issuers."""

    async def work(premises: Premises) -> None:
        query = select(OfficerIssuer).order_by(OfficerIssuer.name)
        async with premises.engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        listed = [(one.name, one.organisation, one.active, one.issuer, one.audience, [key.get("kid", "") for key in one.jwks["keys"]]) for one in rows]
        show(("name", "organisation", "active", "iss", "aud", "keys"), listed, none="no issuer enrolled")

    at_work(work)


@officer_issuer.command()
@click.argument("name")
def disable(name: str) -> None:
    """Exchange none of its tokens any more; what was exchanged ends within ten minutes."""

    async def work(premises: Premises) -> None:
        if not await disable_officer_issuer(premises.engine, name=name, at=clock()):
            raise click.ClickException(f"there is no active issuer {name}")
        click.echo(f"issuer {name} disabled")

    at_work(work)
