"""The demonstration's world: two hubs with a database, keys, policy and population each, and the departments of both regions.

Everything lies under one directory and listens on loopback; every process dies with this one.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from connectors.sandbox.population import Population
from hub.cli.demo.enrolling import enrol, sign_agreement
from hub.cli.demo.offices import Line, Office, offices
from hub.cli.demo.registration import PlatformDesk
from hub.clock import clock
from hub.keys import KeyRing
from hub.migrate import migrate
from hub.postgres.launch import die_with
from hub.postgres.supervisor import Supervisor
from hub.ulid import new_id
from policies.purposes import PURPOSES
from schema.register import GROUPS

ROOT = Path(__file__).resolve().parents[3]
OFFICES = "offices"
"""The directory of the offices' private keys, for asking by hand (`hub client token`)."""
PATIENCE = 60.0  # seconds a process is given to say that it is ready


@dataclass(slots=True)
class Region:
    """One region of the demonstration, running."""

    code: str
    title: str
    url: str
    directory: Path
    platform: PlatformDesk
    offices: Mapping[str, Office]
    departments: Mapping[str, Any]
    database_url: str = field(repr=False)
    line: Line = field(repr=False)
    officer_password: str = field(repr=False)

    @property
    def journals(self) -> dict[str, str]:
        """Where each department's journal of what it was asked is read; a file drop has none."""
        plain, codes = self.departments["plain"]["url"], sorted({group.department for group in GROUPS.values()})
        parts = {code: self.departments[code] for code in codes if "directory" not in self.departments[code]}
        return {code: part.get("url", f"{plain}/{code}") for code, part in parts.items()}


@dataclass(slots=True)
class World:
    """Both regions."""

    tongnan: Region
    quxian: Region
    session: aiohttp.ClientSession


class Building:
    """Builds the world step by step, telling each to `say`; `stack` takes it down again."""

    def __init__(self, directory: Path, stack: AsyncExitStack, *, people: int, say: Any) -> None:
        """`people` in each region's population."""
        self._directory = directory
        self._stack = stack
        self._people = people
        self._say = say

    async def build(self) -> World:
        """Everything, ready to be asked."""
        shutil.rmtree(self._directory, ignore_errors=True)
        self._directory.mkdir(parents=True, mode=0o700)
        (self._directory / OFFICES).mkdir(mode=0o700)
        session = await self._stack.enter_async_context(aiohttp.ClientSession())
        self._say("起动部门前置数据库 starting the departments' own database server")
        departments = await self._server("departments")
        plans = [("500152", "重庆市潼南区 Tongnan", "cq-jiuzhutong"), ("511725", "四川省渠县 Quxian", "sc-tianfu")]
        self._say(f"生成两地各 {self._people} 人的模拟人口，起动各部门 populations and departments in each region")
        governments = await asyncio.gather(*(self._government(code, departments) for code, _, _ in plans))
        regions = []
        for (code, title, platform), government in zip(plans, governments, strict=True):
            self._say(f"准备{title}的数据库、密钥与登记 database, keys and enrolment")
            regions.append(await self._region(code, title, platform, government, session))
        self._say("两地签署协作协议 both regions sign their cooperation agreement")
        await sign_agreement([(r.code.ljust(12, "0"), r.url, r.directory / "keys", r.database_url) for r in regions], clock())
        self._say("起动两地枢纽 starting the two hubs")
        await asyncio.gather(*(self._hub(region, session) for region in regions))
        return World(regions[0], regions[1], session)

    async def _server(self, name: str) -> str:
        server = Supervisor(self._directory / name / "postgres", random=secrets.token_bytes)
        url = await server.start()
        self._stack.push_async_callback(server.stop)
        return url

    async def _government(self, code: str, server: str) -> Mapping[str, Any]:
        connection = await asyncpg.connect(server)
        try:
            await connection.execute(f'CREATE DATABASE "gz_{code}"')
        finally:
            await connection.close()
        directory = self._directory / f"departments-{code}"
        directory.mkdir(parents=True)
        process = await self._spawn(
            f"departments-{code}", "connectors.sandbox", "--region", code, "--people", str(self._people), "--dir", str(directory),
            "--gz-url", f"{server.rpartition('/')[0]}/gz_{code}", environment={},
        )
        if process.stdout is None:
            raise RuntimeError("the departments cannot be heard")
        async with asyncio.timeout(PATIENCE):
            line = await process.stdout.readline()
        if not line:
            raise RuntimeError(f"the departments of {code} did not start; see {self._directory}/departments-{code}.log")
        settings: Mapping[str, Any] = json.loads(line)
        return settings

    async def _region(
        self, code: str, title: str, platform: str, departments: Mapping[str, Any], session: aiohttp.ClientSession,
    ) -> Region:
        directory = self._directory / f"hub-{code}"
        directory.mkdir(mode=0o700)
        database = await self._server(f"hub-{code}")
        await migrate(database)
        KeyRing.create(directory / "keys", random=secrets.token_bytes, at=clock())
        sources = directory / "sources.json"
        sources.touch(mode=0o600)
        sources.write_text(json.dumps({k: v for k, v in departments.items() if k != "ready"}), encoding="utf-8")
        url, region = f"http://127.0.0.1:{_port(8000 + int(code[-3:]))}", code.ljust(12, "0")
        population = Population(code, self._people)
        by_department = {d: [c for c, p in PURPOSES.items() if d in p.departments] for d in ("MZ-HD", "JY", "YB", "YJ")}
        staff = {office.client.partition("-")[2]: office for office in offices(region, by_department)}
        desk = PlatformDesk(
            platform, population, url, region, clock, lambda: new_id("msg", clock(), secrets.token_bytes(10)),
        )
        for name in ("hd", "po"):
            staff[name].keep_key(self._directory / OFFICES)
        password = secrets.token_urlsafe(9)
        await enrol(
            database, region=region, offices=list(staff.values()), platforms=[desk], officer_password=password, at=clock(),
            random=secrets.token_bytes,
        )
        return Region(
            code=region, title=title, url=url, directory=directory, platform=desk, offices=staff, departments=departments,
            database_url=database, line=Line(url, session, clock, secrets.token_bytes), officer_password=password,
        )

    async def _hub(self, region: Region, session: aiohttp.ClientSession) -> None:
        environment = {
            "HUB_REGION": region.code.ljust(12, "0"), "HUB_ISSUER": region.url, "HUB_DIRECTORY": str(region.directory),
            "HUB_SOURCES": str(region.directory / "sources.json"), "HUB_DATABASE_URL": region.database_url,
            "HUB_PORT": region.url.rpartition(":")[2], "HUB_REQUIRE_DPOP": "0", "HUB_GRAPHIQL": "1", "HUB_INTROSPECTION": "1",
        }
        process = await self._spawn(region.directory.name, "hub", "serve", environment=environment)
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE
        while True:
            try:
                async with session.get(f"{region.url}/readyz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            if process.returncode is not None or loop.time() > until:
                raise RuntimeError(f"the hub of {region.title} did not become ready; see {self._directory}/{region.directory.name}.log")
            await asyncio.sleep(0.1)

    async def _spawn(self, name: str, module: str, *arguments: str, environment: Mapping[str, str]) -> asyncio.subprocess.Process:
        parent = os.getpid()
        with (self._directory / f"{name}.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", module, *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=log,
                env={**{k: v for k, v in os.environ.items() if not k.startswith("HUB_")}, **environment},
                preexec_fn=lambda: die_with(parent), start_new_session=True,
            )
        self._stack.push_async_callback(_ended, process)
        return process


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(15):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _port(wanted: int) -> int:
    """The port people expect, or the next one that is free: never one the kernel may hand to an outgoing connection meanwhile."""
    for port in range(wanted, wanted + 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port is free")
