"""The world of these tests: one desk over a database of the test's own."""

from __future__ import annotations

import pytest

from tests.hub.authorizations.world import open_world


@pytest.fixture
async def world(database_url, engine, pool, keys, random, clock, tmp_path):
    async with open_world(database_url, engine, pool, keys, random, clock, tmp_path=tmp_path) as opened:
        yield opened
