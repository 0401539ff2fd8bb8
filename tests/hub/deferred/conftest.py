"""A hub of these tests' own, since they let days pass; the financial platform answers when a test says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest_asyncio

from tests.conftest import FakeClock
from tests.hub.living import TONGNAN, Living, live, prepare


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def later_hub(postgres, tmp_path_factory) -> AsyncIterator[Living]:
    async with AsyncExitStack() as stack:
        yield await live(stack, await prepare(stack, postgres, tmp_path_factory.mktemp("later"), TONGNAN, FakeClock(), people=100))


@pytest_asyncio.fixture(loop_scope="session")
async def later(later_hub: Living) -> Living:
    """The hub; nobody has been asked, and every institution holds its answers back."""
    await later_hub.government.control("JR", {"delay": "held"})
    later_hub.government.forget()
    return later_hub
