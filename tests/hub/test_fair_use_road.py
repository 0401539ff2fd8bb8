"""Fair use over the whole hub: past a ceiling the question is refused with its own code, nobody is asked, and the privacy officer sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import aiohttp
import pytest
import pytest_asyncio

from hub.access_log.entry import Kind
from hub.cli.demo.enrolling import OFFICER
from policies.purposes import PURPOSES
from tests.conftest import FakeClock
from tests.hub.living import PEOPLE, TAXES, TONGNAN, Living, live, prepare
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

FEW = f"""
[[purpose]]
codes = "{' '.join(PURPOSES)}"
questions_a_case_a_day = 3
people_an_officer_an_hour = 100
uses_a_token = 2
source = "a test's"
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def strict_hub(postgres, tmp_path_factory) -> AsyncIterator[Living]:
    async with AsyncExitStack() as stack:
        directory = tmp_path_factory.mktemp("fair")
        (directory / "few.toml").write_text(FEW)
        prepared = await prepare(stack, postgres, directory / "hub", TONGNAN, FakeClock(), people=100, fair_use=str(directory / "few.toml"))
        yield await live(stack, prepared)


async def test_past_the_days_questions_about_a_case_nobody_is_asked_and_the_log_says_so(strict_hub):
    matter = await strict_hub.register()
    for _ in range(3):
        assert (await strict_hub.ask(matter, TAXES)).status == 200
    strict_hub.government.forget()
    token = await strict_hub.token(matter)
    reply = await strict_hub.post(token, {"query": TAXES, "variables": {"id": matter.id}})
    assert (reply.status, reply.code) == (429, "FAIR_USE")
    assert int(reply.headers["retry-after"]) == 15 * 3600, "until midnight in China"
    assert not any(strict_hub.asked().values())
    [entry] = await strict_hub.entries(kind=Kind.REFUSAL, limit=1)
    head, rest = entry.parts()
    assert (head["code"], head["case"], rest["officer"]) == ("FAIR_USE", matter.id, strict_hub.offices["hd"].officer)
    another = await strict_hub.register()
    assert (await strict_hub.ask(another, PEOPLE)).status == 200, "another case has its own"


async def test_a_purpose_may_say_how_often_a_token_is_used(strict_hub):
    matter = await strict_hub.register()
    token = await strict_hub.token(matter)
    ask = {"query": PEOPLE, "variables": {"id": matter.id}}
    assert [(await strict_hub.post(token, ask)).status for _ in range(2)] == [200, 200]
    reply = await strict_hub.post(token, ask)
    assert (reply.status, reply.code) == (401, "TOKEN_REPLAYED")
    assert (await strict_hub.refusals())[0] == "TOKEN_REPLAYED"


async def test_an_officer_sees_which_ceilings_were_met(strict_hub):
    matter = await strict_hub.register()
    for _ in range(3):
        await strict_hub.ask(matter, PEOPLE)
    await strict_hub.post(await strict_hub.token(matter), {"query": PEOPLE, "variables": {"id": matter.id}})
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        page = f"{strict_hub.url}/console/fair-use"
        async with browser.get(page, allow_redirects=False) as refused:
            assert (refused.status, refused.headers["location"]) == (303, "/console/login")
        login = {"name": OFFICER, "password": "a long enough password"}
        await browser.post(f"{strict_hub.url}/console/login", data=login, headers={"Origin": strict_hub.url})

        async def shown() -> list[str]:
            async with browser.get(page) as told:
                return [one for one in (await told.text()).split("<tr>")[2:] if matter.id in one]

        [row] = await until(shown)  # counts are carried a moment later
    assert "一事项一日查询次数" in row
    assert '<td>3</td><td><span class="chip DENY">1</span></td>' in row
