"""The officer's page of what providers owe: behind the log-in, overdue marked."""

from __future__ import annotations

from datetime import date

import aiohttp
import pytest

from hub.cli.demo.enrolling import OFFICER
from hub.sharing.requests import Filing, ShareRequests

PASSWORD = "a long enough password"

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_officer_sees_what_is_owed_and_what_is_overdue(living):
    requests = ShareRequests(living.hub.engine, living.hub.policy.calendar, clock=living.clock, random=living.hub.random)
    filing = Filing("EXAMPLE-tax", living.offices["hd"].organisation, "负责人", "SAL §41", "低保审核", "本区申请家庭", "API", date(2027, 6, 30))
    late, timely = await requests.file(filing), await requests.file(filing)
    due = await living.hub.records.fetchval("SELECT answer_due FROM share_request WHERE id = $1", timely)  # of a day other tests may have moved
    await living.hub.records.execute("UPDATE share_request SET answer_due = '2026-11-20' WHERE id = $1", late)
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
            page = f"{living.url}/console/sharing"
            async with browser.get(page, allow_redirects=False) as refused:
                assert (refused.status, refused.headers["location"]) == (303, "/console/login")
            await browser.post(f"{living.url}/console/login", data={"name": OFFICER, "password": PASSWORD}, headers={"Origin": living.url})
            async with browser.get(page) as told:
                text = await told.text()
                assert (told.status, told.headers["cache-control"]) == (200, "no-store")
    finally:
        await living.hub.records.execute("DELETE FROM share_request")
    rows = {one.split("</small></td>")[0][-32:]: one for one in text.split("<tr>")[2:]}
    assert {late, timely} <= set(rows)  # disposals that other tests' answers led to may stand beside them
    assert "逾期" in rows[late]
    assert "2026-11-20" in rows[late]
    assert "逾期" not in rows[timely]
    assert due.isoformat() in rows[timely]
    assert "答复共享申请" in rows[timely]
