"""Records of dishonesty go out after a decision with an officer, a notice and the time to object; nothing of the kind ever comes in."""

from __future__ import annotations

import inspect
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from joserfc.jwk import OKPKey

from connectors.credit import CreditPlatform
from connectors.platform_manifest import PARTS
from hub.access_log.entry import Kind
from hub.cli.demo.offices import Office
from hub.credit.due_process import NotYet, last_day
from hub.enrolment import enrol_client, enrol_organisation
from tests.hub.living import TONGNAN, Living, Matter

pytestmark = pytest.mark.asyncio(loop_scope="session")

PEOPLE = "query P($id: ID!) { case(id: $id) { household { members { relation person { id } } } } }"
ORGANISATION = "500152-MZ-CR"
KEY = OKPKey.generate_key("Ed25519")


@pytest_asyncio.fixture(loop_scope="session")
async def civil_affairs(living: Living) -> Office:
    """An office of the civil-affairs bureau that may record."""
    office = Office(
        client="500152-cr", organisation=ORGANISATION, title="民政局", department="MZ", role="DISTRICT_OFFICER", officer="MZ-0311",
        purposes=("CREDIT_RECORD", "DIBAO_REVIEW"), key=KEY,
    )
    engine, at = living.hub.engine, living.clock()
    await enrol_organisation(engine, code=ORGANISATION, name="民政局", department="MZ", region=TONGNAN, role=office.role, at=at)
    await enrol_client(engine, client_id=office.client, organisation=ORGANISATION, name="x", jwks=office.jwks(), purposes=office.purposes, at=at)
    living.offices["cr"] = office
    yield office
    del living.offices["cr"]


class Desk:
    """The office at work on one case."""

    def __init__(self, living: Living, matter: Matter) -> None:
        self.living, self.matter = living, matter

    async def token(self) -> str:
        return await self.living.token(self.matter, "cr", purpose="CREDIT_RECORD", basis={"kind": "statute", "article": "QX22 §24"})

    async def send(self, path: str, body: dict | None = None, token: str = "") -> tuple[int, dict]:
        headers = {"Authorization": f"Bearer {token or await self.token()}"}
        async with self.living.line.session.post(f"{self.living.url}/credit-records{path}", json=body, headers=headers) as reply:
            return reply.status, await reply.json()

    async def handle(self) -> str:
        told = await self.living.line.ask(await self.token(), PEOPLE, {"id": self.matter.id})
        return told.body["data"]["case"]["household"]["members"][0]["person"]["id"]

    async def notified(self, decision: str, *, days_ago: int = 0, **more: str) -> tuple[int, dict]:
        """A decision its person was told of so many days ago: the clock all tests share stays where it is."""
        day = (self.living.clock().date() - timedelta(days=days_ago)).isoformat()
        body = {"person": await self.handle(), "decision": decision, "decidedOn": day, "reason": "CONCEALED_ASSETS", "noticedOn": day} | more
        return await self.send("", body)

    @property
    def records(self) -> dict:
        return self.living.government.departments["CREDIT"].records


@pytest_asyncio.fixture(loop_scope="session")
async def desk(living, civil_affairs) -> Desk:
    return Desk(living, await living.register(organisations=["hd", "cr"]))


async def test_a_decision_is_filed_once_its_time_to_object_is_over_and_not_a_day_before(living, desk):
    status, told = await desk.notified("潼民失信〔2026〕1号", days_ago=15)
    assert (status, told["data"]["state"], told["data"]["objectionUntil"]) == (201, "NOTICED", living.clock().date().isoformat())
    early = told["data"]["id"]
    status, told = await desk.send(f"/{early}/filing")
    assert (status, told["code"]) == (409, "OBJECTION_PERIOD_RUNS")
    assert early not in desk.records
    _, told = await desk.notified("潼民失信〔2026〕1-1号", days_ago=16)
    record = told["data"]["id"]
    status, told = await desk.send(f"/{record}/filing")
    assert (status, told["data"]["state"]) == (200, "FILED"), told
    filed = desk.records[record]
    head = living.family.members[0].person
    assert (filed["zjhm"], filed["xm"], filed["jdwh"], filed["jbr"]) == (head.id_number, head.name, "潼民失信〔2026〕1-1号", "MZ-0311")
    assert await desk.send(f"/{record}/filing") == (200, told)
    assert len([one for one in desk.records if one == record]) == 1


async def test_an_objection_stops_it_for_good(desk):
    _, told = await desk.notified("潼民失信〔2026〕2号", days_ago=40)
    record = told["data"]["id"]
    assert (await desk.send(f"/{record}/objection"))[1]["data"]["state"] == "OBJECTED"
    status, told = await desk.send(f"/{record}/filing")
    assert (status, told["code"]) == (409, "OBJECTION_STANDS")
    assert record not in desk.records


async def test_an_objection_that_meets_the_filing_either_stops_it_or_is_told_that_it_comes_too_late(living, desk, monkeypatch):
    honest = living.hub.credit.submit

    async def meanwhile(filing):
        status, told = await desk.send(f"/{filing.reference}/objection")
        assert (status, told["code"]) == (409, "CREDIT_RECORD_FILED"), "what is on its way is not said to be stopped"
        return await honest(filing)

    _, told = await desk.notified("潼民失信〔2026〕21号", days_ago=40)
    with monkeypatch.context() as patch:
        patch.setattr(living.hub.credit, "submit", meanwhile)
        assert (await desk.send(f"/{told['data']['id']}/filing"))[1]["data"]["state"] == "FILED"

    _, told = await desk.notified("潼民失信〔2026〕22号", days_ago=40)
    record, log, append = told["data"]["id"], living.hub.log, living.hub.log.append
    objected = []

    async def before(entry):
        appended = await append(entry)
        if entry.kind is Kind.INTENT and not objected:
            objected.append(await desk.send(f"/{record}/objection"))
        return appended

    with monkeypatch.context() as patch:
        patch.setattr(type(log), "append", lambda _log, entry: before(entry))
        status, told = await desk.send(f"/{record}/filing")
    assert (objected[0][1]["data"]["state"], status, told["code"]) == ("OBJECTED", 409, "OBJECTION_STANDS")
    assert record not in desk.records


async def test_each_step_names_the_officer_and_the_platform_hears_nothing_without_the_log(living, desk):
    _, told = await desk.notified("潼民失信〔2026〕3号", days_ago=16)
    record = told["data"]["id"]
    token = await desk.token()
    async with living.log_stopped():
        assert (await desk.send(f"/{record}/filing", token=token))[0] == 503
    assert record not in desk.records
    async with living.misbehaving("CREDIT", fail=503):
        assert (await desk.send(f"/{record}/filing"))[1]["code"] == "SOURCE_ERROR"
    assert (await desk.send(f"/{record}/filing"))[0] == 200
    intents = [one.parts()[1] for one in await living.entries(kind=Kind.INTENT, organisation=ORGANISATION)]
    assert any(record in line and "潼民失信〔2026〕3号" in line for one in intents for line in one["fields"])
    assert {one["officer"] for one in intents} == {"MZ-0311"}


@pytest.mark.parametrize(("more", "status", "code"), [
    ({"person": "per_nobody"}, 404, "CREDIT_RECORD_NOT_FOUND"),
    ({"noticedOn": "2030-01-01"}, 400, "BAD_REQUEST"),
    ({"decidedOn": "2026-11-20", "noticedOn": "2026-11-19"}, 400, "BAD_REQUEST"),
    ({"reason": "因隐瞒财产"}, 400, "BAD_REQUEST"),
    ({"score": "12"}, 400, "BAD_REQUEST"),
])
async def test_a_decision_that_is_none_is_refused(desk, more, status, code):
    found, told = await desk.notified("潼民失信〔2026〕9号", **more)
    assert (found, told["code"]) == (status, code)


async def test_the_same_decision_is_recorded_once(desk):
    assert (await desk.notified("潼民失信〔2026〕4号"))[0] == 201
    assert (await desk.notified("潼民失信〔2026〕4号"))[1]["code"] == "CREDIT_RECORD_EXISTS"


async def test_only_civil_affairs_under_this_purpose_in_its_own_case(living, desk):
    _, told = await desk.notified("潼民失信〔2026〕5号")
    record = told["data"]["id"]
    review = await living.token(desk.matter, "hd")
    assert (await desk.send(f"/{record}/filing", token=review))[1]["code"] == "CREDIT_PURPOSE_ONLY"
    other = Desk(living, await living.register(organisations=["hd", "cr"]))
    assert (await other.send(f"/{record}/objection"))[1]["code"] == "CREDIT_RECORD_NOT_FOUND"


async def test_a_region_that_states_no_time_to_object_files_nothing(living):
    with pytest.raises(NotYet, match="no time to object") as caught:
        last_day(living.clock().date(), None)
    assert caught.value.code == "OBJECTION_PERIOD_MISSING"


async def test_nothing_can_be_asked_of_the_credit_platform():
    assert {name for name, _ in inspect.getmembers(CreditPlatform, inspect.isfunction) if not name.startswith("_")} == {"submit", "close"}
    assert set(PARTS["credit"]) == {"submit"}
    assert not [path.name for path in Path("connectors/manifests").glob("*.toml") if "CREDIT_" in path.read_text("utf-8")]
