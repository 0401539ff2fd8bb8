"""Tokens over several cases on the whole hub: each case checked by itself, departments asked together, the log found by each of them."""

from __future__ import annotations

import itertools
from contextlib import AsyncExitStack

import asyncpg
import orjson
import pytest
from sqlalchemy import select

from hub.access_log.entry import Kind
from hub.disposal.duties import follow
from hub.shapes import fit
from hub.tables import DisposalDuty
from policies.batches import batches
from tests.conftest import FakeClock
from tests.hub.living import TONGNAN, Living, live, prepare
from tests.hub.many_cases import PURPOSE, QUESTION, answered, counted, details, granted, planned, registered, standing

pytestmark = pytest.mark.asyncio(loop_scope="session")
SMALL = "query($ids: [ID!]!) { cases(ids: $ids) { id household { members { person { id vehicle { status } } } } } }"


async def token(living: Living, matters) -> str:
    status, answer = await granted(living, details(matters))
    assert status == 200, answer
    return answer["access_token"]


async def families(living: Living, number: int, start: int = 0):
    return [living.platform.population.household(start + at) for at in range(number)]


async def test_households_of_one_token_are_asked_in_as_few_calls_as_their_columns_and_batches_allow(living: Living) -> None:
    matters = await registered(living, await families(living, 24))
    ids = [one.id for one in matters]
    whole = await token(living, matters)
    plan = await planned(living, whole, QUESTION, {"ids": ids})
    reply = await answered(living, whole, QUESTION, {"ids": ids})
    assert "errors" not in reply.body
    assert [one["id"] for one in reply.body["data"]["cases"]] == ids
    seen = await counted(living, plan)
    assert {group: one.calls for group, one in seen.items()} == {group: one.planned for group, one in seen.items()}
    assert not [(group, one) for group, one in seen.items() if one.calls > one.bound]
    people = sum(len(one["household"]["members"]) + len(one["household"]["obligors"]) for one in reply.body["data"]["cases"])
    assert people > 60
    assert sum(one.calls for one in seen.values()) < people  # 24 single questions make some 400
    vehicles = [entry for entry in living.government.journal("GA").entries if entry["group"] == "vehicle"]
    assert {subject["approval"] for entry in vehicles for subject in entry["subjects"]} <= set(ids)
    told = [one["person"]["vehicle"]["status"] for case in reply.body["data"]["cases"] for one in case["household"]["members"]]
    assert "NOT_AUTHORIZED" in told
    assert "MATCHED" in told


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_two_hundred_households_in_one_operation(postgres, tmp_path) -> None:
    async with AsyncExitStack() as stack:
        living = await live(stack, await prepare(stack, postgres, tmp_path / "many", TONGNAN, FakeClock(), people=1000))
        matters = await registered(living, list(itertools.islice(living.platform.population.households(), batches().cases)))
        ids = [one.id for one in matters]
        assert len(ids) == 200
        # The sandbox works out each person once, on this test's own loop: in small parts first, so that no deadline is spent on that.
        for at in range(0, len(matters), 20):
            few = matters[at : at + 20]
            await answered(living, await token(living, few), QUESTION, {"ids": [one.id for one in few]})
        whole = await token(living, matters)
        plan = await planned(living, whole, QUESTION, {"ids": ids})
        reply = await answered(living, whole, QUESTION, {"ids": ids})
        assert "errors" not in reply.body
        seen = await counted(living, plan)
        assert {group: one.calls for group, one in seen.items()} == {group: one.planned for group, one in seen.items()}
        assert not [(group, one) for group, one in seen.items() if one.calls > one.bound]
        assert len(plan.joins) > 500


async def test_every_case_and_letter_stands_in_the_entries_and_each_case_finds_them(living: Living) -> None:
    matters = await registered(living, await families(living, 3, 30), every=100)
    whole = await token(living, matters)
    reply = await living.line.ask(whole, SMALL, {"ids": [one.id for one in matters]})
    question = reply.body["extensions"]["question"]
    receipt = orjson.loads(reply.raw)["extensions"]["receipt"]
    assert receipt
    for matter in matters:
        found = {one.kind: one for one in await living.entries(case=matter.id) if one.kind in (Kind.INTENT, Kind.OUTCOME)}
        assert found[Kind.INTENT].id == question
        for one in found.values():
            head, rest = one.parts()
            assert head["cases"] == [one.id for one in matters]
            assert "case" not in head
            assert set(rest["letters"]) == {letter["id"] for one in matters for letter in one.letters}
    asked = "query($c: ID!) { accessLog(filter: {case: $c}) { edges { node { id kind case cases subjects } } } }"
    log = await living.line.ask(await living.auditor(), asked, {"c": matters[1].id})
    node = next(one["node"] for one in log.body["data"]["accessLog"]["edges"] if one["node"]["id"] == question)
    assert (node["case"], node["cases"]) == (None, [one.id for one in matters])
    subject = node["subjects"][0]
    assert question in {one.id for one in await living.entries(subject=subject)}


async def test_an_item_that_fails_is_refused_by_itself_with_the_code_it_would_have_alone(living: Living) -> None:
    good, other = await registered(living, await families(living, 2, 34), every=100)
    [wrong] = await registered(living, await families(living, 1, 36), purposes=("DIBAO_REVIEW",), every=100)
    asked = [*details([good, wrong, other]), details([good])[0] | {"case": "case_unknown"}]
    status, answer = await granted(living, asked)
    assert status == 200
    assert [one["case"] for one in answer["authorization_details"]] == [good.id, other.id]
    refused = {one["index"]: one["error_description"] for one in answer["refused_details"]}
    for at, description in refused.items():
        alone_status, alone = await granted(living, [asked[at]])
        assert (alone_status, alone["error_description"]) == (400, description)
    assert sorted(refused) == [1, 3]
    of = await standing(living, answer["access_token"])
    assert of.caller.cases == (good.id, other.id)
    everything_wrong, said = await granted(living, asked[1::2])
    assert everything_wrong == 400
    assert said["error"] == "invalid_authorization_details"


async def test_several_cases_stand_in_one_token_only_as_the_policy_lets_them(living: Living) -> None:
    one, two = await registered(living, await families(living, 2, 38), purposes=(PURPOSE, "DIBAO_REVIEW", "SPOT_CHECK"), every=100)
    for asked in (
        details([one, two], "DIBAO_REVIEW"),  # no purpose of batches
        [*details([one]), *details([two], "DIBAO_REVIEW")],  # two purposes
        details([one, one]),  # one case twice
        [*details([one]), details([two])[0] | {"basis": {"kind": "statute", "article": "SAL §46"}}],  # two kinds of basis
        [], [*details([one]), "case"], details([one]) * (batches().cases + 1),
    ):
        status, answer = await granted(living, asked)
        assert (status, answer["error"]) == (400, "invalid_authorization_details"), asked
    status, answer = await granted(living, details([one]))
    assert status == 200
    assert (await standing(living, answer["access_token"])).matter.case == one.id


async def test_a_foreign_case_is_null_like_one_that_does_not_exist(living: Living, nobody_asked) -> None:
    one, two, foreign = await registered(living, await families(living, 3, 41), every=100)
    whole = await token(living, [one, two])
    reply = await living.line.ask(whole, "query($ids: [ID!]!) { cases(ids: $ids) { id } }", {"ids": [foreign.id, "case_no", two.id]})
    assert reply.body["data"]["cases"] == [None, None, {"id": two.id}]
    nobody_asked()


async def test_a_letter_withdrawn_closes_its_case_and_leaves_the_others(living: Living) -> None:
    one, two = await registered(living, await families(living, 2, 44), every=100)
    whole = await token(living, [one, two])
    assert (await living.line.ask(whole, SMALL, {"ids": [one.id, two.id]})).body["data"]["cases"][1]["id"] == two.id
    for number in two.numbers:
        await living.line.send("/revocations", living.platform.revocation(reference=two.reference, letter=number, reason="t"))
    await living.heard()
    living.government.forget()
    reply = await living.line.ask(whole, SMALL, {"ids": [one.id, two.id]})
    first, second = reply.body["data"]["cases"]
    assert (first["id"], second) == (one.id, None)
    assert reply.body["extensions"]["refused"] == [{"case": two.id, "code": "AUTH_REVOKED"}]
    asked = living.government.journal("GA").entries
    assert {subject["approval"] for entry in asked for subject in entry["subjects"]} == {one.id}
    assert "AUTH_REVOKED" in [entry.parts()[0].get("code") for entry in await living.entries(case=two.id, kind=Kind.REFUSAL)]
    for number in one.numbers:
        await living.line.send("/revocations", living.platform.revocation(reference=one.reference, letter=number, reason="t"))
    await living.heard()
    assert (await living.line.ask(whole, SMALL, {"ids": [one.id, two.id]})).status == 403


async def test_what_a_token_grants_is_introspected_whole_and_no_changed_row_widens_it(living: Living) -> None:
    one, two, more = await registered(living, await families(living, 3, 47), every=100)
    whole = await token(living, [one, two])
    assert len(whole) < 2000
    form = {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "token": whole,
            "client_assertion": living.line._assertion(living.offices["hd"])}
    async with living.line.session.post(f"{living.url}/oauth/introspect", data=form) as reply:
        told = await reply.json()
    assert [detail["case"] for detail in told["authorization_details"]] == [one.id, two.id]
    database = await asyncpg.connect(living.database_url)
    try:
        await database.execute(
            "UPDATE token_cases SET details = jsonb_set(details, '{1,case}', to_jsonb($1::text)) WHERE details @> $2::jsonb",
            more.id, orjson.dumps([{"case": two.id}]).decode(),
        )
    finally:
        await database.close()
    refused = await living.line.ask(whole, SMALL, {"ids": [one.id]})
    assert refused.status == 401


TAXES = "query($ids: [ID!]!) { cases(ids: $ids) { id household { members { person { tax { status records { month income { yuan } } } } } } } }"


def told_taxes(reply) -> list[str]:
    """Cases in which a record of tax was told."""
    return [
        one["id"] for one in reply.body["data"]["cases"]
        if one is not None and any(member["person"]["tax"]["records"] for member in one["household"]["members"])
    ]


async def duties(living: Living, matters) -> dict[str, DisposalDuty]:
    await follow(living.hub.engine)
    async with living.hub.engine.connect() as connection:
        found = await connection.execute(select(DisposalDuty.__table__).where(DisposalDuty.case_id.in_([one.id for one in matters])))
        return {row.case_id: row for row in found}


async def test_cases_that_ended_for_one_reason_are_one_entry_found_by_each(living: Living) -> None:
    one, two, three = await registered(living, await families(living, 3, 61), every=100)
    whole = await token(living, [one, two, three])
    for gone in (two, three):
        await living.line.send("/revocations", living.platform.revocation(reference=gone.reference, letter="", reason="t"))
    await living.heard()
    reply = await living.line.ask(whole, SMALL, {"ids": [one.id]})
    assert len(reply.body["extensions"]["refused"]) == 2
    latest = [(await living.entries(case=gone.id, kind=Kind.REFUSAL))[0] for gone in (two, three)]
    assert latest[0].id == latest[1].id
    assert latest[0].parts()[0]["cases"] == [two.id, three.id]


async def test_each_case_that_was_told_owes_a_duty_and_one_not_asked_about_or_refused_owes_none(living: Living) -> None:
    everybody = await registered(living, await families(living, 6, 50), every=100)
    whole = await token(living, everybody)
    gone, unasked, asked = everybody[0], everybody[1], [one.id for one in everybody[:1] + everybody[2:]]
    for number in gone.numbers:
        await living.line.send("/revocations", living.platform.revocation(reference=gone.reference, letter=number, reason="t"))
    await living.heard()
    reply = await answered(living, whole, TAXES, {"ids": asked})
    assert reply.body["extensions"]["refused"] == [{"case": gone.id, "code": "AUTH_REVOKED"}]
    told = told_taxes(reply)
    assert len(told) >= 2
    terms = reply.body["extensions"]["terms"]
    fit("terms", terms)
    assert [one["case"] for one in terms["disposal"]] == told
    owed = await duties(living, everybody)
    assert sorted(owed) == sorted(told)
    assert {one["case"]: one["duty"] for one in terms["disposal"]} == {case: row.id for case, row in owed.items()}
    assert not {gone.id, unasked.id} & owed.keys()
    of = {one.id: {letter["id"] for letter in one.letters} for one in everybody}
    assert all(row.groups == ["tax"] and set(row.letters) <= of[case] for case, row in owed.items())
    nobody = await living.line.ask(whole, "query($ids: [ID!]!) { cases(ids: $ids) { household { members { person { id } } } } }", {"ids": told})
    fit("terms", nobody.body["extensions"]["terms"])
    assert nobody.body["extensions"]["terms"]["disposal"] is None


async def test_a_token_over_several_cases_is_used_as_seldom_as_the_strictest_of_them_allows(living: Living) -> None:
    matters = await registered(living, await families(living, 3, 56), every=100)
    asked = details(matters)
    asked[0] |= {"maxUses": 5, "frequency": {"DAY": 9}}
    asked[1] |= {"maxUses": 2, "frequency": {"DAY": 8, "HOUR": 7}}
    status, answer = await granted(living, asked)
    assert status == 200
    whole, ids = answer["access_token"], {"ids": [one.id for one in matters]}
    caller = (await standing(living, whole)).caller
    assert (caller.max_uses, caller.frequency) == (2, {"DAY": 8, "HOUR": 7})
    assert [(await living.line.ask(whole, SMALL, ids)).status for _ in range(3)] == [200, 200, 401]
    form = {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "token": whole,
            "client_assertion": living.line._assertion(living.offices["hd"])}
    async with living.line.session.post(f"{living.url}/oauth/introspect", data=form) as reply:
        assert (await reply.json())["remaining_uses"] == 0
