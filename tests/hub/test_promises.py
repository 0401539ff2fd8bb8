"""The nine promises of the README, each held against a running hub, real departments and a real database."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import asyncpg
import pytest

from hub.access_log.entry import Kind
from hub.access_log.export import export_log
from hub.access_log.receipt import BadReceipt, verify_receipt
from hub.access_log.verify import verify_log
from hub.postgres.connection import plain_url
from policies.purposes import PURPOSES
from schema import SCHEMA
from tests.hub.living import LETTER_GROUPS, PEOPLE, TAXES, WHOLE, Living, Matter, people, secrets_of, statuses
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

HEAD, WIFE, MOTHER, CHILD, STUDENT, BROTHER = "02", "12", "52", "30", "20", "71"


def data_of(raw: bytes) -> bytes:
    """The bytes of `data` as they stand in a response body."""
    return raw[len(b'{"data":') : raw.rindex(b',"extensions":')]


async def columns_asked(living: Living, department: str) -> set[tuple[str, ...]]:
    return {tuple(sorted(one["columns"])) for one in await living.journal(department)}


# 1. Decide, then fetch.


async def test_1_a_withheld_column_is_never_requested_and_nothing_more_than_the_question_names(living, signed_matter):
    document = "query($id: ID!) { case(id: $id) { household { members { person { vehicle { records { vehicleType } } } } } } }"
    assert (await living.ask(signed_matter, document)).status == 200
    assert {name: count for name, count in living.asked().items() if count} == {"GA": living.asked()["GA"]}
    asked = await columns_asked(living, "GA")
    assert len(asked) == 1
    (columns,) = asked
    assert len(columns) == 1, columns


async def test_1_a_child_of_nine_has_weaker_columns_asked_than_the_adults_of_the_same_question(living, signed_matter):
    reply = await living.ask(signed_matter)
    child = people(reply)[CHILD]
    told = {line["field"]: (line["form"], line["reason"]) for line in child["vehicle"]["disclosure"]["fields"]}
    assert told == {"plateNo": ("BOOLEAN", "UNDER_14"), "value": ("BOOLEAN", "UNDER_14")}
    per_subjects = {tuple(sorted(one["columns"])): len(one["subjects"]) for one in await living.journal("GA") if one["group"] == "vehicle"}
    widest = max(per_subjects, key=len)
    narrower = [columns for columns in per_subjects if set(columns) < set(widest)]
    assert narrower, per_subjects
    assert per_subjects[narrower[0]] == 1


# 2. One household, many signers.


async def test_2_the_whole_family_signed_the_whole_table_is_told(living, signed_matter):
    reply = await living.ask(signed_matter)
    assert reply.status == 200, reply.raw
    told = people(reply)
    assert statuses(told[HEAD]) == {group: "NO_RECORD" if group == "disability" else "MATCHED" for group in LETTER_GROUPS}
    assert [one["income"]["yuan"] for one in told[HEAD]["tax"]["records"]] == ["2900.00", "2860.00", "2900.00"]
    assert told[MOTHER]["disability"]["records"] == [
        {"category": {"code": "4", "label": "肢体残疾"}, "grade": {"code": "2"}, "validTo": "2031-06-30"},
    ]
    assert [one["areaSqm"]["value"] for one in told[WIFE]["realEstate"]["records"]] == ["89.50", "42.30"]
    assert told[STUDENT]["tax"]["status"] == "MATCHED"
    obligor = statuses(told[BROTHER])
    assert {group for group, status in obligor.items() if status == "MATCHED"} == {"vehicle", "tax", "realEstate", "socialInsurance"}
    assert obligor["marriage"] == "NOT_COVERED"
    assert all(living.asked().values())
    kinds = await living.hub.records.fetch("SELECT DISTINCT alg FROM signer")
    assert {row["alg"] for row in kinds} == {"Ed25519", "ES256"}  # the obligor's signature is of the other suite


async def test_2_one_adult_unsigned_is_not_asked_about_and_the_rest_is_told(living, signed_matter):
    await living.ask(signed_matter)
    everybody = {code: sum(len(one["subjects"]) for one in await living.journal(code)) for code in living.asked()}
    living.government.forget()
    wife = living.family.members[1].person.index
    unsigned = await living.register(unsigned={wife})
    reply = await living.ask(unsigned)
    assert reply.status == 200
    told = people(reply)
    assert set(statuses(told[WIFE]).values()) == {"NOT_AUTHORIZED"}
    assert all(told[WIFE][group]["records"] is None and told[WIFE][group]["asOf"] is None for group in LETTER_GROUPS)
    coverage = {one["relation"]: one["coverage"] for one in reply.body["data"]["case"]["household"]["members"]}
    assert coverage[WIFE] == {"covered": False, "reason": "SUBJECT_NOT_COVERED"}
    assert coverage[HEAD]["covered"]
    assert statuses(told[HEAD])["tax"] == "MATCHED"
    now = {code: sum(len(one["subjects"]) for one in await living.journal(code)) for code in living.asked()}
    # Ten groups were asked about her; each department's journal holds one subject less for each of its groups.
    assert {code: everybody[code] - now[code] for code in now} == {"GA": 2, "SW": 1, "GZ": 1, "RS": 2, "MZ": 3}


async def test_2_another_departments_aid_is_told_confirmation_alone(living):
    matter = await living.register(organisations=("hd", "jy"))
    token = await living.token(matter, "jy", purpose="EDUCATION_AID", basis={"kind": "statute", "article": "SAL §25"})
    living.government.forget()
    reply = await living.line.ask(token, WHOLE, {"id": matter.id})
    assert reply.status == 200, reply.raw
    for relation, person in people(reply).items():
        told = statuses(person)
        assert relation == BROTHER or told.pop("confirmation") == "MATCHED"
        assert not {"MATCHED", "NO_RECORD"} & {status for group, status in told.items() if group != "confirmation"}
    assert {name for name, count in living.asked().items() if count} == {"MZ"}
    assert {one["group"] for one in await living.journal("MZ")} == {"confirmation"}


# 3. Ask for the answer, not the data.


async def test_3_a_threshold_is_named_by_the_regions_policy_never_by_the_caller(living, signed_matter):
    tried = "query($id: ID!) { case(id: $id) { household { members { person { tax { records { income { atLeast(threshold: %s) } } } } } } } }"
    for invented in ('"900"', "900", "MY_OWN"):
        refused = await living.ask(signed_matter, tried % invented)
        assert (refused.status, refused.code) == (400, "DOCUMENT_INVALID"), invented
    assert set(SCHEMA.type_map["Threshold"].values) == {"LOW_INCOME_STANDARD", "EDGE_RATIO", "ASSET_LIMIT"}
    assert not any(living.asked().values())


async def test_3_where_the_value_may_not_be_told_its_weaker_form_still_may(living, signed_matter):
    document = "query($id: ID!) { case(id: $id) { household { members { relation person { name { full masked } idNumber { full masked } } } } } }"
    reply = await living.ask(signed_matter, document)
    told = {one["relation"]: one["person"] for one in reply.body["data"]["case"]["household"]["members"]}
    child = next(member.person for member in living.family.members if member.relation == CHILD)
    assert told[CHILD]["name"]["full"] is None
    assert told[CHILD]["name"]["masked"] not in {None, child.name}
    assert told[CHILD]["idNumber"]["full"] is None
    assert told[HEAD]["name"]["full"] == living.family.members[0].person.name
    assert child.name.encode() not in reply.raw
    assert child.id_number.encode() not in reply.raw


# 4. No record, no query; no record, no data.


async def test_4_with_the_log_stopped_nothing_is_asked_and_nothing_told(living, signed_matter):
    token = await living.token(signed_matter)
    size = await living.size()
    async with living.log_stopped():
        reply = await living.line.ask(token, WHOLE, {"id": signed_matter.id})
    assert (reply.status, reply.code) == (503, "LOG_UNAVAILABLE")
    assert "data" not in reply.body
    assert not any(living.asked().values())
    assert await living.size() == size
    assert (await living.line.ask(token, TAXES, {"id": signed_matter.id})).status == 200


async def test_4_a_log_that_stops_between_asking_and_telling_keeps_the_answer_back(living, signed_matter):
    token = await living.token(signed_matter)
    async with living.holding("SW") as answer:
        asking = asyncio.create_task(living.line.ask(token, TAXES, {"id": signed_matter.id}))
        await living.until_asked("SW")
        async with living.log_stopped():
            await answer()
            reply = await asking
    assert (reply.status, reply.code) == (503, "LOG_UNAVAILABLE")
    assert "data" not in reply.body
    assert b"2860" not in reply.raw
    (left_open,) = await living.entries(kind=Kind.INTENT, limit=1)
    assert not await living.hub.log.store.closing(left_open.id)
    living.clock.advance(200)
    await living.hub.upkeep._sweep.round()
    (closing,) = await living.hub.log.store.closing(left_open.id)
    assert closing.parts()[0]["code"] == "NOT_DELIVERED"


async def test_4_the_intent_is_durable_before_a_department_hears_and_its_id_travels(living, signed_matter):
    token = await living.token(signed_matter)
    async with living.holding("SW"):
        asking = asyncio.create_task(living.line.ask(token, TAXES, {"id": signed_matter.id}))
        await living.until_asked("SW")
        (newest,) = await living.entries(limit=1)
    reply = await asking
    assert newest.kind is Kind.INTENT
    assert reply.body["extensions"]["question"] == newest.id
    references = {one["reference"] for line in await living.journal("SW") for one in line["subjects"]}
    assert references == {newest.id}
    purposes = {one["purpose"] for line in await living.journal("SW") for one in line["subjects"]}
    assert purposes == {"DIBAO_REVIEW"}
    (outcome,) = await living.hub.log.store.closing(newest.id)
    assert outcome.index > newest.index


# 5. Anyone can check the log.


async def test_5_a_receipt_verifies_offline_with_the_answers_bytes_and_with_no_others(living, signed_matter):
    reply = await living.ask(signed_matter)
    receipt = reply.body["extensions"]["receipt"]
    async with living.line.session.get(f"{living.url}/log/key") as keys:
        published = (await keys.text()).split()
    assert published == [verifier.vkey for verifier in living.hub.log.verifiers]
    head = verify_receipt(receipt, living.hub.log.verifiers, data_of(reply.raw))
    assert head["question"] == reply.body["extensions"]["question"]
    with pytest.raises(BadReceipt, match="another answer"):
        verify_receipt(receipt, living.hub.log.verifiers, data_of(reply.raw).replace(b"2860.00", b"9860.00"))


async def test_5_the_whole_log_verifies_offline_and_says_nothing_of_anybody_where_it_is_public(living, signed_matter, tmp_path: Path):
    await living.ask(signed_matter, TAXES)
    exported = tmp_path / "log.jsonl"
    pool = await asyncpg.create_pool(plain_url(living.database_url), min_size=1, max_size=2)
    try:
        await export_log(living.hub.log, pool, exported)
    finally:
        await pool.close()
    report = verify_log(exported, living.hub.log.verifiers)
    assert report.ok, report
    text = exported.read_text(encoding="utf-8")
    assert not [secret for secret in secrets_of(living.platform.population) if secret in text]


async def test_5_receipts_belong_to_who_asked(living, signed_matter):
    reply = await living.ask(signed_matter, TAXES)
    path = f"{living.url}/receipts/{reply.body['extensions']['receipt']['id']}"
    own = {"Authorization": f"Bearer {await living.token(signed_matter)}"}
    other_matter = await living.register(organisations=("hd", "jy"))
    other = await living.token(other_matter, "jy", purpose="EDUCATION_AID", basis={"kind": "statute", "article": "SAL §25"})
    seen = []
    for headers in (own, {"Authorization": f"Bearer {other}"}, {}):
        async with living.line.session.get(path, headers=headers) as answer:
            seen.append(answer.status)
    assert seen == [200, 404, 401]


# 6. Answers rest nowhere.


async def test_6_no_table_and_no_file_of_the_hub_holds_a_fact_a_name_or_an_id_number(living, signed_matter):
    reply = await living.ask(signed_matter)
    facts = ["涪江运输有限公司", "46800.00", people(reply)[HEAD]["vehicle"]["records"][0]["plateNo"]["full"]]
    secrets = [*secrets_of(living.platform.population), *facts]
    found = []
    connection = await asyncpg.connect(plain_url(living.database_url))
    try:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in tables:
            for row in await connection.fetch(f'SELECT * FROM "{table}"'):
                held = b" ".join(value if isinstance(value, bytes) else str(value).encode() for value in row.values())
                found += [(table, secret) for secret in secrets if secret.encode() in held]
    finally:
        await connection.close()
    for path in living.directory.rglob("*"):
        if path.is_file() and not {"departments", "drops"} & set(path.parts):  # what lies under drops is the next test's
            found += [(path.name, secret) for secret in secrets if secret.encode() in path.read_bytes()]
    assert not found


async def test_6_a_drop_that_is_fetched_lies_private_and_is_the_departments_own_file_and_nothing_else(living, signed_matter):
    payments = "query P($id: ID!) { case(id: $id) { household { members { person { fiscalSubsidy { status records { program } } } } } } }"
    reply = await living.ask(signed_matter, payments)
    told = [one["person"]["fiscalSubsidy"] for one in reply.body["data"]["case"]["household"]["members"]]
    assert [facts["status"] for facts in told].count("MATCHED") == 1
    given = {path.name: path.read_bytes() for path in (living.directory / "departments" / "drop-CZ").iterdir()}
    copies = [path for path in living.directory.rglob("*") if "drops" in path.parts and path.is_file() and path.name != "lock"]
    assert {path.name for path in copies} == {f"ykt_202610.csv{end}" for end in ("", ".sha256", ".done")}
    for path in copies:
        assert (path.stat().st_mode & 0o777, path.read_bytes()) == (0o600, given[path.name])


# 7. Revocation always takes effect.


async def revoke(living: Living, matter: Matter, number: str) -> None:
    reply = await living.line.send("/revocations", living.platform.revocation(reference=matter.reference, letter=number, reason="withdrawn"))
    assert reply.status == 200, reply.raw


async def test_7_all_letters_withdrawn_the_token_is_refused(living):
    matter = await living.register()
    token = await living.token(matter)
    assert (await living.line.ask(token, PEOPLE, {"id": matter.id})).status == 200
    for number in matter.numbers:
        await revoke(living, matter, number)
    await living.heard()
    refused = await living.line.ask(token, WHOLE, {"id": matter.id})
    assert (refused.status, refused.code) == (403, "AUTH_REVOKED")
    assert not any(living.asked().values())


async def test_7_revocation_takes_effect_while_the_log_is_down_and_reaches_it_later(living):
    matter = await living.register()
    token = await living.token(matter)
    async with living.log_stopped():
        for number in matter.numbers:
            await revoke(living, matter, number)
        await living.heard()
        refused = await living.line.ask(token, WHOLE, {"id": matter.id})
        # A refusal of somebody known is an entry; with the log down that too is 503, and nothing was asked either way.
        assert refused.status == 503
    assert not any(living.asked().values())
    assert (await living.line.ask(token, PEOPLE, {"id": matter.id})).status == 403

    async def recorded() -> bool:
        living.hub.upkeep.wake()
        return any(one.parts()[0].get("code") in {"LETTER_REVOKED", "AUTH_REVOKED"} for one in await living.entries(kind=Kind.CHANGE))

    await until(recorded)


async def test_7_one_letter_withdrawn_its_signers_fall_and_the_others_stand(living):
    matter = await living.register()
    token = await living.token(matter)
    await revoke(living, matter, f"{matter.reference}-O")
    await living.heard()
    told = people(await living.line.ask(token, WHOLE, {"id": matter.id}))
    assert set(statuses(told[BROTHER]).values()) == {"NOT_AUTHORIZED"}
    assert statuses(told[HEAD])["tax"] == "MATCHED"


async def test_7_what_arrives_after_the_letter_fell_is_not_told(living):
    matter = await living.register()
    token = await living.token(matter)
    async with living.holding("SW"):
        asking = asyncio.create_task(living.line.ask(token, TAXES, {"id": matter.id}))
        await living.until_asked("SW")
        for number in matter.numbers:
            await revoke(living, matter, number)
        await living.heard()
    reply = await asking
    assert b"2860" not in reply.raw
    told = [one["person"]["tax"] for one in reply.body["data"]["case"]["household"]["members"]]
    assert {one["status"] for one in told} == {"NOT_AUTHORIZED"}


# 8. Freshness is typed.


async def test_8_every_group_carries_source_time_and_status_and_no_record_is_not_none(living, signed_matter):
    told = people(await living.ask(signed_matter))
    for person, group in itertools.product(told.values(), LETTER_GROUPS):
        facts = person[group]
        assert facts["source"]["department"] in {"GA", "SW", "GZ", "RS", "CL", "MZ"}
        assert facts["source"]["region"] == "500152"
        assert (facts["asOf"] is None) == (facts["status"] not in {"MATCHED", "NO_RECORD"})
        assert facts["status"] != "NO_RECORD" or facts["records"] == []
        assert facts["status"] != "MATCHED" or facts["records"]


async def test_8_a_slow_department_is_a_timeout_of_its_own_group_alone(living, signed_matter, monkeypatch):
    monkeypatch.setattr(living.hub.departments["tax"].batches, "_deadline", 0.3)
    async with living.holding("SW"):
        reply = await living.ask(signed_matter)
    assert reply.status == 200
    for relation, person in people(reply).items():
        told = statuses(person)
        assert told["tax"] == "SOURCE_TIMEOUT"
        assert person["tax"]["records"] is None
        assert relation == BROTHER or told["householdRegister"] == "MATCHED"
        assert "SOURCE_TIMEOUT" not in {status for group, status in told.items() if group != "tax"}


async def test_8_a_department_that_is_down_is_an_error_of_its_own_group_alone(living, signed_matter):
    async with living.misbehaving("SW", fail=503):
        reply = await living.ask(signed_matter)
    assert reply.status == 200
    told = people(reply)
    assert {person["tax"]["status"] for person in told.values()} <= {"SOURCE_TIMEOUT", "SOURCE_ERROR"}
    assert statuses(told[HEAD])["vehicle"] == "MATCHED"


# 9. A person decides.


async def test_9_every_question_about_people_names_the_officer_and_no_mutation_tells_or_decides(living, signed_matter):
    assert set(SCHEMA.mutation_type.fields) == {"requestCorrection", "requestExplanation", "arrangeAfterDeath"}
    assert set(SCHEMA.type_map["CorrectionFiled"].fields) == {"id", "state", "due"}  # a handle and its progress, no fact
    assert set(SCHEMA.type_map["ExplanationFiled"].fields) == {"id", "state", "due"}
    assert set(SCHEMA.type_map["AfterDeathArranged"].fields) == {"closed"}  # what the person themself just said
    assert SCHEMA.subscription_type is None
    words = ("eligib", "approve", "reject", "conclusion", "decide")
    outputs = [f"{name}.{field}" for name, kind in SCHEMA.type_map.items() if hasattr(kind, "fields") and not name.startswith("__")
               for field in kind.fields]
    assert not [name for name in outputs if any(word in name.lower() for word in words)]
    reply = await living.ask(signed_matter, TAXES)
    intent = await living.hub.log.store.entry(reply.body["extensions"]["question"])
    assert intent.parts()[1]["officer"] == "HD-0107"
    assert all(purpose.legal_basis for purpose in PURPOSES.values())
