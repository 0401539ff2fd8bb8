"""Scenario 7 of the domain: a five-member family, and one adult has not signed. That member's facts are withheld, the check is never whole."""

from __future__ import annotations

from typing import Any

import pytest

from tests.hub.living import LETTER_GROUPS, Living, people, statuses

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHECK = {"system": "cq-means-check", "incomePeriod": {"from": "2025-11", "to": "2026-10"}}
WIFE = "12"


async def checks(living: Living, token: str, path: str = "", body: Any = None) -> dict[str, Any]:
    async with living.line.session.request(
        "GET" if body is None else "POST", f"{living.url}/means-checks{path}", json=body, headers={"Authorization": f"Bearer {token}"},
    ) as reply:
        assert reply.status in {200, 201}, await reply.text()
        return (await reply.json())["data"]


async def test_scenario_07_who_has_not_signed_is_withheld_and_the_check_stays_partial(living: Living) -> None:
    wife = next(one.person for one in living.family.members if one.relation == WIFE)
    await living.ask(await living.register())
    everybody = await living.asked_about()
    living.government.forget()
    matter = await living.register(unsigned=[wife.index])
    reply = await living.ask(matter)
    told = people(reply)
    assert len(living.family.members) == 5
    assert set(statuses(told[WIFE]).values()) == {"NOT_AUTHORIZED"}
    for group in LETTER_GROUPS:
        assert {line["form"] for line in told[WIFE][group]["disclosure"]["fields"]} == {"WITHHELD"}, group
        assert told[WIFE][group]["records"] is None
    assert all("MATCHED" in statuses(one).values() for relation, one in told.items() if relation != WIFE)
    asked = await living.asked_about()
    less = {code: everybody[code] - asked[code] for code in asked}
    assert less == {"GA": 2, "SW": 1, "GZ": 1, "RS": 2, "MZ": 3}, "each group's department was asked about one person less"
    check = await checks(living, await living.token(matter), body=CHECK)
    assert check["whole"] is False
    living.clock.advance(120)
    report = await checks(living, await living.token(matter), f"/{check['id']}/report")
    assert report["whole"] is False, "what the system finished is part of the household, and is said to be"
    assert wife.id_number not in str(report)
