"""A means check from request to report at a running hub: asked for by the check body, followed or called back, told to nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest
import pytest_asyncio

from connectors.means_check import MeansCheckSystem
from connectors.sandbox.check_system import CheckSystem
from connectors.sandbox.check_systems import SICHUAN
from hub.access_log.entry import Kind
from hub.access_log.receipt import verify_receipt
from hub.enrolment import enrol_platform
from hub.means_check.register import drop_reports
from hub.oauth.presenting import build_assertion, household_facts, token_request
from hub.postgres.connection import plain_url
from tests.connectors.platforms import manifest
from tests.hub.living import Living, Matter
from tests.hub.test_late_deliveries import during

pytestmark = pytest.mark.asyncio(loop_scope="session")

CQ = "CQ_MEANS_CHECK"
ASKED = {"system": "cq-means-check", "incomePeriod": {"from": "2025-11", "to": "2026-10"}}


async def sent(living: Living, token: str, path: str, body: dict | None = None) -> tuple[int, dict]:
    method = "GET" if body is None else "POST"
    async with living.line.session.request(
        method, f"{living.url}/means-checks{path}", json=body, headers={"Authorization": f"Bearer {token}"},
    ) as reply:
        assert reply.headers["cache-control"] == "no-store"
        return reply.status, await reply.json()


async def asked(living: Living, matter: Matter, **more) -> dict:
    status, told = await sent(living, await living.token(matter), "", ASKED | more)
    assert status == 201, told
    return told["data"]


async def column(living: Living, query: str, *arguments):
    connection = await asyncpg.connect(plain_url(living.database_url))
    try:
        return await connection.fetchval(query, *arguments)
    finally:
        await connection.close()


@pytest_asyncio.fixture(loop_scope="session")
async def sichuan(living: Living) -> AsyncIterator[CheckSystem]:
    """The province's system beside the municipality's, with its callback pointed at the hub."""
    server = CheckSystem(living.platform.population, SICHUAN, clock=living.clock)
    await server.start()
    server.callback = f"{living.url}/messages"
    system = MeansCheckSystem(manifest("sc-means-check", server.settings), clock=living.clock, random=living.hub.random)
    living.hub.check_systems["sc-means-check"] = system
    await enrol_platform(
        living.hub.engine, platform="sc-means-check", name=SICHUAN.title,
        jwks={"keys": [{**server.message_key().as_dict(private=False), "kid": "check-1"}]}, at=living.clock(), sends=["CHECK_REPORTED"],
    )
    yield server
    del living.hub.check_systems["sc-means-check"]
    await system.close()
    await server.stop()


async def test_a_check_is_asked_for_followed_and_its_report_told_with_a_receipt(living):
    matter = await living.register()
    told = await asked(living, matter)
    assert (told["status"], told["whole"], told["people"]) == ("QUEUED", True, 6)
    token = await living.token(matter)
    assert (await sent(living, token, f"/{told['id']}/report"))[1]["code"] == "CHECK_PENDING"
    living.clock.advance(120)
    token = await living.token(matter)
    assert (await sent(living, token, f"/{told['id']}"))[1]["data"]["status"] == "COMPLETE"
    status, body = await sent(living, token, f"/{told['id']}/report")
    assert status == 200, body
    report = body["data"]["report"]
    assert {line["status"] for line in report["lines"]} == {"MATCHED", "NO_RECORD"}
    assert all(line["person"].startswith("per_") for line in report["lines"])
    head = verify_receipt(body["extensions"]["receipt"], living.hub.log.verifiers)
    assert (head["purpose"], head["case"], head["organisation"]) == ("DIBAO_REVIEW", matter.id, living.offices["hd"].organisation)
    sealed = await column(living, "SELECT sealed FROM means_check WHERE id = $1", told["id"])
    assert report["reportNo"].encode() not in sealed
    # From now on the report is read where it is sealed, also while its system is down.
    async with living.misbehaving(CQ, fail=503):
        assert (await sent(living, token, f"/{told['id']}/report"))[0] == 200


async def test_every_step_is_an_intent_before_its_system_hears_and_none_without_the_log(living):
    matter = await living.register()
    told = await asked(living, matter)
    fields = [line for one in await living.entries(kind=Kind.INTENT, case=matter.id) for line in one.parts()[1]["fields"]]
    assert fields == [f"cq-means-check: means check {told['id']}, submit"]
    token = await living.token(matter)
    living.government.forget()
    async with living.log_stopped():
        assert (await sent(living, token, "", ASKED))[0] == 503
        assert (await sent(living, token, f"/{told['id']}"))[0] == 503
    assert living.government.journal(CQ).calls == 0


async def test_a_report_is_for_the_check_body_that_asked_in_its_case_and_for_nobody_else(living):
    matter, other = await living.register(organisations=["hd", "jy"], purposes=["DIBAO_REVIEW", "EDUCATION_AID"]), await living.register()
    told = await asked(living, matter)
    living.clock.advance(120)
    school = await living.token(matter, "jy", purpose="EDUCATION_AID")
    assert (await sent(living, school, f"/{told['id']}/report"))[1]["code"] == "CHECK_BODY_ONLY"
    assert (await sent(living, school, "", ASKED))[0] == 403
    elsewhere = await living.token(other)
    assert (await sent(living, elsewhere, f"/{told['id']}/report"))[1]["code"] == "CHECK_NOT_FOUND"
    assert (await sent(living, elsewhere, "/mc_none/report"))[1]["code"] == "CHECK_NOT_FOUND"
    assert (await sent(living, "no-token", f"/{told['id']}/report"))[0] == 401
    assert "CHECK_BODY_ONLY" in await living.refusals()


async def test_who_has_not_signed_is_not_submitted_and_the_check_is_never_whole(living):
    son = next(member.person for member in living.family.members if member.relation == "20")
    matter = await living.register(unsigned=[son.index])
    told = await asked(living, matter)
    assert (told["whole"], told["people"]) == (False, 5)
    check = living.government.departments[CQ].checks[told["checkNo"]]
    assert son.id_number not in str(check.people)


async def test_a_system_that_is_down_takes_the_check_later_under_the_same_reference(living):
    matter = await living.register()
    async with living.misbehaving(CQ, fail="drop"):
        told = await asked(living, matter)
    assert (told["status"], told["checkNo"]) == ("REQUESTED", None)
    status, later = await sent(living, await living.token(matter), f"/{told['id']}")
    assert (status, later["data"]["status"], later["data"]["id"]) == (200, "QUEUED", told["id"])


async def test_the_system_calls_back_and_a_call_about_another_check_is_refused(living, sichuan):
    matter = await living.register()
    told = await asked(living, matter, system="sc-means-check")
    living.clock.advance(120)
    assert await sichuan.call_back(told["checkNo"], jti="callback-0001") == 201
    assert await sichuan.call_back(told["checkNo"], jti="callback-0001") == 200
    assert await sichuan.call_back(told["checkNo"], jti="callback-0002") == 422  # CHECK_UNKNOWN: it no longer waits
    assert await column(living, "SELECT reason FROM message WHERE id = 'callback-0002'") == "CHECK_UNKNOWN"
    calls = sichuan.journal.calls
    status, body = await sent(living, await living.token(matter), f"/{told['id']}/report")
    assert (status, body["data"]["status"]) == (200, "COMPLETE")
    assert sichuan.journal.calls == calls + 1


async def test_a_withdrawn_letter_stops_checks_and_reports(living):
    matter = await living.register()
    told = await asked(living, matter)
    living.clock.advance(120)
    token = await living.token(matter)
    for number in matter.numbers:
        await living.withdraw(matter, letter=number, reason="withdrawn")
    status, body = await sent(living, token, f"/{told['id']}/report")
    assert (status, body["code"]) == (403, "AUTH_REVOKED")


async def test_who_withdrew_is_told_of_by_no_report_kept_or_not_while_the_others_still_stand(living):
    matter = await living.register()
    kept, fresh = await asked(living, matter), await asked(living, matter)
    living.clock.advance(120)
    assert (await sent(living, await living.token(matter), f"/{kept['id']}/report"))[0] == 200
    obligors = next(number for number in matter.numbers if number.endswith("O"))
    await living.withdraw(matter, letter=obligors, reason="withdrawn")
    rest = replace(matter, letters=tuple(one for one in matter.letters if one["id"] != matter.numbers[obligors]))
    token = await living.token(rest)
    assert (await sent(living, token, "", ASKED))[0] == 201, "the others may still be checked"
    living.government.forget()
    for check in (kept, fresh):
        status, body = await sent(living, token, f"/{check['id']}/report")
        assert (status, body.get("code")) == (403, "CHECK_OUTDATED")
    assert living.government.journal(CQ).calls == 0


async def test_a_letter_that_falls_while_the_intent_is_written_stops_the_submission_and_the_telling(living, monkeypatch):
    matter = await living.register()
    token, log, honest = await living.token(matter), living.hub.log, living.hub.log.append
    fallen = []

    async def slow(entry):
        appended = await honest(entry)
        if not fallen and entry.kind is Kind.INTENT:
            fallen.append(entry)
            obligors = next(number for number in matter.numbers if number.endswith("O"))
            await living.withdraw(matter, letter=obligors, reason="withdrawn")
        return appended

    living.government.forget()
    monkeypatch.setattr(type(log), "append", lambda _log, entry: slow(entry))
    assert (await sent(living, token, "", ASKED))[1]["code"] == "AUTH_REVOKED"
    assert fallen
    assert living.government.journal(CQ).calls == 0


@pytest.mark.parametrize(("kind", "outcomes"), [(Kind.INTENT, 0), (Kind.OUTCOME, 1)])
async def test_a_kept_report_is_not_told_to_who_reads_it_as_somebody_withdraws(living, monkeypatch, kind, outcomes):
    matter = await living.register()
    told = await asked(living, matter)
    living.clock.advance(120)
    token = await living.token(matter)
    assert (await sent(living, token, f"/{told['id']}/report"))[0] == 200
    before = len(await living.entries(kind=Kind.OUTCOME, case=matter.id))
    during(monkeypatch, kind, lambda: living.withdraw(matter, by="p2", factGroups=["tax"]))
    assert (await sent(living, token, f"/{told['id']}/report"))[1]["code"] == "AUTH_REVOKED"
    assert len(await living.entries(kind=Kind.OUTCOME, case=matter.id)) == before + outcomes, "nothing is recorded as told that was stopped before"


async def test_a_letter_that_falls_while_the_report_is_under_way_leaves_none_in_the_file(living, monkeypatch):
    matter = await living.register()
    told = await asked(living, matter)
    living.clock.advance(120)
    token, honest = await living.token(matter), MeansCheckSystem.report

    async def slow(system, *arguments, **more):
        report = await honest(system, *arguments, **more)
        await living.withdraw(matter, by="p2", factGroups=["tax"])
        return report

    monkeypatch.setattr(MeansCheckSystem, "report", slow)
    assert (await sent(living, token, f"/{told['id']}/report"))[1]["code"] == "AUTH_REVOKED"
    assert await column(living, "SELECT sealed IS NULL AND frozen_at IS NOT NULL FROM means_check WHERE id = $1", told["id"])
    on_file = await living.token(matter, basis={"kind": "file"})
    assert (await sent(living, on_file, f"/{told['id']}/report"))[1]["code"] == "CHECK_NOT_FOUND"


async def test_a_report_ends_with_its_retention_and_the_check_stays(living):
    matter = await living.register()
    told = await asked(living, matter)
    living.clock.advance(120)
    assert (await sent(living, await living.token(matter), f"/{told['id']}/report"))[0] == 200
    until = await column(living, "SELECT keep_until FROM means_check WHERE id = $1", told["id"])
    assert (until - living.clock().date()).days == 365
    await column(living, "UPDATE means_check SET keep_until = '2020-01-01' WHERE id = $1", told["id"])
    assert await drop_reports(living.hub.engine, living.clock()) == 1
    assert await column(living, "SELECT sealed IS NULL AND status = 'COMPLETE' FROM means_check WHERE id = $1", told["id"])


@pytest.mark.parametrize("body", [
    {"system": "cq-means-check"}, {"system": "nobody", "incomePeriod": {"from": "2025-11", "to": "2026-10"}},
    {"system": "cq-means-check", "incomePeriod": {"from": "2026-10", "to": "2025-11"}},
    {"system": "cq-means-check", "incomePeriod": {"from": "2026-13", "to": "2026-14"}}, {**ASKED, "people": ["somebody"]},
])
async def test_a_request_names_a_system_and_a_period_and_no_people(living, signed_matter, body):
    assert (await sent(living, await living.token(signed_matter), "", body))[0] == 400


async def test_a_check_counts_as_a_question_of_its_token(living):
    matter, office = await living.register(), living.offices["hd"]
    assertion = build_assertion(
        office.key, client=office.client, kid=f"{office.client}-1", audience=living.url, jti="means-check-once", now=living.clock(), officer={"id": "o"},
    )
    details = household_facts(purpose="DIBAO_REVIEW", basis=matter.basis, case=matter.id) | {"maxUses": 1}
    async with living.line.session.post(f"{living.url}/oauth/token", data=token_request(assertion, details)) as reply:
        token = (await reply.json())["access_token"]
    assert (await sent(living, token, "", ASKED))[0] == 201
    before = await column(living, "SELECT count(*) FROM means_check")
    status, told = await sent(living, token, "", ASKED)
    assert (status, told["code"]) == (401, "TOKEN_REPLAYED")
    assert await column(living, "SELECT count(*) FROM means_check") == before
    assert (await living.refusals())[0] == "TOKEN_REPLAYED"
