"""Every refusal of a person's request says where they may turn (PIPL §50): the same for each, of a citizen's token alone, naming nobody a region does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

import pytest

from connectors.sandbox.people import Household
from hub.citizens.holds import Hold, lift_hold, set_hold
from hub.citizens.remedies import remedies
from policies.citizens import Recourse, citizen_rules
from policies.disputes import CorrectionState
from tests.hub.citizens.counter import Counter, own_records
from tests.hub.living import Living

pytestmark = pytest.mark.asyncio(loop_scope="session")

FILE = "mutation File($text: Statement!) { requestCorrection(group: vehicle, text: $text) { id } }"
ALL = "remedies { kind ground zh en name address contact }"
SHOWN = f"{{ me {{ {ALL} corrections {{ id state {ALL} }} accesses(first: 1) {{ withheld {{ article {ALL} }} }} }} }}"


async def test_the_right_is_told_without_a_region_and_nobody_is_named_in_its_place() -> None:
    told = remedies(None)
    assert [(one["kind"], one["ground"], one["name"]) for one in told] == [
        ("OFFICE", "PIPL §50", None), ("AUTHORITY", "PIPL §60, §65", None), ("COURT", "PIPL §50; ALL §14, §18", None),
    ]
    assert "人民法院" in str(told[2]["zh"])
    rules = citizen_rules("500152")
    assert rules is not None
    without = replace(rules, places=MappingProxyType({kind: one for kind, one in rules.places.items() if kind is not Recourse.COURT}))
    assert [one["name"] is None for one in remedies(without)] == [False, False, True]


@pytest.mark.parametrize("region", ["500152", "511725"])
async def test_each_region_of_the_demonstration_names_all_three_and_marks_them_examples(region: str) -> None:
    rules = citizen_rules(region)
    assert rules is not None
    assert set(rules.places) == set(Recourse)
    assert all(one.example and "示例" in one.name and "[D]" in one.source for one in rules.places.values())


def _family(living: Living) -> Household:
    """One of this file's own: an hour has so many questions about one person, and the tests' hour does not pass."""
    families = (living.platform.population.household(index) for index in range(78, 87))
    return next(one for one in families if one.head.age(living.clock().date()) >= 18 and not one.members[0].guardians)


async def _somebody(living: Living) -> str:
    """Its head, known to the platform."""
    family = _family(living)
    await living.register(family)
    return family.head.id_number


async def test_a_refused_question_says_where_to_turn_and_another_callers_does_not(living: Living, counter: Counter) -> None:
    token = await counter.token(await _somebody(living))
    said = list(remedies(citizen_rules("500152")))
    for document, code in (("{ accessLog(first: 1) { edges { node { id } } } }", "PURPOSE_MISMATCH"), ('{ me { accesses(after: "x") { edges { cursor } } } }', "CURSOR_INVALID")):
        (error,) = (await counter.sent(token, document)).body["errors"]
        assert error["extensions"] == {"code": code, "remedies": said}
    (error,) = (await living.post(await living.auditor(), {"query": "{ me { id } }"})).body["errors"]
    assert error["extensions"] == {"code": "PURPOSE_MISMATCH"}
    (error,) = (await living.post("none", {"query": "{ me { id } }"})).body["errors"]
    assert error["extensions"] == {"code": "TOKEN_INVALID"}


async def test_an_exchange_refused_for_anything_else_says_it_too(living: Living, counter: Counter) -> None:
    status, body = await counter.exchange(await counter.vouch(await _somebody(living)), proof=False)
    assert (status, body["error"], body["household_remedies"]) == (400, "invalid_dpop_proof", list(remedies(citizen_rules("500152"))))


async def test_an_officers_refused_exchange_and_a_clients_name_no_remedies(living: Living, counter: Counter) -> None:
    _, body = await counter.exchange(await counter.vouch(await _somebody(living)), subject_token_type="urn:ietf:params:oauth:token-type:jwt")
    assert "error" in body
    assert "household_remedies" not in body
    _, body = await counter.exchange("x", client_assertion="x.y.z")
    assert (body["error"], "household_remedies" in body) == ("invalid_client", False)


async def test_what_is_hidden_and_a_correction_that_was_upheld_say_it_and_one_that_is_open_does_not(living: Living, counter: Counter) -> None:
    family = _family(living)
    matter = await living.register(family)
    token = await counter.token(family.head.id_number)
    said = list(remedies(citizen_rules("500152")))
    filed = (await counter.sent(token, FILE, text="这辆车已经卖掉了。")).body["data"]["requestCorrection"]["id"]

    async def remedies_of_the_correction() -> list[object]:
        return next(one["remedies"] for one in (await counter.me(token, SHOWN))["corrections"] if one["id"] == filed)

    assert await remedies_of_the_correction() == []
    await own_records(living)._corrections._corrections.answer(filed, CorrectionState.UPHELD, "登记无误")
    assert await remedies_of_the_correction() == said
    at = living.clock()
    held = Hold(matter.id, "", "", "PIPL §18(1), §35", at + timedelta(days=3), "PO-0001")
    await living.ask(matter)
    hold = await set_hold(living.hub.engine, held, at=at, random=living.hub.random)
    shown = await counter.me(token, SHOWN)
    await lift_hold(living.hub.engine, hold, at=at)
    assert shown["remedies"] == said
    assert [one["remedies"] for one in shown["accesses"]["withheld"]] == [said]
