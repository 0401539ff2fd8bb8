"""安全事件 in Chromium: an officer comes by keyboard, sees who is still to be told, opens whom an incident touched."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from hub.cli.demo.enrolling import OFFICER
from tests.hub.console.leaked import CAUSE, SYSTEM, Leaked, leaked
from tests.hub.living import Living

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def leak(hub: Living) -> AsyncIterator[Leaked]:
    async with leaked(hub) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, leak: Leaked) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport={"width": 1280, "height": 1000}, locale="zh-CN")
    page = await context.new_page()
    complaints: list[str] = []
    addresses: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: addresses.append(request.url))
    await page.goto(f"{leak.living.url}/console")
    await page.fill("[name=name]", OFFICER)
    await page.fill("[name=password]", "a long enough password")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    async with page.expect_navigation():
        await page.get_by_role("navigation", name="页面").get_by_role("link", name="安全事件").press("Enter")
    yield page
    await context.close()
    assert [text for text in complaints if "Security Policy" in text] == []
    assert [address for address in addresses if not address.startswith(f"{leak.living.url}/console") or "?" in address] == []


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
