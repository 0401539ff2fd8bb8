"""The access log as the officer is shown it: which departments an entry names, and what may be asked for together."""

from __future__ import annotations

import pytest

from hub.audit import department
from tests.hub.living import TAXES, Living, Matter

LOG = """query ($filter: AccessLogFilter) {
  accessLog(filter: $filter, first: 10) { edges { node { id kind departments basis { __typename ... on LetterBasis { letters { id } } } } } }
}"""


async def shown(living: Living, **wanted: str) -> list[dict]:
    reply = await living.line.ask(await living.auditor(), LOG, {"filter": wanted})
    assert reply.status == 200, reply.raw
    return [edge["node"] for edge in reply.body["data"]["accessLog"]["edges"]]


@pytest.mark.parametrize(("source", "code"), [
    ("vehicle", "GA"), ("tax", "SW"), ("disability", "CL"), ("confirmation@511725000000", "MZ@511725000000"), ("unheard", "unheard"),
])
def test_a_source_is_told_as_its_departments_code(source: str, code: str) -> None:
    assert department(source) == code


@pytest.mark.asyncio(loop_scope="session")
async def test_intent_and_outcome_name_the_departments_and_never_the_vault(living: Living, signed_matter: Matter) -> None:
    document = TAXES.replace("tax {", "name { full } tax {")
    assert (await living.ask(signed_matter, document)).status == 200
    outcome, intent = (await shown(living, case=signed_matter.id))[:2]
    assert (intent["kind"], intent["departments"]) == ("INTENT", ["SW"])
    assert (outcome["kind"], outcome["departments"]) == ("OUTCOME", ["SW"])
    assert intent["basis"]["__typename"] == "LetterBasis"
    assert {one["id"] for one in intent["basis"]["letters"]} <= {one["id"] for one in signed_matter.letters}


@pytest.mark.asyncio(loop_scope="session")
async def test_a_department_of_which_nothing_was_due_is_not_named_as_asked(living: Living) -> None:
    matter = await living.register(unsigned=[member.person.index for member in living.family.everyone() if not member.guardians])
    document = "query ($id: ID!) { case(id: $id) { household { obligors { person { id tax { status } vehicle { status } } } } } }"
    assert (await living.ask(matter, document)).status == 200
    outcome, intent = (await shown(living, case=matter.id))[:2]
    assert not any(living.asked().values())
    assert (outcome["departments"], intent["departments"]) == ([], [])


@pytest.mark.asyncio(loop_scope="session")
async def test_one_entry_is_found_by_its_id_alone(living: Living, signed_matter: Matter) -> None:
    await living.ask(signed_matter, TAXES)
    wanted = (await shown(living, case=signed_matter.id))[0]["id"]
    assert [node["id"] for node in await shown(living, entry=wanted)] == [wanted]
    assert await shown(living, entry="log_00000000000000000000000000") == []
    reply = await living.line.ask(await living.auditor(), LOG, {"filter": {"entry": wanted, "purpose": "DIBAO_REVIEW"}})
    assert (reply.status, reply.code) == (400, "BAD_REQUEST")
