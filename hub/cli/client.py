"""`hub client`: the systems that may ask, and the operations a client in allow-list mode may run."""

from __future__ import annotations

import asyncio
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import asyncpg
import click
from sqlalchemy import func, select

from hub.actor import operator
from hub.authorizations.revocation import revoke_client
from hub.cli.listing import show
from hub.cli.premises import Premises, at_work
from hub.cli.public_keys import PublicKeys
from hub.cli.token import token_command
from hub.clock import clock
from hub.enrolment import CertificateNameTaken, allow_operation, enrol_client, withdraw_operation
from hub.fitter import Fitter
from hub.oauth.clients import ASSERTED, PROVEN
from hub.oauth.tls_client_auth import NameRefused, expected_name
from hub.operation import Documents
from hub.operations.fitting import StoredFits
from hub.operations.limits import Limits
from hub.operations.persisted import PersistedOperations
from hub.postgres.connection import pool
from hub.tables import Client, ClientOperation
from policies.engine import load
from policies.groups import GROUPS
from policies.purposes import PURPOSES
from schema.federation import served


@click.group()
def client() -> None:
    """客户系统: systems of organisations that may authenticate."""


client.add_command(token_command)

@client.command()
@click.argument("client_id")
@click.option("--organisation", required=True, help="Code of an enrolled organisation.")
@click.option("--name", required=True)
@click.option("--jwks", type=PublicKeys(), help="JWK set of its public keys; none of a client that proves itself by its certificate.")
@click.option("--tls-client-auth-subject-dn", metavar="DN", help="It proves itself by a certificate of this subject (RFC 4514), RFC 8705.")
@click.option("--tls-client-auth-san-dns", metavar="NAME", help="It proves itself by a certificate of this host name.")
@click.option("--tls-client-auth-san-uri", metavar="URI", help="It proves itself by a certificate of this URI.")
@click.option("--purpose", "purposes", required=True, multiple=True, type=click.Choice(sorted(PURPOSES)), metavar="CODE", help="May be repeated.")
@click.option("--allow-list-only", is_flag=True, help="Runs listed operations only.")
@click.option("--look-ups-per-day", type=click.IntRange(min=0), default=200, show_default=True, help="By ID number; 0 for none.")
@click.option("--officer-identity", type=click.Choice([ASSERTED, PROVEN]), default=ASSERTED, show_default=True, help="Whether its word names an officer, or their own log-in proves them.")
@click.option("--group", "groups", multiple=True, type=click.Choice(sorted(GROUPS)), metavar="GROUP", help="Fact group its tokens may be granted; none given: all of its purposes.")
@click.option("--max-uses", type=click.IntRange(min=1), help="Questions one token may ask.")
def add(
    client_id: str, organisation: str, name: str, jwks: dict[str, Any] | None, purposes: tuple[str, ...], *, allow_list_only: bool,
    look_ups_per_day: int, officer_identity: str, groups: tuple[str, ...], max_uses: int | None, **names: str | None,
) -> None:
    """Add or change a client; one that was disabled is active again. It proves itself by its keys, or by one name of its certificate."""
    certificate = _certificate(jwks, names)
    if certificate is not None and officer_identity != PROVEN:
        raise click.UsageError(f"a certificate names no officer: --officer-identity {PROVEN}")

    async def work(premises: Premises) -> None:
        try:
            await enrol_client(
                premises.engine, client_id=client_id, organisation=organisation, name=name, jwks=jwks or {"keys": []}, purposes=purposes, at=clock(),
                allow_list_only=allow_list_only, look_ups_per_day=look_ups_per_day, officer_identity=officer_identity,
                groups=groups or None, max_uses=max_uses, certificate=certificate,
            )
        except CertificateNameTaken as taken:
            raise click.ClickException(str(taken)) from None
        proves = f"{len(jwks['keys'])} key(s)" if jwks else f"a certificate's {' '.join(certificate or ())}"
        click.echo(f"client {client_id} enrolled for {', '.join(purposes)} with {proves}; workers follow within 30 s")

    at_work(work)


def _certificate(jwks: dict[str, Any] | None, names: dict[str, str | None]) -> dict[str, str] | None:
    """By which name of a certificate a client proves itself; None of one with keys."""
    if jwks is not None and not any(names.values()):
        return None
    if jwks is not None:
        raise click.UsageError("a client has keys or a certificate's name, not both")
    try:
        return expected_name(names)
    except NameRefused as error:
        raise click.UsageError(f"--jwks, or {error}") from None


@client.command("list")
def list_clients() -> None:
    """All clients."""

    async def work(premises: Premises) -> None:
        listed = select(func.count()).where(ClientOperation.client_id == Client.id).scalar_subquery()
        query = select(
            Client.id, Client.organisation, Client.active, Client.officer_identity, Client.allow_list_only, listed, Client.look_ups_per_day, Client.purposes,
        )
        async with premises.engine.connect() as connection:
            rows = (await connection.execute(query.order_by(Client.id))).all()
        heads = ("client", "organisation", "active", "officers", "allow-list only", "operations", "look-ups/day", "purposes")
        show(heads, [tuple(row) for row in rows], none="no client enrolled")

    at_work(work)


@client.command()
@click.argument("client_id")
def disable(client_id: str) -> None:
    """Disable a client; every token it holds stops within a second."""

    async def work(premises: Premises) -> None:
        if not await revoke_client(premises.engine, client_id, by=operator(), at=clock()):
            raise click.ClickException(f"there is no active client {client_id}")
        click.echo(f"client {client_id} disabled")

    at_work(work)


@client.command("fits")
@click.argument("client_id")
def list_fits(client_id: str) -> None:
    """Whether the client's registered operations fit the nationwide letter, by purpose, as it was decided when they were registered.

    `stale` is a verdict of another policy, template or enrolment: it says nothing until it is decided anew (`hub fits HASH --client`).
    """

    async def work(premises: Premises) -> None:
        async with await pool(premises.url, max_size=1) as records:
            found = await (await _fits(premises, records, _documents(premises))).stored(client_id)
        rows = [(one.hash[:16], one.purpose, one.template, one.fit.value, "stale" if one.stale else "", ", ".join(one.reasons)) for one in found]
        show(("operation", "purpose", "template", "fit", "", "withheld for"), rows, none="nothing was decided")

    at_work(work)


@client.command("allow-operation")
@click.argument("client_id")
@click.argument("operation", metavar="FILE|HASH")
@click.option("--withdraw", is_flag=True, help="Take it off the list instead; workers follow within 5 s.")
def allow(client_id: str, operation: str, *, withdraw: bool) -> None:
    """Put an operation on a client's allow list: a document to register, or the hash of one that is registered."""

    async def work(premises: Premises) -> None:
        if not re.fullmatch(r"[0-9a-fA-F]{64}", operation):
            digest = await _digest(premises, Path(operation), register=not withdraw)
        else:
            digest = operation.lower()
        if withdraw:
            await withdraw_operation(premises.engine, client=client_id, digest=digest, at=clock())
            click.echo(f"off {client_id}'s list: {digest}")
        else:
            await allow_operation(premises.engine, client=client_id, digest=digest, at=clock())
            click.echo(f"on {client_id}'s list: {digest}")
            await _say_fits(premises, client_id, digest)

    at_work(work)


async def _digest(premises: Premises, document: Path, *, register: bool) -> str:
    """The document's hash; registered as a client's own would be, within the same limits."""
    text = await asyncio.to_thread(document.read_text, encoding="utf-8")
    if not register:
        return sha256(text.encode()).hexdigest()
    async with await pool(premises.url, max_size=1) as records:
        return await _persisted(records, _documents(premises)).register(text, by=operator(), at=clock())


async def _say_fits(premises: Premises, client_id: str, digest: str) -> None:
    """Decide and print what its own registration would have told the client."""
    documents = _documents(premises)
    async with await pool(premises.url, max_size=1) as records:
        text = await _persisted(records, documents).text_for(None, digest, client=client_id, allow_list_only=False)
        for one in await (await _fits(premises, records, documents)).decided(text, digest, client=client_id, at=clock()):
            click.echo(f"  {one.purpose} under letter {one.template}: {one.fit.value}" + (f" ({', '.join(one.reasons)})" if one.reasons else ""))


async def _fits(premises: Premises, records: asyncpg.Pool[asyncpg.Record], documents: Documents) -> StoredFits:
    policy = await asyncio.to_thread(load, premises.settings.region[:6])
    return StoredFits(records, Fitter(policy, premises.settings.region), documents)


def _documents(premises: Premises) -> Documents:
    return Documents(served(federation=premises.settings.federation), Limits())


def _persisted(records: asyncpg.Pool[asyncpg.Record], documents: Documents) -> PersistedOperations:
    return PersistedOperations(records, documents, seconds=lambda: clock().timestamp())
