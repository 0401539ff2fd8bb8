"""Privacy officers who prove themselves at the operator's terminal: each types the password of their own console log-in, under its lock-out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

import click

from hub.actor import PASSWORD, STATED, Actor, operator
from hub.cli.premises import Premises
from hub.clock import clock
from hub.console.sessions import Sessions

PROVEN = click.option(
    "--proven", is_flag=True,
    help="--by is a privacy officer at this terminal: their console password is asked for. Else the record says that the name was only stated.",
)


def passwords_of(names: Iterable[str]) -> Mapping[str, str]:
    """Asked for without echo, each once; none stands on a command line."""
    return {name: click.prompt(f"password of {name}", hide_input=True) for name in dict.fromkeys(names)}


async def prove(premises: Premises, passwords: Mapping[str, str]) -> None:
    """Raises ClickException where one of them is not proven; it does not say which."""
    sessions = Sessions(premises.engine, clock=clock, random=os.urandom)
    for name, password in passwords.items():
        if not await sessions.proven(name, password):
            raise click.ClickException("an officer's name or password is wrong, or the account is locked")


async def named(premises: Premises, name: str, passwords: Mapping[str, str]) -> Actor:
    """Who answers for an act at this shell: proven where their password was typed, else as stated. Raises ClickException as `prove` does."""
    await prove(premises, passwords)
    return Actor(name, PASSWORD if name in passwords else STATED, operator())
