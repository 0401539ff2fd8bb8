"""Revocation: seen by other workers by notice or by asking, whatever else is broken. How soon is measured by `make bench-revocation`."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager

import asyncpg
import pytest
import structlog

from benchmarks.relay import Relay
from hub.authorizations.reasons import Flaw, Refused
from hub.authorizations.revocation import revoke_client, revoke_token
from hub.authorizations.watch import RevocationWatch
from hub.errors import Overloaded
from hub.metrics import exposition
from hub.postgres.connection import plain_url
from tests.hub.authorizations.family import letters, registration, revocation
from tests.waiting import PATIENCE, until

OTHER_PROCESS = """
import asyncio, sys
from datetime import datetime, UTC
from hub.authorizations.watch import RevocationWatch
from hub.postgres.connection import pool

async def main(url):
    watch = RevocationWatch(url, await pool(url), clock=lambda: datetime(2026, 11, 23, 1, tzinfo=UTC))
    watch.subscribe(lambda kind, ref: print(kind, ref, flush=True))
    await watch.start()
    print("READY", flush=True)
    await asyncio.sleep(30)

asyncio.run(main(sys.argv[1]))
"""


@asynccontextmanager
async def watching(url, pool, clock):
    watch = RevocationWatch(url, pool, clock=clock)
    heard: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    watch.subscribe(lambda kind, ref: heard.put_nowait((kind, ref)))
    await watch.start()
    try:
        yield watch, heard
    finally:
        await watch.stop()


async def hear(heard: asyncio.Queue):
    return await asyncio.wait_for(heard.get(), PATIENCE)


async def test_another_worker_hears_of_a_revoked_letter(world, database_url, clock):
    accepted = await world.register()
    async with watching(database_url, world.pool, clock) as (_, heard):
        await world.desk.revocations.accept(revocation(clock(), jti=world.jti(), letter="H-1"), clock())
        assert await hear(heard) == ("LETTER", accepted.letters["H-1"][0])


async def test_another_process_hears_of_it(world, database_url, clock):
    accepted = await world.register()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OTHER_PROCESS, database_url, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        assert process.stdout is not None
        while (await asyncio.wait_for(process.stdout.readline(), PATIENCE)).strip() != b"READY":
            pass
        await world.desk.revocations.accept(revocation(clock(), jti=world.jti(), letter="H-1"), clock())
        kind, ref = (await asyncio.wait_for(process.stdout.readline(), PATIENCE)).decode().split()
        assert (kind, ref) == ("LETTER", accepted.letters["H-1"][0])
    finally:
        process.kill()
        await process.wait()


async def test_it_works_while_the_log_is_locked(world, database_url, clock):
    accepted = await world.register()
    blocker = await asyncpg.connect(plain_url(database_url))
    async with watching(database_url, world.pool, clock) as (_, heard), blocker.transaction():
        await blocker.execute("LOCK TABLE log_entry, log_head, log_checkpoint IN ACCESS EXCLUSIVE MODE")
        await asyncio.wait_for(world.desk.revocations.accept(revocation(clock(), jti=world.jti(), letter="H-1"), clock()), PATIENCE)
        assert await hear(heard) == ("LETTER", accepted.letters["H-1"][0])
    blocker.terminate()
    assert await world.pool.fetchval("SELECT count(*) FROM outbox WHERE kind = 'LETTER_REVOKED'") == 1


async def test_a_lost_notice_is_made_up_for_by_reading_on(world, database_url, clock, pool):
    async with watching(database_url, pool, clock) as (_, heard):
        admin = await asyncpg.connect(plain_url(database_url))
        await admin.execute("ALTER TABLE revocation DISABLE TRIGGER revocation_notice")
        await pool.execute("INSERT INTO revocation (kind, ref, at) VALUES ('CASE', 'case_x', now())")
        assert await hear(heard) == ("CASE", "case_x")
        admin.terminate()


async def test_a_row_that_commits_late_under_a_lower_number_is_not_missed(database_url, clock, pool):
    late = await asyncpg.connect(plain_url(database_url))
    async with watching(database_url, pool, clock) as (_, heard):
        insert = "INSERT INTO revocation (kind, ref, at) VALUES ('CASE', $1, now())"
        transaction = late.transaction()
        await transaction.start()
        await late.execute(insert, "first")
        await pool.execute(insert, "second")
        assert await hear(heard) == ("CASE", "second")
        await transaction.commit()
        assert await hear(heard) == ("CASE", "first")
    late.terminate()


async def test_losing_its_connection_it_asks_and_comes_back(database_url, clock, pool):
    async with watching(database_url, pool, clock) as (watch, heard):
        admin = await asyncpg.connect(plain_url(database_url))
        await until(lambda: admin.fetch("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hub-watch' AND datname = current_database()"))
        await watch.settled()
        await pool.execute("INSERT INTO revocation (kind, ref, at) VALUES ('CLIENT', 'client-1', now())")
        assert await hear(heard) == ("CLIENT", "client-1")
        await until(lambda: watch.following)
        admin.terminate()


async def test_where_nothing_can_be_read_nothing_is_decided(database_url, clock, pool):
    admin = await asyncpg.connect(plain_url(database_url))
    async with watching(database_url, pool, clock) as (watch, heard), admin.transaction():
        await admin.execute("LOCK TABLE revocation IN ACCESS EXCLUSIVE MODE")
        await until(lambda: not watch.following)
        with pytest.raises(Overloaded):
            await watch.settled()
        assert heard.empty()
    admin.terminate()


async def test_a_worker_that_starts_later_knows_what_was_revoked_before(world, database_url, clock):
    await revoke_token(world.engine, "tok_1", expires_at=clock.now.replace(hour=10), by="client-hd", at=clock())
    async with watching(database_url, world.pool, clock) as (watch, _):
        assert watch.revoked("tok_1")
        assert not watch.revoked("tok_2")


async def test_a_repeated_revocation_does_nothing_more(world, clock):
    await world.register()
    token = revocation(clock(), jti=world.jti(), letter="H-1")
    first = await world.desk.revocations.accept(token, clock())
    at = await world.pool.fetchval("SELECT revoked_at FROM letter WHERE number = 'H-1'")
    clock.advance(60)
    assert await world.desk.revocations.accept(token, clock()) == first
    assert await world.desk.revocations.accept(revocation(clock(), jti=world.jti(), letter="H-1"), clock()) == first
    assert await world.pool.fetchval("SELECT revoked_at FROM letter WHERE number = 'H-1'") == at
    assert await world.pool.fetchval("SELECT count(*) FROM revocation WHERE kind = 'LETTER'") == 1


async def test_a_revocation_under_a_used_jti_is_never_told_that_it_took_effect(world, clock):
    jti = world.jti()
    await world.desk.registrar.accept(registration(clock(), jti=jti, letters=letters(clock())), clock())
    with pytest.raises(Refused) as caught:
        await world.desk.revocations.accept(revocation(clock(), jti=jti, letter="H-1"), clock())
    assert caught.value.flaw is Flaw.MESSAGE_REPLAYED
    first = revocation(clock(), jti=world.jti(), letter="H-1")
    assert (await world.desk.revocations.accept(first, clock())).letters
    used = world.jti()
    await world.desk.revocations.accept(revocation(clock(), jti=used, letter="G-1"), clock())
    with pytest.raises(Refused):
        await world.desk.revocations.accept(revocation(clock(), jti=used, letter="O-1"), clock())


async def test_ending_the_matter_revokes_every_letter_of_it(world, clock):
    accepted = await world.register()
    told = await world.desk.revocations.accept(revocation(clock(), jti=world.jti()), clock())
    assert set(told.letters) == {identifier for identifier, _ in accepted.letters.values()}
    assert await world.pool.fetchval("SELECT closed_at FROM matter_case") == clock()
    assert await world.pool.fetchval("SELECT count(*) FROM letter WHERE status = 'REVOKED'") == 3


@pytest.mark.parametrize(("more", "expected"), [({"letter": "H-9"}, Flaw.LETTER_UNKNOWN), ({"reference": "X"}, Flaw.LETTER_UNKNOWN)])
async def test_what_is_not_there_cannot_be_revoked(world, clock, more, expected):
    await world.register()
    with pytest.raises(Refused) as caught:
        await world.desk.revocations.accept(revocation(clock(), jti=world.jti(), **more), clock())
    assert (caught.value.flaw, caught.value.status) == (expected, 404)


async def test_a_revocation_may_arrive_hours_late_but_not_unsigned(world, clock):
    await world.register()
    token = revocation(clock(), jti=world.jti(), letter="H-1")
    clock.advance(6 * 3600)
    assert (await world.desk.revocations.accept(token, clock())).letters
    header, payload, signature = token.split(".")
    with pytest.raises(Refused) as caught:
        await world.desk.revocations.accept(f"{header}.{payload}.{signature[:-4]}AAAA", clock())
    assert caught.value.flaw is Flaw.MESSAGE_UNSIGNED


class _Asked:
    """A pool that counts what it is asked, and hands on none of it before it may."""

    def __init__(self, pool) -> None:
        self.pool, self.asked, self.may = pool, 0, asyncio.Event()

    async def fetch(self, *query):
        self.asked += 1
        await self.may.wait()
        return await self.pool.fetch(*query)


@pytest.mark.parametrize("gone", [False, True])
async def test_one_look_serves_all_who_wait_for_it_and_where_it_fails_it_fails_for_all(world, clock, gone: bool):
    accepted = await world.register()
    await world.deaf()
    await world.desk.revocations.accept(revocation(clock(), jti=world.jti(), letter="H-1"), clock())
    watch, pool = world.desk.watch, _Asked(world.pool)
    watch._pool = pool
    waiting = [asyncio.create_task(watch.settled()) for _ in range(40)]
    await until(lambda: pool.asked)
    if gone:
        world.pool.terminate()
    pool.may.set()
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert pool.asked == 1
    assert len({type(one) for one in ended}) == 1, "one end for all"
    if gone:
        assert isinstance(ended[0], Overloaded)
        assert not watch.following
    elif ended[0] is None:  # a machine that stood still for the stop time is told so instead
        assert world.desk.recheck._matters.held(accepted.case) is None


async def test_a_client_is_revoked_once(world, clock):
    assert await revoke_client(world.engine, "client-jy", by="operator", at=clock())
    assert not await revoke_client(world.engine, "client-jy", by="operator", at=clock())
    assert not await revoke_client(world.engine, "client-xx", by="operator", at=clock())


async def test_the_channel_cut_it_asks_as_often_says_so_once_and_comes_back(database_url, clock, pool):
    relay = Relay(plain_url(database_url))
    await relay.start()
    watch = RevocationWatch(relay.url, pool, clock=clock)
    heard: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    watch.subscribe(lambda kind, ref: heard.put_nowait((kind, ref)))
    with structlog.testing.capture_logs() as said:
        await watch.start()
        try:
            await until(lambda: watch.notices)
            assert b"hub_revocation_notices_up 1.0" in exposition()
            await relay.cut()
            await until(lambda: not watch.notices)
            assert b"hub_revocation_notices_up 0.0" in exposition()
            for number in range(3):
                await pool.execute("INSERT INTO revocation (kind, ref, at) VALUES ('CASE', $1, now())", f"case_{number}")
                assert await hear(heard) == ("CASE", f"case_{number}"), "asked for without a channel"
                await until(lambda: watch.following)
                await watch.settled()
            await relay.start()
            await until(lambda: watch.notices)
            await pool.execute("INSERT INTO revocation (kind, ref, at) VALUES ('CASE', 'again', now())")
            assert await hear(heard) == ("CASE", "again")
        finally:
            await watch.stop()
            await relay.cut()
    assert [one["event"] for one in said if one["log_level"] == "warning"] == [
        "revocations come by asking, not by notice", "revocations come by notice again",
    ]  # fmt: skip
