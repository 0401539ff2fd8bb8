"""`hub fits`: whether a letter of a template lets a question be answered whole, and what would be withheld. Nobody signs, nobody is asked."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import click

from hub.authorizations.catalogue import Asking, Catalogue, Entry, decide
from hub.authorizations.presented import Requester
from hub.authorizations.reading import Reading
from hub.cli.catalogue_file import read_entries
from hub.cli.explain import JsonObject, pool_of
from hub.cli.faults import reported
from hub.cli.premises import Premises, at_work
from hub.clock import clock
from hub.explain import FORMS_ZH
from hub.fits import Asked, Fit, Fitting, Told, alike
from hub.fitter import Asker, Fitter
from hub.nobody import UNSIGNED, Class
from hub.oauth.clients import Clients
from hub.operation import Documents
from hub.operations.fitting import StoredFits
from hub.operations.limits import Limits
from hub.operations.persisted import PersistedOperations
from hub.settings import Settings
from policies.calendar import CHINA
from policies.engine import load
from policies.groups import IDENTITY
from policies.letter_templates import NATIONAL, TEMPLATES
from policies.purposes import PURPOSES
from schema.federation import served
from schema.register import GROUPS, PRESENCE

EXIT: Mapping[Fit, int] = {Fit.FITS: 0, Fit.FITS_PARTLY: 1, Fit.DOES_NOT_FIT: 2}
"""Exit status by answer; where there is none, nothing stands on standard output and the status is a command's own."""
_ROLES: Mapping[str, str] = {"MZ-HD": "CHECK_OPERATOR", "TOWN": "TOWNSHIP_OFFICER"}


@dataclass(frozen=True, slots=True)
class _Question:
    """The command line."""

    query: str
    template: str
    purpose: str
    client: str
    department: str
    region: str
    role: str
    operation: str
    variables: Mapping[str, Any]
    catalogue: Path | None


@click.command("fits")
@click.argument("query", metavar="FILE|HASH")
@click.option("--letter-template", "template", type=click.Choice(sorted(TEMPLATES)), default=NATIONAL, show_default=True)
@click.option("--purpose", required=True, type=click.Choice(sorted(PURPOSES)), metavar="CODE")
@click.option("--client", default="", help="An enrolled client that would ask, under the catalogue as published. Needs the database.")
@click.option("--department", default="", metavar="CODE", help="Without a client: the department that would ask.")
@click.option("--region", default="", metavar="CODE", help="Of that department; the hub's own if it is not given.")
@click.option("--role", default="", metavar="CODE", help="CHECK_OPERATOR, TOWNSHIP_OFFICER, DEPT_SYSTEM …; the department's usual one.")
@click.option("--operation", default="", metavar="NAME", help="Where the document holds several.")
@click.option("--variables", type=JsonObject(), default="{}", help="JSON object; what is not given is tried in each of its values.")
@click.option("--catalogue", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A catalogue file; without it everything is shared.")
@click.option("--json", "as_json", is_flag=True, help="The whole answer as JSON.")
@click.pass_context
def fits_command(context: click.Context, /, *, as_json: bool, **given: Any) -> None:
    """Say whether a letter of a template lets a question be answered whole, and what would be withheld from whom, and why.

    FILE is a document, or - for standard input; HASH one that is registered. A file needs neither database nor keys. Exit status:
    0 it fits, 1 it fits partly, 2 it does not fit.
    """
    asked = _Question(**given)
    stored = re.fullmatch(r"[0-9a-fA-F]{64}", asked.query) is not None
    if stored or asked.client:
        fitting = at_work(lambda premises: _at_premises(premises, asked, stored=stored))
    else:
        with reported():
            fitting = asyncio.run(_by_itself(Settings.read(os.environ), asked))
    click.echo(json.dumps(_plain(fitting), ensure_ascii=False, indent=1) if as_json else "\n".join(_lines(fitting)))
    context.exit(EXIT[fitting.fit])


async def _by_itself(settings: Settings, asked: _Question) -> Fitting:
    """From files alone."""
    departments = sorted(PURPOSES[asked.purpose].departments)
    department = asked.department or next((one for one in ("MZ-HD", "MZ", "TOWN") if one in departments), departments[0])
    asker = Asker(department, (asked.region or settings.region).ljust(12, "0"), asked.role or _ROLES.get(department, "DEPT_SYSTEM"))
    now = clock()
    shared = None if asked.catalogue is None else await asyncio.to_thread(_of_file, asked.catalogue, Asking(department, asked.purpose), now)
    return await _fitted(settings, asked, await asyncio.to_thread(_text, asked.query), asker, shared, now)


async def _at_premises(premises: Premises, asked: _Question, *, stored: bool) -> Fitting:
    """For a client as it is enrolled, or a document as it is registered."""
    settings, now = premises.settings, clock()
    async with pool_of(premises) as records:
        text = await _registered(premises, records, asked.query) if stored else await asyncio.to_thread(_text, asked.query)
        if not asked.client:
            raise click.ClickException("a registered document is asked by a client: name it with --client")
        reading = Reading(records)
        known = await Clients(reading).load(asked.client)
        if known is None:
            raise click.ClickException(f"there is no client {asked.client} with keys the hub accepts; see `hub client list`")
        catalogue = Catalogue(reading)
        await catalogue.refresh(0.0)
        requester: Requester = known.requester
        if asked.purpose not in requester.purposes:
            raise click.ClickException(f"{asked.client} is not enrolled for {asked.purpose}")
        if stored:  # what is kept beside the document is brought up to date on the way
            policy, digest = await asyncio.to_thread(load, settings.region[:6]), asked.query.lower()
            documents = Documents(served(federation=settings.federation), Limits())
            await StoredFits(records, Fitter(policy, settings.region), documents).decided(text, digest, client=asked.client, at=now)
        asking = Asking(requester.department, asked.purpose, requester.organisation)
        shared = catalogue.decide(asking, now.astimezone(CHINA).date())
        return await _fitted(settings, asked, text, Asker(requester.department, requester.region, requester.role), shared, now)


async def _fitted(
    settings: Settings, asked: _Question, text: str, asker: Asker, shared: Mapping[str, str] | None, now: datetime,
) -> Fitting:
    operation = await Documents(served(federation=settings.federation), Limits()).load(text, asked.operation or None)
    policy = await asyncio.to_thread(load, settings.region[:6])
    return await Fitter(policy, settings.region).fit(
        operation, TEMPLATES[asked.template], purpose=asked.purpose, asker=asker, now=now, catalogue=shared, variables=asked.variables,
    )


async def _registered(premises: Premises, records: asyncpg.Pool[asyncpg.Record], digest: str) -> str:
    documents = Documents(served(federation=premises.settings.federation), Limits())
    persisted = PersistedOperations(records, documents, seconds=lambda: clock().timestamp())
    return await persisted.text_for(None, digest, client="", allow_list_only=False)


def _text(query: str) -> str:
    if query == "-":
        return sys.stdin.read()
    try:
        return Path(query).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise click.ClickException(f"{query} is neither a document that can be read nor the hash of one") from None


def _of_file(path: Path, asking: Asking, now: datetime) -> Mapping[str, str]:
    """Check 9 by a catalogue that is not published yet."""
    entries = [
        Entry(
            one.entry, one.fact_group, one.attribute, frozenset(one.departments), frozenset(one.purposes), one.valid_from, one.valid_to,
            one.onward_sharing, one.by_request,
        ) for one in read_entries(tomllib.loads(path.read_text(encoding="utf-8")))
    ]  # fmt: skip
    return decide(entries, asking, now.astimezone(CHINA).date())


def _lines(fitting: Fitting) -> Iterator[str]:
    template, purpose = TEMPLATES[fitting.template], PURPOSES[fitting.purpose]
    yield f"{fitting.fit.value}: {template.title_zh} ({template.code}) for {purpose.code} {purpose.title_zh}"
    catalogue = "" if fitting.catalogued else "  catalogue not consulted: every group counts as shared"
    yield f"policy {fitting.policy_digest[:16]}  template {fitting.template_digest[:16]}{catalogue}"
    if fitting.refused:
        yield f"no token would be issued: {fitting.refused}"
    if not (fitting.told or fitting.refused):
        yield "the question asks for no fact"
    at = ""
    for asked, outcomes in sorted(alike(fitting).items()):
        if asked.path != at:
            at = asked.path
            yield at
        whole = len(outcomes) == 1
        for told, subjects in outcomes:
            yield f"  {_name(asked)}: {_outcome(told)}" + ("" if whole else f"  [{_who(subjects, len(template.assurances))}]")


def _name(asked: Asked) -> str:
    spec = GROUPS[asked.group.partition("@")[0]]
    field = spec.fields.get(asked.field) if asked.within or spec.code == IDENTITY or asked.field == PRESENCE else None
    leaf = f"({asked.threshold})" if asked.threshold else ""
    return f"{asked.group}.{'.'.join(filter(None, (asked.field, asked.leaf)))}{leaf} {field.title_zh if field is not None else spec.title_zh}"


def _outcome(told: Told) -> str:
    if not told.withheld:
        return f"told {told.form} {FORMS_ZH[told.form]}"
    more = f", at most {told.at_most} {FORMS_ZH[told.at_most]}" if told.at_most not in ("", "WITHHELD") else ""
    return f"withheld {told.reason}{more}"


def _who(subjects: Sequence[Class], assurances: int) -> str:
    """Classes by name; how strongly their signers were proven only where it makes a difference."""
    alike: dict[str, list[str]] = {}
    for subject in subjects:
        alike.setdefault(f"{subject.role} {subject.age}", []).append(subject.assurance)
    return ", ".join(name if len(some) == assurances or some == [UNSIGNED] else f"{name} signed {' or '.join(some)}" for name, some in alike.items())


def _plain(fitting: Fitting) -> Mapping[str, Any]:
    told = [
        {**asdict(asked), "outcomes": [{**asdict(one), "subjects": [asdict(subject) for subject in subjects]} for one, subjects in outcomes]}
        for asked, outcomes in sorted(alike(fitting).items())
    ]
    return {
        "fit": fitting.fit.value, "purpose": fitting.purpose, "template": fitting.template, "policyDigest": fitting.policy_digest,
        "templateDigest": fitting.template_digest, "refused": fitting.refused, "catalogued": fitting.catalogued, "reasons": list(fitting.reasons), "told": told,
    }
