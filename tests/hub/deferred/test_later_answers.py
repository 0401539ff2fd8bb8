"""Asked, PENDING, answered later, told once: over a running hub, its database and the platform's signed call-backs."""

from __future__ import annotations

import asyncpg
import orjson
import pytest

from hub.access_log.entry import Kind
from hub.postgres.connection import plain_url
from tests.conftest import administer
from tests.hub.deferred.conftest import woken_rounds
from tests.hub.living import Living, Matter, people
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

HEAD, WIFE, MOTHER, CHILD, SON = "02", "12", "52", "30", "20"
BANK = "bankDeposit { status asOf expectedAt records { institution { full } accountCount { value any } totalBalance { yuan } loan { yuan } asOf } }"
FUNDS = "securities { status expectedAt records { marketValue { yuan } } }"
POLICIES = "commercialInsurance { status records { insuredType cashValue { yuan } annualPremium { yuan } policyCount { value } } }"
ACCOUNTS = "paymentAccount { status records { institution { full } balance { yuan } wealthProduct { yuan } } }"


def question(*groups: str) -> str:
    person = f"person {{ id {' '.join(groups)} }}"
    return f"query Money($id: ID!) {{ case(id: $id) {{ household {{ members {{ relation {person} }} obligors {{ relation {person} }} }} }} }}"


BANKS = question(BANK)


async def rows(later: Living) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(plain_url(later.database_url))
    try:
        return await connection.fetch("SELECT * FROM deferred_job ORDER BY id")
    finally:
        await connection.close()


async def of(later: Living, matter: Matter) -> list[asyncpg.Record]:
    return [row for row in await rows(later) if row["case_id"] == matter.id]


async def changes(later: Living, matter: Matter) -> list[str]:
    """Codes of the state changes the log holds about a case's jobs, oldest first."""
    connection = await asyncpg.connect(plain_url(later.database_url))

    async def carried() -> bool:
        later.hub.upkeep.wake()
        return not await connection.fetchval("SELECT count(*) FROM outbox WHERE logged_index IS NULL")

    try:
        await until(carried, every=0.02)
    finally:
        await connection.close()
    entries = [one.parts()[0] for one in await later.entries(kind=Kind.CHANGE, limit=100)]
    return [str(one["code"]) for one in reversed(entries) if one.get("case") == matter.id and str(one["code"]).startswith("DEFERRED")]


def told(reply, group: str = "bankDeposit") -> dict[str, object]:
    assert reply.status == 200, reply.raw
    return {relation: person[group] for relation, person in people(reply).items()}


def statuses(reply, group: str = "bankDeposit") -> set[str]:
    return {str(one["status"]) for one in told(reply, group).values()}


async def release(later: Living) -> None:
    await later.government.financial_platform.release()


async def test_a_bank_is_asked_and_its_answer_told_to_who_asks_again_and_then_forgotten(later: Living) -> None:
    matter = await later.register()
    first = await later.ask(matter, BANKS)
    assert statuses(first) == {"PENDING"}
    assert all(one["records"] is None and one["asOf"] is None for one in told(first).values())
    assert all(one["expectedAt"].endswith("+08:00") for one in told(first).values())
    asked = later.government.journal("JR").entries
    assert {name for entry in asked for name in entry["columns"]} == {"khjg", "zhs", "ckye", "dkye", "yerq"}
    references = {subject["reference"] for entry in asked for subject in entry["subjects"]}
    assert references == {first.body["extensions"]["question"]}
    await release(later)
    assert {row["state"] for row in await of(later, matter)} == {"KEPT"}
    second = await later.ask(matter, BANKS)
    facts = told(second)
    assert facts[HEAD]["status"] == "MATCHED"
    assert sorted((one["institution"]["full"], one["totalBalance"]["yuan"], one["loan"]["yuan"]) for one in facts[HEAD]["records"]) == [
        ("中国农业银行", "6820.35", "0.00"), ("重庆农村商业银行", "310.00", "42000.00"),
    ]
    assert facts[SON]["status"] == "NO_RECORD"
    assert facts[SON]["records"] == []
    assert facts[HEAD]["asOf"] == later.clock().isoformat(timespec="seconds")
    assert facts[HEAD]["expectedAt"] is None
    assert await of(later, matter) == []
    assert len(later.government.financial_platform.numbers) >= 6
    assert await changes(later, matter) == ["DEFERRED_ANSWERED"] * 6
    outcomes = [await later.hub.log.store.closing(reply.body["extensions"]["question"]) for reply in (first, second)]
    told_as = [one[0].parts()[1]["statuses"]["bankDeposit"] for one in outcomes]
    assert told_as == [{"PENDING": 6}, {"MATCHED": 4, "NO_RECORD": 2}]
    assert statuses(await later.ask(matter, BANKS)) == {"PENDING"}, "what was told is asked anew"


async def test_four_groups_answer_each_in_its_time(later: Living) -> None:
    matter = await later.register()
    document = question(BANK, FUNDS, POLICIES, ACCOUNTS)
    assert {group: statuses(await later.ask(matter, document), group) for group in ("bankDeposit", "securities")} == {
        "bankDeposit": {"PENDING"}, "securities": {"PENDING"},
    }
    await release(later)
    reply = await later.ask(matter, document)
    assert told(reply, "securities")["71"]["records"] == [{"marketValue": {"yuan": "52300.00"}}]
    assert told(reply, "commercialInsurance")[MOTHER]["records"] == [
        {"insuredType": "LIFE", "cashValue": {"yuan": "8600.00"}, "annualPremium": {"yuan": "1200.00"}, "policyCount": {"value": "1"}},
    ]
    assert told(reply, "paymentAccount")[WIFE]["records"] == [
        {"institution": {"full": "支付宝（中国）网络技术有限公司"}, "balance": {"yuan": "88.10"}, "wealthProduct": {"yuan": "1500.00"}},
    ]


async def test_a_question_under_way_is_not_asked_twice(later: Living) -> None:
    matter = await later.register()
    for _ in range(3):
        assert statuses(await later.ask(matter, BANKS)) == {"PENDING"}
    entries = later.government.journal("JR").entries
    assert sum(len(entry["subjects"]) for entry in entries) == 6
    other = question("bankDeposit { status records { totalBalance { band } } }")
    assert statuses(await later.ask(matter, other)) == {"PENDING"}
    assert ["ckyeqj"] in [entry["columns"] for entry in later.government.journal("JR").entries], "another form is another question"


async def test_of_a_child_less_is_asked_of_the_bank_and_less_is_kept(later: Living) -> None:
    matter = await later.register()
    await later.ask(matter, BANKS)
    asked = {frozenset(entry["columns"]): len(entry["subjects"]) for entry in later.government.journal("JR").entries}
    assert asked == {frozenset({"khjg", "zhs", "ckye", "dkye", "yerq"}): 5, frozenset({"zhs", "yerq"}): 1}
    stored = [orjson.loads(row["columns"]) for row in await of(later, matter)]
    assert sorted(len(columns) for columns in stored) == [2, 6, 6, 6, 6, 6]
    assert {form for _, _, form, _ in min(stored, key=len)} == {"FULL", "BOOLEAN"}


async def test_what_was_asked_together_is_told_together(later: Living) -> None:
    matter = await later.register()
    await later.ask(matter, BANKS)
    platform = later.government.financial_platform
    numbers = [row["id"] for row in await of(later, matter)]
    await platform._answer(numbers[0])
    assert statuses(await later.ask(matter, BANKS)) == {"PENDING"}, "else each asking would ask the banks again about those told already"
    await release(later)
    assert "PENDING" not in statuses(await later.ask(matter, BANKS))


async def test_no_value_lies_open_while_an_answer_waits(later: Living) -> None:
    matter = await later.register()
    await later.ask(matter, BANKS)
    await release(later)
    held = b" ".join(bytes(value) if isinstance(value, bytes) else str(value).encode() for row in await of(later, matter) for value in row)
    assert not [fact for fact in ("6820.35", "682035", "农业银行", "42000") if fact.encode() in held]


# Promise 7: decided again at the moment of telling.


async def test_a_letter_withdrawn_meanwhile_nothing_is_told_and_the_kept_answer_is_destroyed(later: Living) -> None:
    matter = await later.register()
    token = await later.token(matter)
    await later.line.ask(token, BANKS, {"id": matter.id})
    await release(later)
    obligors = f"{matter.reference}-O"

    async def destroyed() -> bool:
        return len(await of(later, matter)) == 5

    async with woken_rounds(later):
        reply = await later.line.send("/revocations", later.platform.revocation(reference=matter.reference, letter=obligors, reason="withdrawn"))
        assert reply.status == 200
        await until(destroyed)  # without anybody asking
    assert (await changes(later, matter)).count("DEFERRED_DESTROYED") == 1
    await later.heard()
    facts = told(await later.line.ask(token, BANKS, {"id": matter.id}))
    assert facts["71"]["status"] == "NOT_AUTHORIZED"
    assert facts["71"]["records"] is None
    assert facts[HEAD]["status"] == "MATCHED"


async def test_an_answer_that_comes_after_the_letter_fell_is_not_kept(later: Living) -> None:
    matter = await later.register()
    await later.ask(matter, BANKS)
    connection = await asyncpg.connect(plain_url(later.database_url))
    await connection.execute("UPDATE letter SET status = 'REVOKED', revoked_at = $1 WHERE case_id = $2", later.clock(), matter.id)
    await connection.close()
    platform = later.government.financial_platform
    numbers = [row["id"] for row in await of(later, matter)]
    for number in numbers:
        await platform._answer(number)
    assert all(platform._jobs[number].attempts[-1] in (404, 410) for number in numbers)
    assert not [row for row in await of(later, matter) if row["sealed"]]
    await later.hub.waiting.rounds.round()
    assert await of(later, matter) == []


# Promise 4: an answer that could not be recorded was not told, and is not lost.


async def test_an_answer_that_could_not_be_recorded_is_told_next_time(later: Living) -> None:
    matter = await later.register()
    token = await later.token(matter)
    await later.line.ask(token, BANKS, {"id": matter.id})
    await release(later)
    connection = await asyncpg.connect(plain_url(later.database_url))
    await connection.execute(
        "CREATE FUNCTION no_outcome() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.kind = 'OUTCOME' THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$"
    )
    await connection.execute("CREATE TRIGGER no_outcome BEFORE INSERT ON log_entry FOR EACH ROW EXECUTE FUNCTION no_outcome()")
    try:
        refused = await later.line.ask(token, BANKS, {"id": matter.id})
    finally:
        await connection.execute("DROP TRIGGER no_outcome ON log_entry")
        await connection.execute("DROP FUNCTION no_outcome")
        await connection.close()
    assert (refused.status, refused.code) == (503, "LOG_UNAVAILABLE")
    assert {row["claimed_by"] is not None for row in await of(later, matter)} == {True}
    assert statuses(await later.line.ask(token, BANKS, {"id": matter.id})) == {"PENDING"}
    later.clock.advance(200)
    await later.hub.upkeep._sweep.round()
    await later.hub.waiting.rounds.round()
    assert told(await later.ask(matter, BANKS))[HEAD]["status"] == "MATCHED"
    assert await of(later, matter) == []


async def test_the_log_out_of_reach_the_platform_is_not_asked(later: Living) -> None:
    matter = await later.register()
    token = await later.token(matter)
    await administer(later.database_url, "REVOKE INSERT ON log_entry FROM hub_log")
    try:
        assert (await later.line.ask(token, BANKS, {"id": matter.id})).status == 503
    finally:
        await administer(later.database_url, "GRANT INSERT ON log_entry TO hub_log")
    assert later.government.journal("JR").calls == 0
    assert await of(later, matter) == []
