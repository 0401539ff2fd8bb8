"""安全事件 in Chromium: an officer comes by keyboard, sees who is still to be told, opens whom an incident touched."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.hub.console.leaked import CAUSE, SYSTEM, Leaked, leaked
from tests.hub.living import Living
from tests.system.officer_visit import visit

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def leak(hub: Living) -> AsyncIterator[Leaked]:
    async with leaked(hub) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, leak: Leaked) -> AsyncIterator[Page]:
    async with visit(browser, leak.living, "安全事件") as page:
        yield page


async def test_an_officer_sees_who_is_to_be_told_and_opens_whom_it_touched(page: Page, leak: Leaked) -> None:
    assert await page.locator("nav [aria-current=page]").inner_text() == "安全事件"
    assert await page.get_by_role("table", name="个人信息安全事件").count() == 1
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    row = page.locator(f"#{leak.incident}")
    assert SYSTEM in await row.inner_text()
    assert await row.locator(".chip", has_text="应立即告知").count() == 2
    async with page.expect_navigation():
        await row.get_by_role("button", name=f"安全事件 {leak.incident} 的影响范围").press("Enter")
    assert CAUSE in await page.inner_text("#incident")
    assert await page.inner_text("#count") == f"{len(leak.living.family.everyone())} 人"
    assert await page.locator("#people tbody tr").count() == len(leak.living.family.everyone())
    assert await page.get_by_role("table", name="应告知").locator(".chip", has_text="未告知").count() >= 3
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert await page.locator("nav [aria-current=page]").inner_text() == "安全事件"
