"""A platform's client, for what a person is shown of an incident."""

from __future__ import annotations

import pytest_asyncio

from tests.hub.citizens.counter import Counter
from tests.hub.living import Living


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def counter(living_hub: Living) -> Counter:
    return await Counter(living_hub).enrol()
