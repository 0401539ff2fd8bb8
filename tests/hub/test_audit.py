"""The access log in the graph of a running hub: for the officer alone, by every attribute, page by page, itself recorded."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import pytest_asyncio

from hub.access_log.entry import Kind
from hub.audit import Audit, node
from hub.errors import Forbidden, Malformed
from policies.verdict import BasisKind
from tests.hub.living import PEOPLE, TAXES, Living, secrets_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

LOG = """query Log($filter: AccessLogFilter, $first: Int, $after: String) { accessLog(filter: $filter, first: $first, after: $after) {
  edges { cursor node { id index kind at question organisation client officer role purpose case subjects decision reason departments
    fields { group field form } policy leafHash
    basis { ... on LetterBasis { kind letters { id } } ... on StatuteBasis { kind article } ... on AuditBasis { kind } } } }
  pageInfo { hasNextPage endCursor } } }"""


@pytest_asyncio.fixture(loop_scope="session")
async def officer(living: Living) -> str:
    return await living.auditor()


async def shown(living: Living, token: str, **variables) -> list[dict]:
    reply = await living.line.ask(token, LOG, variables)
    assert reply.status == 200, reply.raw
    return [edge["node"] for edge in reply.body["data"]["accessLog"]["edges"]]


async def test_the_officer_sees_who_read_whom_why_and_under_which_letter(living, signed_matter, officer):
    reply = await living.ask(signed_matter, TAXES)
    question = reply.body["extensions"]["question"]
    found = await shown(living, officer, filter={"case": signed_matter.id}, first=2)
    outcome, intent = found
    assert (intent["id"], intent["kind"], outcome["kind"], outcome["question"]) == (question, "INTENT", "OUTCOME", question)
    assert (outcome["organisation"], outcome["officer"], outcome["purpose"]) == ("500152-MZ-HD", "HD-0107", "DIBAO_REVIEW")
    assert {letter["id"] for letter in outcome["basis"]["letters"]} <= {letter["id"] for letter in signed_matter.letters}
    assert outcome["basis"]["kind"] == "letter"
    assert outcome["departments"] == ["tax"] or outcome["departments"] == ["SW"]
    assert {"group": "tax", "field": "income", "form": "FULL"} in outcome["fields"] or any(one["field"] == "income" for one in outcome["fields"])
    assert len(outcome["subjects"]) == 5
    assert len(outcome["leafHash"]) == 64


async def test_every_attribute_filters_and_a_condition_that_matches_nobody_shows_nothing(living, signed_matter, officer):
    reply = await living.ask(signed_matter, TAXES)
    (outcome,) = await shown(living, officer, filter={"case": signed_matter.id}, first=1)
    number = living.family.members[0].person.id_number
    subject = await living.hub.desk.log_subject(number)
    letter = outcome["basis"]["letters"][0]["id"]
    matching = {
        "organisation": "500152-MZ-HD", "subject": subject, "subjectIdNumber": number, "purpose": "DIBAO_REVIEW", "letter": letter,
        "case": signed_matter.id, "kind": "OUTCOME", "decision": outcome["decision"], "from": "2026-11-23T00:00:00+08:00",
        "to": "2027-11-23T00:00:00+08:00",
    }
    for name, value in matching.items():
        found = await shown(living, officer, filter={name: value}, first=200)
        assert outcome["id"] in {one["id"] for one in found}, name
    assert await shown(living, officer, filter=matching, first=1) == [outcome]
    nothing = {
        "organisation": "nobody", "subject": "0" * 64, "subjectIdNumber": living.platform.population.household(9).members[0].person.id_number,
        "purpose": "NONE", "letter": "auth_none", "case": "case_none", "to": "2020-01-01T00:00:00+08:00",
        "from": "2036-01-01T00:00:00+08:00",
    }
    for name, value in nothing.items():
        assert await shown(living, officer, filter={name: value}) == [], name
    assert await shown(living, officer, filter={"kind": "SECURITY_SUMMARY", "case": signed_matter.id}) == []
    assert await shown(living, officer, filter={"subject": "0" * 64, "subjectIdNumber": number}) == []
    assert reply.body["extensions"]["question"] == outcome["question"]


@pytest.mark.parametrize("name", ["organisation", "subject", "purpose", "letter", "case"])
async def test_an_empty_condition_is_refused_and_never_means_everything(living, officer, name):
    reply = await living.line.ask(officer, LOG, {"filter": {name: ""}})
    assert (reply.status, reply.code) == (400, "FILTER_EMPTY")


async def test_pages_follow_each_other_without_loss_or_repetition_while_the_log_grows(living, signed_matter, officer):
    for _ in range(3):
        await living.ask(signed_matter, PEOPLE)
    whole = [one["id"] for one in await shown(living, officer, filter={"case": signed_matter.id}, first=200)]
    seen, after = [], None
    while True:
        variables = {"filter": {"case": signed_matter.id}, "first": 2, **({"after": after} if after else {})}
        page = (await living.line.ask(officer, LOG, variables)).body["data"]["accessLog"]
        seen += [edge["node"]["id"] for edge in page["edges"]]
        await living.ask(signed_matter, PEOPLE)  # newer entries stand before the cursor and move nothing
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"] or len(seen) > 60:
            break
    assert seen[: len(whole)] == whole[: len(seen)]
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("after", ["x", "-1", "1" * 30, "٣"])
async def test_a_cursor_that_is_none_is_refused(living, officer, after):
    reply = await living.line.ask(officer, LOG, {"after": after})
    assert (reply.status, reply.code) == (400, "CURSOR_INVALID")


async def test_an_empty_cursor_is_the_beginning(living, officer):
    assert await shown(living, officer, after="", first=1)


async def test_nobody_but_the_officer_is_shown_the_log_and_the_attempt_is_an_entry(living, signed_matter):
    reply = await living.ask(signed_matter, LOG, first=1)
    assert (reply.status, reply.code) == (403, "PURPOSE_MISMATCH")
    assert "data" not in reply.body
    (newest, *_) = await living.entries(kind=Kind.REFUSAL)
    assert newest.parts()[0]["code"] == "PURPOSE_MISMATCH"


async def test_the_officers_own_look_up_is_in_the_log_before_it_is_answered(living, officer):
    before = await living.size()
    await shown(living, officer, first=1)
    assert await living.size() == before + 2
    outcome, intent = await living.entries(limit=2)
    assert (intent.kind, outcome.kind) == (Kind.INTENT, Kind.OUTCOME)
    assert intent.parts()[1]["officer"] == "PO-0001"
    assert intent.parts()[0]["purpose"] == "PRIVACY_AUDIT"
    async with living.log_stopped():
        reply = await living.line.ask(officer, LOG, {"first": 1})
    assert reply.status == 503


@pytest.mark.parametrize("by", ["subjectIdNumber", "subject"])
async def test_whom_an_officer_looks_for_is_a_subject_of_the_look(living, signed_matter, officer, by):
    number = living.family.members[1].person.id_number
    subject = await living.hub.desk.log_subject(number)
    await living.ask(signed_matter, TAXES)
    await shown(living, officer, filter={by: {"subjectIdNumber": number, "subject": subject}[by]}, first=1)
    outcome, intent = await living.entries(limit=2)
    for entry in (intent, outcome):
        assert entry.parts()[1]["subjects"] == [subject]
    found = await shown(living, officer, filter={"subject": subject, "purpose": "PRIVACY_AUDIT"}, first=200)
    assert {outcome.id, intent.id} <= {one["id"] for one in found}, "who read this person's log stands in this person's log"


async def test_a_look_for_nobody_the_hub_knows_names_nobody(living, officer):
    unknown = living.platform.population.household(9).members[0].person.id_number
    for wanted in ({"subjectIdNumber": unknown}, {"subject": "no pseudonym"}, {"subject": "0" * 64}, {"organisation": "x"}):
        await shown(living, officer, filter=wanted)
        assert all("subjects" not in entry.parts()[1] for entry in await living.entries(limit=2)), wanted


async def test_the_officer_is_told_no_facts(living, signed_matter, officer, nobody_asked):
    reply = await living.line.ask(officer, TAXES, {"id": signed_matter.id})
    assert reply.status == 403 or reply.body["data"] == {"case": None}
    nobody_asked()
    found = await living.line.ask(officer, LOG, {"first": 200})
    assert not [secret for secret in secrets_of(living.platform.population) if secret.encode() in found.raw]


async def test_one_entry_is_found_by_its_id_alone(living, signed_matter):
    reply = await living.ask(signed_matter, TAXES)
    question = reply.body["extensions"]["question"]
    caller = SimpleNamespace(basis=SimpleNamespace(kind=BasisKind.AUDIT), purpose="PRIVACY_AUDIT", role="PRIVACY_OFFICER")
    audit, standing = Audit(living.hub.log.store, living.hub.desk.log_subject), SimpleNamespace(caller=caller)
    found = await audit.access_log(standing, {"filter": {"entry": question}})
    assert [edge["node"]["id"] for edge in found["edges"]] == [question]
    assert (await audit.access_log(standing, {"filter": {"entry": "ent_none"}}))["edges"] == []
    with pytest.raises(Malformed, match="stands alone"):
        await audit.access_log(standing, {"filter": {"entry": question, "organisation": "x"}})
    for changed in ({"purpose": "DIBAO_REVIEW"}, {"role": "CHECK_OPERATOR"}, {"basis": SimpleNamespace(kind=BasisKind.LETTER)}):
        other = SimpleNamespace(**{**vars(caller), **changed})
        with pytest.raises(Forbidden):
            await audit.access_log(SimpleNamespace(caller=other), {})


@pytest.mark.parametrize(("line", "basis"), [
    ("statute: SAL §42", {"__typename": "StatuteBasis", "kind": "statute", "article": "SAL §42"}),
    ("emergency: 房屋倒塌", {"__typename": "EmergencyBasis", "kind": "emergency", "reason": "房屋倒塌"}),
    ("self", {"__typename": "SelfBasis", "kind": "self"}), ("audit", {"__typename": "AuditBasis", "kind": "audit"}),
    ("file", {"__typename": "FileBasis", "kind": "file"}), ("", None), ("other: x", None),
])
async def test_an_entrys_basis_is_read_back_from_its_line(line, basis):
    stored = SimpleNamespace(
        id="e", index=1, kind=Kind.OUTCOME, leaf_hash=b"\0" * 32, parts=lambda: ({"at": "2026-11-23T01:00:00Z"}, {"basis": line}),
    )
    shown = node(stored)
    assert shown["basis"] == basis
    assert (shown["departments"], shown["fields"], shown["subjects"]) == ([], [], [])


async def test_the_names_people_are_known_by_in_the_log_tell_nothing(living, signed_matter, officer):
    reply = await living.ask(signed_matter, TAXES)
    (outcome,) = await shown(living, officer, filter={"case": signed_matter.id, "kind": "OUTCOME"}, first=1)
    assert outcome["question"] == reply.body["extensions"]["question"]
    assert all(len(subject) == 64 and int(subject, 16) for subject in outcome["subjects"])
    assert await living.hub.desk.log_subject("not a number") == ""
