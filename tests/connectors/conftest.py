"""The live sandbox government and the connectors that reach it through the manifests as shipped."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping
from pathlib import Path

import pytest

from connectors.registry import Departments, flattened, open_connectors
from connectors.sandbox.government import Government
from connectors.sandbox.population import Population
from schema.register import GROUPS
from tests.conftest import administer, at_database

MANIFESTS = Path("connectors/manifests")
POPULATION = Population("500152", 400)


@pytest.fixture
def population() -> Population:
    """Four hundred people; the same in every test."""
    return POPULATION


@pytest.fixture(scope="session")
def registry_database(postgres) -> Iterator[str]:
    """A database for the real-estate registry, which makes its schemas anew whenever it starts."""
    url, _ = postgres
    name = f"gz_test_{uuid.uuid4().hex[:12]}"
    asyncio.run(administer(url, f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'"))
    yield at_database(url, name)
    asyncio.run(administer(url, f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture
async def government(request, population, tmp_path, registry_database, clock) -> AsyncIterator[Government]:
    """The departments on their own protocols; for a test about one `group`, its department alone."""
    made = Government(population, tmp_path / "government", registry_database, clock=clock)
    group = getattr(request.node, "callspec", None) and request.node.callspec.params.get("group")
    if group:
        made.departments = {code: one for code, one in made.departments.items() if code == GROUPS[group].department}
    await made.start()
    yield made
    await made.stop()


def _changed(directory: Path, departments: Collection[str], keys: Mapping[str, object]) -> Path:
    """The departments' manifests as shipped but for some keys."""
    directory.mkdir()
    for path in (path for path in MANIFESTS.glob("*.toml") if path.stem.partition("-")[0] in departments):
        text = path.read_text(encoding="utf-8")
        for key, value in keys.items():
            text = re.sub(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
        (directory / path.name).write_text(text, encoding="utf-8")
    return directory


Opening = Callable[..., Awaitable[Departments]]


@pytest.fixture
async def opening(government, tmp_path, clock, random) -> AsyncIterator[Opening]:
    """Opens connectors with changed settings or manifest keys, and closes them after the test."""
    opened = []

    async def make(*, settings: Mapping[str, str] | None = None, **keys: object) -> Departments:
        directory = _changed(tmp_path / f"manifests-{len(opened)}", government.departments, keys)
        made = await open_connectors(directory, {**flattened(government.settings), **(settings or {})}, clock=clock, random=random, copies=tmp_path / f"copies-{len(opened)}")
        opened.append(made)
        return made

    yield make
    for one in opened:
        await one.close()


@pytest.fixture
async def departments(opening) -> Departments:
    """The connectors as shipped."""
    return await opening()
