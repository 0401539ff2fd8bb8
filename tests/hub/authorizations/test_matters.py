"""Matters in memory: shared readings, dropped the moment something changed, never older than what was revoked meanwhile."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import insert

from hub.authorizations.matters import Matters
from hub.authorizations.reading import Reading
from hub.people.store import People
from hub.tables import Approval
from tests.hub.authorizations.family import CONDITIONS, PLATFORM, REFERENCE
from tests.waiting import held_up, until


async def test_a_matter_is_read_once_and_shared(world):
    accepted = await world.register()
    matters = Matters(Reading(world.pool), People(world.vault, None), CONDITIONS)
    found = await asyncio.gather(*(matters.load(accepted.case) for _ in range(20)))
    assert len({id(one) for one in found}) == 1
    assert matters.held(accepted.case) is found[0]


async def test_what_is_not_there_is_none_and_not_remembered(world):
    matters = Matters(Reading(world.pool), People(world.vault, None), CONDITIONS)
    assert await matters.load("case_0") is None
    assert await matters.load("a\0b") is None
    assert matters.held("case_0") is None


async def test_the_version_is_of_the_content(world):
    accepted = await world.register()
    first, second = (Matters(Reading(world.pool), People(world.vault, None), CONDITIONS) for _ in range(2))
    one, other = await first.load(accepted.case), await second.load(accepted.case)
    assert one.version == other.version
    await world.pool.execute("UPDATE letter SET status = 'REVOKED' WHERE number = 'O-1'")
    first.drop("LETTER", accepted.letters["O-1"][0])
    assert first.held(accepted.case) is None
    assert first.latest(one) is None, "not known until read again"
    changed = await first.load(accepted.case)
    assert changed.version != one.version
    assert first.latest(one) is changed


async def test_a_revocation_reaches_a_matter_that_only_one_of_the_two_memories_still_holds(world):
    accepted = await world.register()
    matters = Matters(Reading(world.pool), People(world.vault, None), CONDITIONS)
    found = await matters.load(accepted.case)
    matters._latest.clear()  # as two thousand other matters read meanwhile would have done
    matters.drop("LETTER", accepted.letters["O-1"][0])
    assert matters.held(accepted.case) is None
    assert matters.latest(found) is None


async def test_a_change_during_a_reading_is_not_lost(world):
    accepted = await world.register()
    matters = Matters(Reading(world.pool), People(world.vault, None), CONDITIONS)
    await matters.load(accepted.case)
    async with world.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("LOCK TABLE letter")  # before it is read anew, so that the reading stands at the letters
        matters.drop("CASE", accepted.case)
        reading = asyncio.create_task(matters.load(accepted.case))
        await until(lambda: held_up(connection))
        await connection.execute("UPDATE letter SET status = 'REVOKED' WHERE number = 'O-1'")
        matters.drop("LETTER", accepted.letters["O-1"][0])
        await transaction.commit()
    found = await reading
    assert {one.number: one.status for one in found.letters}["O-1"] == "REVOKED"


async def test_other_kinds_and_other_cases_leave_it_alone(world):
    accepted = await world.register()
    matters = Matters(Reading(world.pool), People(world.vault, None), CONDITIONS)
    found = await matters.load(accepted.case)
    for kind, ref in (("TOKEN", accepted.case), ("CASE", "case_0"), ("LETTER", "auth_0")):
        matters.drop(kind, ref)
    assert matters.held(accepted.case) is found


async def test_a_case_is_found_by_its_platforms_own_number(world):
    accepted, presenter = await world.register(), world.desk.authorization.presenter
    assert await presenter.case(PLATFORM, REFERENCE) == accepted.case
    assert await presenter.case(PLATFORM, "none") == await presenter.case("none", REFERENCE) == await presenter.case(PLATFORM, "a\0b") == ""


async def test_while_a_reading_anew_was_given_up_the_matter_is_not_known(world):
    accepted = await world.register()
    matters = Matters(Reading(world.pool), People(world.vault, None), CONDITIONS)
    found = await matters.load(accepted.case)
    matters.drop("CASE", accepted.case)
    (again,) = matters._again
    again.cancel()
    await asyncio.wait({again})
    assert (matters.latest(found), matters._again) == (None, set())
    assert matters.latest(await matters.load(accepted.case)) is not None


async def test_only_approvals_that_were_given_stand_in_their_matter(world, clock):
    accepted = await world.register()
    values = {
        "id": "apr_1", "case_id": accepted.case, "kind": "COMPLAINT_CHECK", "purpose": "COMPLAINT_CHECK", "fact_groups": ["tax"], "people": ["p1"],
        "sample": "", "organisation": "mz-hd-500152", "officer": "o1", "reason": "x", "client": "c1", "officer_proof": "ASSERTED", "asked_at": clock(), "state": "APPROVED", "decided_by": "o2",
        "decided_organisation": "mz-hd-500152", "decided_client": "c2", "decided_proof": "ASSERTED", "decided_at": clock(), "valid_until": clock() + timedelta(days=1), "ended_by": "", "ended_at": None,
    }
    async with world.engine.begin() as connection:
        await connection.execute(insert(Approval), [values, values | {"id": "apr_2", "state": "ASKED", "decided_by": ""}])
    (found,) = (await Matters(Reading(world.pool), People(world.vault, None), CONDITIONS).load(accepted.case)).approvals
    assert (found.id, found.groups, found.people, found.officer, found.approved_by) == ("apr_1", {"tax"}, {"p1"}, "o1", "o2")
