"""Over HTTP: hashes to anybody, a receipt to its owner, entries to officers, each look of an officer an entry itself."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from hub.access_log.merkle import Leaves, fold, leaf_hash
from hub.access_log.note import Checkpoint, Verifier
from hub.access_log.receipt import verify_receipt
from hub.access_log.routes import Reader, routes
from hub.access_log.store import Filter
from hub.access_log.writer import AccessLog
from hub.operations.gate import Gate
from hub.operations.quotas import ClientQuota, InFlight
from tests.hub.access_log.conftest import asked

READERS = {
    "Bearer mz": Reader("mz-hd-500152", name="officer-7", client="mz"),
    "Bearer jy": Reader("jy-500152", client="jy"),
    "Bearer officer": Reader("privacy-500152", officer=True, name="li", client="po"),
    "Bearer nobody": Reader(""),
}


async def authorise(request: Request) -> Reader | None:
    return READERS.get(request.headers.get("authorization", ""))


def gate(*, places: int = 8, rate: int = 100) -> Gate:
    quota = {"concurrency": 8, "seconds": lambda: 0.0}
    return Gate(InFlight(places), ClientQuota(rate_per_minute=rate, **quota), ClientQuota(rate_per_minute=rate, **quota))


@pytest.fixture
async def web(log: AccessLog) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=Starlette(routes=routes(log, authorise, gate())))
    async with httpx2.AsyncClient(transport=transport, base_url="http://hub.test") as client:
        yield client


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {name}"}


async def test_a_receipt_goes_to_its_own_organisation_and_to_officers(log: AccessLog, web) -> None:
    appended = await log.append(asked())
    key = Verifier.parse((await web.get("/log/key")).text.strip())
    for name in ("mz", "officer"):
        answer = await web.get(f"/receipts/{appended.id}", headers=bearer(name))
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert verify_receipt(answer.json(), [key])["id"] == appended.id


async def test_another_s_receipt_looks_like_none_and_the_attempt_is_an_entry(log: AccessLog, web) -> None:
    appended = await log.append(asked())
    none = await log.append(asked(organisation=""))
    assert (await web.get(f"/receipts/{appended.id}")).status_code == 401
    other = await web.get(f"/receipts/{appended.id}", headers=bearer("jy"))
    absent = await web.get("/receipts/log_none", headers=bearer("jy"))
    assert (other.status_code, other.content) == (absent.status_code, absent.content)
    assert other.status_code == 404
    # An entry without an organisation belongs to nobody, a reader without one least of all.
    assert (await web.get(f"/receipts/{none.id}", headers=bearer("nobody"))).status_code == 404
    refused = (await log.store.query(Filter(organisation="jy-500152"))).entries
    assert [entry.parts()[0]["code"] for entry in refused] == ["RECEIPT_NOT_FOUND"] * 2


async def test_an_officer_s_look_is_an_entry_and_without_it_nothing_is_shown(log: AccessLog, web, owner) -> None:
    appended = await log.append(asked())
    await web.get(f"/receipts/{appended.id}", headers=bearer("officer"))
    bundle = await web.get("/tile/entries/000.p/2", headers=bearer("officer"))
    assert bundle.status_code == 200
    looks = (await log.store.query(Filter(organisation="privacy-500152"))).entries
    assert [entry.parts()[1]["about"] for entry in reversed(looks)] == [
        {"asked": appended.id, "found": True, "read": "receipt"},
        {"read": "entry bundle", "index": 0},
    ]
    await owner.execute("REVOKE INSERT ON log_entry FROM hub_log")
    for path in (f"/receipts/{appended.id}", "/tile/entries/000.p/2"):
        answer = await web.get(path, headers=bearer("officer"))
        assert (answer.status_code, answer.json()["code"]) == (503, "LOG_UNAVAILABLE")
    await owner.execute("GRANT INSERT ON log_entry TO hub_log")


async def test_tiles_and_checkpoint_let_anybody_rebuild_the_root_and_bundles_hash_to_them(log: AccessLog, web) -> None:
    for number in range(300):
        if number % 3 == 0:
            await log.append(asked(number))
    size, root = (await web.get("/checkpoint")).text.split("\n")[1:3]
    answer = await web.get(f"/tile/0/000.p/{size}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "immutable" in answer.headers["cache-control"]
    hashes = [answer.content[at : at + 32] for at in range(0, len(answer.content), 32)]
    assert base64.b64encode(Leaves(hashes).head.root).decode() == root
    bundle, data = (await web.get(f"/tile/entries/000.p/{size}", headers=bearer("officer"))).content, []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        data.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    assert [leaf_hash(entry) for entry in data] == hashes
    assert b"subjects" not in b"".join(data)


@pytest.mark.parametrize("path", ["0/000", "0/000.p/6", "0/000.p/0", "0/000.p/05", "0/000.p/256", "0/001.p/1", "1/000.p/1", "9/000", "0/x000/000", "0/0", "0/000.p/5/x"])
async def test_tiles_the_checkpoint_does_not_cover_are_not_served(log: AccessLog, web, path: str) -> None:
    for number in range(5):
        await log.append(asked(number))
    assert (await web.get("/tile/0/000.p/5")).status_code == 200
    assert (await web.get(f"/tile/{path}")).status_code == 404


async def test_entry_bundles_are_for_officers_alone(log: AccessLog, web) -> None:
    await log.append(asked())
    for headers in ({}, bearer("mz"), bearer("nobody")):
        assert (await web.get("/tile/entries/000.p/1", headers=headers)).status_code == 404


async def test_the_checkpoint_of_an_empty_log_is_signed_too(log: AccessLog, web) -> None:
    note = (await web.get("/checkpoint")).text
    signed = Checkpoint.open(note, log.verifiers)
    assert (signed.size, signed.root) == (0, fold(()))


async def test_tiles_and_checkpoints_share_one_rate_and_a_known_reader_has_their_own(log: AccessLog) -> None:
    appended = await log.append(asked())
    transport = httpx2.ASGITransport(app=Starlette(routes=routes(log, authorise, gate(rate=3))))
    async with httpx2.AsyncClient(transport=transport, base_url="http://hub.test") as web:
        for path in ("/checkpoint", "/log/key", "/tile/0/000.p/1"):
            assert (await web.get(path)).status_code == 200
        for path in ("/checkpoint", "/log/key", "/tile/0/000.p/1"):
            refused = await web.get(path)
            assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (429, "RATE", "60")
        size = (await log.store.head()).size
        answers = [(await web.get(f"/receipts/{appended.id}", headers=bearer("mz"))).status_code for _ in range(5)]
        assert answers == [200, 200, 200, 429, 429]
        answers = [(await web.get("/tile/entries/000.p/1", headers=bearer("officer"))).status_code for _ in range(4)]
        assert answers == [200, 200, 200, 429]
        assert (await log.store.head()).size == size + 3, "a flood of readings is no flood of entries"
        assert (await web.get("/receipts/log_none", headers=bearer("jy"))).status_code == 404, "one client's rate is not another's"


async def test_past_the_places_nobody_is_even_identified(log: AccessLog) -> None:
    identified = []

    async def counting(request: Request) -> Reader | None:
        identified.append(request)
        return await authorise(request)

    full = gate(places=1)
    transport = httpx2.ASGITransport(app=Starlette(routes=routes(log, counting, full)))
    async with httpx2.AsyncClient(transport=transport, base_url="http://hub.test") as web:
        with full.places:
            for path in ("/receipts/x", "/tile/entries/000", "/checkpoint", "/tile/0/000"):
                refused = await web.get(path, headers=bearer("mz"))
                assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (503, "OVERLOADED", "1")
        assert not identified
