"""One hub with a platform's client, for all tests of the citizen's side."""

from __future__ import annotations

import pytest_asyncio

from tests.hub.citizens.counter import Counter
from tests.hub.living import Living


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def counter(living_hub: Living) -> Counter:
    return await Counter(living_hub).enrol()
