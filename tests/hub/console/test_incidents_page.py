"""安全事件 over HTTP: the list with who is still to be told and by which law, the report of one without a handle; each look an entry, or nothing shown."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from hub.access_log.entry import Kind
from hub.access_log.outbox import drain
from hub.cli.demo.enrolling import OFFICER
from hub.incidents.register import tell_authority, tell_party
from hub.people.handles import Handles
from tests.conftest import administer
from tests.hub.console.leaked import BY, CAUSE, SYSTEM, Leaked, leaked
from tests.hub.living import Living, secrets_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def leak(living_hub: Living) -> AsyncIterator[Leaked]:
    async with leaked(living_hub) as made:
        yield made


async def test_nobody_sees_an_incident_without_logging_in(leak: Leaked) -> None:
    async with aiohttp.ClientSession() as stranger:
        for method, path in (("GET", ""), ("POST", "/report")):
            data = {"incident": leak.incident} if path else None
            async with stranger.request(method, f"{leak.living.url}/console/incidents{path}", data=data, allow_redirects=False) as refused:
                assert (refused.status, refused.headers["location"]) == (303, "/console/login")
    async with leak.browser.post(f"{leak.living.url}/console/incidents/report", data={"incident": leak.incident, "key": "forged"}) as forged:
        assert (forged.status, CAUSE in await forged.text()) == (403, False)


async def test_the_list_says_what_was_stolen_who_opened_it_and_who_is_late_to_be_told_by_which_law(leak: Leaked) -> None:
    row = await leak.row()
    for said in (SYSTEM, "泄露", "未办结", "已停用 1 项", "PO-0001（操作员所称，未核验）", "应立即告知", "PIPL §57, NDS §10", "未统计"):
        assert said in row, said
    assert "逾期</span>" not in row
    opened = f"UPDATE incident SET opened_at = opened_at - interval '80 hours' WHERE id = '{leak.incident}'"
    await administer(leak.living.database_url, opened)
    assert (await leak.row()).count("逾期</span>") == 2
    by, at = BY, leak.living.clock()
    await tell_authority(leak.living.hub.engine, leak.incident, by=by, at=at)
    await tell_party(leak.living.hub.engine, leak.incident, "511725000000", by=by, at=at)
    row = await leak.row()
    assert (row.count("逾期</span>"), row.count("已告知</span>")) == (1, 1)
    assert "511725000000" in row


async def test_the_report_says_whom_it_reached_and_what_was_told_and_holds_no_handle_and_no_name(leak: Leaked) -> None:
    living = leak.living
    status, text = await leak.report(leak.incident)
    assert status == 200
    everyone = len(living.family.everyone())
    assert re.search(r'id="count">(\d+) 人', text)[1] == str(everyone)  # type: ignore[index]
    receivers, people = text.partition('id="receivers"')[2].partition('id="totell"')[0], text.partition('id="people"')[2]
    assert SYSTEM in receivers
    assert living.offices["hd"].officer in receivers
    assert people.count(leak.matter.id) == everyone
    assert "工资" in people or "收入" in people or "纳税" in people
    for secret in secrets_of(living.platform.population):
        assert secret not in text
    person = await living.hub.records.fetchval("SELECT m.person_id FROM member m JOIN household h ON h.id = m.household_id WHERE h.case_id = $1 LIMIT 1", leak.matter.id)
    handle = Handles(living.hub.keys).encode("per", person, organisation=living.offices["hd"].organisation, case=leak.matter.id)
    assert handle.split("_")[1] not in text
    assert f"{everyone} 人" in await leak.row()


async def test_each_look_is_an_entry_that_names_the_officer(leak: Leaked) -> None:
    await leak.report(leak.incident)
    await drain(leak.living.hub.log)
    entries = [one.parts() for one in await leak.living.entries(kind=Kind.CHANGE, limit=10)]
    looks: list[tuple[Any, ...]] = [
        (head["code"], rest["about"]["by"], rest["about"]["proof"]) for head, rest in entries if str(head.get("code")).startswith("INCIDENT")
    ]
    assert looks[:2] == [("INCIDENT_REPORTED", OFFICER, "CONSOLE_SESSION"), ("INCIDENTS_LISTED", OFFICER, "CONSOLE_SESSION")]


async def test_what_is_no_incident_is_not_found(leak: Leaked) -> None:
    for none in ("inc_none", "", "\0"):
        status, text = await leak.report(none)
        assert (status, "没有这一安全事件" in text) == (404, True)


@asynccontextmanager
async def _unrecorded(leak: Leaked) -> AsyncIterator[None]:
    """The records refuse these entries, and no others."""
    url = leak.living.database_url
    await administer(
        url,
        "CREATE FUNCTION no_looks() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''full''; END'",
        "CREATE TRIGGER no_looks BEFORE INSERT ON outbox FOR EACH ROW WHEN (NEW.kind LIKE 'INCIDENT%') EXECUTE FUNCTION no_looks()",
    )
    try:
        yield
    finally:
        await administer(url, "DROP TRIGGER no_looks ON outbox", "DROP FUNCTION no_looks")


async def test_where_a_look_cannot_be_recorded_nothing_is_shown(leak: Leaked) -> None:
    key = re.search(r'name="key" value="([^"]+)"', (await leak.page())[1])
    assert key
    report = leak.browser.post(
        f"{leak.living.url}/console/incidents/report", data={"key": key[1], "incident": leak.incident}, headers={"Origin": leak.living.url},
    )
    async with _unrecorded(leak):
        status, text = await leak.page()
        async with report as refused:
            several = ((status, text), (refused.status, await refused.text()))
    for status, text in several:
        assert (status, "故不予显示" in text, leak.incident in text, SYSTEM in text) == (503, True, False, False)
