"""解释说明 over HTTP: behind the log-in, what is open with its day, the answer given by the officer whose session it is, and nothing of whom it is about."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
import pytest
import pytest_asyncio

from hub.actor import SESSION
from hub.cli.demo.enrolling import OFFICER
from hub.console.explanations import MOST
from tests.conftest import administer
from tests.hub.citizens.counter import Counter
from tests.hub.living import TAXES, Living

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASK = "mutation A($entry: ID, $purpose: String, $text: Statement) { requestExplanation(entry: $entry, purpose: $purpose, text: $text) { id } }"
WHY = "为什么 <b>查询</b> 我的收入"


@dataclass
class Asked:
    """One person's two requests, about an entry and a purpose; the officer's browser."""

    living: Living
    number: str
    question: str
    entry: str
    purpose: str
    browser: aiohttp.ClientSession

    async def page(self) -> str:
        async with self.browser.get(f"{self.living.url}/console/explanations") as told:
            assert (told.status, told.headers["cache-control"]) == (200, "no-store")
            assert "default-src 'none'" in told.headers["content-security-policy"]
            return await told.text()

    async def row(self, request: str) -> str:
        return (await self.page()).partition(f'<tr id="{request}">')[2].partition("</tr>")[0]

    async def post(self, path: str = "/explanations/answer", **form: str) -> tuple[int, str]:
        key = re.search(r'name="key" value="([^"]+)"', await self.page())
        assert key
        sent = self.browser.post(f"{self.living.url}/console{path}", data={"key": key[1], **form}, headers={"Origin": self.living.url})
        async with sent as reply:
            return reply.status, await reply.text()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def asked(living_hub: Living, counter: Counter) -> AsyncIterator[Asked]:
    living = living_hub
    households = (living.platform.population.household(index) for index in range(71, 77))
    family = next(one for one in households if one.head.age(living.clock().date()) >= 18 and not one.members[0].guardians)
    question = (await living.ask(await living.register(family), TAXES)).body["extensions"]["question"]
    token = await counter.token(family.head.id_number)
    filed = [
        (await counter.sent(token, ASK, **what)).body["data"]["requestExplanation"]["id"] for what in ({"entry": question, "text": WHY}, {"purpose": "DIBAO_REVIEW"})
    ]
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        form = {"name": OFFICER, "password": "a long enough password"}
        await browser.post(f"{living.url}/console/login", data=form, headers={"Origin": living.url})
        yield Asked(living, family.head.id_number, question, *filed, browser)


async def test_nobody_sees_or_answers_a_request_without_logging_in(asked: Asked) -> None:
    async with aiohttp.ClientSession() as stranger:
        for method, path in (("GET", ""), ("POST", "/answer")):
            async with stranger.request(method, f"{asked.living.url}/console/explanations{path}", allow_redirects=False) as refused:
                assert (refused.status, refused.headers["location"]) == (303, "/console/login")
    form = {"explanation": asked.entry, "outcome": "EXPLAINED", "answer": "x", "key": "forged"}
    async with asked.browser.post(f"{asked.living.url}/console/explanations/answer", data=form) as forged:
        assert forged.status == 403
    assert asked.entry in await asked.page()


async def test_a_request_shows_its_day_and_what_it_is_about_and_not_whom(asked: Asked) -> None:
    row = await asked.row(asked.entry)
    due = (asked.living.clock().date() + timedelta(days=15)).isoformat()
    for said in (due, asked.question, "/console/entry", "&lt;b&gt;查询", "重庆救助通"):
        assert said in row, said
    assert "逾期" not in row
    status, entry = await asked.post("/entry", id=asked.question)
    assert (status, "核对中心" in entry) == (200, True), "what the row opens is the log's own page of the entry"
    assert "低保审核确认" in await asked.row(asked.purpose)
    text = await asked.page()
    assert asked.number not in text
    assert await asked.living.hub.desk.log_subject(asked.number) not in text
    await administer(asked.living.database_url, f"UPDATE explanation_request SET due = '2026-11-20' WHERE id = '{asked.entry}'")
    assert "逾期" in await asked.row(asked.entry)
    await administer(asked.living.database_url, f"UPDATE explanation_request SET due = NULL WHERE id = '{asked.entry}'")
    assert "本地未定期限" in await asked.row(asked.entry)


async def test_an_answer_is_the_officers_of_the_session_and_a_refusal_needs_its_article(asked: Asked) -> None:
    for form, said in (
        ({"outcome": "REFUSED", "answer": "不予说明"}, "article"), ({"outcome": "EXPLAINED", "answer": " "}, "answer is empty"), ({"outcome": "x", "answer": "x"}, "EXPLAINED"),
        ({"outcome": "EXPLAINED", "answer": "x", "explanation": "exp_\0none"}, "no open request"),
    ):
        status, text = await asked.post(**({"explanation": asked.purpose} | form))
        assert (status, said in text) == (400, True), form
    assert asked.purpose in await asked.page()
    status, text = await asked.post(explanation=asked.purpose, outcome="EXPLAINED", answer="低保审核\r\n　依据社会救助法。")
    assert (status, asked.purpose in text) == (200, False), "back at the list"
    row = await asked.living.hub.records.fetchrow("SELECT * FROM explanation_request WHERE id = $1", asked.purpose)
    assert (row["state"], row["answered_by"], row["answered_proof"], row["answered_operator"]) == ("EXPLAINED", OFFICER, SESSION, "")
    assert (await asked.post(explanation=asked.entry, outcome="REFUSED", answer="正在核查。", article="PIPL §18(1)"))[0] == 200
    assert asked.entry not in await asked.page()


async def test_the_page_shows_so_many_at_once_and_says_that_there_are_more(asked: Asked) -> None:
    shown = (await asked.page()).count('<tr id="exp_')
    assert "仅列出" not in await asked.page()
    await administer(asked.living.database_url, f"""INSERT INTO explanation_request
        SELECT 'exp_many_' || n, (SELECT min(code) FROM organisation), 'q' || n, 'PURPOSE', 'DIBAO_REVIEW', repeat('为', 1000), 'OPEN', '', '', '', '', '', now(), NULL
        FROM generate_series(1, {MOST + 1}) n""")
    try:
        text = await asked.page()
        assert (shown <= MOST, text.count('<tr id="exp_'), "仅列出" in text) == (True, MOST, True)
    finally:
        await administer(asked.living.database_url, "DELETE FROM explanation_request WHERE id LIKE 'exp_many_%'")
