"""A platform whose key was stolen: for how many people it can vouch, for whom at all, and that they see it was done in their name."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta

import pytest
import pytest_asyncio

from hub.citizens.assertion import SUBJECT_TOKEN_TYPE
from hub.citizens.vouching import spoken
from tests.hub.citizens.test_admission import UNIFORM
from tests.hub.living import PLATFORM

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _rules(living):
    return living.hub.desk.authorization.subject_tokens[SUBJECT_TOKEN_TYPE]._rules


@pytest.fixture
def windows(living, monkeypatch):
    """The region's windows of distinct people, set for one test."""
    tokens = living.hub.desk.authorization.subject_tokens[SUBJECT_TOKEN_TYPE]

    def set_(*people: tuple[int, int], own_cases_only: bool = True) -> None:
        vouching = dataclasses.replace(tokens._rules.vouching, people=people, own_cases_only=own_cases_only)
        monkeypatch.setattr(tokens, "_rules", dataclasses.replace(tokens._rules, vouching=vouching))

    return set_


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def forgotten(living):
    """Whom other tests had somebody vouch for counts in none of these."""
    await living.hub.records.execute("DELETE FROM vouched_person")
    yield
    await living.hub.records.execute("DELETE FROM vouched_person")


async def _tried(counter, number: str, **more) -> tuple[int, str]:
    status, body = await counter.exchange(await counter.vouch(number, **more))
    return status, body.get("error_description", "")


async def test_a_platform_speaks_for_so_many_people_known_or_not_and_the_next_one_is_refused_like_anybody(living, counter, windows):
    await living.register()
    head, second = (one.person.id_number for one in living.family.members[:2])
    unknown = living.platform.population.household(91).head.id_number
    windows((60, 2))
    assert (await _tried(counter, head))[0] == 200
    assert await _tried(counter, unknown) == (400, UNIFORM)
    assert (await living.refusals())[0] == "PERSON_UNKNOWN"
    assert await _tried(counter, second) == (400, UNIFORM), "a number the hub does not know was counted too"
    assert (await living.refusals())[0] == "PLATFORM_RATE"
    assert (await _tried(counter, head))[0] == 200, "who was counted comes again"
    async with living.line.session.get(f"{living.url}/metrics") as reply:
        assert 'hub_refusals_total{code="PLATFORM_RATE"}' in await reply.text()


async def test_of_many_that_come_at_once_no_more_are_told_than_the_window_holds(living, counter, windows):
    matter = await living.register()
    assert matter.id
    windows((60, 2))
    people = [one.person.id_number for one in (*living.family.members, *living.family.obligors)]
    told = await asyncio.gather(*[_tried(counter, number) for number in people])
    await asyncio.gather(*[_tried(counter, number) for number in people])
    counted = await living.hub.records.fetchval("SELECT count(*) FROM vouched_person")
    assert (counted, sum(status == 200 for status, _ in told) <= 2) == (2, True)


async def test_each_window_counts_by_itself_and_a_ward_counts_beside_the_guardian(living, counter, windows):
    await living.register()
    head, second, *_ = (one.person.id_number for one in living.family.members)
    windows((60, 1), (1440, 2))
    assert (await _tried(counter, head))[0] == 200
    assert await _tried(counter, second) == (400, UNIFORM)
    # Half a day ago: out of the hour, and still one of the day's two.
    await living.hub.records.execute("UPDATE vouched_person SET at = at - $1::interval", timedelta(hours=12))
    assert (await _tried(counter, second))[0] == 200
    await living.hub.records.execute("UPDATE vouched_person SET at = at - $1::interval", timedelta(hours=2))
    assert await _tried(counter, living.family.obligors[0].person.id_number) == (400, UNIFORM)
    windows((60, 1))
    await _tried(counter, head, ward=second)
    assert (await living.refusals())[0] == "PLATFORM_RATE", "an assertion about two people is two"
    async with living.hub.records.acquire() as session:
        (day,) = await spoken(session, ((1440, 9),), living.clock())
    assert (day.platform, day.minutes, day.most, day.people) == (PLATFORM, 1440, 9, 2)


async def test_a_platform_vouches_for_nobody_of_whom_it_registered_no_case(living, counter, windows):
    stranger = await counter.known_without_case(92)
    assert await _tried(counter, stranger) == (400, UNIFORM)
    assert (await living.refusals())[0] == "PLATFORM_WITHOUT_CASE"
    windows((60, 9), own_cases_only=False)
    assert (await _tried(counter, stranger))[0] == 200


async def test_somebody_in_whose_name_the_door_was_used_sees_by_which_platform_and_when(living, counter):
    await living.register()
    token = await counter.token(living.family.head.id_number)
    asked = "{ me { accesses(first: 1) { edges { node { at purpose organisation { code } platform { code name } basis { kind article letters } } } } } }"
    before = await counter.accesses(token, asked)
    (now,) = await counter.accesses(token, asked)
    assert (now["purpose"], now["platform"]["code"]) == ("SUBJECT_ACCESS", PLATFORM)
    assert now["platform"]["name"]
    assert now["basis"] == {"kind": "self", "article": "PIPL §45", "letters": []}
    assert now["at"] >= before[0]["at"]
