"""Two hubs that witness each other's logs over HTTP: what only grew is cosigned; a database taken back, and a fork of it, are named."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from hub import metrics
from hub.access_log.cosignature import cosigned_at
from hub.access_log.entry import Kind, change
from hub.access_log.note import Checkpoint, Signer, Verifier
from hub.access_log.outbox import drain
from hub.access_log.routes import routes as log_routes
from hub.access_log.writer import AccessLog
from hub.actor import STATED, Actor
from hub.doors import gate_of
from hub.postgres.connection import LOG_ROLE
from hub.postgres.connection import pool as open_pool
from hub.regions.witnessed import Seen, WitnessedLogs
from hub.regions.witnessing import Witness
from tests.conftest import administer
from tests.hub.living import QUXIAN, TONGNAN, Living, database, free_port, served
from tests.hub.slips import Slip, slips_once
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass
class Pair:
    """Tongnan witnesses Quxian; `witness` is Tongnan's own, asking a second time at once."""

    tongnan: Living
    quxian: Living
    witness: Witness
    logs: WitnessedLogs

    async def row(self) -> Any:
        return {one.region: one for one in await self.logs.all()}[QUXIAN]

    async def said(self) -> list[str]:
        """What the log says of witnessing, the newest first."""
        await drain(self.tongnan.hub.log)
        entries = await self.tongnan.entries(kind=Kind.CHANGE, limit=50)
        return [code for one in entries if (code := str(one.parts()[0].get("code"))).startswith("WITNESS_")]

    async def first_look(self) -> None:
        """What the witness does when it hears of a neighbour."""
        assert await self.logs.claim(QUXIAN, self.tongnan.clock(), every=300)
        await self.witness.look(QUXIAN, self.quxian.url)

    async def forget(self) -> None:
        await administer(self.tongnan.database_url, "DELETE FROM witnessed_log")

    async def grow(self, log: AccessLog | None = None, many: int = 3) -> int:
        """Entries in the neighbour's log; its size."""
        log = log or self.quxian.hub.log
        for number in range(many):
            await log.append(change(at=log.now(), code="TEST", about={"number": number}))
        return Checkpoint.open(await log.checkpoint(), log.verifiers).size


@pytest_asyncio.fixture(loop_scope="session")
async def two(neighbours: tuple[Living, Living]) -> AsyncIterator[Pair]:
    tongnan, quxian = neighbours
    own, logs = tongnan.hub.witness, WitnessedLogs(tongnan.hub.engine)
    witness = Witness(
        lambda: tongnan.hub.neighbours.agreements, logs, own.cosigner, region=TONGNAN, session=tongnan.line.session, clock=tongnan.clock,
        every=300, again=0,
    )
    made = Pair(tongnan, quxian, witness, logs)
    yield made
    await made.forget()


async def table(url: str, name: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(f"SELECT * FROM {name}")
    finally:
        await connection.close()


@asynccontextmanager
async def restored(
    two: Pair, postgres: tuple[str, str], directory: Path, entries: list[asyncpg.Record], head: list[asyncpg.Record],
) -> AsyncIterator[tuple[AccessLog, str]]:
    """Quxian's log over an older state of its database, with its own keys and no kept checkpoint: (log, address)."""
    hub = two.quxian.hub
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(database(postgres))
        owner = await asyncpg.connect(url)
        await owner.copy_records_to_table("log_entry", records=[tuple(row) for row in entries], columns=list(entries[0].keys()))
        (row,) = head
        await owner.execute("UPDATE log_head SET size = $1, frontier = $2, root = $3", row["size"], row["frontier"], row["root"])
        await owner.close()
        pool = await open_pool(url, role=LOG_ROLE, max_size=3)
        stack.push_async_callback(pool.close)
        log = AccessLog(
            pool, keys=hub.keys, clock=hub.clock, random=hub.random, origin=hub.settings.log_origin, checkpoint_path=directory / "checkpoint",
        )
        await log.start()
        stack.push_async_callback(log.stop)
        port = free_port()
        app = Starlette(routes=log_routes(log, two.quxian.hub.desk.reader, gate_of(hub, two.quxian.graph)))
        await stack.enter_async_context(served(app, port))
        yield log, f"http://127.0.0.1:{port}"


async def test_a_log_that_only_grows_is_cosigned_and_published_and_only_one_process_looks(two: Pair) -> None:
    await two.grow()
    assert two.witness.neighbours() == {QUXIAN: two.quxian.url}
    await asyncio.gather(two.witness.round(), two.witness.round())
    first = await two.row()
    assert (first.state, first.origin) == ("CONSISTENT", two.quxian.hub.settings.log_origin)
    assert (await two.said())[0] == "WITNESS_FIRST_SEEN"
    assert not await two.logs.claim(QUXIAN, two.tongnan.clock(), every=300), "this interval has been looked at"
    size = await two.grow(many=300)
    await two.witness.look(QUXIAN, two.quxian.url)
    grown = await two.row()
    assert (grown.state, grown.size) == ("CONSISTENT", size)
    assert (await two.said())[0] == "WITNESS_FIRST_SEEN", "that a log grew is nothing to say"

    session, url = two.tongnan.line.session, two.tongnan.url
    async with session.get(f"{url}/log/witness-key") as reply:
        vkey = (await reply.text()).strip()
    async with session.get(f"{url}/log/witnessed/{QUXIAN}") as reply:
        note = await reply.text()
    assert cosigned_at(note, vkey) == two.tongnan.clock()
    assert Checkpoint.open(note, two.quxian.hub.log.verifiers).size == size, "it is the neighbour's own checkpoint still"
    for nobody in ("000000000000", TONGNAN, "%00"):
        async with session.get(f"{url}/log/witnessed/{nobody}") as reply:
            assert reply.status == 404
    assert b'hub_witnessed_logs{state="CONSISTENT"} 1.0' in metrics.exposition()


async def test_a_database_taken_back_is_named_and_what_is_then_written_differently_is_a_fork(
    two: Pair, postgres: tuple[str, str], tmp_path: Path,
) -> None:
    await two.grow()
    older = await table(two.quxian.database_url, "log_entry"), await table(two.quxian.database_url, "log_head")
    size = await two.grow()
    await two.first_look()
    async with restored(two, postgres, tmp_path, *older) as (log, url):
        await two.witness.look(QUXIAN, url)
        await two.witness.look(QUXIAN, url)
        shrunk = await two.row()
        assert (shrunk.state, shrunk.size) == ("SHRUNK", size), "what was seen is kept"
        assert (await two.said())[:1] == ["WITNESS_SHRUNK"], "said once"
        await two.witness.look(QUXIAN, two.quxian.url)
        back = await two.row()
        assert back.state == "CONSISTENT"
        assert (await two.said())[:2] == ["WITNESS_GREW_BACK", "WITNESS_SHRUNK"]

        size = back.size  # the neighbour writes entries of its own beside this test's
        same = await two.grow(log, many=size - Checkpoint.open(await log.checkpoint(), log.verifiers).size)
        assert same == size
        await two.witness.look(QUXIAN, url)
        assert (await two.row()).state == "FORK", "two roots of one size"
        await two.grow(log, many=5)
        await two.witness.look(QUXIAN, url)
        await two.witness.look(QUXIAN, two.quxian.url)
        await two.witness.look(QUXIAN, "http://127.0.0.1:9")
        forked = await two.row()
        assert (forked.state, forked.size) == ("FORK", size), "it stays one whatever is shown next"
        assert Checkpoint.open(forked.evidence, log.verifiers).size == size
        assert (await two.said())[:3] == ["WITNESS_FORK", "WITNESS_GREW_BACK", "WITNESS_SHRUNK"]

        assert not await two.logs.anew(TONGNAN, by=Actor("PO-1", STATED, "root (uid 0)"), reason="核实", at=two.tongnan.clock())
        assert await two.logs.anew(QUXIAN, by=Actor("PO-1", STATED, "root (uid 0)"), reason="已核实，数据库曾恢复", at=two.tongnan.clock())
        await two.witness.look(QUXIAN, url)
        assert (await two.row()).state == "CONSISTENT"
        assert (await two.said())[:2] == ["WITNESS_FIRST_SEEN", "WITNESS_BEGUN_ANEW"]


async def test_a_fork_that_is_larger_than_what_was_seen_is_found_by_its_proof(two: Pair, postgres: tuple[str, str], tmp_path: Path) -> None:
    await two.grow()
    older = await table(two.quxian.database_url, "log_entry"), await table(two.quxian.database_url, "log_head")
    await two.grow()
    await two.first_look()
    async with restored(two, postgres, tmp_path, *older) as (log, url):
        await two.grow(log, many=9)
        await two.witness.look(QUXIAN, url)
        assert (await two.row()).state == "FORK"


async def test_what_cannot_be_had_or_read_is_said_and_changes_nothing(two: Pair) -> None:
    await two.first_look()
    before = await two.row()
    await two.grow()
    published = {"/checkpoint": await two.quxian.hub.log.checkpoint(), "/log/key": two.quxian.hub.log.verifiers[0].vkey}
    stranger = Verifier("elsewhere.example/log", bytes(32)).vkey
    for shown, reason in (
        ({}, "status 404"), ({**published, "/checkpoint": "no note"}, "without signatures"),
        ({**published, "/checkpoint": published["/checkpoint"].replace("/log", "/l0g"), "/log/key": stranger}, "no longer published"),
        ({**published, "/tile": "short"}, "another size"),
    ):
        async with _showing(shown) as url:
            await two.witness.look(QUXIAN, url)
        row = await two.row()
        assert (row.state, row.size, row.note) == ("MISSED", before.size, before.note)
        assert reason in row.reason
    await two.witness.look(QUXIAN, two.quxian.url)
    assert (await two.row()).state == "CONSISTENT"


async def test_a_neighbours_new_key_is_taken_from_where_the_old_one_was_and_said(two: Pair) -> None:
    await two.first_look()
    old = Verifier(two.quxian.hub.settings.log_origin, bytes([7]) * 32).vkey
    await administer(two.tongnan.database_url, f"UPDATE witnessed_log SET vkeys = ARRAY['{old}']")
    keys = f"{old}\n{two.quxian.hub.log.verifiers[0].vkey}\n"
    async with _showing({"/checkpoint": await two.quxian.hub.log.checkpoint(), "/log/key": keys}) as url:
        await two.witness.look(QUXIAN, url)
    row = await two.row()
    assert (row.state, len(row.vkeys)) == ("CONSISTENT", 2)
    assert (await two.said())[0] == "WITNESS_KEY_ADDED"


async def test_without_an_agreement_in_force_nobody_is_looked_at_and_by_itself_it_looks_again_and_again(two: Pair) -> None:
    (agreement,) = two.tongnan.hub.neighbours.agreements.values()
    two.tongnan.clock.advance(400 * 86_400)
    try:
        assert two.witness.neighbours() == {}, agreement.valid_to
    finally:
        two.tongnan.clock.advance(-400 * 86_400)
    running = Witness(
        lambda: two.tongnan.hub.neighbours.agreements, two.logs, two.witness.cosigner, region=TONGNAN, session=two.tongnan.line.session,
        clock=two.tongnan.clock, every=0.01,
    )
    running.start()


    async def consistent() -> bool:
        return any(one.state == "CONSISTENT" for one in await two.logs.all())

    await until(consistent)
    await running.stop()
    assert (await two.row()).state == "CONSISTENT"
    assert await two.logs.seen("000000000000") == Seen()


@pytest.mark.parametrize("size", [str(2**63), "9" * 5_000])
async def test_a_checkpoint_of_a_size_no_database_counts_to_is_a_look_that_failed_and_not_the_end_of_the_witness(two: Pair, size: str) -> None:
    signer = Signer("neighbour.example/log", bytes([9]) * 32)
    note = signer.sign(f"{signer.verifier.name}\n{size}\n{base64.b64encode(bytes(32)).decode()}\n")
    assert await two.logs.claim(QUXIAN, two.tongnan.clock(), every=300)
    async with _showing({"/checkpoint": note, "/log/key": signer.verifier.vkey}) as url:
        await two.witness.look(QUXIAN, url)
    row = await two.row()
    assert (row.state, row.size, row.vkeys) == ("MISSED", 0, [])


@pytest.mark.parametrize("also", ["bad\0name", "\n".join([Verifier("elsewhere.example/log", bytes(32)).vkey] * 64)])
async def test_keys_that_cannot_be_kept_are_no_keys(two: Pair, also: str) -> None:
    if "\0" in also:
        public = b"\x01" + bytes(32)
        named = hashlib.sha256(also.encode() + b"\n" + public).digest()[:4].hex()
        also = f"{also}+{named}+{base64.b64encode(public).decode()}"
    keys = f"{two.quxian.hub.log.verifiers[0].vkey}\n{also}\n"
    assert await two.logs.claim(QUXIAN, two.tongnan.clock(), every=300)
    async with _showing({"/checkpoint": await two.quxian.hub.log.checkpoint(), "/log/key": keys}) as url:
        await two.witness.look(QUXIAN, url)
    assert (await two.row()).state == "MISSED"


async def test_a_database_that_refuses_does_not_end_the_witness(two: Pair) -> None:
    rounds: list[int] = []

    def agreements() -> Any:
        rounds.append(1)
        return two.tongnan.hub.neighbours.agreements

    running = Witness(
        agreements, two.logs, two.witness.cosigner, region=TONGNAN, session=two.tongnan.line.session, clock=two.tongnan.clock, every=0.01,
    )
    await administer(two.tongnan.database_url, "ALTER TABLE witnessed_log RENAME TO witnessed_log_away")
    try:
        running.start()
        await until(lambda: len(rounds) > 2)
    finally:
        await running.stop()
        await administer(two.tongnan.database_url, "ALTER TABLE witnessed_log_away RENAME TO witnessed_log")
    assert len(rounds) > 2, "it looked again"


@asynccontextmanager
async def _showing(pages: dict[str, str]) -> AsyncIterator[str]:
    """A server that shows these pages and nothing else."""

    async def page(request: Request) -> Response:
        found = next((text for path, text in pages.items() if request.url.path.startswith(path)), None)
        return PlainTextResponse(found) if found is not None else PlainTextResponse("", status_code=404)

    port = free_port()
    async with served(Starlette(routes=[Route("/{path:path}", page)]), port):
        yield f"http://127.0.0.1:{port}"


async def test_a_neighbour_whose_look_always_slips_is_said_to_fail_also_where_another_goes_well(two: Pair, monkeypatch) -> None:
    running = Witness(dict, two.logs, two.witness.cosigner, region=TONGNAN, session=two.tongnan.line.session, clock=two.tongnan.clock, every=0.01)

    async def look(region: str, _url: str) -> None:
        if region == "500100":
            raise Slip

    async def claim(*_: object, **__: object) -> bool:
        return True

    monkeypatch.setattr(running, "look", look)
    monkeypatch.setattr(running, "neighbours", lambda: {"500100": "http://a", "510100": "http://b"})
    monkeypatch.setattr(running, "_logs", SimpleNamespace(claim=claim, states=two.logs.states))
    for _ in range(2):
        await running.round()
    assert {region: chore.failing for region, chore in running._looking.items()} == {"500100": "Slip", "510100": ""}


async def test_a_look_that_slips_and_a_round_that_does_are_followed_by_others(two: Pair, monkeypatch) -> None:
    running = Witness(
        lambda: two.tongnan.hub.neighbours.agreements, two.logs, two.witness.cosigner, region=TONGNAN, session=two.tongnan.line.session,
        clock=two.tongnan.clock, every=0.01,
    )
    looks, rounds = slips_once(monkeypatch, running, "look"), slips_once(monkeypatch, running, "round")
    monkeypatch.setattr(running._background, "_rest", 0)
    running.start()
    try:
        await until(lambda: len(rounds) >= 2)
        assert (looks, rounds) == (["slip"], ["slip", "well"]), "a look that slips is no end of its round"
        await two.forget()
        await until(lambda: len(looks) >= 2)
    finally:
        await running.stop()
    assert (await two.row()).state == "CONSISTENT"
