"""POST /messages of a running hub: each message once, or refused with its reason; both are entries; nothing personal rests in clear."""

from __future__ import annotations

import asyncpg
import orjson
import pytest
from joserfc import jws
from joserfc.jwk import OKPKey

from hub.messages.inbox import Inbox, drop_overdue
from hub.postgres.connection import plain_url
from policies.channels import CHANNELS
from tests.hub.living import PLATFORM
from tests.hub.messages.conftest import TOWN, Sender, application, identity, lead

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def rows(living, query: str, *arguments) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(plain_url(living.database_url))
    try:
        return await connection.fetch(query, *arguments)
    finally:
        await connection.close()


async def test_a_message_is_taken_once_however_often_and_however_newly_signed_it_comes(living, senders):
    hotline = senders["hotline-12345"]
    first = hotline.signed("LEAD", lead(), reference="L-1", message="lead-0001")
    assert await hotline.send(first) == 201
    assert hotline.told == {"state": "ACCEPTED"}
    assert await hotline.send(first) == 200
    assert hotline.told == {"state": "DUPLICATE"}
    before = living.clock()
    living.clock.advance(60)
    again = hotline.signed("LEAD", lead(), reference="L-1", message="lead-0001", occurred_at=before)
    assert again != first
    assert await hotline.send(again) == 200
    other = hotline.signed("LEAD", lead(familySituation="另一回事"), reference="L-1", message="lead-0001", occurred_at=before)
    assert await hotline.send(other) == 409
    assert hotline.told["code"] == "MESSAGE_ID_REUSED"
    assert len(await rows(living, "SELECT 1 FROM message WHERE platform = 'hotline-12345' AND id = 'lead-0001'")) == 1
    assert len(await hotline.changes("MESSAGE_ACCEPTED", "lead-0001")) == 1


async def test_a_body_no_kind_has_is_refused_before_anything_is_made_of_it(living, senders):
    hotline, now = senders["hotline-12345"], living.clock()
    for body in ({"n": 1.5}, {"键": 1}):
        claims = {
            "iss": "hotline-12345", "aud": living.url, "iat": int(now.timestamp()), "jti": "odd-body-1", "kind": "LEAD", "reference": "R",
            "occurredAt": now.isoformat(), "body": body,
        }
        header = {"alg": "Ed25519", "typ": "household-message+jws", "kid": "k1"}
        token = jws.serialize_compact(header, orjson.dumps(claims), hotline.key, algorithms=["Ed25519"])
        assert await hotline.send(token) == 422
        assert hotline.told["code"] == "MESSAGE_MALFORMED"


async def test_no_number_that_stands_in_the_log_can_be_an_id_number(living, senders):
    hotline, number = senders["hotline-12345"], identity(living)["idNumber"]
    for more in ({"reference": number}, {"message": f"lead-{number}"}):
        assert await hotline.push("LEAD", lead(), **more) == 422
        assert hotline.told["code"] == "REGISTRATION_MALFORMED"
        assert number not in hotline.told["detail"]
    desk = senders["cq-jiuzhutong"]
    assert await desk.push("PROGRESS", {"stage": "REFUSED", "officer": number[:17], "reason": "X1"}) == 422


async def test_only_a_fresh_signature_of_an_enrolled_platform_over_this_very_message_counts(living, senders):
    hotline = senders["hotline-12345"]
    token = hotline.signed("LEAD", lead())
    stranger = Sender("hotline-12345", OKPKey.generate_key("Ed25519"), living)
    for bad in (stranger.signed("LEAD", lead()), token[:-4] + "AAAA", Sender("nobody", hotline.key, living).signed("LEAD", lead())):
        assert await hotline.send(bad) == 401
        assert hotline.told["code"] == "MESSAGE_UNSIGNED"
    living.clock.advance(1200)
    assert await hotline.send(token) == 401


@pytest.mark.parametrize(("platform", "kind", "body", "code"), [
    ("hotline-12345", "APPLICATION", {}, "KIND_NOT_ALLOWED"),
    ("hotline-12345", "LEAD", {"channel": "x"}, "MESSAGE_MALFORMED"),
    ("hotline-12345", "LEAD", lead(channel="pigeon"), "CHANNEL_UNKNOWN"),
    ("hotline-12345", "LEAD", lead(suspectedTypes=["LUCK"]), "MESSAGE_MALFORMED"),
    ("hotline-12345", "LEAD", lead(outcome="INCLUDED", includedOn="2026-11-20", personSeen=True, situationClear=True), "LEAD_NOT_INVESTIGATED"),
    ("hotline-12345", "LEAD", lead(region="511725000000"), "NO_RECEIVER"),
    ("hotline-12345", "LEAD", lead(subject={"name": "某", "idNumber": "509999200001010011"}), "ID_NUMBER_INVALID"),
    ("cq-jiuzhutong", "PROGRESS", {"stage": "REFUSED"}, "OFFICER_MISSING"),
    ("cq-jiuzhutong", "PROGRESS", {"stage": "NEVER_HEARD"}, "STAGE_NOT_REACHABLE"),
    ("cq-jiuzhutong", "LIVENESS", {"person": {"idNumber": "x" * 18, "name": "某"}, "passed": True, "image": "AAAA"}, "MESSAGE_MALFORMED"),
])
async def test_what_is_refused_says_why_and_leaves_a_reason_in_the_log_and_no_contents(living, senders, platform, kind, body, code):
    sender = senders[platform]
    name = f"refused-{code}-{kind}-{len(str(body))}"
    assert await sender.push(kind, body, message=name) in {403, 422}
    assert sender.told["code"] == code
    assert not any(str(value) in sender.told["detail"] for value in body.values() if isinstance(value, str))
    [row] = await rows(living, "SELECT state, reason, record, sealed, person_id FROM message WHERE id = $1", name)
    assert tuple(row.values()) == ("REFUSED", code, "{}", None, None)
    assert len(await sender.changes("MESSAGE_REFUSED", name)) == 1


async def test_a_refused_message_may_be_sent_again_when_what_was_missing_has_come(living, senders):
    """A liveness result of a case the platform registers a moment later."""
    desk = senders[PLATFORM]
    body = {"person": identity(living), "passed": True}
    first = await desk.push("LIVENESS", body, reference="T-LATER", message="early-0001")
    assert (first, desk.told["code"]) == (422, "CASE_UNKNOWN")
    occurred = living.clock()
    matter = await living.register()
    token = desk.signed("LIVENESS", body, reference=matter.reference, message="early-0002", occurred_at=occurred)
    assert await desk.send(token) == 201
    assert desk.told["case"] == matter.id


async def test_progress_follows_the_annex_and_the_graph_tells_the_stage(living, senders):
    desk = senders[PLATFORM]
    matter = await living.register()
    stages = [{"stage": "FIRST_REVIEW"}, {"stage": "NOTICE"}]
    for body in stages:
        assert await desk.push("PROGRESS", body, reference=matter.reference) == 201
    told = (await living.ask(matter, "query S($id: ID!) { case(id: $id) { stage } }")).body["data"]["case"]
    assert told == {"stage": "NOTICE"}
    assert await desk.push("PROGRESS", {"stage": "PAYING"}, reference=matter.reference) == 422
    assert desk.told["code"] == "STAGE_NOT_REACHABLE"
    assert await desk.push("PROGRESS", {"stage": "CONFIRMED"}, reference=matter.reference) == 422
    assert desk.told["code"] == "OFFICER_MISSING"
    assert await desk.push("PROGRESS", {"stage": "CONFIRMED", "officer": "town-7"}, reference=matter.reference) == 201


async def test_who_leaves_the_matter_ends_its_letters(living, senders):
    desk, matter = senders[PLATFORM], await living.register()
    for body in (
        {"stage": "FIRST_REVIEW"}, {"stage": "NOTICE"}, {"stage": "CONFIRMED", "officer": "o"}, {"stage": "PUBLISHED"}, {"stage": "PAYING"},
        {"stage": "STOPPED", "officer": "o", "reason": "R11"},
    ):  # fmt: skip
        assert await desk.push("PROGRESS", body, reference=matter.reference) == 201, desk.told
    [row] = await rows(living, "SELECT stage, closed_at FROM matter_case WHERE id = $1", matter.id)
    assert row["stage"] == "STOPPED"
    assert row["closed_at"] is not None


async def test_an_application_comes_in_and_its_status_goes_back_before_any_case_is_registered(living, senders):
    app, handling = senders["cq-jiuzhutong"], senders["tn-handling"]
    assert await app.push("APPLICATION", application(living), reference="CQ-77") == 201
    waiting = [one for one in await handling.collect() if one["reference"] == "CQ-77"]
    assert [(one["kind"], one["from"], one["contents"]["person"]) for one in waiting] == [("APPLICATION", "cq-jiuzhutong", identity(living))]
    assert await handling.push("PROGRESS", {"stage": "SURVEY"}, reference="CQ-77", of="cq-jiuzhutong") == 422
    assert await handling.push("PROGRESS", {"stage": "ACCEPTED"}, reference="CQ-77", of="cq-jiuzhutong") == 201
    told = [one for one in await app.collect() if one["reference"] == "CQ-77"]
    assert [(one["kind"], one["record"]) for one in told] == [("PROGRESS", {"stage": "ACCEPTED"})]
    assert await senders["dept-approval/JY"].push("PROGRESS", {"stage": "SURVEY"}, reference="CQ-77", of="cq-jiuzhutong") == 403


async def test_liveness_is_pass_or_fail_and_time_for_who_pays_and_nobody_else(living, senders):
    desk, handling, matter = senders[PLATFORM], senders["tn-handling"], await living.register()
    body = {"person": identity(living, 1), "passed": False}
    assert await desk.push("LIVENESS", body, reference=matter.reference, message="alive-0001") == 201
    [told] = [one for one in await handling.collect() if one["id"] == "alive-0001"]
    assert (told["contents"], told["record"]) == ({"passed": False, "person": identity(living, 1)}, {})
    [row] = await rows(living, "SELECT record::text, sealed FROM message WHERE id = 'alive-0001'")
    assert row["record"] == "{}"
    assert b"passed" not in row["sealed"]
    outsider = {"person": {"idNumber": living.platform.population.edge_family().head.id_number, "name": "x"}, "passed": True}
    assert await desk.push("LIVENESS", outsider, reference=matter.reference) == 422
    assert desk.told["code"] == "PERSON_NOT_OF_CASE"


async def test_statistics_are_counts_and_a_count_of_few_people_is_no_number(living, senders):
    counts = [{"indicator": "DIBAO_HOUSEHOLDS", "count": 4120}, {"indicator": "TEKUN_NEW", "count": 3}, {"indicator": "REFUSED", "count": 0}]
    body = {"period": "2026-10", "region": TOWN, "counts": counts}
    assert await senders["cq-jiuzhutong"].push("STAFF_STATISTICS", body, message="counts-2026-10") == 201
    [row] = await rows(living, "SELECT record->'counts' AS counts, sealed FROM message WHERE id = 'counts-2026-10'")
    assert '"count": 4120' in row["counts"]
    assert '"count": null' in row["counts"]
    assert '"count": 3}' not in row["counts"]
    assert row["sealed"] is None


async def test_a_payment_and_its_intercept_find_the_case_by_the_recipient(living, senders):
    living.clock.advance(1)  # the newest case of the recipient is this one
    paid, matter = senders["yikatong"], await living.register()
    handling = senders["tn-handling"]
    recipient = {"recipient": identity(living), "assistanceType": "DIBAO", "period": "2026-11"}
    assert await paid.push("PAYMENT", recipient | {"status": "PAID", "amount": "735.00", "accountTail": "0042"}, message="pay-000001") == 201
    assert paid.told["case"] == matter.id
    assert await paid.push("PAYMENT_INTERCEPT", recipient | {"interceptedOn": "2026-11-20", "code": "DUPLICATE_PAYEE"}, message="int-000001") == 201
    told = {one["id"]: one for one in await handling.collect()}
    assert told["pay-000001"]["contents"] == {"amount": "735.00", "accountTail": "0042", "person": identity(living)}
    assert told["int-000001"]["record"]["code"] == "DUPLICATE_PAYEE"
    assert await paid.push("PAYMENT", recipient | {"assistanceType": "TEKUN", "status": "PAID", "amount": "1.00"}) == 422
    assert paid.told["code"] == "CASE_UNKNOWN"


async def test_a_departments_own_approval_returns_to_the_platform_of_the_case(living, senders):
    school, desk, matter = senders["dept-approval/JY"], senders[PLATFORM], await living.register()
    body = {
        "person": identity(living, 3), "assistanceType": "EDUCATION", "result": "CONFIRMED", "decidedOn": "2026-11-20", "officer": "jy-3",
        "amount": "1500.00",
    }
    assert await school.push("APPROVAL_RESULT", body, reference=matter.reference, of=PLATFORM, message="edu-000001") == 201, school.told
    [told] = [one for one in await desk.collect() if one["id"] == "edu-000001"]
    assert (told["record"]["result"], told["contents"]) == ("CONFIRMED", {"amount": "1500.00", "person": identity(living, 3)})
    refused = {name: value for name, value in body.items() if name != "amount"} | {"result": "REFUSED"}
    assert await school.push("APPROVAL_RESULT", refused, reference=matter.reference, of=PLATFORM) == 422
    # Of another platform's case a department learns no more from a stranger than from a reference that is none.
    stranger = body | {"person": {"idNumber": living.platform.population.edge_family().head.id_number, "name": "x"}}
    answers = []
    for person, reference in ((stranger, matter.reference), (body, "T-NONE")):
        await school.push("APPROVAL_RESULT", person, reference=reference, of=PLATFORM)
        answers.append(school.told)
    assert [one.pop("request") for one in answers]
    assert answers[0] == answers[1]
    assert answers[0]["code"] == "CASE_UNKNOWN"


async def test_contents_go_when_they_arrived_and_a_lost_answer_loses_nothing(living, senders):
    hotline, handling = senders["hotline-qj-79222164"], senders["tn-handling"]
    body = lead(channel="hotline-qj-79222164", subject={"name": "某某", "idNumber": identity(living)["idNumber"]})
    assert await hotline.push("LEAD", body, message="hot-000001") == 201
    for _ in range(2):  # the first answer was lost
        [told] = [one for one in await handling.collect() if one["id"] == "hot-000001"]
        assert told["contents"]["familySituation"] == body["familySituation"]
    assert all(one["id"] != "hot-000001" for one in await handling.collect(received=[told["number"]]))
    [row] = await rows(living, "SELECT sealed, collected_at, record->>'channel' AS channel FROM message WHERE id = 'hot-000001'")
    assert row["sealed"] is None
    assert row["collected_at"] is not None
    assert row["channel"] == "hotline-qj-79222164"
    assert await handling.changes("MESSAGES_COLLECTED", str(told["number"]))


async def test_a_collection_is_logged_before_it_is_told_and_good_once(living, senders):
    handling = senders["tn-handling"]
    await handling.collect()
    entries = [one.parts()[1] for one in await living.entries(organisation="tn-handling")]
    assert any("collected" in entry.get("about", {}) for entry in entries)
    async with living.log_stopped():
        with pytest.raises(AssertionError, match="LOG_UNAVAILABLE"):
            await handling.collect()


async def test_contents_nobody_collects_within_their_retention_are_dropped_and_the_record_stays(living, senders):
    assert await senders["hotline-12345"].push("LEAD", lead(), message="stale-00001") == 201
    [row] = await rows(living, "SELECT keep_until FROM message WHERE id = 'stale-00001'")
    assert (row["keep_until"] - living.clock().date()).days == 30
    await rows(living, "UPDATE message SET keep_until = $1 WHERE id = 'stale-00001'", living.clock().date().replace(year=2020))
    assert await drop_overdue(living.hub.engine, living.clock()) == 1
    [row] = await rows(living, "SELECT sealed, record->>'method' AS method FROM message WHERE id = 'stale-00001'")
    assert tuple(row.values()) == (None, "HOTLINE")


async def test_a_region_that_states_no_retention_keeps_no_contents(living, senders):
    hub, hotline = living.hub, senders["hotline-12345"]
    inbox = Inbox(hub.engine, hub.vault, random=hub.random, audience=living.url, retention={})
    taken = await inbox.accept(hotline.signed("LEAD", lead(), message="unkept-0001"), living.clock())
    assert (taken.state, taken.refusal.code) == ("REFUSED", "RETENTION_MISSING")
    counts = {"period": "2026-09", "region": TOWN, "counts": [{"indicator": "DIBAO_HOUSEHOLDS", "count": 7}]}
    taken = await inbox.accept(senders["cq-jiuzhutong"].signed("STAFF_STATISTICS", counts), living.clock())
    assert taken.state == "ACCEPTED"


async def test_no_row_of_the_inbox_holds_a_name_a_number_or_a_sentence_in_clear(living, senders):
    secrets = ["某某某", "独居", "接线员甲", "735.00", "1500.00", identity(living)["idNumber"], identity(living)["name"]]
    await senders["hotline-12345"].push("LEAD", lead())
    held = str(await rows(living, "SELECT * FROM message")) + str(await rows(living, "SELECT * FROM outbox"))
    assert not [secret for secret in secrets if secret in held]


async def test_every_channel_of_the_register_is_accepted_and_no_other(living, senders):
    hotline = senders["hotline-12345"]
    for channel in CHANNELS:
        assert await hotline.push("LEAD", lead(channel=channel)) == 201, channel
    assert await hotline.push("LEAD", lead(channel="channel:nobody")) == 422
    assert hotline.told["code"] == "CHANNEL_UNKNOWN"


async def test_evidence_is_a_number_and_a_hash_and_never_the_document(living, senders):
    desk, matter = senders[PLATFORM], await living.register()
    good = {"archiveNo": "DA-2026-0007", "sha256": "ab" * 32}
    for bad in ({**good, "image": "AAAA"}, {"archiveNo": "DA-2026-0007"}, {**good, "sha256": "short"}, {**good, "archiveNo": "第七号"}):
        assert await desk.push("PROGRESS", {"stage": "FIRST_REVIEW", "evidence": [bad]}, reference=matter.reference) == 422
    assert await desk.push("PROGRESS", {"stage": "FIRST_REVIEW", "evidence": [good]}, reference=matter.reference, message="proof-0001") == 201
    [row] = await rows(living, "SELECT record->'evidence'->0->>'sha256' AS hash FROM message WHERE id = 'proof-0001'")
    assert row["hash"] == good["sha256"]
