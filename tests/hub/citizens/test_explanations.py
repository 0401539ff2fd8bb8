"""The rules explained (PIPL §48): asked for about what one is shown and nothing else, answered by an officer once, told to who asked alone; and as data at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from hub.access_log.entry import Kind
from hub.access_log.outbox import drain
from hub.actor import SESSION, Actor
from hub.citizens.explaining import ExplanationRefused, Said, answer, open_requests
from hub.citizens.holds import Hold, lift_hold, set_hold
from hub.citizens.remedies import remedies
from hub.sharing.wording import SharingRefused
from policies.citizens import citizen_rules
from policies.purposes import PURPOSES
from tests.hub.citizens.counter import Counter, own_records
from tests.hub.citizens.mourned import Mourned
from tests.hub.living import TAXES, Living, Matter, Sent

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASK = """mutation Ask($entry: ID, $letter: ID, $purpose: String, $text: Statement) {
  requestExplanation(entry: $entry, letter: $letter, purpose: $purpose, text: $text) { id state due } }"""
MINE = "{ me { explanations { id kind about text state filedAt due overdue answeredAt answer article officer remedies { kind } } } }"
RULES = """query R($p: String!) { me { rules(purpose: $p) { purpose title law bases groups { group title department withoutLetter } departments consentUntil
  keeping { event days longestDays source } recordYears } } }"""
OFFICER = Actor("PO-0001", SESSION)


@dataclass
class Household:
    """A family nobody else's tests ask for, asked about once: its adults, its letters, the entry."""

    living: Living
    counter: Counter
    matter: Matter
    numbers: tuple[str, ...]
    question: str

    async def ask(self, nth: int = 0, **what: Any) -> Sent:
        return await self.counter.sent(await self.counter.token(self.numbers[nth]), ASK, **what)

    async def filed(self, nth: int = 0, **what: Any) -> dict[str, Any]:
        sent = await self.ask(nth, **what)
        assert sent.status == 200, sent.raw
        return dict(sent.body["data"]["requestExplanation"])

    async def mine(self, nth: int = 0) -> dict[str, dict[str, Any]]:
        told = await self.counter.me(await self.counter.token(self.numbers[nth]), MINE)
        return {one["id"]: one for one in told["explanations"]}

    async def settle(self) -> None:
        """Whatever is open is answered, so that the next test finds its places free."""
        for one in await open_requests(self.living.hub.engine, self.living.clock().date()):
            await answer(self.living.hub.engine, one.id, Said("EXPLAINED", "已当面说明"), by=OFFICER, at=self.living.clock())


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def asked_about(living_hub: Living, counter: Counter) -> Household:
    today = living_hub.clock().date()
    families = (living_hub.platform.population.household(index) for index in range(62, 71))
    family = next(one for one in families if sum(member.person.age(today) >= 18 and not member.guardians for member in one.members) >= 2)
    matter = await living_hub.register(family)
    reply = await living_hub.ask(matter, TAXES)
    numbers = tuple(one.person.id_number for one in family.members if one.person.age(today) >= 18 and not one.guardians)
    return Household(living_hub, counter, matter, numbers, reply.body["extensions"]["question"])


@pytest_asyncio.fixture(loop_scope="session")
async def household(asked_about: Household) -> AsyncIterator[Household]:
    yield asked_about
    await asked_about.settle()


async def test_an_entry_a_letter_and_a_purpose_are_asked_about_with_a_clock_and_shown_to_who_asked_alone(household: Household) -> None:
    living = household.living
    own = next(iter((await household.counter.me(await household.counter.token(household.numbers[0]), "{ me { letters { id } } }"))["letters"]))["id"]
    asked = {"ENTRY": {"entry": household.question, "text": "为什么查询我的纳税记录?"}, "LETTER": {"letter": own}, "PURPOSE": {"purpose": "DIBAO_REVIEW"}}
    filed = {kind: await household.filed(**what) for kind, what in asked.items()}
    due = (living.clock().date() + timedelta(days=15)).isoformat()
    assert {(one["state"], one["due"]) for one in filed.values()} == {("OPEN", due)}
    mine = await household.mine()
    assert {one["id"] for one in filed.values()} <= set(mine)
    for kind, what in asked.items():
        one = mine[filed[kind]["id"]]
        assert (one["kind"], one["about"], one["text"]) == (kind, next(iter(what.values())), what.get("text"))
        assert (one["state"], one["overdue"], one["answer"], one["remedies"]) == ("OPEN", False, None, [])
    assert not set(mine) & set(await household.mine(1))
    row = await living.hub.records.fetchrow("SELECT * FROM explanation_request WHERE id = $1", filed["ENTRY"]["id"])
    intent = await living.hub.log.store.entry(row["question"])
    assert intent.parts()[1]["subjects"] == [await living.hub.desk.log_subject(household.numbers[0])]
    assert not any(number in str(dict(row)) for number in household.numbers)


async def test_what_is_anothers_hidden_or_none_looks_the_same(household: Household, counter: Counter) -> None:
    living = household.living
    stranger = await living.register()
    theirs, letter = (await living.ask(stranger, TAXES)).body["extensions"]["question"], next(iter(stranger.numbers.values()))
    at = living.clock()
    hold = await set_hold(living.hub.engine, Hold(household.matter.id, "", "", "PIPL §18(1), §35", at + timedelta(days=3), "PO-0001"), at=at, random=living.hub.random)
    token = await counter.token(household.numbers[0])
    try:
        refused = [
            (sent.status, sent.body["errors"]) for what in (
                {"entry": theirs}, {"entry": household.question}, {"entry": "log_01ARZ3NDEKTSV4RRFFQ69G5FAV"}, {"entry": "\0"}, {"entry": "x" * 99}, {"entry": ""},
                {"letter": letter}, {"letter": "let_01ARZ3NDEKTSV4RRFFQ69G5FAV"}, {"purpose": "NONE_OF_OURS"},
            ) for sent in [await counter.sent(token, ASK, **what)]
        ]
    finally:
        await lift_hold(living.hub.engine, hold, at=at)
    assert refused[1:] == refused[:-1]
    assert (refused[0][0], refused[0][1][0]["extensions"]) == (404, {"code": "EXPLANATION_UNKNOWN", "remedies": list(remedies(citizen_rules("500152")))})
    assert (await household.ask(entry=household.question)).status == 200, "and shown again it can be asked about"


@pytest.mark.parametrize("what", [{}, {"entry": "a", "letter": "b"}, {"purpose": "DIBAO_REVIEW", "entry": "log_x"}])
async def test_one_thing_is_named(household: Household, what: dict[str, str]) -> None:
    sent = await household.ask(**what)
    assert (sent.status, sent.code) == (400, "EXPLANATION_ABOUT")


@pytest.mark.parametrize("text", ["x", "号码是 509900200001010011", "号码 5099 0020 0001 0100 11", "509900-20000101-0011", "５０９９００２００００１０１００１１", "a" * 1001])
async def test_a_statement_is_bounded_and_names_nobody_however_the_number_is_written(household: Household, text: str) -> None:
    sent = await household.ask(purpose="DIBAO_REVIEW", text=text)
    assert (sent.status, sent.code, "509900" in sent.raw.decode()) == (400, "VARIABLE_INVALID", False)


async def test_so_many_may_be_open_at_once_however_they_arrive_and_one_answered_makes_room(household: Household) -> None:
    token = await household.counter.token(household.numbers[1])
    several = await asyncio.gather(*[household.counter.sent(token, ASK, purpose="DIBAO_REVIEW") for _ in range(7)])
    assert sorted(one.status for one in several) == [200] * 5 + [409] * 2
    assert {one.code for one in several if one.status == 409} == {"EXPLANATIONS_OPEN"}
    assert (await household.ask(purpose="DIBAO_REVIEW")).status == 200, "the other member's places are their own"
    first = next(one.body["data"]["requestExplanation"]["id"] for one in several if one.status == 200)
    await answer(household.living.hub.engine, first, Said("EXPLAINED", "已说明"), by=OFFICER, at=household.living.clock())
    assert (await household.ask(1, purpose="DIBAO_REVIEW")).status == 200


async def test_without_a_term_of_the_region_it_is_taken_and_owed_by_no_day(household: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_records(household.living)._explanations, "_term", None)
    filed = await household.filed(purpose="EDGE_REVIEW")
    assert (filed["state"], filed["due"]) == ("OPEN", None)
    assert (await household.mine())[filed["id"]]["overdue"] is False
    found = {one.id: one for one in await open_requests(household.living.hub.engine, household.living.clock().date() + timedelta(days=999))}
    assert (found[filed["id"]].due, found[filed["id"]].overdue) == (None, False)


async def test_the_answer_is_given_once_by_an_officer_who_is_named_in_the_log_and_shown_to_who_asked(household: Household) -> None:
    living, engine, at = household.living, household.living.hub.engine, household.living.clock()
    explained, refused = [(await household.filed(**what))["id"] for what in ({"entry": household.question}, {"purpose": "PRIVACY_AUDIT"})]
    late = living.clock().date() + timedelta(days=16)
    assert {one.id: one.overdue for one in await open_requests(engine, late)}.items() >= {explained: True, refused: True}.items()
    await answer(engine, explained, Said("EXPLAINED", "依据您签署的授权书核对收入。"), by=OFFICER, at=at)
    await answer(engine, refused, Said("REFUSED", "监督检查的规则依法不予公开。", "PIPL §18(1)"), by=OFFICER, at=at)
    mine = await household.mine()
    one, other = mine[explained], mine[refused]
    assert (one["state"], one["answer"], one["article"], one["remedies"]) == ("EXPLAINED", "依据您签署的授权书核对收入。", None, [])
    assert (other["state"], other["article"], [kind["kind"] for kind in other["remedies"]]) == ("REFUSED", "PIPL §18(1)", ["OFFICE", "AUTHORITY", "COURT"])
    assert one["officer"] is None, "the region does not tell officers"
    for again in (explained, "exp_none"):
        with pytest.raises(ExplanationRefused, match="no open request"):
            await answer(engine, again, Said("EXPLAINED", "又一次"), by=OFFICER, at=at)
    await drain(living.hub.log)
    entries = [entry.parts() for entry in await living.entries(kind=Kind.CHANGE, limit=10)]
    said = [rest["about"] for head, rest in entries if head["code"] == "EXPLANATION_ANSWERED"][:2]
    assert said == [{"ref": ref, "outcome": outcome, "by": "PO-0001", "proof": SESSION} for ref, outcome in ((refused, "REFUSED"), (explained, "EXPLAINED"))]


async def test_where_the_region_tells_officers_who_answered_is_told(household: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    filed = (await household.filed(purpose="DIBAO_REVIEW"))["id"]
    await answer(household.living.hub.engine, filed, Said("EXPLAINED", "已说明"), by=OFFICER, at=household.living.clock())
    monkeypatch.setattr(own_records(household.living)._explanations, "_tells_officer", True)
    assert (await household.mine())[filed]["officer"] == "PO-0001"


@pytest.mark.parametrize("said", [("OPEN", "x", ""), ("EXPLAINED", "x\0", ""), ("EXPLAINED", "x\x9b2J", ""), ("EXPLAINED", "已\u202e明说", ""), ("REFUSED", "x", "§18\nx\x7f"), ("REFUSED", "x", " "), ("EXPLAINED", "x", "PIPL §18(1)")])
async def test_a_refusal_names_its_article_and_an_explanation_none(said: tuple[str, str, str]) -> None:
    with pytest.raises(ExplanationRefused):
        Said(*said)
    Said("EXPLAINED", "第一行\r\n\u3000第二行：\ue863村，\U00031350")


async def test_an_answer_names_nobody_and_says_something(household: Household) -> None:
    filed = (await household.filed(purpose="DIBAO_REVIEW"))["id"]
    for text in (" ", "身份证 509900200001010011", "a" * 1001):
        with pytest.raises(SharingRefused):
            await answer(household.living.hub.engine, filed, Said("EXPLAINED", text), by=OFFICER, at=household.living.clock())
    assert (await household.mine())[filed]["state"] == "OPEN"


async def test_what_was_asked_is_neither_changed_nor_deleted_by_the_hubs_own_role(household: Household) -> None:
    filed = (await household.filed(purpose="DIBAO_REVIEW"))["id"]
    for statement in ("DELETE FROM explanation_request", "UPDATE explanation_request SET statement = 'x'", "UPDATE explanation_request SET due = NULL"):
        with pytest.raises(Exception, match="permission denied"):
            await household.living.hub.records.execute(f"{statement} WHERE id = $1", filed)


async def test_a_guardians_request_is_the_wards_and_no_other_wards(living: Living, counter: Counter) -> None:
    today = living.clock().date()
    population = living.platform.population
    families = (living.family, population.edge_family(), *(population.household(index) for index in range(100)))
    family, child = next((one, member) for one in families for member in one.members if member.guardians and member.person.age(today) < 14)
    guardian = next(one.person for one in family.members if one.person.index == child.guardians[0])
    await living.register(family)
    ward, alone = await counter.token(guardian.id_number, ward=child.person.id_number), await counter.token(guardian.id_number)
    sent = await counter.sent(ward, ASK, purpose="DIBAO_REVIEW")
    filed = sent.body["data"]["requestExplanation"]["id"]
    assert filed in {one["id"] for one in (await counter.me(ward, MINE))["explanations"]}
    assert filed not in {one["id"] for one in (await counter.me(alone, MINE))["explanations"]}
    await answer(living.hub.engine, filed, Said("EXPLAINED", "已说明"), by=OFFICER, at=living.clock())


async def test_a_relative_of_the_dead_asks_about_what_they_are_shown_and_sees_neither_the_deads_requests_nor_anothers(living: Living, counter: Counter) -> None:
    mourned = await Mourned.register(living, 6)
    engine, at = living.hub.engine, living.clock()
    adults = [one.person for one in mourned.family.members[1:] if one.person.age(at.date()) >= 18]
    other = next(
        person.id_number for index in range(95, 20, -1) for person in [living.platform.population.household(index).head]
        if person.age(at.date()) >= 18 and index != 90
    )
    heir, cousin = await counter.token(adults[0].id_number, **mourned.of(relation="SPOUSE")), await counter.token(other, **mourned.of())
    sent = await counter.sent(heir, ASK, entry=mourned.question)
    assert sent.status == 200, sent.raw
    filed = sent.body["data"]["requestExplanation"]["id"]
    assert [one["id"] for one in (await counter.me(heir, MINE))["explanations"]] == [filed]
    assert (await counter.me(cousin, MINE))["explanations"] == []
    # Letters are not a relative's to see: the dead's own looks like none.
    for letter in (next(iter(mourned.matter.numbers.values())), "let_none"):
        assert (await counter.sent(heir, ASK, letter=letter)).code == "EXPLANATION_UNKNOWN"
    await answer(engine, filed, Said("EXPLAINED", "已说明"), by=OFFICER, at=at)
    assert (await counter.me(heir, MINE))["explanations"][0]["answer"] == "已说明"


async def test_nobody_asks_with_another_kind_of_token(living: Living) -> None:
    sent = await living.post(await living.auditor(), {"query": ASK, "variables": {"purpose": "DIBAO_REVIEW"}})
    assert sent.code == "PURPOSE_MISMATCH"
    assert "remedies" not in sent.body["errors"][0]["extensions"]


async def test_it_counts_among_the_hours_questions(household: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    own = own_records(household.living)
    monkeypatch.setattr(own, "_rules", replace(own._rules, questions_an_hour=0))  # whatever was asked before
    assert (await household.ask(1, purpose="DIBAO_REVIEW")).code == "PERSON_RATE"


async def test_the_rules_of_a_purpose_are_told_at_once_as_data(household: Household) -> None:
    token = await household.counter.token(household.numbers[0])
    told = (await household.counter.me(token, RULES, p="MEDICAL_AID"))["rules"]
    purpose = PURPOSES["MEDICAL_AID"]
    assert (told["title"], told["law"], told["departments"], told["consentUntil"]) == ("医疗救助", "SAL §24, §42", ["YB"], "至办结")
    assert set(told["bases"]) == set(purpose.bases)
    assert {one["group"] for one in told["groups"]} == purpose.told_groups()
    assert {one["group"] for one in told["groups"] if one["withoutLetter"]} == purpose.statute_groups
    assert next(one for one in told["groups"] if one["group"] == "confirmation") == {
        "group": "confirmation", "title": "审核确认结果", "department": "MZ", "withoutLetter": True,
    }
    assert (told["keeping"]["event"], told["recordYears"]) == ("CASE_CLOSED", 3)
    assert (await household.counter.me(token, RULES, p="NONE_OF_OURS"))["rules"] is None
