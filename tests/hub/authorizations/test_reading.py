"""What the checks rest on, read in one statement and one round trip: counted on the wire between the hub and its database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg
import orjson
import pytest

from hub.authorizations import watch
from hub.authorizations.reading import STATEMENT, Reading
from hub.authorizations.revocation import revoke_client
from hub.desk import open_desk
from hub.enrolment import enrol_client
from hub.postgres.connection import pool as open_pool
from tests.hub.authorizations.world import DEPARTMENTS, World


class Wire:
    """A way to the database that counts what goes over it: `round_trips`, each Sync or simple Query the client waits for; what was
    `executed`; the statements it had `parsed`. PostgreSQL's protocol: a type, a length, a body; the first message has no type.
    """

    def __init__(self) -> None:
        self.round_trips = 0
        self.executed = 0
        self.parsed: list[bytes] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def to(self, url: str) -> AsyncIterator[str]:
        """The URL by which the database is reached over this wire."""
        at = urlsplit(url)

        async def carried(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            back, forth = await asyncio.open_connection(at.hostname, at.port)
            self._tasks |= {asyncio.create_task(self._asked(reader, forth)), asyncio.create_task(self._answered(back, writer))}

        server = await asyncio.start_server(carried, "127.0.0.1", 0)
        try:
            yield url.replace(f":{at.port}/", f":{server.sockets[0].getsockname()[1]}/")
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()

    async def _asked(self, reader: asyncio.StreamReader, forth: asyncio.StreamWriter) -> None:
        begun = False
        while True:
            kind = await reader.readexactly(1) if begun else b""
            length = await reader.readexactly(4)
            body = await reader.readexactly(int.from_bytes(length) - 4)
            begun = begun or body[:4] == b"\0\3\0\0"  # the start-up message; a request for TLS comes before it
            self.round_trips += kind in (b"S", b"Q")
            self.executed += kind in (b"E", b"Q")
            self.parsed += [body] if kind == b"P" else []
            forth.write(kind + length + body)

    async def _answered(self, back: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while told := await back.read(65_536):
            writer.write(told)

    def forget(self) -> None:
        """Count from here."""
        self.round_trips = self.executed = 0
        self.parsed.clear()


@pytest.fixture
async def wire(database_url):
    counting = Wire()
    async with counting.to(database_url) as url:
        made = await open_pool(url, max_size=1)
        yield counting, made
        made.terminate()


async def anew(world: World, pool, keys, random, clock) -> World:
    """Another worker of the same hub, with nothing in memory."""
    desk = await open_desk(world.settings, engine=world.engine, pool=pool, keys=keys, vault=world.vault, clock=clock, random=random)
    return World(desk, world.engine, pool, clock, world.vault, world.http, world.settings)


async def test_a_question_that_finds_nothing_in_memory_costs_one_round_trip(world, wire, keys, random, clock, monkeypatch):
    for of_the_watch in ("STOP_TIME", "POLL"):  # kept from its turn for a second, a worker asks what was revoked besides
        monkeypatch.setattr(watch, of_the_watch, 60.0)
    counting, pool = wire
    accepted = await world.register()
    token = await world.token(world.details(accepted))
    expected = await world.identify(token)
    await Reading(pool).client("client-hd")  # each connection prepares the statement once
    worker = await anew(world, pool, keys, random, clock)
    try:
        counting.forget()
        standing = await worker.identify(token)
        assert (counting.round_trips, counting.executed, counting.parsed) == (1, 1, [])
        assert (standing.matter, standing.coverage, standing.catalogue) == (expected.matter, expected.coverage, expected.catalogue)
        assert all(one.covered for name, one in named(standing).items() if name != "测试庚"), "the standing is a whole one"
        counting.forget()
        for _ in range(20):
            assert await worker.identify(token) is standing
        assert counting.round_trips == 0
    finally:
        await worker.desk.close()


def named(standing):
    return {one.person.name: standing.coverage[one.person.id] for one in standing.matter.members}


async def test_a_connection_prepares_the_statement_once(world, wire):
    counting, pool = wire
    await world.register()
    reading = Reading(pool)
    counting.forget()
    await reading.client("client-hd")
    assert sum(b"matter_case" in one for one in counting.parsed) == 1, "and asyncpg asks once what an array of text is"
    counting.forget()
    await reading.client("client-jy")
    assert (counting.round_trips, len(counting.parsed)) == (1, 0)
    assert len(STATEMENT) < 15_360, "asyncpg keeps no longer one"


async def test_what_is_asked_for_together_leaves_together_and_comes_apart(world, wire):
    counting, pool = wire
    accepted = await world.register()
    reading = Reading(pool)
    await reading.client("client-hd")
    counting.forget()
    hd, jy, none, matter, unknown, strange, entries = await asyncio.gather(
        reading.client("client-hd"), reading.client("client-jy"), reading.client("client-none"), reading.matter(accepted.case),
        reading.matter("case_0"), reading.matter("a\0b"), reading.catalogue(),
    )
    assert counting.executed == 1
    assert (hd["department"], jy["department"], none, unknown, strange) == ("MZ-HD", "JY", None, None, None)
    assert [one["person_id"] for one in matter["letters"][0]["signers"]] == sorted(
        one["person_id"] for one in matter["letters"][0]["signers"]
    )
    assert len(entries) == await world.pool.fetchval("SELECT count(*) FROM catalogue_entry")
    assert await reading.case(matter["platform"], matter["reference"]) == accepted.case
    assert await reading.client("a\0b") is None
    assert await reading.case("a\0b", matter["reference"]) == await reading.case(matter["platform"], "none") == ""


async def test_a_reading_given_up_is_still_read_for_the_others_and_a_failed_one_fails_for_all(world, database_url):
    accepted = await world.register()
    reading = Reading(world.pool)
    given_up, other = asyncio.create_task(reading.matter(accepted.case)), asyncio.create_task(reading.client("client-hd"))
    await asyncio.sleep(0)
    given_up.cancel()
    assert (await other)["code"] == "mz-hd-500152"
    owner = await asyncpg.connect(database_url)
    await owner.execute("ALTER TABLE signer RENAME TO away")
    failed = await asyncio.gather(reading.client("client-hd"), reading.matter(accepted.case), return_exceptions=True)
    await owner.execute("ALTER TABLE away RENAME TO signer")
    await owner.close()
    assert {type(one).__name__ for one in failed} == {"UndefinedTableError"}
    assert (await reading.client("client-hd"))["code"] == "mz-hd-500152", "the next reading is another one"


async def test_who_proves_itself_by_a_certificate_is_read_with_the_names_of_it(world):
    reading, at = Reading(world.pool), world.clock()
    assert await reading.certified() == []
    await enrol_client(
        world.engine, client_id="client-certified", organisation=DEPARTMENTS["hd"][0], name="核对", jwks={"keys": []}, purposes=("DIBAO_REVIEW",),
        at=at, officer_identity="proven", certificate={"tls_client_auth_san_dns": "hd.tongnan.test"},
    )
    assert [(one["id"], orjson.loads(one["names"])) for one in await reading.certified()] == [
        ("client-certified", {"tls_client_auth_san_dns": "hd.tongnan.test"}),
    ]
    assert await revoke_client(world.engine, "client-certified", by="operator", at=at)
    assert await reading.certified() == []
