"""A log over a database of its own, and the ways tests disturb it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from hub.access_log.entry import Decision, Entry, Kind
from hub.access_log.writer import AccessLog
from hub.postgres.connection import pool as open_pool
from tests.waiting import PATIENCE

ORIGIN = "hub.test/log"
MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)

OpenLog = Callable[..., Awaitable[AccessLog]]


def asked(number: int = 0, *, organisation: str = "mz-hd-500152", **more: object) -> Entry:
    """An intent like the road's."""
    parts: dict[str, object] = {
        "purpose": "DIBAO_REVIEW",
        "case": "case_1",
        "letters": ("let_1", "let_2"),
        "subjects": ("ab" * 32, "cd" * 32),
        "fields": ("MEMBER/covered: GA plate_masked, model",),
    }
    return Entry(kind=Kind.INTENT, at=MORNING + timedelta(seconds=number), organisation=organisation, **{**parts, **more})


def told(question: str, number: int = 0, *, answer: str = "", **more: object) -> Entry:
    """An outcome that closes `question`."""
    parts: dict[str, object] = {"organisation": "mz-hd-500152", "decision": Decision.ALLOW, "subjects": ("ab" * 32,)}
    return Entry(
        kind=Kind.OUTCOME, at=MORNING + timedelta(seconds=number), question=question, answer=answer, **{**parts, **more}
    )


@pytest.fixture
async def log_pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, role="hub_log", max_size=6)
    yield pool
    # A log that left a connection out fails here.
    await asyncio.wait_for(pool.close(), PATIENCE)


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """The database's owner, who may do everything but change the log."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def open_log(log_pool: asyncpg.Pool, keys, clock, random, tmp_path: Path) -> AsyncIterator[OpenLog]:
    opened: list[AccessLog] = []

    async def start(*, path: Path = tmp_path / "checkpoint", wait: float = PATIENCE) -> AccessLog:
        log = AccessLog(log_pool, keys=keys, clock=clock, random=random, origin=ORIGIN, checkpoint_path=path, wait=wait)
        opened.append(log)
        await log.start()
        return log

    yield start
    for log in opened:
        await log.stop()


@pytest.fixture
async def log(open_log: OpenLog) -> AccessLog:
    return await open_log()
