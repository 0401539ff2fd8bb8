"""PIPL §55: a purpose without a current impact assessment is not used, at the token and at every question."""

from __future__ import annotations

from datetime import date

import pytest

from hub.authorizations.assessments import Assessment, Assessments, current
from hub.authorizations.presented import NotStanding
from hub.authorizations.reading import Reading
from hub.enrolment import end_assessment, kept_until, record_assessment
from policies.purposes import PURPOSES
from tests.hub.authorizations.world import assessed

MARCH = Assessment("DIBAO_REVIEW", date(2026, 3, 1), date(2026, 3, 31))


@pytest.mark.parametrize(("day", "holds"), [("2026-02-28", False), ("2026-03-01", True), ("2026-03-31", True), ("2026-04-01", False)])
def test_an_assessment_holds_from_its_first_to_its_last_day(day, holds):
    assert ("DIBAO_REVIEW" in current([MARCH], date.fromisoformat(day))) is holds


def test_what_tells_no_facts_needs_none():
    assert {code for code, one in PURPOSES.items() if not one.needs_assessment} == {"PRIVACY_AUDIT", "STATISTICS"}


def test_records_are_kept_three_years_beyond_their_term():
    assert kept_until(date(2026, 12, 31)) == date(2029, 12, 31)
    assert kept_until(date(2028, 2, 29)) == date(2031, 3, 1)


async def test_without_one_no_token_is_issued_and_a_token_that_is_out_stops(world):
    accepted = await world.register()
    details = world.details(accepted, purpose="EDGE_REVIEW")
    assert (await world.ask(details)).json()["error_description"].startswith("PURPOSE_MISMATCH"), "the letter does not name it"
    token = await world.token(world.details(accepted))
    assert (await world.identify(token)).caller.purpose == "DIBAO_REVIEW"
    ids = [row["id"] for row in await world.pool.fetch("SELECT id FROM impact_assessment WHERE purpose = 'DIBAO_REVIEW'")]
    for one in ids:
        assert await end_assessment(world.engine, identifier=one, at=world.clock())
        assert not await end_assessment(world.engine, identifier=one, at=world.clock()), "it has ended"
    await world.desk.watch._read(world.pool.fetch)  # as the notice makes it do, without waiting for one
    with pytest.raises(NotStanding) as refused:
        await world.identify(token)
    assert refused.value.code == "ASSESSMENT_MISSING"
    assert "ASSESSMENT_MISSING" in (await world.ask(world.details(accepted))).json()["error_description"]
    await assessed(world.engine, "DIBAO_REVIEW", at=world.clock(), valid_from=date(2027, 1, 1))
    await world.desk.watch._read(world.pool.fetch)
    assert "ASSESSMENT_MISSING" in (await world.ask(world.details(accepted))).json()["error_description"], "it begins next year"
    await assessed(world.engine, "DIBAO_REVIEW", at=world.clock())
    await world.desk.watch._read(world.pool.fetch)
    assert (await world.identify(await world.token(world.details(accepted)))).caller.purpose == "DIBAO_REVIEW"


async def test_a_worker_reads_them_once_in_half_a_minute_and_at_once_when_told(world):
    assessments, seconds = Assessments(Reading(world.pool)), 0.0
    assert assessments.current(date(2026, 11, 23)) == frozenset(), "nothing was read yet: nothing may be used"
    await assessments.refresh(seconds)
    before = assessments.current(date(2026, 11, 23))
    await record_assessment(
        world.engine, identifier="pia-x", purpose="MONITORING", report_hash=bytes(32), assessed_by="x", valid_from=date(2026, 1, 1),
        valid_until=date(2026, 12, 31), at=world.clock(),
    )
    await assessments.refresh(seconds + 29)
    assert assessments.current(date(2026, 11, 23)) == before
    assessments.forget("LETTER", "l1")
    await assessments.refresh(seconds + 29)
    assert assessments.current(date(2026, 11, 23)) == before
    assessments.forget("ASSESSMENT", "pia-x")
    await assessments.refresh(seconds + 29)
    assert assessments.current(date(2026, 11, 23)) == before | {"MONITORING"}
    assert assessments.current(date(2027, 6, 1)) >= before - {"MONITORING"}
    version = assessments.version
    await assessments.refresh(seconds + 60)
    assert (assessments.version, assessments.fresh(seconds + 60)) == (version, True), "read again, and nothing had changed"


async def test_what_is_recorded_while_they_are_read_is_read_before_the_next_question(world):
    class Interrupted(Reading):
        async def assessments(self):
            rows = await super().assessments()
            assessments.forget("ASSESSMENT", "pia-x")
            return rows

    assessments = Assessments(Interrupted(world.pool))
    await assessments.refresh(0.0)
    assert assessments.version == 1
    assert not assessments.fresh(0.0)
