"""A near relative of somebody who died (PIPL §49): what they are shown and what not, what the log says of them, what the dead arranged."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
import pytest_asyncio

from hub.access_log.entry import Kind
from hub.citizens.holds import Hold, set_hold
from hub.citizens.kinship import paper
from tests.hub.citizens.counter import BRIEF, Counter
from tests.hub.citizens.mourned import Mourned, document
from tests.hub.living import TAXES, Living

pytestmark = pytest.mark.asyncio(loop_scope="session")

FILE = "mutation File($text: Statement!) { requestCorrection(group: vehicle, text: $text) { id } }"
CORRECTIONS = "{ me { corrections { id } } }"
ARRANGE = "mutation A($closed: Boolean!) { arrangeAfterDeath(closed: $closed) { closed } }"
UNIFORM = "the assertion is refused"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def mourned(living_hub: Living) -> Mourned:
    return await Mourned.register(living_hub, 3)


@pytest.fixture
def heir(living: Living) -> str:
    """Somebody of age whom no case of this hub names."""
    return next(
        person.id_number for index in range(95, 20, -1) for person in [living.platform.population.household(index).head]
        if person.age(living.clock().date()) >= 18 and index != 90
    )


async def _subject(living: Living, number: str) -> str:
    return await living.hub.desk.log_subject(number)


async def test_a_relative_whom_no_case_names_sees_who_asked_about_the_dead_and_stands_in_the_log(living, counter, mourned, heir):
    token = await counter.token(heir, **mourned.of())
    shown = await counter.accesses(token, first=50)
    assert mourned.question in {one["id"] for one in shown}
    own = shown[0]
    assert own["basis"] == {"kind": "self", "article": "PIPL §49", "letters": []}
    head, rest = (await living.hub.log.store.entry(own["id"])).parts()
    assert rest["subjects"] == [await _subject(living, mourned.dead.id_number), await _subject(living, heir)]
    evidence = mourned.of()["kinship"]
    papers = paper(evidence["relationDocument"]), paper(evidence["deathDocument"])
    assert rest["officer_proof"].endswith(f"CHILD of the deceased, for INHERITANCE, by {papers[0]}, death by {papers[1]}")
    assert rest["basis"] == f"self: {living.platform.platform} PIPL §49"
    assert head["purpose"] == "SUBJECT_ACCESS"
    entry = (await living.entries(purpose="SUBJECT_ACCESS", kind=Kind.INTENT, limit=1))[0]
    for told in (heir, mourned.dead.id_number, "渝潼-0042", "SW-2026-118"):
        assert told.encode() not in entry.body
        assert told not in base64.urlsafe_b64decode(token.split(".")[1] + "===").decode()


async def test_only_what_names_the_dead_is_shown_and_no_refusal_of_the_living(living, counter, mourned, heir):
    with pytest.raises(ValueError, match="AUTH_NOT_FOUND"):
        await living.token(mourned.matter, "jy", purpose="DIBAO_REVIEW")
    after = (await living.ask(mourned.matter, TAXES)).body["extensions"]["question"]  # of the living: the dead is not covered
    subject = await _subject(living, mourned.dead.id_number)
    shown = await counter.accesses(await counter.token(heir, **mourned.of()), BRIEF, first=100)
    for one in shown:
        assert subject in (await living.hub.log.store.entry(one["id"])).parts()[1]["subjects"]
    assert not [one for one in shown if one["decision"] == "DENY"]
    living_one = next(one.person for one in mourned.family.members[1:] if one.person.age(living.clock().date()) >= 18)
    theirs = await counter.accesses(await counter.token(living_one.id_number), BRIEF, first=100)
    assert [one for one in theirs if one["reason"] == "AUTH_NOT_FOUND"]
    asked = next((one for one in shown if one["id"] == after), None)
    assert asked is None or not [group for group in asked["groups"] if group["form"]]


async def test_letters_are_not_the_relatives_to_see_and_what_is_hidden_is_counted_for_them_too(living, counter, mourned, heir):
    token = await counter.token(heir, **mourned.of())
    assert (await counter.sent(token, "{ me { letters { id } } }")).code == "PURPOSE_MISMATCH"
    until = living.clock() + timedelta(days=10)
    before = (await counter.me(token, BRIEF, first=1))["accesses"]["withheld"]
    hold = Hold(mourned.matter.id, "", "", "PIPL §18(1), §35", until, "PO-0001")
    await set_hold(living.hub.engine, hold, at=living.clock(), random=living.hub.random)
    told = (await counter.me(token, BRIEF, first=100))["accesses"]
    assert (before, [one["article"] for one in told["withheld"]]) == ([], ["PIPL §18(1), §35"])
    assert mourned.question not in {edge["node"]["id"] for edge in told["edges"]}
    # The refusals of the living are held too, and neither shown to the relative nor counted for them.
    subject = await _subject(living, mourned.dead.id_number)
    count = await living.hub.records.fetchval(
        "SELECT count(*) FROM log_entry WHERE subjects @> ARRAY[$1::text] AND case_id = $2 AND kind = 'INTENT'", subject, mourned.matter.id,
    )
    assert told["withheld"][0]["count"] == count


async def test_a_correction_about_the_dead_is_filed_and_found_by_the_relative(living, counter, mourned, heir):
    token = await counter.token(heir, **mourned.of(interest="CORRECTION"))
    sent = await counter.sent(token, FILE, text="逝者名下车辆去年已过户。")
    assert sent.status == 200, sent.raw
    filed = sent.body["data"]["requestCorrection"]["id"]
    assert [one["id"] for one in (await counter.me(token, CORRECTIONS))["corrections"]] == [filed]


async def test_what_the_person_arranged_in_life_stands_and_nobody_else_arranges_it(living, counter):
    mourned = await Mourned.register(living, 4)
    family = mourned.family
    dying = next(one.person for one in family.members[1:] if one.person.age(living.clock().date()) >= 18)
    own = await counter.token(dying.id_number)
    assert (await counter.sent(own, ARRANGE, closed=True)).body["data"] == {"arrangeAfterDeath": {"closed": True}}
    assert (await counter.me(own, "{ me { closedAfterDeath } }"))["closedAfterDeath"] is True
    assert (await counter.sent(own, ARRANGE, closed=False)).status == 200
    assert (await counter.me(own, "{ me { closedAfterDeath } }"))["closedAfterDeath"] is False
    relative = await counter.token(dying.id_number, **mourned.of(relation="SPOUSE"))
    assert (await counter.sent(relative, ARRANGE, closed=True)).code == "PURPOSE_MISMATCH"
    # What turns up while the token lives closes the records at once.
    person = await living.hub.records.fetchval(
        "SELECT id FROM person WHERE blind_index = ANY($1::bytea[])", list(living.hub.vault.blind_indexes(mourned.dead.id_number)),
    )
    await living.hub.records.execute(
        "INSERT INTO arrangement VALUES ('arr_will', $1, NULL, '\\x00', 'MZ-0007', $2, NULL)", person, living.clock(),
    )
    assert (await counter.sent(relative, "{ me { id } }")).code == "SUBJECT_NOT_COVERED"
    status, body = await counter.exchange(await counter.vouch(dying.id_number, **mourned.of()))
    assert (status, body["error_description"], (await living.refusals())[0]) == (400, UNIFORM, "ARRANGED_OTHERWISE")


async def test_a_look_the_person_took_after_the_day_of_death_contests_it(living, counter, heir):
    mourned = await Mourned.register(living, 5)
    await counter.me(await counter.token(mourned.dead.id_number), "{ me { id } }")
    status, body = await counter.exchange(await counter.vouch(heir, **mourned.of()))
    assert (status, body["error_description"], (await living.refusals())[0]) == (400, UNIFORM, "DEATH_CONTESTED")


async def test_a_relative_without_capacity_or_age_is_answered_at_the_counter(living, counter, mourned):
    child = next(
        member.person for index in range(100) for member in living.platform.population.household(index).members
        if member.person.age(living.clock().date()) < 18
    )
    status, body = await counter.exchange(await counter.vouch(child.id_number, **mourned.of()))
    assert (status, body["error_description"], (await living.refusals())[0]) == (400, UNIFORM, "RELATIVE_NOT_ABLE")
    weak = mourned.family.members[1].person
    await living.hub.records.execute("UPDATE member SET capacity = 'LIMITED' WHERE person_id = (SELECT id FROM person WHERE blind_index = ANY($1::bytea[]))", list(living.hub.vault.blind_indexes(weak.id_number)))
    assert (await counter.exchange(await counter.vouch(weak.id_number, **mourned.of(relation="SPOUSE"))))[0] == 400
    await living.hub.records.execute("UPDATE member SET capacity = 'FULL' WHERE person_id = (SELECT id FROM person WHERE blind_index = ANY($1::bytea[]))", list(living.hub.vault.blind_indexes(weak.id_number)))


@pytest.mark.parametrize("changed", [
    {"relation": "NEPHEW"}, {"interest": "CURIOSITY"}, {"deathDocument": None}, {"relationDocument": document("HEARSAY", "1")},
    {"deathDocument": {"type": "DEATH_CERTIFICATE", "number": "", "sha256": "0" * 64}},
])
async def test_without_a_relation_of_the_law_and_its_papers_nobody_is_a_near_relative(living, counter, mourned, heir, changed):
    status, _ = await counter.exchange(await counter.vouch(heir, **mourned.of(**changed)))
    assert (status, (await living.refusals())[0]) == (400, "PERSON_UNREADABLE")


async def test_the_dead_is_named_by_a_near_relative_alone(living: Living, counter: Counter, mourned: Mourned, heir: str):
    said, logged = await _sent(counter, await counter.vouch(heir, capacity="SELF", **mourned.of()))
    assert (said.partition(":")[0], logged) == ("ASSERTION_MALFORMED", "ASSERTION_MALFORMED")
    said, logged = await _sent(counter, await counter.vouch(heir, capacity="NEAR_RELATIVE"))
    assert (said.partition(":")[0], logged) == ("ASSERTION_MALFORMED", "ASSERTION_MALFORMED")
    assert (await _sent(counter, await counter.vouch(heir, **mourned.of() | {"deceased": living.platform.population.household(90).head.id_number})))[1] == "PERSON_UNKNOWN"


async def _sent(counter: Counter, assertion: str) -> tuple[str, str]:
    status, body = await counter.exchange(assertion)
    assert status == 400, body
    return body["error_description"], (await counter.living.refusals())[0]
