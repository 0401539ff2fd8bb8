"""隐私审计台 in Chromium: an officer logs in, filters two days of the log, opens an entry, verifies its receipt, and leaves traces too.

Every page of these tests is watched: nothing is asked of another host, no policy is broken, no ID number stands in an address.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, Response

from hub.cli.demo.enrolling import OFFICER
from tests.hub.living import Living, secrets_of
from tests.system.days import Days, lived

PASSWORD = "a long enough password"
ROWS = "#entries tbody tr"

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def days(hub: Living) -> Days:
    return await lived(hub)


@dataclass(slots=True)
class Visit:
    """A browser's visit to the console, and what the browser noticed."""

    page: Page
    url: str
    addresses: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)

    async def log_in(self, password: str = PASSWORD) -> None:
        await self.page.goto(f"{self.url}/console")
        await self.page.fill("[name=name]", OFFICER)
        await self.page.fill("[name=password]", password)
        async with self.page.expect_navigation():
            await self.page.keyboard.press("Enter")

    async def filter(self, **wanted: str) -> list[str]:
        """The rows of a filter typed into a fresh page and sent by Enter."""
        await self.page.goto(f"{self.url}/console")
        for name, value in wanted.items():
            control = self.page.locator(f"#filter [name={name}]")
            if await control.evaluate("element => element.tagName") == "SELECT":
                await control.select_option(value)
            else:
                await control.fill(value)
        async with self.page.expect_navigation():
            await self.page.locator("#filter [name=letter]").press("Enter")
        return await self.rows()

    async def click(self, button: Locator) -> None:
        async with self.page.expect_navigation():
            await button.click()

    async def rows(self) -> list[str]:
        return [text for text in await self.page.locator(ROWS).all_inner_texts() if "没有符合条件" not in text]

    async def indices(self) -> list[int]:
        return [int(text) for text in await self.page.locator(f"{ROWS} td:first-child").all_inner_texts()]


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, hub: Living) -> AsyncIterator[Visit]:
    context = await browser.new_context(viewport={"width": 1280, "height": 1000}, locale="zh-CN")
    page = await context.new_page()
    seen = Visit(page, hub.url)
    page.on("request", lambda request: seen.addresses.append(request.url))
    page.on("response", lambda response: seen.responses.append(response))  # noqa: PLW0108 (playwright marks what it calls; a builtin cannot be marked)
    page.on("console", lambda message: seen.complaints.append(message.text))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    yield seen
    await context.close()
    assert [address for address in seen.addresses if not address.startswith(f"{hub.url}/console")] == []
    assert [address for address in seen.addresses if "?" in address or re.search(r"\d{17}", address)] == []
    assert [text for text in seen.complaints if "Security Policy" in text or "rror" in text.replace("Failed to load resource", "")] == []


@pytest_asyncio.fixture(loop_scope="session")
async def officer(visit: Visit, days: Days) -> Visit:
    await visit.log_in()
    assert "访问日志" in await visit.page.title()
    return visit


async def test_a_wrong_password_is_refused_and_the_fifth_locks_the_right_one_out_for_a_quarter_of_an_hour(
    visit: Visit, days: Days, hub: Living,
) -> None:
    for _ in range(5):
        await visit.log_in("not the password")
        assert "口令不正确" in await visit.page.inner_text("[role=alert]")
    await visit.log_in()
    assert "已锁定" in await visit.page.inner_text("[role=alert]")
    hub.clock.advance(16 * 60)
    await visit.log_in()
    assert await visit.page.locator("#entries").count() == 1


async def test_nobody_sees_the_log_without_logging_in(visit: Visit, days: Days, hub: Living) -> None:
    before = await hub.size()
    await visit.page.goto(f"{hub.url}/console")
    assert visit.page.url.endswith("/console/login")
    for path in ("/console", "/console/entry", "/console/logout"):
        answer = await visit.page.request.post(f"{hub.url}{path}", form={"id": "x"}, max_redirects=0)
        assert (answer.status, answer.headers["location"]) == (303, "/console/login")
    assert await hub.size() == before


async def test_the_page_is_chinese_first_has_nothing_inline_and_fits_an_office_screen(officer: Visit) -> None:
    page = officer.page
    assert await page.get_attribute("html", "lang") == "zh-CN"
    assert await page.locator("h1").evaluate("element => element.firstChild.textContent.trim()") == "隐私审计台"
    policy = next(each for each in reversed(officer.responses) if each.url.endswith("/console")).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    source = await page.content()
    assert not re.search(r"<script|\sstyle=|\son\w+=|javascript:", source)
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    overflowing = "[...document.querySelectorAll('#entries td, #entries .chip')].filter(e => e.scrollWidth > e.clientWidth + 1).length"
    assert await page.evaluate(overflowing) == 0


async def test_the_cookie_is_no_scripts_business_and_no_other_sites(officer: Visit) -> None:
    cookie, = await officer.page.context.cookies(f"{officer.url}/console")
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/console")
    assert await officer.page.evaluate("document.cookie") == ""


@pytest.mark.parametrize("wanted", [
    {"organisation": "500152-JY"}, {"purpose": "EDUCATION_AID"}, {"decision": "DENY"}, {"kind": "REFUSAL"},
    {"purpose": "DIBAO_REVIEW", "decision": "PARTIAL"},
])
async def test_a_filter_shows_exactly_the_entries_it_names(officer: Visit, hub: Living, wanted: dict[str, str]) -> None:
    expected = {
        entry.index for entry in await hub.entries(limit=500)
        if all(str(entry.parts()[0].get(name, entry.kind if name == "kind" else None)) == value for name, value in wanted.items())
    }
    await officer.filter(**wanted)
    assert expected
    assert set(await officer.indices()) == {index for index in expected if index >= min(await officer.indices())}
    assert len(await officer.indices()) == min(30, len(expected))


async def test_a_letter_leads_to_the_questions_asked_under_it(officer: Visit, days: Days, hub: Living) -> None:
    rows = await officer.filter(letter=days.letter)
    assert rows
    for entry in await hub.entries(limit=500):
        if entry.index in await officer.indices():
            assert days.letter in entry.parts()[1].get("letters", ())
    assert await officer.filter(letter="auth_00000000000000000000000000") == []


async def test_days_are_whole_and_the_last_one_is_included(officer: Visit, days: Days) -> None:
    first = await officer.filter(**{"from": days.yesterday, "to": days.yesterday})
    assert first
    assert all(days.yesterday in row for row in first)
    assert all(days.today in row for row in await officer.filter(**{"from": days.today, "to": days.today}))
    assert await officer.filter(to="2020-01-01") == []


async def test_a_person_is_found_by_id_number_which_is_posted_and_not_shown_again(officer: Visit, days: Days, hub: Living) -> None:
    number = hub.platform.population.edge_family().members[0].person.id_number
    rows = await officer.filter(subjectIdNumber=number, kind="OUTCOME")
    assert rows
    assert all("核对中心" in row for row in rows)
    assert number not in await officer.page.inner_text("body")
    assert "证件号码不回显" in await officer.page.inner_text("#filter")
    assert await officer.filter(subjectIdNumber=hub.platform.population.person(300).id_number) == []
    assert await officer.page.locator("[role=alert]").count() == 0
    await officer.filter(subjectIdNumber=number[:-1] + ("1" if number[-1] == "0" else "0"))
    assert "无法查询" in await officer.page.inner_text("[role=alert]")


async def test_older_pages_follow_without_gap_or_repetition_under_the_same_filter(officer: Visit, hub: Living) -> None:
    await officer.filter(purpose="DIBAO_REVIEW")
    seen = await officer.indices()
    while await officer.page.locator("#older button").count():
        await officer.click(officer.page.locator("#older button"))
        page = await officer.indices()
        assert page[0] < seen[-1]
        seen += page
    assert seen == [one.index for one in await hub.entries(limit=500, purpose="DIBAO_REVIEW")]
    assert len(seen) > 30


async def test_an_entry_opens_in_words_with_its_receipt_verified_and_leads_to_its_question(officer: Visit, days: Days) -> None:
    page = officer.page
    await officer.filter(kind="OUTCOME", decision="PARTIAL", purpose="DIBAO_REVIEW")
    await officer.click(page.locator(f"{ROWS} button").last)
    words = await page.inner_text("#words")
    for said in ("核对中心", "HD-0107", "得到答复：部分告知", "低保", "核对授权书 3 份", "公安", "税务"):
        assert said in words
    steps = await page.locator("#receipt li").all_inner_texts()
    assert len(steps) == 3
    assert all(step.startswith("✓") for step in steps)
    assert await page.locator("#told .chip").count() > 10
    await officer.click(page.locator("dd button").first)
    assert "记录先于取数" in await page.inner_text("#words")


async def test_no_page_shows_a_name_or_an_id_number(officer: Visit, days: Days, hub: Living) -> None:
    secrets = secrets_of(hub.platform.population)
    await officer.filter(kind="OUTCOME")
    sources = [await officer.page.content()]
    await officer.click(officer.page.locator(f"{ROWS} button").last)
    sources.append(await officer.page.content())
    assert [secret for secret in secrets for source in sources if secret in source] == []


async def test_the_officers_own_look_ups_are_entries_of_the_log(officer: Visit, hub: Living) -> None:
    before = await hub.size()
    await officer.page.goto(f"{hub.url}/console")
    outcome, intent = (await hub.entries(limit=2))
    assert await hub.size() == before + 2
    for entry in (intent, outcome):
        head, rest = entry.parts()
        assert (head["purpose"], rest["officer"], rest["client"]) == ("PRIVACY_AUDIT", OFFICER, "console")
    assert "隐私审计" in (await officer.rows())[0]


async def test_a_form_without_the_sessions_key_or_of_another_origin_is_refused_and_nothing_is_looked_up(
    officer: Visit, hub: Living,
) -> None:
    before = await hub.size()
    key = await officer.page.locator("[name=key]").first.get_attribute("value")
    assert key
    for form, headers in (
        ({"key": "0" * 64}, {}), ({}, {}), ({"key": "对"}, {}), ({"key": key}, {"Origin": "http://elsewhere.example"}),
    ):
        for path in ("/console", "/console/entry", "/console/logout"):
            answer = await officer.page.request.post(f"{hub.url}{path}", form=form, headers=headers, max_redirects=0)
            assert answer.status == 403
    large = await officer.page.request.post(f"{hub.url}/console", form={"key": key, "letter": "x" * 20_000})
    assert large.status == 413
    assert await hub.size() == before
    assert (await officer.page.request.post(f"{hub.url}/console", form={"key": key})).status == 200


async def test_after_logging_out_the_old_cookie_opens_nothing(officer: Visit, hub: Living) -> None:
    cookies = await officer.page.context.cookies()
    await officer.click(officer.page.get_by_text("退出"))
    assert officer.page.url.endswith("/console/login")
    await officer.page.context.add_cookies(cookies)
    await officer.page.goto(f"{hub.url}/console")
    assert officer.page.url.endswith("/console/login")


async def test_with_the_log_stopped_the_officer_sees_nothing_but_that(officer: Visit, hub: Living) -> None:
    async with hub.log_stopped():
        await officer.page.goto(f"{hub.url}/console")
        assert "暂不可写" in await officer.page.inner_text("[role=alert]")
        assert await officer.rows() == []


async def test_the_console_looks_as_the_picture_in_the_documents(officer: Visit, days: Days) -> None:
    """HUB_PICTURE names a file to write the picture to: docs/pictures/console.png is made that way."""
    await officer.filter(**{"from": days.yesterday, "to": days.yesterday})
    picture = await officer.page.screenshot(path=os.environ.get("HUB_PICTURE"), clip={"x": 0, "y": 0, "width": 1280, "height": 1000})
    assert 20_000 < len(picture) < 300_000
