"""The watch of revocations goes on after an error nobody expected, and decides nothing on what was not taken in."""

from __future__ import annotations

import asyncio

import pytest

from hub.authorizations.watch import OVERLAP, RevocationWatch
from hub.errors import Overloaded
from tests.hub.authorizations.test_watch import until, watching
from tests.hub.slips import Slip, slips_once


async def test_who_cannot_take_a_revocation_in_is_told_again_everybody_else_at_once_and_meanwhile_nothing_is_decided(database_url, clock, pool):
    watch = RevocationWatch(database_url, pool, clock=clock)
    others: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    slipping, told = True, asyncio.Event()

    def forget(_kind: str, _ref: str) -> None:
        if slipping:
            raise Slip
        told.set()

    watch.subscribe(forget)
    watch.subscribe(lambda kind, ref: others.put_nowait((kind, ref)))
    await watch.start()
    try:
        await pool.execute("INSERT INTO revocation (kind, ref, at) VALUES ('CASE', 'case_x', now())")
        async with asyncio.timeout(30):
            assert await others.get() == ("CASE", "case_x")
        watch._fresh_at = float("-inf")  # as after STOP_TIME without a good reading
        with pytest.raises(Overloaded):
            await watch.settled()
        assert not watch.following
        slipping = False
        async with asyncio.timeout(30):
            await told.wait()
        await until(lambda: watch.following)
        await watch.settled()
    finally:
        await watch.stop()


async def test_what_was_not_taken_in_is_not_forgotten_however_many_revocations_come_after_it(database_url, clock, pool):
    watch = RevocationWatch(database_url, pool, clock=clock)  # not started: each reading is asked for here
    taken: list[str] = []
    slipping = True

    def forget(_kind: str, ref: str) -> None:
        if slipping and ref == "case_first":
            raise Slip
        taken.append(ref)

    watch.subscribe(forget)
    await pool.execute("INSERT INTO revocation (kind, ref, at) VALUES ('CASE', 'case_first', now())")
    await pool.execute("INSERT INTO revocation (kind, ref, at) SELECT 'CASE', 'case_' || n, now() FROM generate_series(1, $1) n", OVERLAP + 1)
    for _ in range(2):
        with pytest.raises(Overloaded):
            await watch.settled()
    slipping = False
    await watch.settled()
    assert "case_first" in taken
    assert watch.following


async def test_a_reading_that_slips_is_followed_by_another(database_url, clock, pool, monkeypatch):
    async with watching(database_url, pool, clock) as (watch, heard):
        ends = slips_once(monkeypatch, watch, "_read")
        await pool.execute("INSERT INTO revocation (kind, ref, at) VALUES ('CASE', 'case_x', now())")
        async with asyncio.timeout(30):
            assert await heard.get() == ("CASE", "case_x")
        assert ends[0] == "slip"
