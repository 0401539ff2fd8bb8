"""The public subgraph compatibility suite, run whole: its own subgraphs, its own tests, a public router; what it found stands in docs/federation.md.

The suite's own runner starts containers and a router downloaded at run time; here its tests are started as it starts them, behind
Apollo Gateway. Its addresses are fixed: ports 4000 to 4003 of this machine must be free.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from hub.console import vendor
from tests.federation.compatibility import products
from tests.federation.test_routers import node_says
from tests.hub.living import served

pytestmark = [pytest.mark.federation, pytest.mark.asyncio(loop_scope="session")]

HERE = Path(__file__).parent
KEPT = HERE.parents[2] / "var" / "compatibility"
PRODUCTS = "http://127.0.0.1:4001/"
PASS = {
    "introspection", "@key single", "@key multiple", "@key composite", "repeatable @key", "@requires", "@provides", "@link", "@shareable", "@tag",
    "@override", "@inaccessible", "@composeDirective", "@interfaceObject",
}
NOT_SERVED = {"ftv1"}
"""Tracing in the answer would tell a router when which department answered: the hub has none, and the library neither."""


@pytest.fixture(scope="module")
def suite() -> Path:
    """The suite's package, installed by its lock's hashes with no package's own code run; kept in var/ until the lock changes."""
    stamp, digest = KEPT / "lock.sha256", hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text("utf-8") != digest:
        shutil.rmtree(KEPT, ignore_errors=True)
        KEPT.mkdir(parents=True)
        vendor.fetch(vendor.npm(), KEPT, HERE)
        stamp.write_text(digest, "utf-8")
    return KEPT / "node_modules" / "@apollo" / "federation-subgraph-compatibility-tests"


@asynccontextmanager
async def running(*command: str, given: bytes = b"", says: bytes = b"") -> AsyncIterator[None]:
    """A program that runs meanwhile; ready once it says so, or once it was started where it says nothing."""
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(given)
        process.stdin.close()
        async with asyncio.timeout(60):
            while says and says not in await process.stdout.readline():
                assert process.returncode is None
        yield
    finally:
        process.terminate()
        await process.wait()


async def answers(port: int) -> None:
    """As soon as somebody listens there."""
    async with asyncio.timeout(60):
        while True:
            try:
                _, writer = await asyncio.open_connection("localhost", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return


async def test_the_public_suite_finds_what_the_documentation_states(node: str, modules: Path, suite: Path):
    subgraphs = {name: suite / "dist" / "subgraphs" / name for name in ("users", "inventory")}
    given = [{"name": "products", "url": PRODUCTS, "sdl": products.SCHEMA.as_str()}] + [
        {"name": name, "url": f"http://localhost:{port}/", "sdl": (subgraphs[name] / f"{name}.graphql").read_text("utf-8")}
        for name, port in (("users", 4002), ("inventory", 4003))
    ]
    composed = (await node_says(node, "compose.mjs", modules, given))["apollo"]
    assert composed["errors"] == []
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(served(products.APPLICATION, 4001))
        for name, port in (("users", 4002), ("inventory", 4003)):
            await stack.enter_async_context(running(node, str(subgraphs[name] / "index.js")))
            await answers(port)
        await stack.enter_async_context(running(node, str(HERE / "gateway.mjs"), str(modules), given=composed["supergraph"].encode(), says=b"ready"))
        found = await jest(node, suite)
    assert found == dict.fromkeys(PASS, "passed") | dict.fromkeys(NOT_SERVED, "failed"), found


async def jest(node: str, suite: Path) -> dict[str, str]:
    """Each assertion of the suite: failed where any of its tests did, as the suite's own report counts."""
    config = {"testEnvironment": "node", "rootDir": str(suite / "dist"), "haste": {"retainAllFiles": True}, "testPathIgnorePatterns": []}
    process = await asyncio.create_subprocess_exec(
        node, str(KEPT / "node_modules" / "jest" / "bin" / "jest.js"), str(suite / "dist" / "tests"), "--ci", "--json", "--config", json.dumps(config),
        env={**os.environ, "PRODUCTS_URL": PRODUCTS}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 300)
    assert out, err.decode()
    found: dict[str, str] = {}
    for one in (one for file in json.loads(out)["testResults"] for one in file["assertionResults"]):
        name = one["ancestorTitles"][0] if one["ancestorTitles"] else one["fullName"]
        found[name] = "failed" if "failed" in (one["status"], found.get(name)) else "passed"
    return found
