"""A letter's life: paused and resumed, ended by event and date, superseded when the household changes, one number one document."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.authorizations.lapsing import InForce, lapse
from hub.authorizations.matter import MEMBERS_CHANGED
from hub.authorizations.presented import NotStanding
from hub.authorizations.reasons import Flaw, Refused
from hub.enrolment import enrol_platform
from hub.messages.inbox import Inbox
from hub.messages.sending import push
from hub.oauth.presenting import household_facts, letter_basis
from tests.hub.authorizations.family import (
    HUB,
    KID,
    PLATFORM,
    PLATFORM_KEY,
    adults,
    family,
    for_the_girl,
    letter,
    letters,
    pause,
    platform_jwks,
    revocation,
    signs,
)
from tests.hub.authorizations.test_coverage import NOW
from tests.hub.authorizations.world import assessed

BOTH = ("DIBAO_REVIEW", "MONITORING")


async def status(world) -> dict[str, str]:
    return {row["number"]: row["status"] for row in await world.pool.fetch("SELECT number, status FROM letter")}


async def told(world, details, client="hd") -> str:
    """The code the token endpoint refuses with; "" where it gives a token."""
    answer = await world.ask(details, client)
    return "" if answer.status_code == 200 else answer.json()["error_description"].partition(":")[0]


async def say(world, **more):
    token = pause(more.pop("now", None) or world.clock(), jti=more.pop("jti", None) or world.jti(), **more)
    return await world.desk.pauses.accept(token, world.clock())


# --- paused ---


async def test_a_paused_letter_answers_its_own_code_everywhere_and_goes_on_when_resumed(world, clock):
    accepted = await world.register()
    details = world.details(accepted)
    token = await world.token(details)
    standing = await world.identify(token)
    paused = await say(world)
    assert (paused.state, len(paused.letters)) == ("PAUSED", 3)
    await world.heard()
    with pytest.raises(NotStanding) as caught:
        await world.identify(token)
    assert caught.value.code == "AUTH_PAUSED"
    assert await told(world, details) == "AUTH_PAUSED"
    assert set(world.desk.recheck(standing, list(standing.coverage)).values()) == {"AUTH_PAUSED"}
    clock.advance(60)
    await say(world, state="ACTIVE")
    await world.heard()
    assert await told(world, details) == ""
    kinds = [row["kind"] for row in await world.pool.fetch("SELECT kind FROM outbox WHERE kind LIKE 'LETTER%' ORDER BY id")]
    assert kinds == ["LETTER_PAUSED"] * 3 + ["LETTER_RESUMED"] * 3


async def test_one_of_several_paused_uncovers_only_who_signed_it(world):
    accepted = await world.register()
    standing = await world.identify(await world.token(world.details(accepted)))
    await say(world, letter="O-1")
    await world.heard()
    brother, head = world.person(standing, "测试己"), world.person(standing, "测试甲")
    assert world.desk.recheck(standing, [brother, head]) == {brother: "AUTH_PAUSED"}


async def test_of_a_pause_and_a_resumption_the_later_word_holds(world, clock):
    await world.register()
    first = clock()
    clock.advance(60)
    await say(world)
    with pytest.raises(Refused) as caught:
        await say(world, state="ACTIVE", now=first)
    assert (caught.value.flaw, caught.value.status) == (Flaw.LETTER_STATE_OVERTAKEN, 409)
    with pytest.raises(Refused):
        await say(world, state="ACTIVE")
    clock.advance(60)
    await say(world, state="ACTIVE")
    with pytest.raises(Refused):
        await say(world, now=first)
    assert set((await status(world)).values()) == {"ACTIVE"}


async def test_a_resumption_is_fresh_and_each_word_is_said_once(world, clock):
    await world.register()
    paused_at = clock()
    await say(world, jti="pause-0001")
    clock.advance(3600)
    again = await world.desk.pauses.accept(pause(paused_at, jti="pause-0001"), clock())
    assert len(again.letters) == 3
    with pytest.raises(Refused) as caught:
        await say(world, state="ACTIVE", now=clock() - timedelta(minutes=20))
    assert caught.value.flaw is Flaw.MESSAGE_UNSIGNED
    with pytest.raises(Refused) as caught:
        await say(world, state="ACTIVE", jti="pause-0001")
    assert caught.value.flaw is Flaw.MESSAGE_REPLAYED
    assert set((await status(world)).values()) == {"PAUSED"}


async def test_pausing_neither_saves_a_letter_from_withdrawal_nor_does_anything_bring_one_back(world, clock):
    made = letters(clock())
    await world.register(letters=made)
    await say(world)
    await world.register(letters=made)
    assert set((await status(world)).values()) == {"PAUSED"}, "registering again resumes nothing"
    await world.desk.revocations.accept(revocation(clock(), jti=world.jti(), letter="G-1"), clock())
    clock.advance(60)
    assert len((await say(world, state="ACTIVE")).letters) == 2
    assert (await status(world)) == {"H-1": "ACTIVE", "G-1": "REVOKED", "O-1": "ACTIVE"}
    for reference, named in (("nothing", ""), ("TN-2026-0001", "X-9")):
        with pytest.raises(Refused) as caught:
            await say(world, reference=reference, letter=named)
        assert caught.value.flaw is Flaw.LETTER_UNKNOWN


# --- ended by event ---


async def test_a_letter_ends_when_its_matter_is_closed(world, clock):
    made = letters(clock())
    accepted = await world.register(letters=made)
    await world.register(letters=made, case={"closedAt": (clock() + timedelta(hours=1)).isoformat()})
    await world.heard()
    details = world.details(accepted)
    assert await told(world, details) == ""
    clock.advance(3600)
    assert await told(world, details) == "AUTH_EXPIRED"
    assert await told(world, household_facts(purpose="RESULT_RECOGNITION", basis={"kind": "statute", "article": "SAL §42"}, case=accepted.case), "yb") == (
        "NO_JURISDICTION"
    )


async def test_a_matter_that_is_opened_again_needs_letters_signed_anew(world, clock):
    made = letters(clock())
    await world.register(letters=made, case={"closedAt": clock().isoformat()})
    clock.advance(60)
    accepted = await world.register(letters=[*made, letter("H-2", adults(), now=clock())])
    assert await status(world) == {"H-1": "EXPIRED", "G-1": "EXPIRED", "O-1": "EXPIRED", "H-2": "ACTIVE"}
    assert list(accepted.letters) == ["H-2"]


async def pushed(world, kind, body) -> str:
    inbox = Inbox(world.engine, world.vault, random=None, audience=HUB, retention={})
    token = push(
        PLATFORM_KEY, kid=KID, platform=PLATFORM, audience=HUB, message=world.jti(), now=world.clock(), kind=kind, reference="TN-2026-0001",
        occurred_at=world.clock(), body=body,
    )
    taken = await inbox.accept(token, world.clock())
    return taken.refusal.code if taken.refusal else ""


@pytest.fixture
async def telling(world, clock):
    """The platform may tell of progress and monitoring, the bureau may watch."""
    await enrol_platform(world.engine, platform=PLATFORM, name="台", jwks=platform_jwks(), at=clock(), sends=("PROGRESS", "MONITORING"))
    await world.pool.execute("UPDATE client SET purposes = purposes || '{MONITORING}' WHERE id = 'client-quxian'")
    await world.pool.execute("UPDATE organisation SET region = '500152000000' WHERE code = 'mz-511725'")
    await assessed(world.engine, "MONITORING", at=clock())
    return world


async def test_after_the_matter_ended_a_letter_stands_for_monitoring_while_the_applicant_is_watched(telling, clock):
    world = telling
    case = {"organisations": ["mz-511725", "mz-hd-500152"], "stage": "PAYING"}
    made = letters(clock(), document={"purposes": BOTH})
    silent = letter("S-1", [signs("head")], now=clock(), document={"purposes": BOTH, "monitoring": False, "fact_groups": ["vehicle"]})
    accepted = await world.register(letters=[*made, silent], case=case)
    lasting = letter_basis(*(one for number, one in accepted.letters.items() if number != "S-1"))
    watching = household_facts(purpose="MONITORING", basis=lasting, case=accepted.case)
    assert await pushed(world, "PROGRESS", {"stage": "STOPPED", "officer": "town-7", "reason": "X1"}) == ""
    await world.heard()
    assert await told(world, watching, "quxian") == "AUTH_EXPIRED", "not watched"
    assert await pushed(world, "MONITORING", {"state": "INCLUDED"}) == ""
    await world.heard()
    assert await told(world, watching, "quxian") == ""
    assert await told(world, watching | {"basis": letter_basis(accepted.letters["S-1"])}, "quxian") == "AUTH_EXPIRED", "it does not say so"
    assert await told(world, watching | {"purpose": "DIBAO_REVIEW"}, "hd") == "AUTH_EXPIRED", "the review is over"
    clock.advance(86_400)
    assert await pushed(world, "MONITORING", {"state": "ENDED"}) == ""
    await world.heard()
    assert await told(world, watching, "quxian") == "AUTH_EXPIRED"
    assert await pushed(world, "MONITORING", {"state": "INCLUDED"}) == "STAGE_NOT_REACHABLE"


async def test_a_letter_that_ends_with_a_failed_check_does_so_at_the_refusal_not_at_the_notice(telling, clock):
    world = telling
    made = [letter("H-1", adults(), now=clock(), document={"check_failed": True}), *letters(clock())[1:]]
    accepted = await world.register(letters=made)
    details = world.details(accepted, basis=letter_basis(accepted.letters["H-1"]))
    assert await pushed(world, "PROGRESS", {"stage": "NOT_QUALIFIED_NOTIFIED", "officer": "town-7", "reason": "X1"}) == ""
    await world.heard()
    assert await told(world, details) == ""
    assert await pushed(world, "PROGRESS", {"stage": "REFUSED", "officer": "town-7", "reason": "X1"}) == ""
    await world.heard()
    assert await told(world, details) == "AUTH_EXPIRED"
    assert await told(world, world.details(accepted, basis=letter_basis(accepted.letters["O-1"]))) == "", "the national form says nothing of it"


async def test_monitoring_of_a_matter_nobody_registered_is_refused(telling):
    assert await pushed(telling, "MONITORING", {"state": "INCLUDED"}) == "CASE_UNKNOWN"
    await telling.register()
    assert await pushed(telling, "MONITORING", {"state": "ENDED"}) == "STAGE_NOT_REACHABLE"


# --- the household changes ---


async def test_who_leaves_is_covered_no_longer_and_stays_so_when_they_come_back(world, clock):
    made = letters(clock())
    accepted = await world.register(letters=made)
    without = [one for one in family() if one["ref"] != "son"]
    alone = letter("H-2", [signs("head"), signs("wife"), signs("mother")], now=clock())
    with pytest.raises(Refused):
        await world.register(letters=made, people=without)  # a letter speaks of somebody the registration does not declare
    await world.register(letters=[alone, *made[1:]], people=without)
    assert (await status(world))["H-1"] == "SUPERSEDED"
    people = family()
    people[3]["role"] = "OBLIGOR"
    await world.register(letters=[alone, letter("N-1", [signs("son")], now=clock()), *made[1:]], people=people)
    clock.advance(1)
    again = await world.register(letters=[alone, letter("N-1", [signs("son")], now=clock() - timedelta(seconds=1)), *made[1:]])
    standing = await world.identify(await world.token(world.details(again)))
    son = standing.coverage[world.person(standing, "测试丁")]
    assert (son.covered, son.code) == (False, "AUTH_EXPIRED"), "they signed as obligor, and are a member now"
    assert standing.coverage[world.person(standing, "测试甲")].covered
    assert accepted.case == again.case


async def test_a_letter_that_says_so_ends_whole_when_members_change_and_not_when_an_obligor_does(world, clock):
    made = [letter("H-1", [signs("head")], now=clock(), document={"members_changed": True}), letter("G-1", [for_the_girl()], now=clock())]
    await world.register(letters=made)
    await world.register(letters=made, people=[one for one in family() if one["ref"] != "brother"])
    assert set((await status(world)).values()) == {"ACTIVE"}
    await world.register(letters=made, people=[one for one in family() if one["ref"] != "mother"])
    assert await status(world) == {"H-1": "SUPERSEDED", "G-1": "ACTIVE"}


async def test_a_number_names_one_document(world, clock):
    await world.register()
    clock.advance(60)
    with pytest.raises(Refused) as caught:
        await world.register()
    assert caught.value.flaw is Flaw.LETTER_NUMBER_REUSED


# --- which letters lapse, without a database ---


def held(identifier, *signers, age=0, groups=("ALL_LISTED",), purposes=("DIBAO_REVIEW",), receivers=("ALL_LEVELS",), **more):
    rows = frozenset((one, "SELF", frozenset({one})) for one in signers)
    told = {"brought": True, "new": False, "validity": frozenset()} | more
    return InForce(
        identifier, identifier, NOW - timedelta(days=age), fact_groups=frozenset(groups), purposes=frozenset(purposes),
        receivers=frozenset(receivers), signers=rows, **told,
    )


HOME = {"a": "MEMBER", "b": "MEMBER", "c": "OBLIGOR"}


def ends(*letters, before=HOME, after=HOME, again=False):
    found = lapse(letters, before, after, opened_again=again)
    return dict(found.status), {one: set(people) for one, people in found.without.items()}


def test_nothing_ends_where_nothing_changes():
    assert ends(held("x", "a", "b"), held("y", "c")) == ({}, {})


def test_a_letter_that_may_be_used_less_often_replaces_none_that_may_be_used_more():
    once, more = {"uses": {"EVER": 1}}, {"uses": {"EVER": 5}}
    assert ends(held("x", "a", age=1), held("y", "a", new=True, **once)) == ({}, {})
    assert ends(held("x", "a", age=1, **more), held("y", "a", new=True, **once)) == ({}, {})
    assert ends(held("x", "a", age=1, **once), held("y", "a", new=True, **once)) == ({"x": "SUPERSEDED"}, {})
    assert ends(held("x", "a", age=1, **once), held("y", "a", new=True)) == ({"x": "SUPERSEDED"}, {})


def test_what_is_no_longer_brought_ends_whatever_else():
    assert ends(held("x", "a", brought=False)) == ({"x": "SUPERSEDED"}, {})


def test_who_joins_ends_nothing_who_leaves_or_changes_role_ends_for_themselves():
    assert ends(held("x", "a", "b"), after=HOME | {"d": "MEMBER"}) == ({}, {})
    assert ends(held("x", "a", "b"), held("y", "a"), after={"a": "MEMBER", "c": "OBLIGOR"}) == ({}, {"x": {"b"}})
    assert ends(held("x", "a", "b"), after=HOME | {"b": "EXCLUDED"}) == ({}, {"x": {"b"}})


def test_a_letter_that_says_so_ends_with_any_change_of_members_unless_it_came_with_it():
    told = {"validity": frozenset({MEMBERS_CHANGED})}
    for after in (HOME | {"d": "MEMBER"}, {"a": "MEMBER", "c": "OBLIGOR"}, HOME | {"b": "EXCLUDED"}):
        assert ends(held("x", "a", **told), after=after)[0] == {"x": "SUPERSEDED"}
        assert ends(held("x", "a", new=True, **told), after=after) == ({}, {})
    assert ends(held("x", "a", **told), after=HOME | {"d": "OBLIGOR"}) == ({}, {})
    assert ends(held("x", "a", new=True, **told), before={}) == ({}, {}), "the first registration changes nobody"


def test_a_younger_letter_of_the_same_signers_that_says_as_much_replaces():
    old = held("x", "a", "b", age=9, groups=["tax"])
    assert ends(old, held("y", "a", "b")) == ({"x": "SUPERSEDED"}, {})
    assert ends(old, held("y", "a")) == ({}, {}), "other signers"
    assert ends(old, held("y", "a", "b", groups=["vehicle"])) == ({}, {}), "consent given apart (PIPL §29)"
    assert ends(old, held("y", "a", "b", purposes=["EDGE_REVIEW"])) == ({}, {})
    assert ends(old, held("y", "a", "b", receivers=["mz-1"])) == ({}, {})
    assert ends(held("x", "a", age=9), held("y", "a", groups=["tax"])) == ({}, {}), "the younger says less"


def test_two_letters_that_say_the_same_at_one_time_are_refused():
    with pytest.raises(Refused) as caught:
        ends(held("x", "a", new=True), held("y", "a", new=True))
    assert caught.value.flaw is Flaw.LETTER_REPEATED


def test_a_matter_opened_again_ends_every_letter_but_those_that_came_with_it():
    assert ends(held("x", "a"), held("y", "a", new=True, groups=["tax"]), again=True) == ({"x": "EXPIRED"}, {})
