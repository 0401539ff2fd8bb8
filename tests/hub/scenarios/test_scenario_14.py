"""Scenario 14: an emergency where it happens, without a letter: identity and what is already paid; papers follow, or are called in."""

from __future__ import annotations

import re
from datetime import timedelta

import aiohttp
import pytest
import pytest_asyncio
from joserfc.jwk import OKPKey

from hub.access_log.entry import Kind
from hub.access_log.outbox import drain
from hub.access_log.store import Filter
from hub.cli.demo.enrolling import OFFICER
from hub.cli.demo.offices import Office
from hub.emergencies.follow_ups import escalate
from hub.enrolment import enrol_client, enrol_organisation
from hub.metrics import exposition
from tests.conftest import administer
from tests.hub.living import TONGNAN, WHOLE, Living, people, statuses

pytestmark = pytest.mark.asyncio(loop_scope="session")

ORGANISATION = "500152-TOWN-14"
HEAD, BROTHER = "02", "71"
AUDITED = "query A($case: ID!) { accessLog(filter: {case: $case, review: EMERGENCY}) { edges { node { id review } } } }"
REASON = "外地务工家庭出租屋起火，当晚需要安置"
TOWN = Office(
    client="500152-town-14", organisation=ORGANISATION, title="镇人民政府", department="TOWN", role="TOWNSHIP_OFFICER", officer="ZF-0014",
    purposes=("TEMP_EMERGENCY", "DIBAO_REVIEW"), key=OKPKey.generate_key("Ed25519"),
)


@pytest_asyncio.fixture(loop_scope="session")
async def town(living: Living):
    """The township where the emergency happened."""
    engine, at = living.hub.engine, living.clock()
    await enrol_organisation(
        engine, code=ORGANISATION, name=TOWN.title, department=TOWN.department, region=TONGNAN, role=TOWN.role, at=at,
    )
    await enrol_client(engine, client_id=TOWN.client, organisation=ORGANISATION, name="x", jwks=TOWN.jwks(), purposes=TOWN.purposes, at=at)
    living.offices["town"] = TOWN
    yield TOWN
    del living.offices["town"]


async def emergency(living: Living, matter, reason: str = REASON) -> str:
    return await living.token(matter, "town", purpose="TEMP_EMERGENCY", basis={"kind": "emergency", "reason": reason})


async def settled(living: Living) -> None:
    """The worker has heard of what was just changed: what its watch does at each notice, done now."""
    await living.hub.desk.watch._read(living.hub.records.fetch)


async def changes(living: Living, case: str) -> list[str]:
    await drain(living.hub.log)
    found = [one.parts()[0] for one in await living.entries(kind=Kind.CHANGE, case=case)]
    return [str(head["code"]) for head in reversed(found)]


@pytest_asyncio.fixture(loop_scope="session")
async def browser(living: Living):
    """The privacy officer, logged in."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        form = {"name": OFFICER, "password": "a long enough password"}
        await session.post(f"{living.url}/console/login", data=form, headers={"Origin": living.url})
        yield session


async def page(living: Living, browser: aiohttp.ClientSession) -> str:
    async with browser.get(f"{living.url}/console/emergencies") as told:
        assert told.status == 200
        return await told.text()


async def post(living: Living, browser: aiohttp.ClientSession, path: str, **form: str) -> tuple[int, str]:
    """A form of the page, with the session's own key."""
    key = re.search(r'name="key" value="([^"]+)"', await page(living, browser))
    assert key
    sent = browser.post(f"{living.url}/console/emergencies/{path}", data={"key": key[1], **form}, headers={"Origin": living.url})
    async with sent as reply:
        return reply.status, await reply.text()


async def test_scenario_14_an_emergency_tells_identity_and_benefits_opens_a_duty_and_consent_is_attached_later(living, town, browser):
    matter = await living.register(purposes=(), organisations=["town"], assistance="TEMP_EMERGENCY")
    with pytest.raises(ValueError, match="EMERGENCY_REASON"):
        await emergency(living, matter, "身份证号50990019800501001X的人急需救助")
    living.government.forget()
    told = await living.line.ask(await emergency(living, matter), WHOLE, {"id": matter.id})
    assert told.status == 200, told.raw
    seen = people(told)
    assert set(statuses(seen.pop(BROTHER)).values()) == {"NOT_AUTHORIZED"}, "no danger of the household's opens an obligor's life (SAL §41)"
    asked = await living.asked_about()
    assert asked == {**dict.fromkeys(asked, 0), "MZ": 2 * len(living.family.members)}, "the members, about two groups"
    assert seen[HEAD]["name"]["full"] == living.family.members[0].person.name, "who it is"
    for person in seen.values():
        # 同一时刻是否已在领取: yes or no and a band, nothing else of their life.
        open_groups = {group for group, status in statuses(person).items() if status != "NOT_COVERED"}
        assert open_groups == {"civilAssistance", "confirmation"}
        assert all(record["monthlyAmount"]["yuan"] is None for record in person["civilAssistance"]["records"] or [])
    assert {name: calls for name, calls in living.asked().items() if calls} .keys() <= {"MZ"}

    duty = await living.hub.records.fetchrow("SELECT * FROM follow_up WHERE case_id = $1", matter.id)
    assert (duty["organisation"], duty["reason"], duty["state"]) == (ORGANISATION, REASON, "OPEN")
    assert "FOLLOW_UP_OPENED" in await changes(living, matter.id)
    marked = (await living.hub.log.store.query(Filter(case=matter.id, review="EMERGENCY", kind=Kind.OUTCOME))).entries
    assert len(marked) == 1
    assert (ORGANISATION, "TEMP_EMERGENCY", 1) in await living.hub.log.store.counted(Filter(case=matter.id, review="EMERGENCY", kind=Kind.OUTCOME))

    shown = await living.line.ask(await living.auditor(), AUDITED, {"case": matter.id})
    assert {"id": marked[0].id, "review": "EMERGENCY"} in [edge["node"] for edge in shown.body["data"]["accessLog"]["edges"]]
    text = await page(living, browser)
    assert REASON in text
    assert marked[0].id in text
    assert (await post(living, browser, "mark", entry=marked[0].id, mark="OBJECTED"))[0] == 400, "an objection says why"
    assert (await post(living, browser, "mark", entry=marked[0].id, mark="OBJECTED", reason="事由过于笼统，请补充"))[0] == 200
    assert "有异议</span> 事由过于笼统" in await page(living, browser)
    intended = (await living.entries(kind=Kind.INTENT, case=matter.id))[0]
    assert (await post(living, browser, "mark", entry=intended.id, mark="SEEN"))[0] == 400, "an intent tells nothing yet"
    assert "EMERGENCY_OBJECTED" in await changes(living, matter.id)

    brought = await living.register(purposes=("DIBAO_REVIEW",), organisations=["town"], reference=matter.reference, assistance="TEMP_EMERGENCY")
    assert brought.id == matter.id
    met = await living.hub.records.fetchrow("SELECT state, letter FROM follow_up WHERE id = $1", duty["id"])
    assert (met["state"], met["letter"] in brought.numbers.values()) == ("MET", True)
    assert (await changes(living, matter.id))[-1] in {"FOLLOW_UP_MET", "CASE_REGISTERED_AGAIN"}
    assert "FOLLOW_UP_MET" in await changes(living, matter.id)
    await settled(living)
    told = await living.line.ask(await living.token(brought, "town"), WHOLE, {"id": matter.id})
    assert {statuses(person)["tax"] for person in people(told).values()} <= {"MATCHED", "NO_RECORD", "NOT_COVERED"}
    assert "MATCHED" in {statuses(person)["tax"] for person in people(told).values()}, "consent opens what the emergency did not"


async def test_scenario_14_past_its_day_the_duty_is_escalated_and_the_township_asks_no_more_in_an_emergency(living, town, browser):
    matter = await living.register(purposes=(), organisations=["town"], assistance="TEMP_EMERGENCY")
    token = await emergency(living, matter)
    yesterday = living.clock().date() - timedelta(days=1)
    duty = await living.hub.records.fetchval("UPDATE follow_up SET due = $2 WHERE case_id = $1 RETURNING id", matter.id, yesterday)
    assert await escalate(living.hub.engine, living.clock()) == 1
    shown = exposition()  # nothing is awaited since: the registry is the process's, and other tests' hubs count their duties in it
    assert b'hub_emergency_follow_ups{state="OVERDUE"} 1.0' in shown
    await settled(living)
    refused = await living.line.ask(token, WHOLE, {"id": matter.id})
    assert (refused.status, refused.code) == (403, "FOLLOW_UP_OVERDUE")
    with pytest.raises(ValueError, match="FOLLOW_UP_OVERDUE"):
        await emergency(living, matter)
    assert "FOLLOW_UP_ESCALATED" in await changes(living, matter.id)
    text = await page(living, browser)
    first = text.partition('<table id="duties">')[2].partition("<tr>")[2].partition("<tr>")[2].partition("</tr>")[0]
    assert "逾期" in first
    assert (await post(living, browser, "close", duty=duty, reason="无"))[0] == 400
    assert (await post(living, browser, "close", duty=duty, reason="当事人已返乡，手续由户籍地补办"))[0] == 200
    assert (await post(living, browser, "close", duty=duty, reason="再次结案试试"))[0] == 400, "once"
    await settled(living)
    assert (await living.line.ask(await emergency(living, matter), WHOLE, {"id": matter.id})).status == 200, "another emergency is another duty"
    await administer(living.database_url, f"DELETE FROM follow_up WHERE case_id = '{matter.id}'")
