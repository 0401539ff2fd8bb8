"""Complaints and spot checks over the whole hub: what a second person approved, of whom, and nothing beside it (57 §37, 渠县 A4 #28)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from joserfc.jwk import OKPKey

from hub.cli.demo.offices import Office
from hub.enrolment import enrol_client, enrol_organisation
from tests.hub.living import TONGNAN, WHOLE, Living, people, statuses

pytestmark = pytest.mark.asyncio(loop_scope="session")

ORGANISATION = "500152-MZ-37"
BUREAU = Office(
    client="500152-mz-37", organisation=ORGANISATION, title="民政局", department="MZ", role="DISTRICT_OFFICER", officer="MZ-0001",
    purposes=("COMPLAINT_CHECK", "SPOT_CHECK"), key=OKPKey.generate_key("Ed25519"),
)


@pytest_asyncio.fixture(loop_scope="session")
async def bureau(living: Living):
    """The county bureau."""
    engine, at = living.hub.engine, living.clock()
    await enrol_organisation(engine, code=ORGANISATION, name="民政局", department="MZ", region=TONGNAN, role=BUREAU.role, at=at)
    await enrol_client(engine, client_id=BUREAU.client, organisation=ORGANISATION, name="x", jwks=BUREAU.jwks(), purposes=BUREAU.purposes, at=at)
    living.offices |= {"bureau": BUREAU, "bureau-2": await living.second_system(BUREAU)}
    yield BUREAU
    del living.offices["bureau-2"]
    del living.offices["bureau"]


@pytest.mark.parametrize(("purpose", "more"), [("COMPLAINT_CHECK", {}), ("SPOT_CHECK", {"sample": "2026-11 新增对象抽样"})])
async def test_it_opens_the_approved_groups_of_the_approved_people_alone(living, bureau, purpose, more):
    matter = await living.register(purposes=(purpose,), organisations=["bureau"])

    async def token(officer: str) -> str:
        system = living.offices["bureau-2"] if officer == "MZ-0002" else bureau
        return await living.line.token(replace(system, officer=officer), purpose=purpose, basis=matter.basis, case=matter.id)

    async def told(officer: str = "MZ-0001") -> dict[str, dict[str, Any]]:
        answer = await living.line.ask(await token(officer), WHOLE, {"id": matter.id})
        assert answer.status == 200, answer.raw
        return people(answer)

    async def send(officer: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {await token(officer)}"}
        async with living.line.session.post(f"{living.url}/approvals{path}", json=body, headers=headers) as reply:
            return reply.status, await reply.json()

    living.government.forget()
    before = await told()
    assert {status for person in before.values() for status in statuses(person).values()} <= {"NOT_COVERED", "NOT_AUTHORIZED"}
    assert not any(living.asked().values()), "nothing is asked of a department before somebody approved"
    head = living.family.members[0].relation
    assert before[head]["name"]["full"] is not None
    body = {
        "kind": purpose, "groups": ["vehicle"], "people": [before[head]["id"]], "reason": "核实反映的车辆情况",
        "validUntil": (living.clock() + timedelta(days=3)).isoformat(), **more,
    }
    status, asked = await send("MZ-0001", "", body)
    assert (status, asked["data"]["sample"]) == (201, more.get("sample"))
    assert (await send("MZ-0002", f"/{asked['data']['id']}/decision", {"approve": True}))[0] == 200
    await living.hub.desk.watch._read(living.hub.records.fetch)
    after = await told()
    assert after[head]["vehicle"]["status"] in {"MATCHED", "NO_RECORD"}
    assert after[head]["tax"]["status"] == "NOT_COVERED"
    assert {person["vehicle"]["status"] for relation, person in after.items() if relation != head} <= {"NOT_COVERED", "NOT_AUTHORIZED"}
    assert (await told("MZ-0003"))[head]["vehicle"]["status"] == "NOT_COVERED"
