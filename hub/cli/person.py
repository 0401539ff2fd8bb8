"""`hub person`: what is done about one person's place in the hub's own records."""

from __future__ import annotations

import os

import click

from hub.cli.officers_proven import passwords_of, prove
from hub.cli.premises import Premises, at_work
from hub.clock import clock
from hub.people.erasure import GROUNDS, Erasure, Order
from hub.people.id_number import parse
from hub.people.store import People
from hub.people.vault import Vault
from policies.retention import retentions


@click.group()
def person() -> None:
    """个人: a person in the hub's own records."""


@person.command("erase-log-key")
@click.option("--ground", required=True, type=click.Choice(GROUNDS), help="The item of PIPL §47 it rests on.")
@click.option("--by", required=True, help="The privacy officer who orders it, by their name in the console.")
@click.option("--second", required=True, help="Another privacy officer, who agrees.")
def erase_log_key(ground: str, by: str, second: str) -> None:
    """Erase a person from the access log: its entries stay, and can be tied to them no more. Cannot be undone.

    The ID number and both officers' console passwords are asked for; none of them stands on a command line. Refused while a case or duty of the
    person is open, and until three years after the last entry about them (GDS §29).
    """
    number = click.prompt("ID number", hide_input=True)
    passwords = passwords_of((by, second))

    async def work(premises: Premises) -> None:
        order, wanted = Order(ground, by, second), parse(number, today=clock().date()).value
        await prove(premises, passwords)
        erasure = Erasure(
            premises.engine, People(Vault(premises.keys(), os.urandom), os.urandom), retentions(premises.settings.region[:6]), os.urandom,
        )
        many = await erasure.erase(wanted, order, at=clock())
        click.echo(f"erased: {many} entries of the log name nobody now; backups made before today still hold the key")

    at_work(work)
