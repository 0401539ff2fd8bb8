"""A part of a letter withdrawn while a department that answers later has the question: called back, polled, kept, about to be told."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from connectors.interface import Records
from connectors.ledger import AnswerRefused
from hub.access_log.entry import Kind
from hub.postgres.connection import plain_url
from tests.hub.deferred.test_later_answers import BANK, BANKS, FUNDS, HEAD, WIFE, of, question, release, told
from tests.hub.deferred.test_rounds import a_round
from tests.hub.living import Living
from tests.hub.test_late_deliveries import during
from tests.waiting import held_up, until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def written(later: Living, matter, part: str) -> None:
    """The part on its letter and nobody told of it: no round has been made, no memory dropped."""
    connection = await asyncpg.connect(plain_url(later.database_url))
    try:
        await connection.execute("UPDATE letter SET withdrawn = $2::jsonb WHERE number = $1", f"{matter.reference}-H", part)
    finally:
        await connection.close()


async def wife(later: Living, matter) -> str:
    connection = await asyncpg.connect(plain_url(later.database_url))
    try:
        query = "SELECT m.person_id FROM member m JOIN household h ON h.id = m.household_id WHERE h.case_id = $1 AND m.relation = '12'"
        return str(await connection.fetchval(query, matter.id))
    finally:
        await connection.close()


def part(person: str, *, groups: str = "[]", receivers: str = "[]", regions: str = "[]") -> str:
    return (
        f'[{{"people": ["{person}"], "factGroups": {groups}, "purposes": ["DIBAO_REVIEW"], "receivers": {receivers}, "regions": {regions}, '
        f'"by": "{person}", "at": "2026-11-23T09:00:00+08:00"}}]'
    )


@pytest.mark.parametrize("more", [
    {}, {"groups": '["bankDeposit"]'}, {"receivers": '["500152-MZ-HD"]'}, {"receivers": '["500100000000"]', "regions": '["5001"]'},
])
async def test_a_call_back_about_who_withdrew_is_refused_and_the_others_are_kept(later: Living, more):
    matter = await later.register()
    await later.ask(matter, BANKS)
    person = await wife(later, matter)
    await written(later, matter, part(person, **more))
    jobs, platform = {str(row["person_id"]): row["id"] for row in await of(later, matter)}, later.government.financial_platform
    for number in jobs.values():
        await platform._answer(number)
    kept = {str(row["person_id"]) for row in await of(later, matter) if row["sealed"]}
    assert kept == jobs.keys() - {person}
    assert platform._jobs[jobs[person]].attempts[-1] in (404, 410)


async def test_a_group_or_receiver_that_was_not_withdrawn_is_taken(later: Living):
    matter = await later.register()
    await later.ask(matter, BANKS)
    person = await wife(later, matter)
    await written(later, matter, part(person, groups='["tax"]', receivers='["511700000000"]', regions='["5117"]'))
    for row in await of(later, matter):
        await later.government.financial_platform._answer(row["id"])
    assert all(row["sealed"] for row in await of(later, matter))


async def test_a_letter_that_lists_a_group_and_does_not_carry_it_keeps_no_question_alive(later: Living):
    matter = await later.register()
    bearing = next(one for one in matter.letters if one["id"] == matter.numbers[f"{matter.reference}-H"])
    connection = await asyncpg.connect(plain_url(later.database_url))
    try:
        # A second letter of the same people, who ticked no item on it: it opens what is not sensitive, and no bank deposit.
        copied = """WITH added AS (INSERT INTO letter SELECT (jsonb_populate_record(l, jsonb_build_object('id', $2::text, 'number', l.number || '2'))).* FROM letter l WHERE l.id = $1)
            INSERT INTO signer SELECT (jsonb_populate_record(s, jsonb_build_object('letter_id', $2::text, 'separately', '[]'::jsonb))).* FROM signer s WHERE s.letter_id = $1"""
        unticked = f"{bearing['id']}2"
        await connection.execute(copied.replace("$1", f"'{bearing['id']}'").replace("$2", f"'{unticked}'"))
    finally:
        await connection.close()
    later.hub.desk.authorization.presenter._matters.drop("CASE", matter.id)
    basis = {"kind": "letter", "letters": [*map(dict, matter.letters), dict(bearing) | {"id": unticked}]}
    reply = await later.line.ask(await later.token(matter, basis=basis), BANKS.replace("bankDeposit {", "tax { status } bankDeposit {"), {"id": matter.id})
    assert reply.status == 200, reply.raw
    [entry] = await later.entries(case=matter.id, kind=Kind.INTENT)
    assert {bearing["id"], unticked} <= set(entry.parts()[1]["letters"]), "both cover them"
    resting = {letter for row in await of(later, matter) for letter in row["letters"]}
    assert (bearing["id"] in resting, unticked in resting) == (True, False)


async def test_nobody_who_withdrew_is_polled_about(later: Living):
    matter = await later.register()
    await later.ask(matter, BANKS)
    person = await wife(later, matter)
    async with later.hub.records.acquire() as connection:
        await connection.execute("UPDATE deferred_job SET next_at = $1 WHERE case_id = $2", later.clock(), matter.id)
    await written(later, matter, part(person))
    jobs = {str(row["person_id"]): row["id"] for row in await of(later, matter)}
    department = later.hub.waiting.departments["JR"]
    in_hand = await later.hub.waiting.rounds._in_hand(department, "OPEN", timedelta(minutes=1))
    assert set(in_hand) == set(jobs.values()) - {jobs[person]}


async def test_one_person_withdraws_one_group_and_only_that_answer_is_destroyed(later: Living):
    matter = await later.register()
    both = question(BANK, FUNDS)
    await later.ask(matter, both)
    await release(later)
    foretold = await later.withdraw(matter, by="p2", people=["p2"], factGroups=["bankDeposit"], preview=True)
    assert next(one for one in foretold["consequence"]["ends"] if one["code"] == "LATE_ANSWERS")["groups"] == {"bankDeposit": 1}
    assert len(await of(later, matter)) == 12
    await later.withdraw(matter, by="p2", people=["p2"], factGroups=["bankDeposit"])
    await a_round(later, 1)
    assert len(await of(later, matter)) == 11
    reply = await later.ask(matter, both)
    assert (told(reply)[WIFE]["status"], told(reply)[HEAD]["status"]) == ("NOT_COVERED", "MATCHED")
    assert told(reply, "securities")[WIFE]["status"] in ("MATCHED", "NO_RECORD")


async def test_who_withdraws_while_the_told_answers_are_forgotten_is_not_told_of(later: Living, monkeypatch):
    matter = await later.register()
    await later.ask(matter, BANKS)
    await release(later)
    token = await later.token(matter)
    locking = await asyncpg.connect(plain_url(later.database_url))
    held, locked = locking.transaction(), asyncio.Event()

    async def lock() -> None:
        await held.start()
        await locking.execute("LOCK TABLE deferred_job IN SHARE MODE")  # forgetting waits, reading does not
        locked.set()

    during(monkeypatch, Kind.OUTCOME, lock)
    asking = asyncio.create_task(later.line.ask(token, BANKS, {"id": matter.id}))
    await locked.wait()
    await until(lambda: held_up(locking))
    await later.withdraw(matter, by="p2")
    await held.rollback()
    await locking.close()
    assert (await asking).code == "AUTH_REVOKED"


async def test_who_withdraws_while_the_answer_is_recorded_takes_the_others_kept_answers_not_along(later: Living, monkeypatch):
    matter = await later.register()
    await later.ask(matter, BANKS)
    await release(later)
    token = await later.token(matter)
    during(monkeypatch, Kind.OUTCOME, lambda: later.withdraw(matter, by="p2", people=["p2"]))
    assert (await later.line.ask(token, BANKS, {"id": matter.id})).code == "AUTH_REVOKED"
    await a_round(later, 120)  # past the time after which what a worker had in hand is settled by the log
    assert told(await later.ask(matter, BANKS))[HEAD]["status"] == "MATCHED", "kept, and told to who asks anew"


async def test_an_answer_read_before_the_part_was_withdrawn_is_not_kept_after(later: Living):
    matter = await later.register()
    await later.ask(matter, BANKS)
    person = await wife(later, matter)
    number = next(row["id"] for row in await of(later, matter) if str(row["person_id"]) == person)
    job = await later.hub.waiting.ledger.job("JR", number)
    await written(later, matter, part(person))
    with pytest.raises(AnswerRefused) as caught:
        await later.hub.waiting.ledger.keep(job, Records("NO_RECORD", None, ()), later.hub.waiting.departments["JR"].terms)
    assert caught.value.code == "JOB_CLOSED"
