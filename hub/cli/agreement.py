"""`hub agreement`: cooperation agreements with neighbouring regions (协作协议), and results withdrawn.

How one comes about: each region prints its part with `party`, both put the parts into one document, each signs it with `sign`, and
each imports document and signatures. What was signed is the document's canonical form: layout does not matter.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import orjson
from sqlalchemy import select

from hub.canonical import canonical
from hub.cli.faults import reported
from hub.cli.json_file import json_object
from hub.cli.listing import show
from hub.cli.premises import Premises, at_work, keys_directory, read_settings
from hub.clock import clock
from hub.enrolment import end_agreement, import_agreement
from hub.keys import KeyRing
from hub.regions import agreement as agreements
from hub.regions.asking import RegionKeys
from hub.regions.issuing import LIFETIME, Issuing
from hub.regions.neighbours import region_keys
from hub.settings import Settings
from hub.tables import Agreement

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def agreement() -> None:
    """协作协议: agreements with neighbouring regions."""


@agreement.command()
@click.option("--receiver", "receivers", multiple=True, required=True, help="Department that may be told onward; may be repeated.")
def party(receivers: tuple[str, ...]) -> None:
    """Print this region's part of an agreement: address, public keys, onward receivers."""
    with reported():
        settings, own = _own()
    click.echo(_pretty({settings.region: {**_published(settings, own), "onwardReceivers": list(receivers)}}))


@agreement.command()
@click.argument("file", type=_FILE)
def sign(file: Path) -> None:
    """Sign an agreement for this region; prints the signature as JSON, to be merged with the other region's."""
    with reported():
        settings, own = _own()
        document = json_object(file)
        named = document.get("parties", {}).get(settings.region)
        if not isinstance(named, dict):
            raise agreements.AgreementRefused("this region is no party")
        if {key: named.get(key) for key in ("jwks", "encryption")} != {key: _published(settings, own)[key] for key in ("jwks", "encryption")}:
            raise agreements.AgreementRefused("the document does not name this region's present keys: see `hub agreement party`")
        data = canonical(document)
        signature = agreements.sign(data, code=str(document.get("code", "")), kid=own.kid, key=own.signing_jwk)
    click.echo(_pretty({settings.region: signature}))


@agreement.command("import")
@click.argument("file", type=_FILE)
@click.argument("signatures", type=_FILE)
def import_command(file: Path, signatures: Path) -> None:
    """Verify an agreement under every party's key and keep it. Running hubs follow it within a second."""

    async def work(premises: Premises) -> None:
        own = region_keys(premises.keys(), premises.settings.region)
        data, signed = canonical(json_object(file)), json_object(signatures)
        opened = agreements.open_agreement(data, signed, own_region=premises.settings.region, own_key=own.signing_jwk)
        await import_agreement(
            premises.engine, code=opened.code, document=data, signatures=signed, valid_from=opened.valid_from,
            valid_to=opened.valid_to, at=clock(),
        )
        others = ", ".join(sorted(opened.parties.keys() - {premises.settings.region}))
        click.echo(f"agreement {opened.code} with {others} kept, in force {opened.valid_from} to {opened.valid_to}; running hubs follow it")

    at_work(work)


@agreement.command("list")
def list_agreements() -> None:
    """All agreements, each verified again."""

    async def work(premises: Premises) -> None:
        own = region_keys(premises.keys(), premises.settings.region)
        query = select(Agreement.code, Agreement.document, Agreement.signatures, Agreement.valid_from, Agreement.valid_to, Agreement.active)
        async with premises.engine.connect() as connection:
            rows = (await connection.execute(query.order_by(Agreement.code))).all()
        listed = [(row.code, row.valid_from, row.valid_to, row.active, _verdict(row, premises.settings, own)) for row in rows]
        show(("agreement", "from", "to", "active", "signatures"), listed, none="no agreement: no neighbour is asked or answered")

    at_work(work)


@agreement.command()
@click.argument("code")
def end(code: str) -> None:
    """End an agreement before its time. Running hubs ask and answer nobody under it within a second; tell the other region."""

    async def work(premises: Premises) -> None:
        if not await end_agreement(premises.engine, code=code, at=clock()):
            raise click.ClickException(f"no agreement {code} is followed")
        click.echo(f"agreement {code} has ended")

    at_work(work)


@agreement.command("withdraw-result")
@click.argument("exchange")
def withdraw_result(exchange: str) -> None:
    """Withdraw the results issued to a neighbour in an exchange (its id stands in both logs)."""

    async def work(premises: Premises) -> None:
        own = region_keys(premises.keys(), premises.settings.region)
        count = await Issuing(premises.engine, url=premises.settings.issuer, keys=own).withdraw(exchange, at=clock())
        if not count:
            raise click.ClickException("no result that still stands was issued in this exchange")
        click.echo(f"{count} result(s) withdrawn; nobody believes them after {LIFETIME} s")

    at_work(work)


def _own() -> tuple[Settings, RegionKeys]:
    settings = read_settings()
    return settings, region_keys(KeyRing.load(keys_directory(settings)), settings.region)


def _published(settings: Settings, own: RegionKeys) -> dict[str, Any]:
    signing = {**own.signing_jwk.as_dict(private=False), "kid": own.kid}
    return {"url": settings.issuer, "jwks": {"keys": [signing]}, "encryption": dict(own.encryption.as_dict(private=False))}


def _verdict(row: Any, settings: Settings, own: RegionKeys) -> str:
    try:
        agreements.open_agreement(bytes(row.document), row.signatures, own_region=settings.region, own_key=own.signing_jwk)
    except agreements.AgreementRefused as fault:
        return f"refused: {fault}"
    return "verified"


def _pretty(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
