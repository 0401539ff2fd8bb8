"""`hub explanation`: what people asked to have explained (PIPL §48), and the privacy officer's answer or refusal (PIPL §50)."""

from __future__ import annotations

import click

from hub.citizens.explaining import EXPLAINED, REFUSED, ExplanationRefused, Said, answer, open_requests
from hub.cli.listing import show
from hub.cli.officers_proven import named, passwords_of
from hub.cli.premises import Premises, at_work
from hub.clock import clock
from policies.calendar import CHINA


@click.group()
def explanation() -> None:
    """解释说明: requests that the rules of handling be explained (PIPL §48)."""


@explanation.command("list")
def list_command() -> None:
    """What is open, the nearest day first. Exit status 1 where something is overdue."""

    async def work(premises: Premises) -> int:
        found = await open_requests(premises.engine, clock().astimezone(CHINA).date())
        show(
            ("due", "", "id", "about", "", "statement"),
            [(one.due or "no term", "OVERDUE 逾期" if one.overdue else "", one.id, one.kind, one.about, one.statement) for one in found],
            none="nothing is open",
        )
        return sum(one.overdue for one in found)

    if at_work(work):
        raise click.exceptions.Exit(1)


@explanation.command("answer")
@click.argument("identifier")
@click.option("--outcome", required=True, type=click.Choice((EXPLAINED, REFUSED)))
@click.option("--text", required=True, help="As the person will read it. Name nobody.")
@click.option("--article", default="", help="Of a refusal: the article that lets it.")
@click.option("--by", "officer", required=True, help="The privacy officer who answers, by their name in the console; their password is asked for.")
def answer_command(identifier: str, outcome: str, text: str, article: str, officer: str) -> None:
    """Answer one, once."""
    try:
        said = Said(outcome, text, article)
    except ExplanationRefused as refused:
        raise click.ClickException(str(refused)) from None
    passwords = passwords_of((officer,))

    async def work(premises: Premises) -> None:
        by = await named(premises, officer, passwords)
        try:
            await answer(premises.engine, identifier, said, by=by, at=clock())
        except ExplanationRefused as refused:
            raise click.ClickException(str(refused)) from None
        click.echo(f"explanation {identifier}: {outcome}")

    at_work(work)
