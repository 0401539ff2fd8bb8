"""Scenario 10 of the domain: a revocation at 10:00. A fetch at 10:01 is denied; a report issued at 09:00 stays readable in its case, and is
given to nobody new. Over the whole hub, by its own clock.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.access_log.entry import Kind
from hub.access_log.receipt import verify_receipt
from hub.authorizations.reasons import Reason
from hub.cli.demo.offices import offices
from hub.enrolment import enrol_client, enrol_organisation
from tests.hub.living import TAXES, TONGNAN, Living, Matter

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHECK = {"system": "cq-means-check", "incomePeriod": {"from": "2025-11", "to": "2026-10"}}
FILE = {"kind": "file"}


def at(living: Living, hour: int, minute: int = 0) -> datetime:
    """Move the hub's clock on to the next such time of day."""
    then = living.clock.now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    living.clock.now = then if then >= living.clock.now else then + timedelta(days=1)
    return living.clock.now


async def checks(living: Living, token: str, path: str = "", body: Any = None) -> tuple[int, dict[str, Any]]:
    async with living.line.session.request(
        "GET" if body is None else "POST", f"{living.url}/means-checks{path}", json=body, headers={"Authorization": f"Bearer {token}"},
    ) as reply:
        return reply.status, await reply.json()


async def issued(living: Living, matter: Matter) -> tuple[str, dict[str, Any]]:
    """A check asked for and its report told: its number, the report."""
    status, told = await checks(living, await living.token(matter), body=CHECK)
    assert status == 201, told
    living.clock.advance(120)
    status, report = await checks(living, await living.token(matter), f"/{told['data']['id']}/report")
    assert status == 200, report
    return told["data"]["id"], report["data"]["report"]


async def refused(living: Living, matter: Matter, office: str = "hd", **asked: Any) -> str:
    with pytest.raises(ValueError, match=r"[A-Z]+_[A-Z]+") as caught:
        await living.token(matter, office, **asked)
    return str(caught.value).partition(":")[0]


async def newcomer(living: Living, matter: Matter) -> str:
    """Another check body the platform adds to the case after the withdrawal, and its token for the file."""
    office = next(one for one in offices(TONGNAN, {"MZ-HD": ["DIBAO_REVIEW"]}) if one.department == "MZ-HD")
    code, client = "500152-MZ-HD-2", "500152-hd-2"
    await enrol_organisation(
        living.hub.engine, code=code, name="又一核对中心", department="MZ-HD", region=TONGNAN, role="CHECK_OPERATOR", at=living.clock(),
    )
    keys = {"keys": [{**office.key.as_dict(private=False), "kid": f"{client}-1"}]}
    await enrol_client(living.hub.engine, client_id=client, organisation=code, name="x", jwks=keys, purposes=["DIBAO_REVIEW"], at=living.clock())
    message = living.platform.registration(
        living.family, reference=matter.reference, assistance="DIBAO", organisations=[living.offices["hd"].organisation, code],
    )
    assert (await living.line.send("/registrations", message)).status == 201
    await living.heard()
    living.offices = {**living.offices, "hd-2": type(office)(client, code, *(getattr(office, name) for name in (
        "title", "department", "role", "purposes", "officer", "key",
    )))}
    return await living.token(matter, "hd-2", basis=FILE)


async def test_scenario_10_a_revocation_stops_what_follows_and_leaves_what_was_issued_in_its_case(living):
    at(living, 8, 55)
    matter, other = await living.register(organisations=["hd", "jy"]), await living.register()
    at(living, 8, 58)
    check, report = await issued(living, matter)
    assert living.clock.now.hour == 9
    assert (await living.ask(matter, TAXES)).status == 200

    at(living, 9, 55)
    token = await living.token(matter)
    at(living, 10)
    foretold = [await living.withdraw(matter, letter=number, preview=True) for number in matter.numbers]
    assert all(one["preview"] and "REPORTS" in [line["code"] for line in one["consequence"]["stays"]] for one in foretold)
    for number in matter.numbers:
        await living.withdraw(matter, letter=number)

    at(living, 10, 1)
    living.government.forget()
    denied = await living.line.ask(token, TAXES, {"id": matter.id})
    assert (denied.status, denied.code) == (403, Reason.AUTH_REVOKED)
    assert (await checks(living, token, f"/{check}/report"))[1]["code"] == "AUTH_REVOKED"
    assert await refused(living, matter) == "AUTH_REVOKED"
    assert not any(living.asked().values()), "nobody was asked"

    on_file = await living.token(matter, basis=FILE)
    status, told = await checks(living, on_file, f"/{check}/report")
    assert (status, told["data"]["report"]) == (200, report), "the report of 09:00 is read in its case"
    receipt = verify_receipt(told["extensions"]["receipt"], living.hub.log.verifiers)
    assert (receipt["case"], receipt["purpose"]) == (matter.id, "DIBAO_REVIEW")
    entries = [one.parts()[1] for one in await living.entries(kind=Kind.INTENT, case=matter.id)]
    assert {"file"} <= {str(one.get("basis")) for one in entries}, "the log says on which ground"

    assert (await living.line.ask(on_file, TAXES, {"id": matter.id})).code == "PURPOSE_MISMATCH", "the file opens no question"
    assert (await checks(living, on_file, f"/{check}"))[1]["code"] == "PURPOSE_MISMATCH"
    assert (await checks(living, on_file, body=CHECK))[1]["code"] == "PURPOSE_MISMATCH"
    elsewhere = await living.token(other, basis=FILE)
    assert (await checks(living, elsewhere, f"/{check}/report"))[1]["code"] == "CHECK_NOT_FOUND"
    assert await refused(living, matter, "jy", purpose="EDUCATION_AID", basis=FILE) == "PURPOSE_MISMATCH"
    assert (await checks(living, await newcomer(living, matter), f"/{check}/report"))[1]["code"] == "CHECK_NOT_FOUND"
    assert not any(living.asked().values())


async def test_the_file_outlives_its_case_and_a_part_withdrawn_seals_a_report_too(living):
    matter = await living.register()
    check, report = await issued(living, matter)
    told = await living.withdraw(matter, by="p2", factGroups=["vehicle"])
    lines = {line["code"]: line for lines in told["consequence"].values() for line in lines}
    assert lines["CHECKS"]["checks"] == [check]
    assert [one["check"] for one in lines["REPORTS"]["reports"]] == [check]
    living.government.forget()
    assert (await checks(living, await living.token(matter), f"/{check}/report"))[1]["code"] == "CHECK_OUTDATED"
    ended = await living.withdraw(matter)
    assert [line["code"] for line in ended["consequence"]["stops"]] == ["QUESTIONS", "MATTER"]
    status, read = await checks(living, await living.token(matter, basis=FILE), f"/{check}/report")
    assert (status, read["data"]["report"]) == (200, report)
    assert not any(living.asked().values())
