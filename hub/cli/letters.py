"""`hub letters`: the stored letters verified again, so that a broken suite, a weak key or a changed row is found."""

from __future__ import annotations

import os
from collections import Counter

import click

from hub.authorizations.verification import verify_again
from hub.cli.listing import show
from hub.cli.premises import Premises, at_work
from hub.people.vault import Vault
from hub.suites import SUITES, allow_list


@click.group()
def letters() -> None:
    """核对授权书: letters as they are stored."""


@letters.command()
@click.option("--platform", default="", help="Letters of one platform alone.")
@click.option("--case", default="", help="Letters of one case alone.")
@click.option("--algorithm", "algorithms", multiple=True, type=click.Choice(SUITES), help="That still counts; none: the installation's.")
def verify(platform: str, case: str, algorithms: tuple[str, ...]) -> None:
    """Verify every stored signature again. Exit status 1 where one does not hold."""

    async def work(premises: Premises) -> int:
        suites = frozenset(algorithms) or allow_list(premises.settings.signature_algorithms)
        signed: Counter[str] = Counter()
        faults: list[tuple[str, ...]] = []
        async for one in verify_again(premises.engine, Vault(premises.keys(), os.urandom), suites=suites, platform=platform, case=case):
            signed[",".join(one.algorithms)] += 1
            if one.fault is not None:
                faults.append((one.letter, one.case, one.status, one.fault.value))
        for names, count in sorted(signed.items()):
            click.echo(f"{count} letter(s) signed with {names}")
        show(("letter", "case", "status", "fault"), faults, none="every letter holds" if signed else "no letter")
        return len(faults)

    if at_work(work):
        raise click.exceptions.Exit(1)
