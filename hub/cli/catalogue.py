"""`hub catalogue load`: the shared-data catalogue (政务数据目录, GDS §13–15) from a file a data steward can read.

    [[entry]]
    id = "GA-vehicle"
    fact_group = "vehicle"
    name = "机动车登记信息"
    provider = "公安局"
    attribute = "CONDITIONAL"          # UNCONDITIONAL, CONDITIONAL, NOT_SHARED
    departments = ["MZ", "MZ-HD"]      # permitted, of a CONDITIONAL entry
    purposes = ["DIBAO_REVIEW"]
    legal_basis = "SAL §41"
    valid_from = 2026-01-01

The whole file is read before the first entry is written.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from hub.cli.listing import show
from hub.cli.premises import Premises, at_work, clock
from hub.enrolment import publish_catalogue_entry
from hub.tables import CatalogueEntry
from policies.groups import GROUPS
from policies.purposes import PURPOSES

ATTRIBUTES = ("UNCONDITIONAL", "CONDITIONAL", "NOT_SHARED")


class CatalogueFault(click.ClickException):
    """The file is not a catalogue; the text names entry and key."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the file."""

    entry: str
    fact_group: str
    name: str
    provider: str
    attribute: str
    departments: tuple[str, ...]
    purposes: tuple[str, ...]
    legal_basis: str
    valid_from: date


@click.group()
def catalogue() -> None:
    """政务数据目录: what each department shares, with whom, for what."""


@catalogue.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def load(file: Path) -> None:
    """Publish the entries of a TOML file; one that is there already is changed."""
    try:
        entries = read_entries(tomllib.loads(file.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise CatalogueFault(f"{file}: not TOML: {fault}") from None

    async def work(premises: Premises) -> None:
        for entry in entries:
            await publish_catalogue_entry(premises.engine, **asdict(entry), at=clock())
        click.echo(f"{len(entries)} entries published; workers follow within 30 s")

    at_work(work)


@catalogue.command("list")
def list_entries() -> None:
    """All entries."""

    async def work(premises: Premises) -> None:
        query = select(
            CatalogueEntry.id, CatalogueEntry.fact_group, CatalogueEntry.attribute, CatalogueEntry.departments, CatalogueEntry.purposes,
        ).order_by(CatalogueEntry.id)
        async with premises.engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        show(("entry", "fact group", "attribute", "departments", "purposes"), [tuple(row) for row in rows], none="the catalogue is empty: nothing is shared")

    at_work(work)


def read_entries(document: Mapping[str, Any]) -> Sequence[Entry]:
    """The entries of a parsed file. Raises CatalogueFault."""
    listed = document.get("entry")
    if set(document) != {"entry"} or not isinstance(listed, list) or not listed:
        raise CatalogueFault("the file holds [[entry]] tables and nothing else")
    entries = [_entry(number, given) for number, given in enumerate(listed, 1)]
    seen: set[str] = set()
    for entry in entries:
        if entry.entry in seen:
            raise CatalogueFault(f"entry {entry.entry} stands in the file twice")
        seen.add(entry.entry)
    return entries


def _entry(number: int, given: Mapping[str, Any]) -> Entry:
    identifier = given.get("id")
    where = f"entry {identifier if isinstance(identifier, str) else number}"
    allowed = {"id", "fact_group", "name", "provider", "attribute", "departments", "purposes", "legal_basis", "valid_from"}
    for key in sorted(allowed ^ given.keys()):
        if key not in {"departments", "purposes"} or key in given:
            raise CatalogueFault(f"{where}: {'unknown key' if key in given else 'has no'} {key}")
    entry = Entry(
        entry=_text(where, given, "id"), fact_group=_text(where, given, "fact_group"), name=_text(where, given, "name"),
        provider=_text(where, given, "provider"), attribute=_text(where, given, "attribute"),
        departments=_texts(where, given, "departments"), purposes=_texts(where, given, "purposes"),
        legal_basis=_text(where, given, "legal_basis"), valid_from=_day(where, given),
    )
    if entry.fact_group not in GROUPS:
        raise CatalogueFault(f"{where}: there is no fact group {entry.fact_group}")
    if entry.attribute not in ATTRIBUTES:
        raise CatalogueFault(f"{where}: attribute is one of {', '.join(ATTRIBUTES)}")
    unknown = [purpose for purpose in entry.purposes if purpose not in PURPOSES]
    if unknown:
        raise CatalogueFault(f"{where}: there is no purpose {unknown[0]}")
    if entry.attribute == "CONDITIONAL" and not (entry.departments and entry.purposes):
        raise CatalogueFault(f"{where}: a CONDITIONAL entry names departments and purposes; without them it shares nothing")
    return entry


def _text(where: str, given: Mapping[str, Any], key: str) -> str:
    value = given[key]
    if not isinstance(value, str) or not value:
        raise CatalogueFault(f"{where}: {key} is a text")
    return value


def _texts(where: str, given: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = given.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise CatalogueFault(f"{where}: {key} is a list of texts")
    return tuple(value)


def _day(where: str, given: Mapping[str, Any]) -> date:
    value = given["valid_from"]
    if type(value) is not date:
        raise CatalogueFault(f"{where}: valid_from is a day, 2026-01-01")
    return value
