"""One worker as uvicorn runs it: its probes, its doors, and that it ends without dropping what it is answering."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import AsyncExitStack

import aiohttp
import pytest
from starlette.applications import Starlette

from hub import app as application
from hub import probes
from hub.app import Front, create
from hub.chore import Chore
from hub.cli.demo.offices import Line
from hub.clock import clock
from hub.doors import routes
from hub.keys import KeyRing
from hub.migrate import revision_of
from hub.problems import HANDLERS
from hub.settings import Settings, SettingsError
from tests.conftest import SeededRandom, administer
from tests.hub.living import TAXES, database, free_port, served
from tests.waiting import PATIENCE, until


async def fetched(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as reply:
        return reply.status, await reply.text()


async def named_while_it_fails(url: str) -> None:
    """A chore that fails is named, by its name alone, and the worker stays ready; one that goes well again is not."""
    chore = Chore("fair use forgotten")
    for error, named in ((ValueError("张三 509901198005010011"), True), (None, False)):
        with chore:
            if error is not None:
                raise error
        status, body = await fetched(url)
        told = json.loads(body)
        assert (status, told["ready"], chore.name in told["chores"]) == (200, True, named)
        assert "509901198005010011" not in body


@pytest.mark.asyncio(loop_scope="session")
async def test_a_worker_opens_serves_and_closes_by_its_settings_alone(living, postgres, tmp_path, monkeypatch):
    looks = []

    async def counted(url: str) -> str | None:
        looks.append(url)
        await asyncio.sleep(0.2)
        return await revision_of(url)

    monkeypatch.setattr(probes, "revision_of", counted)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(database(postgres))
        KeyRing.create(tmp_path / "keys", random=SeededRandom(), at=clock())
        (tmp_path / "sources.json").write_text(json.dumps(living.government.settings), encoding="utf-8")
        port = free_port()
        settings = Settings(
            region="500152000000", issuer=f"http://127.0.0.1:{port}", directory=tmp_path, database_url=url, port=port,
            sources=tmp_path / "sources.json", console=False,
        )
        front = Front(settings)
        async with served(front, port, lifespan="on"):
            assert await fetched(f"{settings.issuer}/healthz") == (200, "ok")

            async def told_by_notice() -> tuple[int, str] | None:
                status, body = await fetched(f"{settings.issuer}/readyz")
                return (status, body) if json.loads(body).get("revocations") == "NOTICES" else None

            status, body = await until(told_by_notice)
            checks = {"revocations": True, "schema": True, "log": True}
            told = json.loads(body)
            assert isinstance(told.pop("chores"), list)  # the process is the tests': what others left failing in it stands there too
            assert (status, told) == (200, {"ready": True, "checks": checks, "revocations": "NOTICES"})
            await named_while_it_fails(f"{settings.issuer}/readyz")
            looks.clear()
            flood = await asyncio.gather(*(fetched(f"{settings.issuer}/readyz") for _ in range(40)))
            assert {status for status, _ in flood} == {200}
            assert len(looks) < 10, "a flood of anonymous probes may not open a connection each"
            async with aiohttp.ClientSession() as session, session.post(f"{settings.issuer}/graphql", data=b"{}") as reply:
                assert reply.status == 401
                assert reply.headers["www-authenticate"].startswith("DPoP")
            for path in ("/console", "/graphiql", "/regions/status-list", "/nowhere"):
                assert (await fetched(settings.issuer + path))[0] == 404, path
            assert (await fetched(f"{settings.issuer}/checkpoint"))[0] == 200
            await administer(url, "REVOKE INSERT ON log_entry FROM hub_log")
            status, body = await fetched(f"{settings.issuer}/readyz")
            assert (status, json.loads(body)["checks"]["log"]) == (503, False), "a hub that cannot record is not ready"
            await administer(url, "GRANT INSERT ON log_entry TO hub_log")
            await administer(url, "UPDATE alembic_version SET version_num = '0001'")
            status, body = await fetched(f"{settings.issuer}/readyz")
            assert (status, json.loads(body)["checks"]["schema"]) == (503, False)
        assert front.graph is None
        assert (tmp_path / "checkpoint").exists()


@pytest.mark.asyncio(loop_scope="session")
async def test_a_worker_whose_database_is_gone_is_not_ready(living):
    hub = living.hub
    settings = Settings(
        region=hub.settings.region, issuer=hub.settings.issuer, directory=hub.settings.directory,
        database_url="postgresql://nobody:x@127.0.0.1:9/none",
    )
    reply = await probes._readiness(type(hub)(**{name: getattr(hub, name) for name in hub.__slots__ if name != "settings"}, settings=settings))
    assert reply.status_code == 503
    checks = json.loads(reply.body)["checks"]
    assert (checks["schema"], checks["log"]) == (False, False)


async def nobody_new(port: int) -> None:
    """Connect until it is refused."""
    async with asyncio.timeout(PATIENCE):
        while True:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            await asyncio.sleep(0.01)


@pytest.mark.asyncio(loop_scope="session")
async def test_requests_in_flight_are_answered_before_a_worker_ends(living, signed_matter):
    front = Front(living.hub.settings)
    front.graph = living.graph
    front._rest = Starlette(routes=routes(living.hub, living.graph), exception_handlers=HANDLERS)
    port = free_port()
    token = await living.token(signed_matter)
    line = Line(f"http://127.0.0.1:{port}", living.line.session, living.clock, living.line.random)
    async with served(front, port) as server, living.holding("SW") as answer:
        living.government.forget()
        asking = asyncio.create_task(line.ask(token, TAXES, {"id": signed_matter.id}))
        await living.until_asked("SW")
        server.should_exit = True
        with pytest.raises(ConnectionError):
            await nobody_new(port)
        await answer()
        reply = await asking
    assert reply.status == 200
    assert {one["person"]["tax"]["status"] for one in reply.body["data"]["case"]["household"]["members"]} == {"MATCHED", "NO_RECORD"}
    (outcome,) = await living.hub.log.store.closing(reply.body["extensions"]["question"])
    assert outcome.id == reply.body["extensions"]["receipt"]["id"]


@pytest.mark.parametrize("text", ["", "{", "\xff"])
def test_sources_that_cannot_be_read_are_said_so_by_name(tmp_path, text):
    file = tmp_path / "sources.json"
    if text:
        file.write_bytes(text.encode("latin-1"))
    with pytest.raises(SettingsError, match="HUB_SOURCES"):
        Settings(region="r", issuer="i", sources=file).departments()


def test_each_worker_is_made_from_the_environment(monkeypatch):
    said = []
    monkeypatch.setattr(application.journal, "configure", lambda: said.append("journal"))
    for name in [name for name in os.environ if name.startswith("HUB_")]:
        monkeypatch.delenv(name)
    with pytest.raises(SettingsError):
        create()
    monkeypatch.setenv("HUB_REGION", "500152000000")
    monkeypatch.setenv("HUB_ISSUER", "http://127.0.0.1:1")
    assert create().graph is None
    assert said == ["journal", "journal"]


def test_the_clock_knows_where_it_is():
    assert clock().utcoffset().total_seconds() == 8 * 3600
