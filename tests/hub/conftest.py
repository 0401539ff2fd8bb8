"""One running hub for the tests that speak to it over HTTP; opened on first use, shared by the run's tests of one worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from tests.conftest import FakeClock
from tests.hub.citizens.counter import Counter
from tests.hub.living import TONGNAN, Living, Matter, live, pair, prepare


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def living_hub(postgres, tmp_path_factory) -> AsyncIterator[Living]:
    async with AsyncExitStack() as stack:
        prepared = await prepare(stack, postgres, tmp_path_factory.mktemp("tongnan"), TONGNAN, FakeClock())
        yield await live(stack, prepared)


@pytest_asyncio.fixture(loop_scope="session")
async def living(living_hub: Living) -> Living:
    """The running hub, its departments' journals empty."""
    living_hub.government.forget()
    return living_hub


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def signed_matter(living_hub: Living) -> Matter:
    """The demonstration family's case, everybody signed."""
    return await living_hub.register()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def neighbours(postgres, tmp_path_factory) -> AsyncIterator[tuple[Living, Living]]:
    """(Tongnan, Quxian) under one agreement."""
    async with AsyncExitStack() as stack:
        yield await pair(stack, postgres, tmp_path_factory.mktemp("regions"), FakeClock())


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def counter(living_hub: Living) -> Counter:
    """The one client of a platform at the running hub: enrolled twice, the second key would end the first one's."""
    return await Counter(living_hub).enrol()


@pytest.fixture
def nobody_asked(living: Living):
    """Call it: no department was asked since the test began."""
    def check() -> None:
        assert not any(living.asked().values()), living.asked()

    return check
