"""Log-in of privacy officers: locked after five wrong passwords, however they are sent."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import insert

from hub.console.sessions import FAILURES, LOCKED_FOR, Sessions, password_phc
from hub.tables import ConsoleUser, Organisation

NAME, RIGHT = "officer-1", "the right password"


@pytest.fixture
async def sessions(engine, clock, random) -> Sessions:
    async with engine.begin() as connection:
        await connection.execute(insert(Organisation).values(
            code="500152-MZ", name="民政局", department="MZ", region="500152000000", role="PRIVACY_OFFICER", active=True,
        ))
        await connection.execute(insert(ConsoleUser).values(
            name=NAME, password=password_phc(RIGHT, random=random), organisation="500152-MZ", active=True, failures=0,
        ))
    return Sessions(engine, clock=clock, random=random)


async def test_guesses_sent_at_once_meet_the_lock_as_guesses_one_by_one_do(sessions, clock):
    guesses = [sessions.log_in(NAME, f"guess {number}") for number in range(FAILURES)]
    assert await asyncio.gather(*guesses, sessions.log_in(NAME, RIGHT)) == [None] * (FAILURES + 1)
    assert await sessions.log_in(NAME, RIGHT) is None
    clock.advance(LOCKED_FOR.total_seconds() + 1)
    token = await sessions.log_in(NAME, RIGHT)
    assert token is not None
    officer = await sessions.officer(token)
    assert officer is not None
    assert officer.name == NAME


async def test_a_name_no_database_can_hold_is_nobody(sessions):
    assert await sessions.log_in("a\0b", RIGHT) is None
