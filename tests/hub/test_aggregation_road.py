"""敏感聚合 at a running hub: what an office was told adds up, past the line a second officer approves, and nothing is ever told weaker instead."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
import pytest_asyncio

from connectors.sandbox.people import Household
from hub.access_log.entry import Kind
from hub.cli.demo.offices import Office, Reply
from hub.operations.told_before import ToldBefore
from policies.aggregation import Aggregation, Line
from tests.conftest import administer
from tests.hub.living import WHOLE, Living, Matter
from tests.hub.many_cases import details, granted, registered, standing

pytestmark = pytest.mark.asyncio(loop_scope="session")

PURPOSE = "EDUCATION_AID"  # 12 facts: six of the conclusion, five of education, the sex
FIRST = "confirmation { status records { category confirmedOn validTo status region } } education { status records { stage enrolled aidKind homeTeaching } }"
REST = "confirmation { status records { issuer standardUsed } }"
SEX = "sex { code }"
CODE = "AGGREGATION_NEEDS_APPROVAL"


class School:
    """A family that asks the education bureau for aid, and two officers of the bureau at two systems."""

    def __init__(self, living: Living, matter: Matter, family: Household, second: Office) -> None:
        self.living, self.matter, self.family, self.second = living, matter, family, second

    async def token(self, officer: str = "JY-0001", purpose: str = PURPOSE) -> str:
        office = replace(self.second if officer == "JY-0002" else self.living.offices["jy"], officer=officer)
        return await self.living.line.token(office, purpose=purpose, basis=self.matter.basis, case=self.matter.id)

    async def ask(self, fields: str, **asker: str) -> Reply:
        document = f"query($id: ID!) {{ case(id: $id) {{ household {{ members {{ coverage {{ covered reason }} person {{ id {fields} }} }} }} }} }}"
        return await self.living.line.ask(await self.token(**asker), document, {"id": self.matter.id})

    async def send(self, officer: str, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {await self.token(officer)}"}
        async with self.living.line.session.post(f"{self.living.url}/approvals{path}", json=body or {}, headers=headers) as reply:
            said = await reply.json()
        await self.living.heard()
        return said

    async def rows(self) -> int:
        subjects = [await self.living.hub.desk.log_subject(one.person.id_number) for one in self.family.members]
        return await self.living.hub.records.fetchval("SELECT count(*) FROM told_fields WHERE subject = ANY($1)", subjects)


def members(reply: Reply) -> list[dict[str, Any]]:
    assert reply.status == 200, reply.raw
    return reply.body["data"]["case"]["household"]["members"]


def confirmed(reply: Reply) -> list[str]:
    return [one["person"]["confirmation"]["status"] for one in members(reply)]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def school(living_hub: Living) -> School:
    second = await living_hub.second_system(living_hub.offices["jy"])
    families = map(living_hub.platform.population.household, range(90, 120))  # of whom no other test asks for an aid
    family = next(one for one in families if len(one.members) > 1 and all(member.person.birth_date.year < 2000 for member in one.members))
    matter = await living_hub.register(family, organisations=("jy", "hd"), purposes=(PURPOSE, "DIBAO_REVIEW"), assistance="EDUCATION")
    return School(living_hub, matter, family, second)


async def test_a_review_is_not_counted_and_an_aids_own_question_passes_as_often_as_it_is_asked(school: School) -> None:
    assert (await school.living.ask(school.matter, WHOLE)).status == 200
    assert await school.rows() == 0
    told = await school.ask(FIRST)
    assert "NOT_AUTHORIZED" not in confirmed(told)
    assert confirmed(await school.ask(FIRST + SEX)) == confirmed(await school.ask(FIRST)) == confirmed(told)
    assert await school.rows() == len(confirmed(told)) > 1


async def test_more_is_refused_of_each_person_whole_until_a_second_officer_approves_and_the_entry_names_it(school: School) -> None:
    living = school.living
    await school.ask(FIRST)
    living.government.forget()
    refused = await school.ask(REST)
    assert set(confirmed(refused)) == {"NOT_AUTHORIZED"}
    assert {one["reason"] for one in refused.body["extensions"]["disclosure"]["fields"]} == {CODE}
    assert not any(living.asked().values()), "and no department is asked"
    assert set(confirmed(await school.ask(REST, officer="JY-0002"))) == {"NOT_AUTHORIZED"}, "it is the organisation's, whichever officer asks"
    [entry] = await living.entries(kind=Kind.REFUSAL, limit=1)
    assert (entry.parts()[0]["code"], entry.parts()[0]["purpose"]) == (CODE, PURPOSE), "the log says why"

    people = [one["person"]["id"] for one in members(await school.ask("education { records { stage } }"))]
    until = (living.clock() + timedelta(days=7)).isoformat()
    body = {"kind": "AGGREGATION", "groups": ["confirmation"], "people": people[:1], "reason": "核对确认标准，须补充", "validUntil": until}
    asked = await school.send("JY-0001", "", body)
    assert asked["data"]["state"] == "ASKED", asked
    approval = asked["data"]["id"]
    assert (await school.send("JY-0003", f"/{approval}/decision", {"approve": True}))["code"] == "OFFICER_NOT_PROVEN", "by the same system"
    assert set(confirmed(await school.ask(REST))) == {"NOT_AUTHORIZED"}, "what was only asked for opens nothing"
    assert (await school.send("JY-0002", f"/{approval}/decision", {"approve": True}))["data"]["state"] == "APPROVED"

    first, *others = members(opened := await school.ask(REST))
    assert first["person"]["confirmation"]["status"] in {"MATCHED", "NO_RECORD"}
    assert {one["person"]["confirmation"]["status"] for one in others} == {"NOT_AUTHORIZED"}, "of whom nothing was approved"
    assert opened.body["extensions"]["disclosure"]["fields"]
    [entry] = await living.entries(kind=Kind.OUTCOME, limit=1)
    assert entry.parts()[1]["approvals"] == [approval]
    assert set(confirmed(await school.ask(REST, officer="JY-0002"))) == {"NOT_AUTHORIZED"}, "it is for the officer who asked"
    beyond = await school.ask(REST + SEX + "education { status records { stage } }")
    assert set(confirmed(beyond)) == {"NOT_AUTHORIZED"}, "a fact of another group was not approved"

    assert (await school.send("JY-0002", f"/{approval}/withdrawal"))["data"]["state"] == "WITHDRAWN"
    assert set(confirmed(await school.ask(REST))) == {"NOT_AUTHORIZED"}
    assert confirmed(await school.ask(FIRST))[0] == "NOT_AUTHORIZED", "of the first, more than the line was told by now"


async def test_where_nothing_can_be_counted_nothing_is_told_and_a_review_goes_on(school: School) -> None:
    token = await school.token()
    reviewing = await school.living.token(school.matter)
    await administer(school.living.database_url, "REVOKE INSERT ON told_fields FROM hub_app")
    try:
        document = f"query($id: ID!) {{ case(id: $id) {{ household {{ members {{ person {{ {FIRST} }} }} }} }} }}"
        assert (await school.living.line.ask(token, document, {"id": school.matter.id})).status == 503
        assert (await school.living.line.ask(reviewing, WHOLE, {"id": school.matter.id})).status == 200
    finally:
        await administer(school.living.database_url, "GRANT INSERT ON told_fields TO hub_app")


async def test_of_several_cases_the_refusal_is_in_the_log_of_those_it_was_refused_in_alone(school: School) -> None:
    living = school.living
    families = [living.platform.population.household(index) for index in (120, 121)]
    first, other = await registered(living, families)
    status, token = await granted(living, details([first, other]))
    assert status == 200, token
    subject, at = await living.hub.desk.log_subject(families[0].members[0].person.id_number), int(living.clock().timestamp())
    before = orjson.dumps(dict.fromkeys([f"education.told{number}" for number in range(12)], at)).decode()
    asking = await standing(living, token["access_token"])
    await living.hub.records.execute("INSERT INTO told_fields VALUES ($1, $2, $3, to_timestamp($4::bigint))", subject, asking.caller.organisation, before, at)
    counted = ToldBefore(living.hub.records, Aggregation(Line(12, 30), {}, frozenset()))  # a region that exempts nothing
    operation = await living.hub.documents.load("query($ids: [ID!]!) { cases(ids: $ids) { household { members { person { vehicle { status } } } } } }")
    told = await replace(living.hub.road, aggregate=counted.within).travel(operation, {"ids": [first.id, other.id]}, asking)
    statuses = [[one["person"]["vehicle"]["status"] for one in case["household"]["members"]] for case in orjson.loads(told.data)["cases"]]
    assert statuses[0][0] == "NOT_AUTHORIZED"
    assert "NOT_AUTHORIZED" not in statuses[0][1:] + statuses[1]
    refused = {matter.id: [one.parts()[0]["code"] for one in await living.entries(case=matter.id, kind=Kind.REFUSAL)] for matter in (first, other)}
    assert refused == {first.id: [CODE], other.id: []}


async def test_what_was_told_is_forgotten_by_the_upkeep_after_its_days(school: School) -> None:
    living, forgotten = school.living, "told fields forgotten"
    [forget] = [do for chore, do in living.hub.upkeep._chores if chore.name == forgotten]
    await school.ask("education { records { stage } }")
    before = await school.rows()
    await forget()
    assert await school.rows() == before > 0
    await living.hub.records.execute(
        """UPDATE told_fields SET first_at = first_at - interval '30 days',
           fields = (SELECT jsonb_object_agg(key, value::bigint - 30 * 86400) FROM jsonb_each(fields))""",
    )
    await forget()
    assert await school.rows() == 0
