"""`hub officer`: privacy officers' log-ins for the console."""

from __future__ import annotations

import os
import sys

import click

from hub.cli.premises import Premises, at_work
from hub.clock import clock
from hub.console.sessions import password_phc
from hub.enrolment import enrol_console_user

SHORTEST = 12
"""Characters of a password."""


@click.group()
def officer() -> None:
    """隐私保护负责人: who may look at the access log in the console."""


@officer.command()
@click.argument("name")
@click.option("--organisation", required=True, help="Code of an enrolled organisation.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input, to its end of line.")
def add(name: str, organisation: str, *, password_stdin: bool) -> None:
    """Add an officer, or set a new password. It is asked for; it never stands on a command line."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else click.prompt("password", hide_input=True, confirmation_prompt=True)
    if len(password) < SHORTEST:
        raise click.ClickException(f"a password has at least {SHORTEST} characters")

    async def work(premises: Premises) -> None:
        phc = password_phc(password, random=os.urandom)
        await enrol_console_user(premises.engine, name=name, password_phc=phc, organisation=organisation, at=clock())
        click.echo(f"officer enrolled for {organisation}; log in at {premises.settings.issuer}/console")

    at_work(work)
