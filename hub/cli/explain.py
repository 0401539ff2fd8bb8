"""`hub explain`: what a question would ask of whom and tell, and why, for a token as it would be issued now. Nothing is asked."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import click

from connectors.registry import Departments, flattened, open_connectors
from hub.authorizations.assessments import Assessments
from hub.authorizations.catalogue import Catalogue, asking_of
from hub.authorizations.check_table import handled, stand, stand_in_each
from hub.authorizations.conditions import Conditions
from hub.authorizations.life import letter_state
from hub.authorizations.matter import Matter
from hub.authorizations.matters import Matters
from hub.authorizations.presentation import Presenter
from hub.authorizations.presented import NotStanding, Presented
from hub.authorizations.reading import Reading
from hub.authorizations.standing import Standing
from hub.caller import Basis
from hub.cli.premises import Premises, at_work
from hub.clock import clock
from hub.explain import explain
from hub.joined_road import planner_of
from hub.keys import KeyRing
from hub.oauth.clients import Clients, RegisteredClient
from hub.oauth.rollover import LIFETIME
from hub.operation import Documents
from hub.operations.letter_uses import LetterUses, without
from hub.operations.limits import Limits
from hub.operations.told_before import ToldBefore, explained
from hub.people.handles import Handles
from hub.people.store import People
from hub.people.vault import Vault
from hub.planner import Planner
from hub.postgres.connection import pool
from hub.regions.neighbours import open_neighbours
from hub.settings import Settings
from policies.aggregation import Aggregation
from policies.batches import batches
from policies.calendar import CHINA
from policies.engine import load
from policies.verdict import BasisKind
from schema.federation import served


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line: who would ask, for what, on what basis."""

    client: str
    purpose: str
    cases: tuple[str, ...]
    basis: str


class JsonObject(click.ParamType[dict[str, Any]]):
    """A JSON object, as text."""

    name = "json"

    def convert(self, value: str | dict[str, Any], param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        """Fails on anything else, without quoting it: a variable may hold an ID number."""
        try:
            read = json.loads(value) if isinstance(value, str) else value
        except ValueError:
            self.fail("not JSON", param, ctx)
        if not isinstance(read, dict):
            self.fail("not a JSON object", param, ctx)
        return read


@click.command("explain")
@click.argument("query", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--as", "client", required=True, metavar="CLIENT", help="The client that would ask.")
@click.option("--purpose", required=True)
@click.option("--case", "cases", required=True, multiple=True, help="Given several times: one token over several cases, for a purpose asked in batches.")
@click.option("--variables", type=JsonObject(), default="{}", help="JSON object. Handles of a case are the organisation's own.")
@click.option("--basis", default="letter", show_default=True, metavar="letter|statute:ARTICLE", help="letter: every letter of the case in force.")
def explain_command(query: Path, client: str, purpose: str, cases: tuple[str, ...], variables: dict[str, Any], basis: str) -> None:
    """Print the plan of a question: per field the verdict, the rule that fired, the department and its columns.

    QUERY is a file, or - for standard input. No department is asked and nothing is logged.

    A letter that was used as often as it says covers nobody (LETTER_USES_SPENT), and explaining is no use of it; what its organisation was
    told before counts too (AGGREGATION_NEEDS_APPROVAL), for an officer without an approval. What is counted of who asks is not looked at:
    uses of a token, fair use, quotas.
    """
    asked = Asked(client, purpose, tuple(dict.fromkeys(cases)), basis)

    async def work(premises: Premises) -> str:
        text = await asyncio.to_thread(sys.stdin.read) if str(query) == "-" else await asyncio.to_thread(query.read_text, encoding="utf-8")
        async with pool_of(premises) as records:
            return await _explained(premises, records, text, variables, asked)

    click.echo(at_work(work))


@asynccontextmanager
async def pool_of(premises: Premises) -> AsyncIterator[asyncpg.Pool[asyncpg.Record]]:
    """Connections for records."""
    async with await pool(premises.url, max_size=2) as records:
        yield records


async def _explained(
    premises: Premises, records: asyncpg.Pool[asyncpg.Record], text: str, variables: Mapping[str, Any], asked: Asked,
) -> str:
    keys, now = await asyncio.to_thread(premises.keys), clock()
    standing = await _left(await standing_of(premises, records, keys, asked, now), LetterUses(records), now)
    operation = await Documents(served(federation=premises.settings.federation), Limits()).load(text)
    question, values = operation.question(variables, cases=len(standing.each))
    async with _planning(premises.settings, records, keys) as (planner, departments, aggregation):
        plan, before = await planner.plan(question, values, standing, now), ToldBefore(records, aggregation)
        return "\n".join([explain(plan, departments), *explained(await before.weighed(plan, now), aggregation.of(asked.purpose))])


async def standing_of(
    premises: Premises, records: asyncpg.Pool[asyncpg.Record], keys: KeyRing, asked: Asked, now: datetime,
) -> Standing:
    """The standing a token of this client would have now; checks 3 to 9 are the token's own. Raises NotStanding."""
    reading = Reading(records)
    client = await Clients(reading).load(asked.client)
    if client is None:
        raise click.ClickException(f"there is no client {asked.client} with keys the hub accepts; see `hub client list`")
    matters = Matters(reading, People(Vault(keys, os.urandom), os.urandom), await asyncio.to_thread(Conditions.of, premises.settings.region))
    presenter = Presenter(matters, Handles(keys), Assessments(reading), region=premises.settings.region)
    await presenter.assessments.refresh(0.0)
    presented = [_presented(asked, case, await presenter.matter(case), client, presenter, now) for case in asked.cases]
    caller = presented[0].caller
    if not (await asyncio.to_thread(batches)).together(asked.purpose, caller.basis.kind, len(presented)):
        raise click.ClickException("no token would be issued: several cases are named only for a purpose asked in batches, and not so many")
    catalogue = Catalogue(reading)
    await catalogue.refresh(0.0)
    shared = catalogue.decide(asking_of(caller), now.astimezone(CHINA).date())
    try:
        return stand(presented[0], shared) if len(presented) == 1 else stand_in_each(presented, shared)
    except NotStanding as refused:
        raise _no_token(refused) from None


async def _left(standing: Standing, uses: LetterUses, now: datetime) -> Standing:
    """What the road would leave of it: letters of the token that are used up stand for nobody; nothing is counted here."""
    named = {letter for one in standing.each for letter, _ in one.caller.basis.letters}
    spent = await uses.spent([letter for one in standing.each if one.matter is not None for letter in one.matter.limited if letter.id in named], now)
    try:
        return without(standing, spent, now) if spent else standing
    except NotStanding as refused:
        raise _no_token(refused) from None


def _no_token(refused: NotStanding) -> click.ClickException:
    return click.ClickException(f"no token would be issued: {refused.reason.value}, {refused.message}")


def _presented(asked: Asked, case: str, found: Matter | None, client: RegisteredClient, presenter: Presenter, now: datetime) -> Presented:
    matter = handled(found, client.requester.organisation)
    caller = presenter.caller(
        client.requester, officer="explain", purpose=asked.purpose, basis=_basis(asked, matter, now), case=case, groups=None,
        token="", expires_at=now + LIFETIME, allow_list_only=False, look_ups_per_day=client.look_ups_per_day,
    )
    return presenter.present(caller, client.requester, matter, now)


def _basis(asked: Asked, matter: Matter | None, now: datetime) -> Basis:
    given = asked.basis
    kind, _, article = given.partition(":")
    if kind == "statute" and article:
        return Basis(BasisKind.STATUTE, article=article)
    if given != "letter":
        raise click.ClickException("--basis is letter, or statute:ARTICLE as in statute:'SAL §42'")
    if matter is None:
        return Basis(BasisKind.LETTER)
    held = [one for one in matter.letters if letter_state(one, matter, asked.purpose, now) is None]
    return Basis(BasisKind.LETTER, letters=tuple((one.id, one.hash) for one in held))


@asynccontextmanager
async def _planning(
    settings: Settings, records: asyncpg.Pool[asyncpg.Record], keys: KeyRing,
) -> AsyncIterator[tuple[Planner, Departments, Aggregation]]:
    """The planner a worker would have. Departments and neighbours are known by their manifests and agreements, not contacted."""
    async with AsyncExitStack() as stack:
        policy = await asyncio.to_thread(load, settings.region[:6])
        departments = await open_connectors(
            settings.manifests, flattened(await asyncio.to_thread(settings.departments)), clock=clock, random=os.urandom, copies=settings.directory / "drops",
        )
        stack.push_async_callback(departments.close)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        neighbours = await open_neighbours(settings, records, departments.hubs, keys=keys, session=session, clock=clock, random=os.urandom)
        yield planner_of(settings, policy, departments, neighbours, keys, None, clock), departments, policy.profile.aggregation
