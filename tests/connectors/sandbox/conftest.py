"""A small population and a government of departments on free ports."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import asyncpg
import pytest

from connectors.sandbox.government import Government
from connectors.sandbox.population import Population


@pytest.fixture(scope="session")
def population() -> Population:
    return Population("500152", 600, 7)


@pytest.fixture
async def government(population, tmp_path, empty_database_url, clock) -> AsyncIterator[Government]:
    made = Government(population, tmp_path / "sandbox", empty_database_url, clock=clock)
    await made.start()
    yield made
    await made.stop()
    # A role belongs to the server, not to the test's database.
    admin = await asyncpg.connect(empty_database_url)
    role = made.registry.role
    await admin.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
    await admin.close()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def family_numbers(population: Population) -> list[str]:
    return [member.person.id_number for member in population.demo_family().everyone()]
