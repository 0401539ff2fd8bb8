"""先行救助: what an emergency needs, the duty it opens, what meets it, and what becomes of it when nobody does (SAL §50)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.authorizations.presented import NotStanding
from hub.emergencies.follow_ups import FollowUps, escalate, open_duties
from hub.emergencies.second_look import SecondLooks
from hub.errors import Forbidden
from policies.emergency import emergency_rule, read_emergency
from policies.parameters import ParametersRefused
from tests.hub.authorizations.family import letters, pause, revocation

TOWN = {"organisations": ["town-500152-9"], "region": "500152109000"}
REASON = "夜间房屋失火，一家五口无处可住"


def emergency(world, accepted, reason=REASON):
    return world.details(accepted, purpose="TEMP_EMERGENCY", basis={"kind": "emergency", "reason": reason})


async def opened(world, reason=REASON):
    """A family without letters, and the emergency's token."""
    accepted = await world.register(letters=[], case=TOWN)
    return accepted, await world.token(emergency(world, accepted, reason), "stranger")


async def duties(world, state="OPEN"):
    return await world.pool.fetch("SELECT * FROM follow_up WHERE state = $1 ORDER BY id", state)


async def changes(world, kind):
    return await world.pool.fetchval("SELECT count(*) FROM outbox WHERE kind = $1", kind)


@pytest.mark.parametrize("reason", ["起火了", "  起火      ", "\u200b" * 12, "……………………………………………", "夜间房屋失火一家五口\u202e无处可住", "夜间房屋失火一家五口\u2028无处可住", "五保老人身份证 50990019800501001X 摔伤住院", "号码 509900 19800501 0010 急病发作中"])
async def test_a_reason_is_some_words_and_no_id_number(world, reason):
    accepted = await world.register(letters=[], case=TOWN)
    refused = await world.ask(emergency(world, accepted, reason), "stranger")
    assert "EMERGENCY_REASON" in refused.text or "basis" in refused.json()["error_description"], refused.text
    assert not await duties(world)


async def test_a_token_opens_one_duty_and_tells_identity_and_existing_benefits_alone(world):
    accepted, token = await opened(world)
    standing = await world.identify(token)
    assert {one.groups for one in standing.coverage.values() if one.covered} == {frozenset({"civilAssistance", "confirmation", "identity"})}
    await world.token(emergency(world, accepted, "同一场火灾，再次查询以确认待遇"), "stranger")
    (duty,) = await duties(world)
    assert (duty["reason"], duty["officer"], duty["case_id"]) == (REASON, "officer-7", accepted.case)
    assert duty["due"] == world.clock().date() + timedelta(days=emergency_rule("500152").days)
    assert await changes(world, "FOLLOW_UP_OPENED") == 1


async def test_a_region_without_a_deadline_has_no_emergencies(world, monkeypatch):
    assert emergency_rule("999999") is None
    with pytest.raises(ParametersRefused, match="days is not a whole number above 0"):
        read_emergency("e.toml", '[follow_up]\ndays = 0\nreason_characters = 1\nsource = "x"\nexample = true\n')
    accepted = await world.register(letters=[], case=TOWN)
    monkeypatch.setattr(world.desk.authorization.presenter, "_emergency", None)
    assert "FOLLOW_UP_DEADLINE_MISSING" in (await world.ask(emergency(world, accepted), "stranger")).text
    with pytest.raises(ValueError, match="without a deadline"):
        await FollowUps(world.engine, None, random=bytes).open(None, world.clock())


async def test_a_letter_that_covers_every_member_meets_it_and_none_that_covers_some(world):
    accepted, _ = await opened(world)
    await world.register(without=("girl",), case=TOWN)
    assert len(await duties(world)) == 1, "one member has not signed"
    brought = await world.register(case=TOWN)
    (met,) = await duties(world, "MET")
    assert met["letter"] in {one for one, _ in brought.letters.values()}
    assert not await duties(world)
    assert await changes(world, "FOLLOW_UP_MET") == 1
    await world.token(emergency(world, accepted, "又一场事故，需再次先行救助"), "stranger")
    assert len(await duties(world)) == 1, "another emergency is another duty"


async def test_past_its_last_day_the_organisation_asks_no_more_in_an_emergency_and_a_closed_duty_lets_it(world):
    accepted, token = await opened(world)
    follow_ups = world.desk.authorization.follow_ups
    (duty,) = await open_duties(world.engine)
    assert await escalate(world.engine, world.clock()) == 0
    await world.pool.execute("UPDATE follow_up SET due = $1", world.clock().date())
    assert await escalate(world.engine, world.clock()) == 0, "the last day is in time"
    assert (await world.ask(emergency(world, accepted), "stranger")).status_code == 200
    await world.pool.execute("UPDATE follow_up SET due = $1", world.clock().date() - timedelta(days=1))
    assert "FOLLOW_UP_OVERDUE" in (await world.ask(emergency(world, accepted), "stranger")).text, "time alone refuses; the upkeep only notes it"
    assert await escalate(world.engine, world.clock()) == 1
    assert await escalate(world.engine, world.clock()) == 0, "once"
    await world.desk.watch._read(world.pool.fetch)
    with pytest.raises(NotStanding) as refused:
        await world.identify(token)
    assert refused.value.code == "FOLLOW_UP_OVERDUE"
    assert await follow_ups.close(duty.id, by="auditor", reason="当事人已迁离，无法补签", at=world.clock())
    assert not await follow_ups.close(duty.id, by="auditor", reason="再次", at=world.clock())
    await world.desk.watch._read(world.pool.fetch)
    assert (await world.identify(token)).caller.case == accepted.case
    (closed,) = await duties(world, "CLOSED")
    assert (closed["closed_by"], closed["escalated_at"] is not None) == ("auditor", True)


async def test_a_letter_for_other_receivers_or_that_has_run_out_meets_nothing(world):
    await opened(world)
    elsewhere = letters(world.clock(), document={"receivers": ["511725000000"]})
    await world.register(letters=elsewhere, case=TOWN)
    assert len(await duties(world)) == 1


async def test_nobody_closes_the_duty_they_opened_however_they_spell_themselves(world):
    await opened(world)
    (duty,) = await duties(world)
    looks = SecondLooks(world.engine, None, world.desk.authorization.follow_ups)
    with pytest.raises(Forbidden) as refused:
        await looks.close(duty["id"], officer="Officer 7", reason="已当面核实，无需补办", at=world.clock())
    assert refused.value.code == "SAME_OFFICER"
    await looks.close(duty["id"], officer="officer-8", reason="已当面核实，无需补办", at=world.clock())
    assert not await duties(world)


async def test_letters_withdrawn_before_and_brought_again_meet_nothing(world):
    accepted = await world.register(case=TOWN)
    for number in ("H-1", "G-1"):
        await world.desk.revocations.accept(revocation(world.clock(), jti=world.jti(), letter=number), world.clock())
    await world.desk.watch._read(world.pool.fetch)
    await world.token(emergency(world, accepted), "stranger")
    await world.register(case=TOWN | {"stage": "REVIEW"})
    assert len(await duties(world)) == 1, "what is brought does not stand"


@pytest.mark.parametrize("said", ["paused", "withdrawn in part"])
async def test_letters_that_rest_or_open_no_benefits_any_more_meet_nothing_when_brought_again(world, said):
    accepted = await world.register(case=TOWN)
    if said == "paused":
        await world.desk.pauses.accept(pause(world.clock(), jti=world.jti()), world.clock())
    else:
        part = revocation(world.clock(), jti=world.jti(), by="head", factGroups=["civilAssistance"])
        await world.desk.revocations.accept(part, world.clock())
    await world.desk.watch._read(world.pool.fetch)
    await world.token(emergency(world, accepted), "stranger")
    await world.register(case=TOWN | {"stage": "REVIEW"})
    assert len(await duties(world)) == 1
