"""审批 over HTTP: what waits, was granted, refused, lapsed or taken back; what was read under an approval; the officer's second look."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from sqlalchemy import insert

from hub.access_log.entry import Kind
from hub.access_log.outbox import drain
from hub.approvals.listing import PAGE
from hub.cli.demo.enrolling import OFFICER
from hub.console.words import APPROVAL_STATES
from hub.tables import Approval
from tests.hub.console.bureau import ASKER, BUREAU, DECIDER, REASON, Bureau, asked_and_decided, rows_of
from tests.hub.living import Living

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bureau(living_hub: Living) -> AsyncIterator[Bureau]:
    async with asked_and_decided(living_hub) as made:
        yield made


async def test_nobody_sees_the_page_without_logging_in(bureau: Bureau) -> None:
    async with aiohttp.ClientSession() as stranger:
        for method, path in (("GET", ""), ("POST", ""), ("POST", "/mark")):
            async with stranger.request(method, f"{bureau.living.url}/console/approvals{path}", allow_redirects=False) as refused:
                assert (refused.status, refused.headers["location"]) == (303, "/console/login")


async def test_each_approval_stands_in_its_state_with_who_asked_who_decided_why_for_which_case_and_until_when(bureau: Bureau) -> None:
    rows = await bureau.rows()
    assert list(rows) == sorted(bureau.made.values(), reverse=True), "the newest first, and none but these"
    for state, identifier in bureau.made.items():
        row = rows[identifier]
        assert f">{APPROVAL_STATES[state]}<" in row, state
        for said in (ASKER, BUREAU.title, REASON, "举报核查", "车辆登记", "1 人", bureau.matter.id):
            assert said in row, said
        assert (DECIDER in row) is (state in {"STANDING", "REFUSED", "WITHDRAWN"}), state
        assert await bureau.rows(state=state) == {identifier: row}


async def test_a_filter_that_names_nothing_the_page_knows_is_refused_and_one_that_fits_none_says_so(bureau: Bureau) -> None:
    for form in ({"state": "NONE"}, {"state": "WAITING", "kind": "\0"}, {"after": "\0"}):
        status, text = await bureau.post("/console/approvals", **form)
        assert (status, "无法查询" in text) == (400, True)
    assert await bureau.rows(kind="SPOT_CHECK") == {}
    assert await bureau.rows(organisation=BUREAU.organisation, purpose="COMPLAINT_CHECK", kind="COMPLAINT_CHECK") == await bureau.rows()


async def test_what_was_read_under_an_approval_is_the_log_filtered_to_it_and_looking_is_an_entry(bureau: Bureau) -> None:
    read = {state: await bureau.living.entries(case=bureau.matter.id, kind=Kind.OUTCOME, approval=one) for state, one in bureau.made.items()}
    assert {state: len(found) for state, found in read.items()} == {**dict.fromkeys(bureau.made, 0), "STANDING": 1}
    before = await bureau.living.size()
    status, text = await bureau.post("/console", case=bureau.matter.id, approval=bureau.made["STANDING"], kind="OUTCOME")
    assert (status, text.count('name="id"')) == (200, 1)
    assert read["STANDING"][0].id in text
    assert f'name="approval" value="{bureau.made["STANDING"]}"' in text, "the filter stays when it is narrowed"
    assert await bureau.living.size() == before + 2
    named = await bureau.living.entries(approval=bureau.made["REFUSED"])
    assert [one.parts()[0].get("code") for one in named][-2:] == ["APPROVAL_REFUSED", "APPROVAL_ASKED"]


async def test_a_second_look_is_marked_and_logged_an_objection_says_why_and_nobody_looks_at_their_own(bureau: Bureau) -> None:
    mark, standing = "/console/approvals/mark", bureau.made["STANDING"]
    assert (await bureau.post(mark, approval=standing, mark="OBJECTED"))[0] == 400
    assert (await bureau.post(mark, approval=standing, mark="GRANTED", reason="看起来没有问题"))[0] == 400
    for nothing in (bureau.made["WAITING"], "apr_none", "\0"):
        assert (await bureau.post(mark, approval=nothing, mark="SEEN"))[0] == 400
    assert (await bureau.post(mark, approval=standing, mark="OBJECTED", reason="举报材料未附，请补充"))[0] == 200
    assert "有异议</span> 举报材料未附" in (await bureau.rows())[standing]
    assert (await bureau.post(mark, approval=standing, mark="SEEN"))[0] == 200
    assert "已复核</span>" in (await bureau.rows())[standing]
    await drain(bureau.living.hub.log)
    codes = [one.parts()[0].get("code") for one in await bureau.living.entries(kind=Kind.CHANGE, approval=standing)]
    assert codes[:2] == ["APPROVAL_SEEN", "APPROVAL_OBJECTED"]
    refused = await _own(bureau)
    status, text = await bureau.post(mark, approval=refused, mark="SEEN")
    assert (status, "未予处理" in text) == (403, True)


async def _own(bureau: Bureau) -> str:
    """An approval the privacy officer decided, in another spelling of their name."""
    row = _row(bureau, 1, state="REFUSED", decided_by=f" {OFFICER.upper()}", decided_organisation=BUREAU.organisation, decided_at=bureau.living.clock())
    async with bureau.living.hub.engine.begin() as connection:
        await connection.execute(insert(Approval).values(row))
    return str(row["id"])


async def test_older_pages_follow_without_gap_or_repetition_under_the_same_filter(bureau: Bureau) -> None:
    rows = [_row(bureau, number, purpose="SPOT_CHECK", kind="SPOT_CHECK", sample="抽样") for number in range(100, 101 + PAGE)]
    async with bureau.living.hub.engine.begin() as connection:
        await connection.execute(insert(Approval), rows)
    wanted = {"kind": "SPOT_CHECK", "case": bureau.matter.id}
    status, first = await bureau.post("/console/approvals", **wanted)
    after = re.search(r'name="after" value="([^"]+)"', first)
    assert after
    status, second = await bureau.post("/console/approvals", **wanted, after=after[1])
    assert 'name="after"' not in second
    assert [*rows_of(first), *rows_of(second)] == sorted([row["id"] for row in rows], reverse=True)
    assert (status, len(rows_of(first)), len(rows_of(second))) == (200, PAGE, 1)


def _row(bureau: Bureau, number: int, **more: Any) -> dict[str, Any]:
    at = bureau.living.clock()
    return {
        "id": f"apr_{number:026}", "case_id": bureau.matter.id, "kind": "COMPLAINT_CHECK", "purpose": "COMPLAINT_CHECK", "fact_groups": ["tax"],
        "people": [], "sample": "", "organisation": BUREAU.organisation, "officer": "MZ-0409", "reason": REASON, "asked_at": at, "state": "ASKED",
        "decided_by": "", "decided_organisation": "", "decided_at": None, "valid_until": at + timedelta(days=1), "ended_by": "", "ended_at": None,
        "client": BUREAU.client, "officer_proof": "ASSERTED", "decided_client": "", "decided_proof": "",
        **more,
    }
