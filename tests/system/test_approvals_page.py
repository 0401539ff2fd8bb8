"""审批 in Chromium: an officer comes by keyboard, finds what waits, opens what was read under an approval, objects with a reason."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.hub.console.bureau import DECIDER, Bureau, asked_and_decided
from tests.hub.living import Living
from tests.system.officer_visit import visit

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="session")]
ROWS = "#approvals tbody tr"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bureau(hub: Living) -> AsyncIterator[Bureau]:
    async with asked_and_decided(hub) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, bureau: Bureau) -> AsyncIterator[Page]:
    async with visit(browser, bureau.living, "审批") as page:
        yield page


async def test_the_page_says_where_one_is_fits_the_screen_and_names_every_control(page: Page) -> None:
    assert await page.locator("nav [aria-current=page]").inner_text() == "审批"
    assert await page.get_by_role("table", name="经第二人审批的查询").count() == 1
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    nameless = "[...document.querySelectorAll('main input:not([type=hidden]), main select')].filter(e => !e.labels.length).length"
    assert await page.evaluate(nameless) == 0
    spoken = [await one.get_attribute("aria-label") for one in await page.get_by_role("button", name="所查的记录").all()]
    assert len(set(spoken)) == len(spoken) == 5, "each says of which approval"


async def test_what_waits_is_found_by_its_state_from_the_keyboard(page: Page, bureau: Bureau) -> None:
    await page.get_by_label("状态").select_option("WAITING")
    async with page.expect_navigation():
        await page.get_by_label("事项").press("Enter")
    assert await page.locator(ROWS).count() == 1
    assert await page.locator(ROWS).get_attribute("id") == bureau.made["WAITING"]
    assert await page.get_by_label("状态").input_value() == "WAITING"


async def test_an_approval_leads_to_what_was_read_under_it(page: Page, bureau: Bureau) -> None:
    granted = page.locator(f"#{bureau.made['STANDING']}")
    assert DECIDER in await granted.inner_text()
    async with page.expect_navigation():
        await granted.get_by_role("button", name="所查的记录").press("Enter")
    assert await page.locator("#entries tbody tr").count() == 1
    assert bureau.made["STANDING"] in await page.inner_text("#filter .note")


async def test_an_objection_says_why_and_stands_beside_the_approval(page: Page, bureau: Bureau) -> None:
    granted = page.locator(f"#{bureau.made['STANDING']}")
    async with page.expect_navigation():
        await granted.get_by_role("button", name="有异议").click()
    assert "未予处理" in await page.inner_text("[role=alert]")
    await granted.get_by_label("意见").fill("举报材料未附，请补充")
    async with page.expect_navigation():
        await granted.get_by_role("button", name="有异议").press("Enter")
    assert "举报材料未附" in await granted.inner_text()
    assert await granted.locator(".chip.DENY").inner_text() == "有异议"
