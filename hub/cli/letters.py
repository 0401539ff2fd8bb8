"""`hub letters`: the stored letters verified again, so that a broken suite, a weak key or a changed row is found; which notices they name."""

from __future__ import annotations

import os
from collections import Counter

import click

from hub.authorizations.verification import verify_again
from hub.cli.listing import show
from hub.cli.notices_current import not_told_of, renewals_now
from hub.cli.premises import Premises, at_work
from hub.clock import clock
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


@letters.command()
def notices() -> None:
    """告知书: living letters by the privacy notice they name, how many are to be signed anew, and what each notice does not tell of."""

    async def work(premises: Premises) -> None:
        conditions, found = await renewals_now(premises, clock())
        counted = {one.version: one for one in found}
        known = conditions.notices.versions if conditions.notices is not None else {}
        rows = [
            (
                version, known[version].signed_from if version in known else "not registered", (known[version].signed_until if version in known else None) or "",
                counted[version].living if version in counted else 0, counted[version].anew if version in counted else 0,
                not_told_of(conditions, version),
            )
            for version in (*known, *sorted(counted.keys() - known.keys()))
        ]
        show(("notice", "from", "until", "living letters", "to be signed anew", "not told of"), rows, none="no notice is registered, and no letter names one")

    at_work(work)
