"""What happens while nobody asks: submitted again, polled, out of time, another worker's; a hub that dies loses nothing."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import AsyncExitStack
from dataclasses import replace
from types import SimpleNamespace

import asyncpg
import pytest

from connectors.interface import Ask, Records, Subject
from hub.authorizations.revocation import revoke_client
from hub.authorizations.standing import Party
from hub.backup.tables import dump_tables
from hub.cli.ailments import later_answers
from hub.cli.findings import State
from hub.enrolment import enrol_client, enrol_organisation
from hub.fetch import Fetched
from hub.metrics import exposition
from hub.opening import open_hub
from hub.outcome import Outcome
from hub.postgres.connection import plain_url
from tests.connectors.asking import columns
from tests.hub.deferred.conftest import woken_rounds
from tests.hub.deferred.test_later_answers import BANKS, HEAD, changes, of, release, rows, statuses, told
from tests.hub.living import TONGNAN, Living, Matter
from tests.hub.road import member, person, standing
from tests.hub.slips import slips_once
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def a_round(later: Living, seconds: float = 0) -> None:
    later.clock.advance(seconds)
    await later.hub.waiting.rounds.round()


async def under_way(later: Living) -> Matter:
    matter = await later.register()
    assert statuses(await later.ask(matter, BANKS)) == {"PENDING"}
    return matter


async def test_an_institution_that_never_calls_back_is_polled(later: Living) -> None:
    await later.government.control("JR", {"delay": "held", "silent": True})
    matter = await under_way(later)
    await release(later)
    await a_round(later, 60)
    assert {row["state"] for row in await of(later, matter)} == {"OPEN"}, "not before its turn"
    await a_round(later, 1800)
    assert {row["state"] for row in await of(later, matter)} == {"KEPT"}
    assert told(await later.ask(matter, BANKS))[HEAD]["status"] == "MATCHED"


@pytest.mark.parametrize("lie", ["types", "renamed", "extra_fields", "extra_people", "half", "html", "nothing"])
async def test_a_polled_answer_outside_the_contract_is_not_kept_and_a_good_one_later_is(later: Living, lie: str) -> None:
    await later.government.control("JR", {"delay": "held", "silent": True})
    matter = await under_way(later)
    await release(later)
    await later.government.control("JR", {"delay": "held", "silent": True, "lie": lie})
    await a_round(later, 1800)
    wrong = [row for row in await of(later, matter) if row["state"] == "KEPT"]
    assert len(wrong) == {"types": 2, "renamed": 2, "extra_fields": 2, "half": 2}.get(lie, 0), "those without a record have nothing to lie about"
    await later.government.control("JR", {"delay": "held", "silent": True})
    await a_round(later, 1800)
    facts = told(await later.ask(matter, BANKS))
    assert {one["status"] for one in facts.values()} == {"MATCHED", "NO_RECORD"}


@pytest.mark.parametrize("settings", [{"fail": "drop"}, {"fail": 503}])
async def test_a_question_that_may_not_have_arrived_is_submitted_again_under_its_number(later: Living, settings) -> None:
    matter = await later.register()
    await later.government.control("JR", {"delay": "held", **settings})
    assert statuses(await later.ask(matter, BANKS)) == {"PENDING"}
    assert {row["state"] for row in await of(later, matter)} == {"ASKED"}
    await later.government.control("JR", {"delay": "held"})
    await a_round(later, 61)
    assert {row["state"] for row in await of(later, matter)} == {"OPEN"}
    numbers = {row["id"] for row in await of(later, matter)}
    assert numbers <= set(later.government.financial_platform.numbers)
    await release(later)
    assert told(await later.ask(matter, BANKS))[HEAD]["status"] == "MATCHED"


async def test_the_same_number_is_taken_once(later: Living) -> None:
    matter = await under_way(later)
    jobs = await later.hub.waiting.ledger.jobs("JR", [row["id"] for row in await of(later, matter)])
    before = len(later.government.financial_platform.numbers)
    await later.hub.waiting.departments["JR"].submit_again(jobs)
    assert len(later.government.financial_platform.numbers) == before


@pytest.mark.parametrize("lie", ["half", "html", "nothing"])
async def test_a_platform_that_breaks_its_contract_when_asked_is_an_error_and_nobody_waits(later: Living, lie: str) -> None:
    matter = await later.register()
    await later.government.control("JR", {"delay": "held", "lie": lie})
    assert statuses(await later.ask(matter, BANKS)) == {"SOURCE_ERROR"}
    assert await of(later, matter) == []


async def test_out_of_time_the_question_is_closed_told_so_once_and_what_comes_late_is_refused(later: Living) -> None:
    matter = await under_way(later)
    numbers = [row["id"] for row in await of(later, matter)]
    later.clock.now = later.clock.now.replace(hour=16)
    await a_round(later, 4 * 86_400)
    assert {row["state"] for row in await of(later, matter)} == {"CLOSED"}
    platform = later.government.financial_platform
    await platform._answer(numbers[0])
    assert platform._jobs[numbers[0]].attempts == [410]
    assert await changes(later, matter) == ["DEFERRED_OVERDUE"] * 6
    facts = told(await later.ask(matter, BANKS))
    assert {one["status"] for one in facts.values()} == {"SOURCE_TIMEOUT"}
    assert facts[HEAD]["records"] is None
    assert await of(later, matter) == []
    assert statuses(await later.ask(matter, BANKS)) == {"PENDING"}


async def test_a_kept_answer_nobody_fetches_is_destroyed_in_its_time(later: Living) -> None:
    matter = await under_way(later)
    await release(later)
    await a_round(later, 119 * 3600)
    assert len(await of(later, matter)) == 6
    await a_round(later, 3600)
    assert await of(later, matter) == []
    assert (await changes(later, matter))[-6:] == ["DEFERRED_ENDED"] * 6


async def test_a_closed_case_ends_its_questions(later: Living) -> None:
    matter = await under_way(later)
    await release(later)
    reply = await later.line.send("/revocations", later.platform.revocation(reference=matter.reference, letter="", reason="closed"))
    assert reply.status == 200, reply.raw
    await a_round(later)
    assert await of(later, matter) == []


async def test_a_system_that_was_shut_out_starts_nothing_more_and_its_answers_are_destroyed(later: Living) -> None:
    """Of two systems of one organisation the one left may still ask; with the last of them everything goes."""
    known, at = later.offices["hd"], later.clock()
    office = replace(known, client="500152-one", organisation="500152-MZ-HD-2")
    engine = later.hub.engine
    await enrol_organisation(
        engine, code=office.organisation, name="核对", department=known.department, region=TONGNAN, role=known.role, at=at,
    )
    for client in ("500152-one", "500152-two"):
        await enrol_client(
            engine, client_id=client, organisation=office.organisation, name="x", jwks=office.jwks(), purposes=["DIBAO_REVIEW"], at=at,
        )
    later.offices["two"] = office
    matter = await later.register(organisations=["hd", "two"])
    del later.offices["two"]
    token = await later.line.token(office, purpose="DIBAO_REVIEW", basis=matter.basis, case=matter.id)
    assert statuses(await later.line.ask(token, BANKS, {"id": matter.id})) == {"PENDING"}
    assert await revoke_client(engine, "500152-one", by="test", at=at)
    await a_round(later)
    assert len(await of(later, matter)) == 6
    assert await revoke_client(engine, "500152-two", by="test", at=at)
    later.government.forget()
    await a_round(later, 3600)
    assert await of(later, matter) == []
    assert later.government.journal("JR").calls == 0


async def test_two_workers_open_one_question_and_tell_one_answer(later: Living) -> None:
    matter = await later.register()
    ledger = later.hub.waiting.ledger
    workers = [replace(ledger, _claims={}) for _ in range(4)]
    department = later.hub.waiting.departments["JR"]
    reply = await later.ask(matter, BANKS)  # its intent entry is what the workers' questions stand under
    intent = reply.body["extensions"]["question"]
    await release(later)
    first = later.family.members[0].person
    question = _ask(matter, first.id_number, intent, columns("bankDeposit"))
    opened = await asyncio.gather(*(worker.resume("JR", question, department.terms) for worker in workers))
    assert sorted(len(jobs) for _, jobs in opened) == [0, 0, 0, 1]
    (job,) = [job for _, jobs in opened for job in jobs]
    await ledger.keep(await ledger.job("JR", job.id), _records(), department.terms)
    taken = await asyncio.gather(*(worker.resume("JR", question, department.terms) for worker in workers))
    assert sorted(answer["s0"].status for answer, _ in taken) == ["MATCHED", "PENDING", "PENDING", "PENDING"]
    winner = next(worker for worker in workers if worker._claims)
    whom = next(row["person_id"] for row in await of(later, matter) if row["id"] == job.id)
    party = Party(replace(member(0), person=replace(person(0), id=str(whom))), standing(case=matter.id))
    await winner.told(intent, Fetched({party: {"bankDeposit": Outcome("MATCHED", None, ())}}, False, {}))
    assert job.id not in {row["id"] for row in await rows(later)}


async def test_a_worker_that_never_saw_the_question_reads_its_answer_and_a_hub_that_died_lost_nothing(later: Living) -> None:
    matter = await under_way(later)
    numbers = [row["id"] for row in await of(later, matter)]
    platform = later.government.financial_platform
    async with AsyncExitStack() as stack:
        other = await stack.enter_async_context(
            open_hub(later.hub.settings, later.government.settings, clock=later.clock, random=later.hub.random),
        )
        for number in numbers:
            await other.waiting.departments["JR"].heard(_body(platform.told(number)))
    facts = told(await later.ask(matter, BANKS))
    assert sorted(one["totalBalance"]["yuan"] for one in facts[HEAD]["records"]) == ["310.00", "6820.35"]


async def test_a_worker_that_died_after_recording_leaves_nothing_behind(later: Living) -> None:
    matter = await under_way(later)
    await release(later)
    ledger = later.hub.waiting.ledger
    road = later.hub.road
    forgetting = replace(road, told=None)
    later.graph.road = forgetting
    try:
        assert told(await later.ask(matter, BANKS))[HEAD]["status"] == "MATCHED"
    finally:
        later.graph.road = road
    ledger._claims.clear()
    assert len(await of(later, matter)) == 6
    await a_round(later, 61)
    assert await of(later, matter) == []


@pytest.mark.parametrize("turns", range(5))
async def test_stopped_at_the_moment_they_are_woken_the_rounds_end(later: Living, turns: int) -> None:
    """A revocation's wake and a worker's end so many turns of the loop apart; under CPython 3.11 `wait_for` lost the end."""
    async with woken_rounds(later):
        rounds = later.hub.waiting.rounds
        await until(lambda: rounds._due._waiters)  # the task is at its wait
        rounds.wake()
        for _ in range(turns):
            await asyncio.sleep(0)
        async with asyncio.timeout(30) as limit:
            await rounds.stop()
        assert not limit.expired()


def _ask(matter: Matter, id_number: str, intent: str, asked):
    return Ask("bankDeposit", asked, (Subject("s0", id_number, "", intent, matter.id),), "500152-MZ-HD", "DIBAO_REVIEW", 3.0)


def _records():
    return Records("MATCHED", "2026-11-23T09:00:00+08:00", ((None,) * len(columns("bankDeposit")),))


def _body(answer: object) -> bytes:
    return json.dumps(answer).encode()


async def test_an_answer_whose_key_is_gone_is_told_as_lost_and_asked_anew(later: Living) -> None:
    matter = await under_way(later)
    await release(later)
    connection = await asyncpg.connect(plain_url(later.database_url))
    await connection.execute("UPDATE deferred_job SET sealed = set_byte(sealed, 4, 99) WHERE case_id = $1", matter.id)
    await connection.close()
    assert {one["status"] for one in told(await later.ask(matter, BANKS)).values()} == {"SOURCE_ERROR"}
    assert await of(later, matter) == []
    assert statuses(await later.ask(matter, BANKS)) == {"PENDING"}


async def test_an_answer_laid_beside_another_job_does_not_open(later: Living) -> None:
    matter = await under_way(later)
    await release(later)
    connection = await asyncpg.connect(plain_url(later.database_url))
    await connection.execute(
        "UPDATE deferred_job AS j SET sealed = o.sealed FROM deferred_job AS o WHERE j.case_id = $1 AND o.case_id = $1 AND o.id = "
        "(SELECT min(id) FROM deferred_job WHERE case_id = $1) AND j.id <> o.id", matter.id,
    )
    await connection.close()
    answered = [one["status"] for one in told(await later.ask(matter, BANKS)).values()]
    assert answered.count("SOURCE_ERROR") == 5


async def test_a_job_of_an_older_schema_disturbs_no_round_and_runs_out_of_time(later: Living) -> None:
    await later.government.control("JR", {"delay": "held", "silent": True})
    matter = await under_way(later)
    connection = await asyncpg.connect(plain_url(later.database_url))
    await connection.execute("""UPDATE deferred_job SET columns = '[["gone", "", "FULL", null]]' WHERE case_id = $1""", matter.id)
    await connection.close()
    other = await under_way(later)
    await release(later)
    await a_round(later, 1800)
    assert {row["state"] for row in await of(later, matter)} == {"OPEN"}
    assert {row["state"] for row in await of(later, other)} == {"KEPT"}


async def test_the_doctor_and_the_metrics_count_what_is_under_way_and_name_nobody(later: Living) -> None:
    answered = await under_way(later)
    await release(later)
    matter = await under_way(later)
    ids = {row["id"] for case in (answered, matter) for row in await of(later, case)}
    await a_round(later)
    shown = exposition().decode()  # nothing is awaited since the round: the registry is the process's, and other tests' hubs make rounds in it
    assert re.search(r'hub_deferred_jobs\{department="JR",state="OPEN"\} [1-9]', shown)
    assert 'hub_deferred_answers_total{department="JR",outcome="KEPT",way="CALLBACK"}' in shown
    premises = SimpleNamespace(url=later.database_url)
    finding = await later_answers(premises)
    assert "JR OPEN" in finding.line()
    assert not [one for one in ids if one in shown or one in finding.line()]
    connection = await asyncpg.connect(plain_url(later.database_url))
    await connection.execute("UPDATE deferred_job SET due_at = '2020-01-01' WHERE case_id = $1", matter.id)
    await connection.close()
    assert (await later_answers(premises)).state is State.WARN


async def test_a_backup_takes_no_answer_that_waits_to_be_told(later: Living, tmp_path) -> None:
    matter = await under_way(later)
    await release(later)
    connection = await asyncpg.connect(plain_url(later.database_url))
    told_of = await dump_tables(connection, tmp_path)
    await connection.close()
    assert "deferred_job" not in told_of
    assert "letter" in told_of
    assert not (tmp_path / "deferred_job").exists()
    assert len(await of(later, matter)) == 6


async def test_a_department_that_slips_keeps_no_round_from_its_end_and_is_asked_at_the_next(later: Living, monkeypatch) -> None:
    await later.government.control("JR", {"delay": "held", "silent": True})
    matter, rounds = await under_way(later), later.hub.waiting.rounds
    await release(later)
    ends = slips_once(monkeypatch, later.hub.waiting.departments["JR"], "poll")
    ended = slips_once(monkeypatch, rounds, "_counted")
    later.clock.advance(1800)
    async with woken_rounds(later):
        await until(lambda: ended)
        assert ends == ["slip"]
        later.clock.advance(1800)
        rounds.wake()
        await until(lambda: len(ended) >= 2)
    assert {row["state"] for row in await of(later, matter)} == {"KEPT"}
