"""What a receiver may do travels with the answer, and disposal is followed from the telling to a receipt anybody can check."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import date, timedelta

import orjson
import pytest
import pytest_asyncio
from sqlalchemy import select

from hub.access_log.receipt import verify_receipt
from hub.disposal.duties import follow
from hub.disposal.reports import read
from hub.disposal.terms import duty_id
from hub.enrolment import publish_catalogue_entry
from hub.errors import Malformed
from hub.shapes import fit
from hub.sharing.due import owed as listed
from hub.tables import DisposalDuty
from policies.disposal import disposal_terms
from tests.conftest import FakeClock
from tests.hub.living import PEOPLE, TAXES, TONGNAN, Living, Matter, live, prepare

pytestmark = pytest.mark.asyncio(loop_scope="session")

TODAY = date(2026, 11, 23)
SHORT = "SW-tax-short"
CARS = TAXES.replace("tax { status records { month income { yuan } } }", "vehicle { status records { vehicleType } }")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def living(postgres, tmp_path_factory) -> AsyncIterator[Living]:
    """A hub whose clock is this module's to move."""
    async with AsyncExitStack() as stack:
        prepared = await prepare(stack, postgres, tmp_path_factory.mktemp("disposal"), TONGNAN, FakeClock(), people=100)
        one = await live(stack, prepared)
        await publish_catalogue_entry(
            one.hub.engine, entry=SHORT, fact_group="tax", name="个税", provider="税务局", attribute="UNCONDITIONAL", departments=[], purposes=[],
            legal_basis="SAL §41", valid_from=date(2026, 1, 1), valid_to=date(2028, 1, 1), at=one.clock(), onward_sharing=True,
            conditions="仅限审核", disposal="删除并出具说明", keep_days=10,
        )
        yield one


async def owed(living: Living, matter: Matter, office: str = "hd") -> dict | None:
    reply = await living.line.report(living.offices[office], "/disposals/due")
    assert reply.status == 200, reply.raw
    return next((one for one in reply.body["disposals"] if one["case"] == matter.id), None)


async def report(living: Living, duty: str, office: str = "hd", **fields: str):
    said = {"duty": duty, "outcome": "DISPOSED", "done_on": living.clock().date().isoformat(), "method": "DELETED"} | fields
    return await living.line.report(living.offices[office], "/disposals", **{name: text for name, text in said.items() if text})


async def test_terms_travel_with_every_answer_about_people(living):
    matter = await living.register()
    terms = (await living.ask(matter, CARS)).body["extensions"]["terms"]
    fit("terms", terms)
    assert terms["purpose"] == "DIBAO_REVIEW"
    assert terms["onward"] == {"groups": [], "otherwise": "CONSENT_OF_PROVIDER"}
    assert [one["group"] for one in terms["providers"]] == ["vehicle"]
    assert terms["retention"] == {"latest": "2029-11-22", "event": "CASE_CLOSED", "daysAfter": 30, "source": "example [D]"}
    assert terms["disposal"]["duty"] == duty_id(organisation=living.offices["hd"].organisation, case=matter.id, purpose="DIBAO_REVIEW")
    assert terms["disposal"]["report"] == f"{living.url}/disposals"
    nobody = (await living.ask(matter, PEOPLE)).body["extensions"]["terms"]
    fit("terms", nobody)
    assert (nobody["disposal"], nobody["retention"], nobody["providers"]) == (None, None, [])


async def test_an_audit_is_told_no_fact_and_no_terms(living):
    told = await living.line.ask(await living.auditor(), "{ accessLog(first: 1) { edges { node { id } } } }")
    assert "terms" not in told.body["extensions"]


async def test_what_a_provider_asks_stands_in_the_terms_and_bounds_the_day(living):
    matter = await living.register()
    terms = (await living.ask(matter, TAXES)).body["extensions"]["terms"]
    fit("terms", terms)
    assert terms["onward"]["groups"] == ["tax"]
    assert {"group": "tax", "entry": SHORT, "provider": "税务局", "conditions": "仅限审核", "disposal": "删除并出具说明"} in terms["providers"]
    assert terms["retention"]["latest"] == "2026-12-03"
    assert (await owed(living, matter))["due"] == "2026-12-03"


async def test_a_duty_is_followed_from_the_telling_to_a_receipt_that_verifies(living):
    matter = await living.register()
    assert await owed(living, matter) is None
    terms = (await living.ask(matter, TAXES)).body["extensions"]["terms"]
    await living.ask(matter, TAXES)
    one = await owed(living, matter)
    assert (one["duty"], one["groups"], one["answers"], one["state"]) == (terms["disposal"]["duty"], ["tax"], 2, "OPEN")
    closing = living.platform.revocation(reference=matter.reference, letter="", reason="办结")
    assert (await living.line.send("/revocations", closing)).status == 200
    one = await owed(living, matter)
    assert (one["due"], one["overdue"]) == ((TODAY + timedelta(days=10)).isoformat(), False)  # the provider's ten days come first
    told = await report(living, one["duty"])
    assert (told.status, told.body["state"]) == (200, "DISPOSED")
    head = verify_receipt(told.body["receipt"], living.hub.log.verifiers)
    assert orjson.loads(orjson.dumps(told.body["receipt"]))["entry"]
    assert head is not None
    again = await report(living, one["duty"])
    assert (again.body["report"], again.body["receipt"]["entry"]) == (told.body["report"], told.body["receipt"]["entry"])
    assert await owed(living, matter) is None
    assert any(entry.parts()[0].get("code") == "DISPOSAL_DISPOSED" for entry in await living.entries())


async def test_whoever_is_told_again_owes_again(living):
    matter = await living.register()
    await living.ask(matter, TAXES)
    duty = (await owed(living, matter))["duty"]
    assert (await report(living, duty, method="DESTROYED")).status == 200
    living.clock.advance(60)
    await living.ask(matter, TAXES)
    assert ((await owed(living, matter))["duty"], (await owed(living, matter))["answers"]) == (duty, 1)
    assert (await report(living, duty, method="DESTROYED")).status == 200
    assert await owed(living, matter) is None


async def test_what_a_law_keeps_is_owed_on_the_day_it_no_longer_does(living):
    matter = await living.register()
    await living.ask(matter, TAXES)
    duty = (await owed(living, matter))["duty"]
    until = (living.clock().date() + timedelta(days=400)).isoformat()
    kept = await report(living, duty, outcome="RETAINED", method="", ground="档案法 §15", until=until)
    assert (kept.status, kept.body["state"]) == (200, "RETAINED")
    assert ((await owed(living, matter))["state"], (await owed(living, matter))["due"]) == ("RETAINED", until)


async def test_another_organisations_duty_looks_like_none(living):
    matter = await living.register()
    await living.ask(matter, TAXES)
    duty = (await owed(living, matter))["duty"]
    assert await owed(living, matter, "jy") is None
    for office, identifier in (("jy", duty), ("hd", "duty_" + "0" * 32), ("hd", "")):
        refused = await report(living, identifier, office)
        assert (refused.status, refused.body["code"], refused.body["detail"]) == (404, "DUTY_UNKNOWN", "this organisation owes no such disposal")


async def test_nobody_reports_without_proof(living):
    async with living.line.session.post(f"{living.url}/disposals", data={"duty": "x"}) as reply:
        assert reply.status == 401


async def test_what_is_due_soon_or_overdue_is_listed_with_what_providers_owe(living):
    matter = await living.register()
    duty = (await living.ask(matter, TAXES)).body["extensions"]["terms"]["disposal"]["duty"]
    await follow(living.hub.engine)
    day, terms = living.clock().date(), disposal_terms("500152")
    for on, late in ((day, False), (day + timedelta(days=11), True)):
        assert [(one.step, one.overdue) for one in await listed(living.hub.engine, on, terms) if one.identifier == duty] == [("DISPOSAL", late)]
    far = [one for one in await listed(living.hub.engine, day - timedelta(days=30), terms) if one.identifier == duty]
    assert far == []


async def test_overdue_shows_and_each_entry_counts_once(living):
    matter = await living.register()
    await living.ask(matter, TAXES)
    await follow(living.hub.engine)
    assert await follow(living.hub.engine) == 0
    living.clock.advance(11 * 86_400)
    one = await owed(living, matter)
    assert (one["answers"], one["overdue"]) == (1, True)
    async with living.hub.engine.connect() as connection:
        row = (await connection.execute(select(DisposalDuty.letters).where(DisposalDuty.id == one["duty"]))).one()
    assert set(row.letters) <= {letter["id"] for letter in matter.letters}
    assert row.letters


DISPOSED = {"duty": "d", "outcome": "DISPOSED", "done_on": "2026-11-23", "method": "DELETED"}
RETAINED = {"duty": "d", "outcome": "RETAINED", "done_on": "2026-11-23", "ground": "档案法 §15", "until": "2027-11-23"}


@pytest.mark.parametrize(("form", "names"), [
    (DISPOSED | {"method": "SOLD"}, "method"),
    (DISPOSED | {"done_on": "2026-11-24"}, "done_on"),
    (DISPOSED | {"done_on": "yesterday"}, "done_on"),
    (DISPOSED | {"outcome": "KEPT"}, "outcome"),
    (RETAINED | {"ground": " "}, "ground"),
    (RETAINED | {"ground": "x" * 201}, "ground"),
    (RETAINED | {"ground": "为 509912199001011237 保存"}, "ground"),
    (RETAINED | {"until": "2026-11-23"}, "until"),
    ({}, "done_on"),
])
async def test_a_report_that_cannot_be_one_names_its_field(form, names):
    with pytest.raises(Malformed, match=names):
        read(form, TODAY)
