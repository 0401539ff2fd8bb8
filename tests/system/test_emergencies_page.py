"""先行救助 in Chromium: the officer sees what is overdue first, looks a second time, objects with a reason, closes a duty."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from joserfc.jwk import OKPKey
from playwright.async_api import Browser, Page

from hub.cli.demo.enrolling import OFFICER
from hub.cli.demo.offices import Office
from hub.enrolment import enrol_client, enrol_organisation
from tests.hub.living import PEOPLE, TONGNAN, Living

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="session")]

TOWN = Office(
    client="500152-town", organisation="500152-TOWN", title="镇人民政府", department="TOWN", role="TOWNSHIP_OFFICER", officer="ZF-0014",
    purposes=("TEMP_EMERGENCY",), key=OKPKey.generate_key("Ed25519"),
)
REASONS = ("外地务工家庭出租屋起火，当晚需要安置", "独居老人突发急病，无人垫付押金")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def asked(hub: Living) -> Living:
    """Two emergencies of a township, the papers of the second overdue."""
    at = hub.clock()
    await enrol_organisation(
        hub.hub.engine, code=TOWN.organisation, name=TOWN.title, department=TOWN.department, region=TONGNAN, role=TOWN.role, at=at,
    )
    await enrol_client(hub.hub.engine, client_id=TOWN.client, organisation=TOWN.organisation, name="x", jwks=TOWN.jwks(), purposes=TOWN.purposes, at=at)
    hub.offices["town"] = TOWN
    for reason in REASONS:
        matter = await hub.register(purposes=(), organisations=["town"], assistance="TEMP_EMERGENCY")
        token = await hub.token(matter, "town", purpose="TEMP_EMERGENCY", basis={"kind": "emergency", "reason": reason})
        assert (await hub.line.ask(token, PEOPLE, {"id": matter.id})).status == 200
    await hub.hub.records.execute("UPDATE follow_up SET due = $1 WHERE reason = $2", at.date() - timedelta(days=1), REASONS[1])
    return hub


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, asked: Living) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport={"width": 1280, "height": 1000}, locale="zh-CN")
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    await page.goto(f"{asked.url}/console")
    await page.fill("[name=name]", OFFICER)
    await page.fill("[name=password]", "a long enough password")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    async with page.expect_navigation():
        await page.get_by_role("link", name="先行救助").click()
    yield page
    await context.close()
    assert [text for text in complaints if "Security Policy" in text] == []


async def test_what_is_overdue_stands_first_and_the_page_fits_the_screen(page: Page) -> None:
    duties = await page.locator("#duties tbody tr").all_inner_texts()
    assert ["逾期" in row for row in duties] == [True, False]
    assert REASONS[1] in duties[0]
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def test_a_second_look_is_marked_an_objection_says_why_and_a_closed_duty_is_gone(page: Page) -> None:
    first = page.locator("#asked tbody tr").nth(0)
    await first.locator("[name=reason]").fill("事由过于笼统，请补充")
    async with page.expect_navigation():
        await first.get_by_role("button", name="有异议").click()
    assert "有异议" in await page.locator("#asked tbody tr").nth(0).locator(".chip").inner_text()
    second = page.locator("#asked tbody tr").nth(1)
    async with page.expect_navigation():
        await second.get_by_role("button", name="有异议").click()
    assert "未予处理" in await page.inner_text("[role=alert]")
    duty = page.locator("#duties tbody tr").nth(0)
    await duty.locator("[name=reason]").fill("当事人已返乡，手续由户籍地补办")
    async with page.expect_navigation():
        await duty.get_by_role("button", name="结案").click()
    assert REASONS[1] not in await page.inner_text("#duties")
