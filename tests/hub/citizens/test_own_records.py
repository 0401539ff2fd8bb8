"""What a person is told of themselves by a running hub: who asked, why, under which letter, with receipts; refusals and what is hidden."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

import orjson
import pytest
from click.testing import CliRunner

from hub.access_log.receipt import BadReceipt, verify_receipt
from hub.canonical import canonical
from hub.citizens.holds import Hold, lift_hold, set_hold
from hub.cli import main
from policies.calendar import CHINA
from policies.disputes import correction_due
from policies.engine import load_calendar
from policies.groups import GROUPS
from policies.notices import notices
from tests.hub.citizens.counter import BRIEF, ME, ORGANISATION, own_records
from tests.hub.living import LETTER_GROUPS, TAXES
from tests.hub.many_cases import details, granted

pytestmark = pytest.mark.asyncio(loop_scope="session")

LETTERS = """{ me { letters { id number platform case matter purposes factGroups receivers signedAt capacity expiresAt state revokedAt unticked signAnew notice { version } limits { per times used again }
  withdrawn { factGroups } withdrawal { platform stops consequences { code ground zh en } } } } }"""
NOTICES = """{ me { letters { number notice { version title signedFrom signedUntil silent
  tells { handler contact rights other digest uses { purposes why manner } kinds { title factGroups kept } sensitive { factGroups need effect } }
  changes { version signedFrom about what material purposes factGroups receivers } } } } }"""
CORRECTIONS = "{ me { corrections { id group provider text state filedAt due overdue answeredAt note } } }"
FILE = "mutation File($text: Statement!) { requestCorrection(group: vehicle, text: $text) { id state due } }"


async def test_a_person_sees_who_asked_when_why_under_which_letter_and_what_was_told(living, counter):
    matter = await living.register()
    head, spouse = living.family.members[0].person, living.family.members[1].person
    reply = await living.ask(matter)
    question = reply.body["extensions"]["question"]
    token = await counter.token(head.id_number)
    mine = {one["id"]: one for one in await counter.accesses(token, first=20)}
    one = mine[question]
    assert one["organisation"] == {"code": "500152-MZ-HD", "name": "核对中心"}
    assert (one["purpose"], one["purposeTitle"], one["decision"], one["several"]) == ("DIBAO_REVIEW", "低保审核确认", "PARTIAL", True)
    assert one["officer"] is None  # the region does not tell it
    assert one["case"] == matter.reference
    assert one["basis"]["kind"] == "letter"
    letters = (await counter.me(token, LETTERS))["letters"]
    assert set(one["basis"]["letters"]) <= {letter["id"] for letter in letters}
    assert one["basis"]["letters"]
    # Both were asked about alike; what was told of each is what each has a record of, not what the other has.
    for person in (head, spouse):
        shown = {group["group"]: group["form"] for group in (await _entry(counter, person.id_number, question))["groups"]}
        assert shown.keys() == {"identity", *LETTER_GROUPS}
        data = next(one for one in _people(reply) if one["name"]["full"] == person.name)
        assert {group for group, form in shown.items() if form} == {"identity", *(name for name in LETTER_GROUPS if data[name]["records"])}
        assert {"tax": shown["tax"], "identity": shown["identity"]} == {"tax": "FULL" if data["tax"]["records"] else None, "identity": "FULL"}
    own = next(one for one in mine.values() if one["purpose"] == "SUBJECT_ACCESS")
    assert (own["organisation"]["code"], own["basis"]) == (ORGANISATION, {"kind": "self", "article": "PIPL §45", "letters": []})


def _people(reply):
    return [one["person"] for one in reply.body["data"]["case"]["household"]["members"]]


async def _entry(counter, id_number: str, question: str):
    return next(one for one in await counter.accesses(await counter.token(id_number), first=50) if one["id"] == question)


async def test_receipts_hold_offline_by_the_command_and_a_changed_one_does_not(living, counter, tmp_path):
    matter = await living.register()
    question = (await living.ask(matter)).body["extensions"]["question"]
    one = await _entry(counter, living.family.head.id_number, question)
    assert len(one["receipts"]) == 2
    keys = tmp_path / "keys"
    keys.write_text("".join(f"{verifier.vkey}\n" for verifier in living.hub.log.verifiers))
    for number, receipt in enumerate(one["receipts"]):
        file = tmp_path / f"receipt-{number}.json"
        file.write_bytes(orjson.dumps(receipt))
        shown = await asyncio.to_thread(CliRunner().invoke, main, ["verify-receipt", str(file), "--key", str(keys)])
        assert shown.exit_code == 0, shown.output
        head = verify_receipt(receipt, living.hub.log.verifiers)
        assert (head["organisation"], head["purpose"], head["case"]) == ("500152-MZ-HD", "DIBAO_REVIEW", matter.id)
        assert "subjects" not in receipt["entry"]
    changed = one["receipts"][0] | {"entry": one["receipts"][0]["entry"].replace("DIBAO_REVIEW", "EDGE_REVIEW")}
    with pytest.raises(BadReceipt):
        verify_receipt(changed, living.hub.log.verifiers)


async def test_what_stands_for_one_member_is_not_told_of_another(living, counter):
    """The spouse did not sign: nothing was asked about them, and their record says so though the household's question told much."""
    spouse = living.family.members[1].person
    matter = await living.register(unsigned=[spouse.index])
    question = (await living.ask(matter)).body["extensions"]["question"]
    theirs = await _entry(counter, spouse.id_number, question)
    mine = await _entry(counter, living.family.head.id_number, question)
    assert theirs["groups"] == []
    assert [one["form"] for one in mine["groups"] if one["group"] in {"identity", "tax"}] == ["FULL", "FULL"]
    assert theirs["basis"]["letters"] == []


async def test_refusals_in_ones_case_are_shown_and_a_strangers_are_not(living, counter):
    matter = await living.register()
    with pytest.raises(ValueError, match="AUTH_NOT_FOUND"):
        await living.token(matter, "jy", purpose="DIBAO_REVIEW")
    token = await counter.token(living.family.head.id_number)
    shown = [one for one in await counter.accesses(token, BRIEF, first=20) if (one["decision"], one["reason"]) == ("DENY", "AUTH_NOT_FOUND")]
    assert shown[0]["organisation"]["code"] == "500152-JY"
    stranger = living.platform.population.edge_family().head
    await living.register(living.platform.population.edge_family())
    theirs = await counter.accesses(await counter.token(stranger.id_number), BRIEF, first=50)
    assert not [one for one in theirs if one["reason"] == "AUTH_NOT_FOUND"]


async def test_an_officers_look_at_ones_log_is_shown_too(living, counter):
    await living.register()
    number = living.family.head.id_number
    document = "query L($n: IdNumber!) { accessLog(filter: {subjectIdNumber: $n}, first: 1) { edges { node { id } } } }"
    reply = await living.line.ask(await living.auditor(), document, {"n": number})
    assert reply.status == 200
    shown = await counter.accesses(await counter.token(number), BRIEF, first=5)
    assert (shown[1]["id"], shown[1]["purpose"]) == (reply.body["extensions"]["question"], "PRIVACY_AUDIT")


async def test_pages_follow_each_other_and_a_period_bounds_them(living, counter):
    await living.register()
    token = await counter.token(living.family.head.id_number)
    everything = [one["id"] for one in await counter.accesses(token, first=4)]
    found, after = [], None
    for _ in range(3):  # each page is a new question, and so one entry more at the top: the cursor holds the place
        page = (await counter.me(token, first=1, after=after))["accesses"]
        found += [edge["node"]["id"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
    assert found[1:] == everything[:2]
    assert await counter.accesses(token, until="2020-01-01T00:00:00+08:00") == []
    assert (await counter.sent(token, ME, after="per_x")).code == "CURSOR_INVALID"
    assert (await counter.sent(token, ME, first=0)).code == "PAGE_SIZE"


async def test_what_the_law_hides_is_counted_with_its_article_and_shown_when_it_ends(living, counter):
    matter = await living.register()
    question = (await living.ask(matter, TAXES)).body["extensions"]["question"]
    engine, at = living.hub.engine, living.clock()
    until = at + timedelta(days=30)
    hold = await set_hold(engine, Hold(matter.id, "", "", "PIPL §18(1), §35", until, "PO-0001"), at=at, random=living.hub.random)
    token = await counter.token(living.family.head.id_number)
    told = (await counter.me(token, BRIEF, first=50))["accesses"]
    assert question not in {edge["node"]["id"] for edge in told["edges"]}
    assert told["withheld"] == [{"article": "PIPL §18(1), §35", "count": 1}]
    assert (await counter.me(token, BRIEF, first=50, since=(at + timedelta(days=1)).isoformat()))["accesses"]["withheld"] == []
    await lift_hold(engine, hold, at=at)
    assert question in {one["id"] for one in await counter.accesses(token, BRIEF, first=50)}


async def test_a_hold_on_a_case_hides_a_question_over_several_from_its_people_alone(living, counter):
    other = living.platform.population.household(40)
    matters = [await living.register(purposes=("PERIODIC_RECHECK",)), await living.register(other, purposes=("PERIODIC_RECHECK",))]
    _, answer = await granted(living, details(matters))
    asked = "query($ids: [ID!]!) { cases(ids: $ids) { household { members { person { id tax { status } } } } } }"
    question = (await living.line.ask(answer["access_token"], asked, {"ids": [one.id for one in matters]})).body["extensions"]["question"]
    engine, at = living.hub.engine, living.clock()
    held = Hold(matters[0].id, "", "", "PIPL §18(1), §35", at + timedelta(days=30), "PO-0001")
    hold = await set_hold(engine, held, at=at, random=living.hub.random)
    seen = [
        {one["id"] for one in await counter.accesses(await counter.token(person.id_number), BRIEF, first=50)}
        for person in (living.family.head, other.head)
    ]
    await lift_hold(engine, hold, at=at)
    assert [question in one for one in seen] == [False, True]


async def test_a_letter_says_how_often_it_may_be_used_and_how_often_it_was(living, counter):
    matter = await living.register(limits={"H": {"max_uses": 5, "frequency": {"MONTH": 1}}})
    token = await counter.token(living.family.head.id_number)

    async def limits(number: str):
        return next(one["limits"] for one in (await counter.me(token, LETTERS))["letters"] if one["number"] == f"{matter.reference}-{number}")

    assert await limits("H") == [{"per": "EVER", "times": 5, "used": 0, "again": None}, {"per": "MONTH", "times": 1, "used": 0, "again": None}]
    assert (await living.ask(matter, TAXES)).status == 200
    ever, month = await limits("H")
    assert (ever["used"], ever["again"], month["used"]) == (1, None, 1)
    assert datetime.fromisoformat(month["again"]) == datetime(2026, 12, 1, tzinfo=CHINA), "used up until the next month begins"
    plain = await living.register()
    assert [one["limits"] for one in (await counter.me(token, LETTERS))["letters"] if one["case"] == plain.reference] == [[], []]


async def test_letters_are_shown_with_their_state_and_how_to_withdraw(living, counter):
    matter = await living.register()
    ward = next(one for one in living.family.members if one.guardians)
    guardian = next(one.person for one in living.family.members if one.person.index == ward.guardians[0])
    token = await counter.token(guardian.id_number)
    mine = {one["number"]: one for one in (await counter.me(token, LETTERS))["letters"]}
    own, for_ward = mine[f"{matter.reference}-H"], mine[f"{matter.reference}-G1"]
    assert (own["capacity"], own["state"], own["platform"], own["case"]) == ("SELF", "ACTIVE", living.platform.platform, matter.reference)
    assert (own["unticked"], own["signAnew"], for_ward["unticked"]) == ([], False, [])
    assert own["withdrawal"]["stops"] == ["低保审核确认"]
    assert [one["ground"] for one in own["withdrawal"]["consequences"]] == ["PIPL §15", "57 §29; PIPL §16", "PIPL §15"]
    assert for_ward["capacity"] == "LEGAL_REPRESENTATIVE"
    assert f"{matter.reference}-O" not in mine  # the obligor's own
    await living.line.send("/revocations", living.platform.revocation(reference=matter.reference, letter=own["number"], reason="x"))
    withdrawn = next(one for one in (await counter.me(token, LETTERS))["letters"] if one["id"] == own["id"])
    assert (withdrawn["state"], withdrawn["withdrawal"]) == ("REVOKED", None)


async def test_a_person_reads_the_notice_they_signed_under(living, counter):
    matter = await living.register()
    token = await counter.token(living.family.members[0].person.id_number)
    mine = {one["number"]: one["notice"] for one in (await counter.me(token, NOTICES))["letters"]}
    told = mine[f"{matter.reference}-H"]
    register = notices("500152").versions["2025-01"]
    assert (told["version"], told["title"], told["signedFrom"], told["signedUntil"]) == ("2025-01", register.title_zh, "2025-01-01", None)
    assert (told["silent"], told["changes"]) == ([], [])
    words = told["tells"]
    assert (words["handler"], words["rights"], words["other"]) == (register.tells.handler_zh, register.tells.rights_zh, list(register.tells.other_zh))
    assert words["contact"].startswith("潼南区民政局")
    assert {group for one in words["kinds"] for group in one["factGroups"]} == set(GROUPS)
    assert all(one["kept"] and one["title"] for one in words["kinds"])
    assert "DIBAO_REVIEW" in words["uses"][0]["purposes"]
    assert words["uses"][0]["why"]
    assert words["uses"][0]["manner"]
    of_a_child = next(one for one in words["sensitive"] if one["factGroups"] == ["UNDER_14"])
    assert of_a_child["need"]
    assert of_a_child["effect"]
    digest = words.pop("digest")
    assert digest == hashlib.sha256(canonical(words)).hexdigest(), "whoever asked for all of it can compute it"


async def test_a_correction_is_filed_with_its_clock_and_shown_to_who_filed_it_alone(living, counter):
    await living.register()
    head, spouse = living.family.members[0].person, living.family.members[1].person
    token = await counter.token(head.id_number)
    sent = await counter.sent(token, FILE, text="这辆车去年已经报废。")
    assert sent.status == 200, sent.raw
    filed = sent.body["data"]["requestCorrection"]
    assert (filed["state"], filed["due"]) == ("OPEN", correction_due(living.clock().date(), load_calendar("500152")).isoformat())
    mine = next(one for one in (await counter.me(token, CORRECTIONS))["corrections"] if one["id"] == filed["id"])
    assert (mine["group"], mine["text"], mine["overdue"]) == ("vehicle", "这辆车去年已经报废。", False)
    assert filed["id"] not in {one["id"] for one in (await counter.me(await counter.token(spouse.id_number), CORRECTIONS))["corrections"]}
    intent = await living.hub.log.store.entry(sent.body["extensions"]["question"])
    assert intent.parts()[1]["subjects"] == [await living.hub.desk.log_subject(head.id_number)]


@pytest.mark.parametrize(("text", "code"), [
    ("x", "VARIABLE_INVALID"), ("号码是 509900200001010011", "VARIABLE_INVALID"), ("a" * 1001, "VARIABLE_INVALID"), (None, "VARIABLE_INVALID"),
])
async def test_a_statement_is_bounded_and_names_nobody(counter, living, text, code):
    await living.register()
    sent = await counter.sent(await counter.token(living.family.head.id_number), FILE, text=text)
    assert (sent.status, sent.code) == (400, code)
    assert "509900" not in sent.raw.decode()


async def test_a_mutation_sets_one_thing_going_and_goes_by_post_alone(living, counter):
    await living.register()
    token = await counter.token(living.family.head.id_number)
    twice = "mutation T($t: Statement!) { a: requestCorrection(group: tax, text: $t) { id } b: requestCorrection(group: tax, text: $t) { id } }"
    assert (await counter.sent(token, twice, t="写错了,请更正")).code == "ONE_CHANGE"
    literal = 'mutation { requestCorrection(group: tax, text: "写错了,请更正") { id } }'
    assert (await counter.sent(token, literal)).code == "DOCUMENT_INVALID"
    assert (await living.post(await living.auditor(), {"query": FILE, "variables": {"text": "写错了,请更正"}})).code == "PURPOSE_MISMATCH"


async def test_nobody_else_is_told_and_a_citizens_token_reaches_no_fact(living, counter, nobody_asked):
    matter = await living.register()
    for token in (await living.token(matter), await living.auditor()):
        assert (await living.post(token, {"query": "{ me { id } }"})).code == "PURPOSE_MISMATCH"
    token = await counter.token(living.family.head.id_number)
    handle = (await counter.me(token, "{ me { id } }"))["id"]
    document = "query P($c: ID!, $p: ID!) { case(id: $c) { id } person(id: $p) { id tax { status } } }"
    sent = await counter.sent(token, document, c=matter.id, p=handle)
    assert sent.body["data"] == {"case": None, "person": None}
    assert (await counter.sent(token, "{ accessLog(first: 1) { edges { node { id } } } }")).code == "PURPOSE_MISMATCH"
    nobody_asked()


async def test_the_hours_questions_about_one_person_are_bounded(living, counter, monkeypatch):
    await living.register()
    person = living.family.obligors[0].person
    token = await counter.token(person.id_number)
    own = own_records(living)
    monkeypatch.setattr(own, "_rules", replace(own._rules, questions_an_hour=2))
    assert [(await counter.sent(token, "{ me { id } }")).status for _ in range(2)] == [200, 200]
    refused = await counter.sent(token, "{ me { id } }")
    assert (refused.status, refused.code) == (429, "PERSON_RATE")
    assert int(refused.headers["Retry-After"]) > 0


async def test_only_what_names_the_person_ever_appears(living, counter):
    """Whoever asks, every entry shown names them in the log, or is a refusal in a case of theirs."""
    await living.register()
    await living.register(living.platform.population.edge_family())
    for member in (*living.family.everyone()[:3], living.platform.population.edge_family().members[0]):
        number = member.person.id_number
        if member.guardians:
            continue
        subject = await living.hub.desk.log_subject(number)
        token = await counter.token(number)
        cases = set(await own_records(living)._entries.cases(await _person(living, number)))
        for one in await counter.accesses(token, "{ me { accesses(first: 100) { edges { node { id } } } } }"):
            head, rest = (await living.hub.log.store.entry(one["id"])).parts()
            assert subject in rest.get("subjects", []) or (head["kind"] == "REFUSAL" and head["case"] in cases)


async def _person(living, number: str) -> str:
    index = list(living.hub.vault.blind_indexes(number))
    return str(await living.hub.records.fetchval("SELECT id FROM person WHERE blind_index = ANY($1::bytea[])", index))

