"""Corrections in ten working days, and whose authority a dispute goes to."""

from __future__ import annotations

from datetime import date

import pytest

from policies import disputes
from policies.calendar import CalendarMissing
from policies.disputes import Authority, CorrectionState, DisputeState, Level
from policies.engine import load
from policies.sharing import NotNow

CALENDAR = load("511725").calendar


def test_a_correction_is_due_ten_working_days_on_and_over_a_holiday_later() -> None:
    assert disputes.correction_due(date(2026, 11, 20), CALENDAR) == date(2026, 12, 4)
    assert disputes.correction_due(date(2026, 9, 20), CALENDAR) == date(2026, 10, 10)
    with pytest.raises(CalendarMissing, match="does not cover 2027"):
        disputes.correction_due(date(2026, 12, 18), CALENDAR)


@pytest.mark.parametrize(("one", "other", "level", "region"), [
    ("500152000000", "511725000000", Level.NATIONAL, "000000"),  # Chongqing against Sichuan
    ("500152", "500113", Level.PROVINCE, "500000"),              # two districts of Chongqing
    ("500152", "500229", Level.PROVINCE, "500000"),              # a district and a county of it: 5001 and 5002 are no cities
    ("511725", "511724", Level.CITY, "511700"),                  # two counties of Dazhou
    ("511725", "510104", Level.PROVINCE, "510000"),              # Dazhou against Chengdu
    ("511725", "511725", Level.COUNTY, "511725"),                # one county's departments
    ("511725", "511700", Level.PROVINCE, "510000"),              # a county against its own city
    ("500152", "500000", Level.NATIONAL, "000000"),              # a district against the municipality
    ("511700", "511700", Level.CITY, "511700"),
    ("510000", "500000", Level.NATIONAL, "000000"),
])
def test_the_nearest_superior_of_both_coordinates(one: str, other: str, level: Level, region: str) -> None:
    assert disputes.coordinator(one, other) == disputes.coordinator(other, one) == Authority(level, region)


@pytest.mark.parametrize("code", ["", "5001", "5001520", "50015X", "５００１５２"])
def test_what_is_no_regions_code_has_no_authority(code: str) -> None:
    with pytest.raises(ValueError, match="6 or 12 digits"):
        disputes.coordinator("500152", code)


def test_a_correction_is_answered_once_by_one_of_two_outcomes() -> None:
    for outcome in (CorrectionState.CORRECTED, CorrectionState.UPHELD):
        assert disputes.correction_answered(CorrectionState.OPEN, outcome) is outcome
        with pytest.raises(NotNow, match=f"the correction is {outcome}"):
            disputes.correction_answered(outcome, CorrectionState.CORRECTED)
    with pytest.raises(NotNow):
        disputes.correction_answered(CorrectionState.OPEN, CorrectionState.OPEN)


def test_a_dispute_is_consulted_over_before_it_is_escalated_and_settled_once() -> None:
    escalated = disputes.escalated(DisputeState.CONSULTING)
    with pytest.raises(NotNow):
        disputes.escalated(escalated)
    for state in (DisputeState.CONSULTING, escalated):
        assert disputes.settled(state) is DisputeState.SETTLED
    for step in (disputes.escalated, disputes.settled):
        with pytest.raises(NotNow):
            step(DisputeState.SETTLED)
