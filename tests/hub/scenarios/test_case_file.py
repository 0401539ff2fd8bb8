"""The supervisor's case file (domain C5): 纪委, 审计 and 督查 read what lies in a case's file and who asked in it, by approval, and no fact."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from joserfc.jwk import OKPKey

from hub.access_log.receipt import verify_receipt
from hub.citizens.holds import Hold, lift_hold, set_hold
from hub.cli.demo.offices import Office
from hub.enrolment import enrol_client, enrol_organisation
from hub.identity import Presentation
from policies.groups import CHECK_GROUPS
from tests.hub.citizens.counter import BRIEF
from tests.hub.living import TONGNAN, WHOLE, Living, Matter, secrets_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

FILE = {"kind": "file"}
ASKED = {"system": "cq-means-check", "incomePeriod": {"from": "2025-11", "to": "2026-10"}}


def _office(department: str) -> Office:
    return Office(
        client=f"500152-{department.lower()}-s", organisation=f"500152-{department}", title=department, department=department, role="SUPERVISOR",
        officer=f"{department}-0001", purposes=("COMPLAINT_CHECK",), key=OKPKey.generate_key("Ed25519"),
    )


@dataclass
class Supervised:
    """A case with a sealed report, handled by the check body, to whose file a supervising office was named."""

    living: Living
    office: Office
    matter: Matter
    check: str
    second: Office
    officer: str = ""

    def acting(self, officer: str) -> Supervised:
        return replace(self, officer=officer)

    async def sent(self, path: str, body: dict[str, Any] | None = None, matter: Matter | None = None) -> tuple[int, dict[str, Any]]:
        case = (matter or self.matter).id
        token = await self.living.line.token(replace(self.office, officer=self.officer or self.office.officer), purpose="COMPLAINT_CHECK", basis=FILE, case=case)
        headers = {"Authorization": f"Bearer {token}"}
        method = "GET" if body is None else "POST"
        async with self.living.line.session.request(method, f"{self.living.url}{path}", json=body, headers=headers) as reply:
            return reply.status, await reply.json()

    async def people(self) -> list[str]:
        """Handles of everybody of the case, as this office knows them."""
        reach = self.living.hub.road.planner.reach
        token = await self.living.line.token(self.office, purpose="COMPLAINT_CHECK", basis=FILE, case=self.matter.id)
        standing = await self.living.hub.desk._identifier.identify(_presentation(token), self.living.clock())
        return [reach.handle("per", one.person.id, standing.caller) for one in standing.matter.members]

    async def approved(self, people: list[str], groups: list[str], *, by: str = "-0002") -> str:
        body = {
            "kind": "COMPLAINT_CHECK", "groups": groups, "people": people, "reason": "核实举报所述办理情况",
            "validUntil": (self.living.clock() + timedelta(days=3)).isoformat(),
        }
        status, asked = await self.sent("/approvals", body)
        assert status == 201, asked
        # Another officer, named by another system: one system's word makes no second person.
        second = replace(self, office=self.second)
        status, said = await second.acting(self.office.department + by).sent(f"/approvals/{asked['data']['id']}/decision", {"approve": True})
        assert status == 200, said
        await self.heard()
        return str(asked["data"]["id"])

    async def heard(self) -> None:
        await self.living.hub.desk.watch._read(self.living.hub.records.fetch)


def _presentation(token: str) -> Any:
    return Presentation(f"Bearer {token}")


async def _enrolled(living: Living, department: str) -> Office:
    office, engine, at = _office(department), living.hub.engine, living.clock()
    await enrol_organisation(engine, code=office.organisation, name=office.title, department=department, region=TONGNAN, role=office.role, at=at)
    await enrol_client(engine, client_id=office.client, organisation=office.organisation, name="x", jwks=office.jwks(), purposes=office.purposes, at=at)
    return office


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def supervised(living_hub: Living) -> AsyncIterator[Supervised]:
    living = living_hub
    office = await _enrolled(living, "JW")
    living.offices["supervisor"] = office
    matter = await living.register(organisations=["hd", "supervisor"])
    token = await living.token(matter)
    headers = {"Authorization": f"Bearer {token}"}
    async with living.line.session.post(f"{living.url}/means-checks", json=ASKED, headers=headers) as reply:
        check = (await reply.json())["data"]["id"]
    living.clock.advance(120)
    token = await living.token(matter)
    async with living.line.session.get(f"{living.url}/means-checks/{check}/report", headers={"Authorization": f"Bearer {token}"}) as reply:
        assert reply.status == 200
    yield Supervised(living, office, matter, check, await living.second_system(office))
    del living.offices["supervisor"]


async def test_one_officer_alone_reads_nothing_and_a_second_one_opens_the_file_and_no_more(supervised, living):
    assert (await supervised.sent("/case-file"))[1]["code"] == "NEEDS_APPROVAL"
    assert (await supervised.sent(f"/means-checks/{supervised.check}/report"))[1]["code"] == "NEEDS_APPROVAL"
    everybody = await supervised.people()
    approval = await supervised.approved(everybody[:1], ["vehicle"])
    living.government.forget()
    status, body = await supervised.sent("/case-file")
    assert status == 200, body
    file = body["data"]
    assert (file["reference"], [one["id"] for one in file["checks"]]) == (supervised.matter.reference, [supervised.check])
    assert [one["person"] for one in file["people"]] == everybody
    assert "500152-MZ-HD" in {one["organisation"] for one in file["log"]}
    text = str(body)
    for secret in secrets_of(living.platform.population):
        assert secret not in text
    assert await living.hub.desk.log_subject(living.family.head.id_number) not in text
    assert not any(living.asked().values())
    # One person and one group open no report: it tells the whole household's facts together.
    assert (await supervised.sent(f"/means-checks/{supervised.check}/report"))[1]["code"] == "NEEDS_APPROVAL"
    assert (await supervised.acting(f"{supervised.office.department}-0003").sent("/case-file"))[1]["code"] == "NEEDS_APPROVAL"
    head = verify_receipt(body["extensions"]["receipt"], living.hub.log.verifiers)
    outcome = await living.hub.log.store.entry(body["extensions"]["receipt"]["id"])
    assert (head["purpose"], outcome.parts()[1]["approvals"]) == ("COMPLAINT_CHECK", [approval])


async def test_everybody_and_every_group_approved_open_the_report_as_it_was_issued_until_it_is_withdrawn(supervised, living):
    approval = await supervised.approved(await supervised.people(), sorted(CHECK_GROUPS))
    living.government.forget()
    status, body = await supervised.sent(f"/means-checks/{supervised.check}/report")
    assert status == 200, body
    assert {line["person"] for line in body["data"]["report"]["lines"]} <= set(await supervised.people())
    assert not any(living.asked().values())
    entry = await living.hub.log.store.entry(body["extensions"]["receipt"]["id"])
    assert approval in entry.parts()[1]["approvals"]
    assert (await supervised.sent(f"/approvals/{approval}/withdrawal", {}))[0] == 200
    await supervised.heard()
    assert (await supervised.sent(f"/means-checks/{supervised.check}/report"))[1]["code"] == "NEEDS_APPROVAL"


async def test_what_is_withdrawn_while_the_file_is_read_is_not_told(supervised, living, monkeypatch):
    alone = replace(supervised, matter=await living.register(organisations=["hd", "supervisor"]))
    approval = await alone.approved((await alone.people())[:1], ["vehicle"])
    query = living.hub.log.store.query

    async def withdrawn(*wanted, **more):
        assert (await alone.sent(f"/approvals/{approval}/withdrawal", {}))[0] == 200
        await alone.heard()
        return await query(*wanted, **more)

    with monkeypatch.context() as patched:
        patched.setattr(type(living.hub.log.store), "query", lambda _store, *wanted, **more: withdrawn(*wanted, **more))
        status, body = await alone.sent("/case-file")
    assert (status, body.get("code")) == (403, "AUTH_REVOKED")


async def test_who_asked_does_not_approve_and_a_letter_opens_a_supervisor_no_fact(supervised, living):
    body = {
        "kind": "COMPLAINT_CHECK", "groups": ["vehicle"], "people": (await supervised.people())[:1], "reason": "核实举报所述办理情况",
        "validUntil": (living.clock() + timedelta(days=3)).isoformat(),
    }
    asked = (await supervised.sent("/approvals", body))[1]["data"]["id"]
    assert (await supervised.sent(f"/approvals/{asked}/decision", {"approve": True}))[1]["code"] == "SAME_OFFICER"
    token = await living.line.token(supervised.office, purpose="COMPLAINT_CHECK", basis=FILE, case=supervised.matter.id)
    assert (await living.line.ask(token, WHOLE, {"id": supervised.matter.id})).status == 403


@pytest.mark.parametrize("department", ["SJ", "DC"])
async def test_audit_and_inspection_read_a_file_alike(living, supervised, department):
    living.offices["other"] = await _enrolled(living, department)
    second = await living.second_system(living.offices["other"])
    other = Supervised(living, living.offices["other"], await living.register(organisations=["hd", "other"]), "", second)
    assert (await other.sent("/case-file"))[1]["code"] == "NEEDS_APPROVAL"
    await other.approved((await other.people())[:1], ["vehicle"])
    assert (await other.sent("/case-file"))[0] == 200
    del living.offices["other"]


async def test_a_case_the_office_was_not_named_to_is_none(supervised, living):
    with pytest.raises(ValueError, match=r"NO_JURISDICTION|AUTH_NOT_FOUND"):
        await supervised.sent("/case-file", matter=await living.register())


async def test_nobody_else_reads_a_case_file(living, supervised):
    token = await living.token(supervised.matter, basis=FILE)
    async with living.line.session.get(f"{living.url}/case-file", headers={"Authorization": f"Bearer {token}"}) as reply:
        assert (reply.status, (await reply.json())["code"]) == (403, "PURPOSE_MISMATCH")


async def test_the_people_of_the_case_see_that_it_was_read_unless_an_article_keeps_it_for_a_while(supervised, living, counter):
    await supervised.approved((await supervised.people())[:1], ["vehicle"])
    status, body = await supervised.sent("/case-file")
    assert status == 200
    question = (await living.hub.log.store.entry(body["extensions"]["receipt"]["id"])).parts()[0]["question"]
    token = await counter.token(living.family.head.id_number)
    shown = {one["id"]: one for one in await counter.accesses(token, BRIEF, first=50)}
    assert (shown[question]["organisation"]["code"], shown[question]["purpose"]) == (supervised.office.organisation, "COMPLAINT_CHECK")
    hold = Hold("", supervised.office.organisation, "", "PIPL §18(1), §35", living.clock() + timedelta(days=30), "PO-0001")
    held = await set_hold(living.hub.engine, hold, at=living.clock(), random=living.hub.random)
    told = (await counter.me(token, BRIEF, first=50))["accesses"]
    await lift_hold(living.hub.engine, held, at=living.clock())
    assert question not in {edge["node"]["id"] for edge in told["edges"]}
    assert "PIPL §18(1), §35" in {one["article"] for one in told["withheld"]}


async def test_a_cursor_that_is_none_is_refused(supervised):
    assert (await supervised.sent("/case-file?after=x"))[1]["code"] == "CURSOR_INVALID"
    await supervised.approved((await supervised.people())[:1], ["vehicle"])
    assert (await supervised.sent("/case-file?after=0"))[1]["data"]["log"] == []
