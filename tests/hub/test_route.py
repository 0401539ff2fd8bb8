"""The road as a whole: what its entries say of a question, and that the body holds the recorded bytes as they are."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from hub.access_log.entry import Kind
from hub.access_log.receipt import salted_digest
from hub.access_log.store import Filter
from hub.errors import Forbidden, RecordingFailed, TooLarge
from hub.fetch import Fetcher
from tests.hub.living import TAXES, Living

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def travelled(living: Living, matter, document: str = TAXES, **more):
    token = await living.token(matter)
    standing = await living.hub.desk.identify({
        "method": "POST", "path": "/graphql", "headers": [(b"authorization", f"Bearer {token}".encode())],
    })
    operation = await living.hub.documents.load(document, None)
    of_road = {name: more.pop(name) for name in ("fetcher", "told", "max_response", "log") if name in more}
    return await replace(living.hub.road, **of_road).travel(operation, {"id": matter.id}, standing, **more)


async def test_intent_and_outcome_name_document_plan_policy_people_letters_and_forms(living, signed_matter):
    done = await travelled(living, signed_matter, address="LOOPBACK")
    intent = await living.hub.log.store.entry(done.intent)
    (outcome,) = await living.hub.log.store.closing(done.intent)
    for entry in (intent, outcome):
        head, rest = entry.parts()
        assert head["policy"] == living.hub.policy.digest
        assert rest["plan"] == done.plan.digest
        assert len(rest["subjects"]) == 5
        assert set(rest["letters"]) <= {letter["id"] for letter in signed_matter.letters}
    head, rest = outcome.parts()
    assert head["answer"] == salted_digest(done.receipt.salt, done.data)
    assert head["decision"] == "PARTIAL", "a child's income is told weaker"
    assert rest["told"]["forms"]
    assert rest["statuses"]


async def test_an_answer_with_nothing_withheld_is_allowed_and_one_with_somebody_uncovered_is_partial(living, signed_matter):
    whole = await travelled(living, signed_matter, "query($id: ID!) { case(id: $id) { household { members { person { marriage { status } } } } } }")
    (outcome,) = await living.hub.log.store.closing(whole.intent)
    assert outcome.parts()[0]["decision"] == "ALLOW"
    unsigned = await living.register(unsigned=[living.family.members[1].person.index])
    partial = await travelled(living, unsigned, "query($id: ID!) { case(id: $id) { household { members { person { marriage { status } } } } } }")
    (outcome,) = await living.hub.log.store.closing(partial.intent)
    assert outcome.parts()[0]["decision"] == "PARTIAL"


async def test_the_bytes_of_data_stand_in_the_body_as_they_were_recorded(living, signed_matter):
    done = await travelled(living, signed_matter)
    body = done.body()
    assert body.startswith(b'{"data":' + done.data + b',"extensions":')
    assert orjson.loads(body)["extensions"]["question"] == done.intent
    failed = replace(done, errors=({"message": "m"},))
    assert orjson.loads(failed.body())["errors"] == [{"message": "m"}]
    assert "2860" not in repr(done)


async def test_a_question_about_nobody_still_leaves_intent_and_outcome(living, signed_matter, nobody_asked):
    done = await travelled(living, signed_matter, 'query($id: ID!) { case(id: $id) { id } person(id: "per_none") { id } }')
    assert orjson.loads(done.data)["person"] is None
    assert len(await living.hub.log.store.closing(done.intent)) == 1
    nobody_asked()


async def test_interpreted_and_compiled_tell_the_same(living, signed_matter):
    document = TAXES.replace("Taxes", "Twice")
    answers = {(await travelled(living, signed_matter, document)).data for _ in range(4)}
    assert len(answers) == 1
    assert (await travelled(living, signed_matter, document.replace("Twice", "Kept"), persisted=True)).data in answers


async def test_a_log_that_is_down_raises_before_anybody_is_asked(living, signed_matter, nobody_asked):
    async with living.log_stopped():
        with pytest.raises(RecordingFailed):
            await travelled(living, signed_matter)
    nobody_asked()


async def test_the_log_is_not_for_the_check_office(living, signed_matter):
    with pytest.raises(Forbidden):
        await travelled(living, signed_matter, "{ accessLog { edges { cursor } } }")


class Falling:
    """The hub's own fetcher; from the `after`th look on, everybody's authorisation has fallen."""

    def __init__(self, fetcher, *, after: int) -> None:
        self.fetch = fetcher.fetch
        self._left = after

    async def fallen(self, _plan, _fetched) -> bool:
        self._left -= 1
        return self._left < 0


@pytest.mark.parametrize(("after", "message", "told"), [
    (0, "while the answer was recorded", [0]), (1, "before the answer left", [1]), (2, "", [1]),
])
async def test_whoever_is_told_of_answers_hears_of_none_where_an_authorisation_fell(living, signed_matter, after, message, told):
    heard = []

    async def hear(_question, fetched) -> None:
        heard.append(int(bool(fetched.outcomes)))

    changed = {"fetcher": Falling(living.hub.road.fetcher, after=after), "told": hear}
    if message:
        with pytest.raises(Forbidden, match=message) as fell:
            await travelled(living, signed_matter, **changed)
        assert fell.value.code == "AUTH_REVOKED"
    else:
        assert (await travelled(living, signed_matter, **changed)).data
    assert heard == told


async def test_where_nobody_keeps_answers_one_that_fell_is_still_not_told(living, signed_matter):
    for after in (0, 1):
        fetcher = Falling(living.hub.road.fetcher, after=after)
        if after:
            assert (await travelled(living, signed_matter, fetcher=fetcher, told=None)).data
        else:
            with pytest.raises(Forbidden, match="while the answer was recorded"):
                await travelled(living, signed_matter, fetcher=fetcher, told=None)


async def test_who_falls_as_the_answer_is_recorded_is_seen_also_where_another_fell_before(living, signed_matter):
    everybody: list[str] = []
    falls: set[str] = set()

    def recheck(_standing, people):
        if not everybody:  # the first look, at all who are asked about
            everybody.extend(people)
            falls.add(people[0])
        return {one: "AUTH_REVOKED" for one in people if one in falls}

    class Slow:
        """The hub's own log; while it records what is told, a letter falls."""

        receipt = living.hub.log.receipt

        async def append(self, entry):
            if entry.kind == Kind.OUTCOME:
                falls.add(everybody[1])
            return await living.hub.log.append(entry)

    with pytest.raises(Forbidden, match="while the answer was recorded"):
        await travelled(living, signed_matter, fetcher=Fetcher(recheck=recheck), log=Slow())
    assert len(everybody) > 1


async def test_an_answer_past_its_size_is_refused_and_closed_in_the_log(living, signed_matter):
    with pytest.raises(TooLarge, match="larger than 10 bytes"):
        await travelled(living, signed_matter, max_response=10)
    (last, *_) = (await living.hub.log.store.query(Filter(), limit=1)).entries
    head, _ = last.parts()
    assert (head["decision"], head["code"]) == ("DENY", "RESPONSE_TOO_LARGE")
