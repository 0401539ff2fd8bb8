"""Scenario 9 of the domain: an obligor outside the household without own consent is not asked about, even if the household signed."""

from __future__ import annotations

import pytest

from policies.groups import INCOME_AND_PROPERTY
from tests.hub.living import LETTER_GROUPS, Living, people, statuses

pytestmark = pytest.mark.asyncio(loop_scope="session")

BROTHER = "71"


async def test_scenario_09_an_obligor_is_covered_by_their_own_letter_alone_and_only_for_income_and_property(living: Living) -> None:
    brother = living.family.obligors[0].person
    await living.ask(await living.register())
    everybody = await living.asked_about()
    living.government.forget()
    matter = await living.register(unsigned=[brother.index])
    reply = await living.ask(matter)
    told = people(reply)
    assert set(statuses(told[BROTHER]).values()) == {"NOT_AUTHORIZED"}
    assert all("MATCHED" in statuses(one).values() for relation, one in told.items() if relation != BROTHER), "the household signed"
    obligors = reply.body["data"]["case"]["household"]["obligors"]
    assert [one["coverage"] for one in obligors] == [{"covered": False, "reason": "SUBJECT_NOT_COVERED"}]
    asked = await living.asked_about()
    less = {code: everybody[code] - asked[code] for code in asked}
    assert less == {"GA": 2, "SW": 1, "GZ": 1, "RS": 1, "MZ": 0}, "each group the law opens of an obligor was asked about one person less"
    signed = people(await living.ask(await living.register()))[BROTHER]
    opened = {group for group, status in statuses(signed).items() if status in {"MATCHED", "NO_RECORD"}}
    assert opened == set(LETTER_GROUPS) & INCOME_AND_PROPERTY
