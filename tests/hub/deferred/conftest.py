"""A hub of these tests' own, since they let days pass; the financial platform answers when a test says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest_asyncio

from tests.conftest import FakeClock, administer
from tests.hub.living import TONGNAN, Living, live, prepare


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def later_hub(postgres, tmp_path_factory) -> AsyncIterator[Living]:
    async with AsyncExitStack() as stack:
        later = await live(stack, await prepare(stack, postgres, tmp_path_factory.mktemp("later"), TONGNAN, FakeClock(), people=100))
        # Rounds are made when a test says: one in the background takes in hand what the test's own then passes over.
        await later.hub.waiting.rounds.stop()
        yield later


@pytest_asyncio.fixture(loop_scope="session")
async def later(later_hub: Living) -> Living:
    """The hub; nobody has been asked, and every institution holds its answers back."""
    await administer(later_hub.database_url, "DELETE FROM deferred_job")
    later_hub.hub.waiting.ledger._claims.clear()
    await later_hub.government.control("JR", {"delay": "held"})
    later_hub.government.forget()
    return later_hub


@asynccontextmanager
async def woken_rounds(later: Living) -> AsyncIterator[None]:
    """Rounds in the background as a worker makes them, but none for the mere passing of time: only what wakes them does."""
    rounds = later.hub.waiting.rounds
    usual, rounds._every = rounds._every, 3600.0
    rounds.start()
    try:
        yield
    finally:
        await rounds.stop()
        rounds._every = usual
