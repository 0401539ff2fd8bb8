"""A privacy officer's visit to the console in Chromium, by keyboard; what the browser complained of and asked for is held at its end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page

from hub.cli.demo.enrolling import OFFICER
from tests.hub.living import Living


@asynccontextmanager
async def visit(browser: Browser, living: Living, link: str) -> AsyncIterator[Page]:
    """Logged in, on the page the navigation calls `link`. No policy was broken in the end, and nothing was asked for but the console, without a query."""
    context = await browser.new_context(viewport={"width": 1280, "height": 1000}, locale="zh-CN")
    page = await context.new_page()
    complaints: list[str] = []
    addresses: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: addresses.append(request.url))
    await page.goto(f"{living.url}/console")
    await page.fill("[name=name]", OFFICER)
    await page.fill("[name=password]", "a long enough password")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    async with page.expect_navigation():
        await page.get_by_role("navigation", name="页面").get_by_role("link", name=link).press("Enter")
    yield page
    await context.close()
    assert [text for text in complaints if "Security Policy" in text] == []
    assert [address for address in addresses if not address.startswith(f"{living.url}/console") or "?" in address] == []
