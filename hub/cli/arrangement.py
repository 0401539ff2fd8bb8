"""`hub arrangement`: what somebody arranged in life about their records after their death, by a paper an officer saw."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from uuid import UUID

import click
from sqlalchemy import select

from hub.citizens.arrangements import ArrangementRefused, lift, record
from hub.cli.listing import show
from hub.cli.officers_proven import PROVEN, named, passwords_of
from hub.cli.premises import Premises, at_work
from hub.clock import clock
from hub.people.id_number import parse
from hub.people.store import People
from hub.people.vault import Vault
from hub.tables import Arrangement


@click.group()
def arrangement() -> None:
    """身后安排: near relatives of somebody who died are not shown their records, as they arranged in life (PIPL §49)."""


@arrangement.command("record")
@click.option("--document", required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False), help="The paper; its SHA-256 is kept.")
@click.option("--by", "officer", required=True, help="The officer who saw it.")
@PROVEN
def record_command(document: Path, officer: str, *, proven: bool) -> None:
    """Close a person's records to their relatives. The ID number is read from standard input; it never stands on a command line."""
    passwords = passwords_of([officer]) if proven else {}
    given = click.prompt("ID number", hide_input=True, prompt_suffix=": ", err=True)
    paper = hashlib.sha256(document.read_bytes()).digest()

    async def work(premises: Premises) -> None:
        by, person = await named(premises, officer, passwords), await _person(premises, given)
        made = await record(premises.engine, person, document=paper, by=officer, at=clock(), random=os.urandom, said=by.said())
        click.echo(f"arrangement {made} recorded")

    at_work(work)


async def _person(premises: Premises, given: str) -> UUID:
    number = parse(given, today=clock().date()).value
    async with premises.engine.connect() as connection:
        person = await People(Vault(premises.keys(), os.urandom), os.urandom).find(connection, number)
    if person is None:
        raise ArrangementRefused("nobody of this number is known here: there is nothing relatives could be shown")
    return person


@arrangement.command("lift")
@click.argument("arrangement_id")
def lift_command(arrangement_id: str) -> None:
    """End one that was recorded in error."""

    async def work(premises: Premises) -> None:
        await lift(premises.engine, arrangement_id, at=clock())
        click.echo(f"arrangement {arrangement_id} lifted")

    at_work(work)


@arrangement.command("list")
def list_command() -> None:
    """Those that stand, without whose they are."""

    async def work(premises: Premises) -> None:
        columns = (Arrangement.id, Arrangement.recorded_at, Arrangement.recorded_by, Arrangement.question, Arrangement.document_hash)
        async with premises.engine.connect() as connection:
            rows = (await connection.execute(select(*columns).where(Arrangement.lifted_at.is_(None)).order_by(Arrangement.id))).all()
        show(
            ("arrangement", "at", "by", "said in", "paper"),
            [(one.id, one.recorded_at.isoformat(timespec="minutes"), one.recorded_by, one.question or "", one.document_hash.hex() if one.document_hash else "") for one in rows],
            none="nobody arranged anything",
        )

    at_work(work)
