"""How old facts may be: both sides of both limits, unknown days, and which purpose refuses."""

from __future__ import annotations

from datetime import date

import pytest

from policies.engine import ROOT, load
from policies.freshness import AgeRule, Freshness, judge
from policies.parameters import ParametersRefused
from policies.profile import read_profile

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(("as_of", "told"), [
    ("2026-11-23T08:00:00+08:00", Freshness.CURRENT),
    ("2026-11-21T00:00:00+08:00", Freshness.CURRENT),
    ("2026-11-20T23:59:59+08:00", Freshness.BEHIND),
    ("2026-10-24T00:00:00+08:00", Freshness.BEHIND),
    ("2026-10-23T23:59:59+08:00", Freshness.TOO_OLD),
    ("2026-10-23T16:00:00+00:00", Freshness.BEHIND),  # already the 24th in China
])
def test_days_are_chinas_and_each_limits_last_day_still_counts(as_of: str, told: Freshness) -> None:
    assert judge(AgeRule(2, 30, refuses=False), as_of, TODAY) == (told, "")
    refused = told is Freshness.TOO_OLD
    assert judge(AgeRule(2, 30, refuses=True), as_of, TODAY) == (told, "DATA_TOO_OLD" if refused else "")


@pytest.mark.parametrize("as_of", [None, "", "yesterday", "2026-11-23", "2026-11-23T08:00:00", "2027-01-01T00:00:00+08:00"])
def test_an_unknown_day_is_refused_where_age_decides_and_told_without_a_word_where_it_does_not(as_of: str | None) -> None:
    assert judge(AgeRule(2, 30, refuses=True), as_of, TODAY) == (None, "DATA_AGE_UNKNOWN")
    assert judge(AgeRule(2, 30, refuses=False), as_of, TODAY) == (None, "")
    assert judge(AgeRule(2, None, refuses=True), as_of, TODAY) == (None, "")


def test_a_group_without_a_limit_of_the_region_is_never_too_old() -> None:
    assert judge(AgeRule(2, None, refuses=True), "2020-01-01T00:00:00+08:00", TODAY) == (Freshness.BEHIND, "")
    assert judge(AgeRule(None, None, refuses=True), "2020-01-01T00:00:00+08:00", TODAY) == (Freshness.CURRENT, "")


@pytest.mark.parametrize("region", ["500152", "511725"])
def test_the_periodic_recheck_refuses_by_the_profiles_days_and_a_first_review_does_not(region: str) -> None:
    policy = load(region)
    assert policy.age_rule("PERIODIC_RECHECK", "vehicle", 1) == AgeRule(1, 30, refuses=True)
    assert policy.age_rule("DIBAO_REVIEW", "vehicle", None) == AgeRule(None, 30, refuses=False)


def test_a_purpose_nobody_knows_refuses_to_start() -> None:
    text = (ROOT / "regions" / "500152" / "profile.toml").read_text("utf-8")
    changed = text.replace('refused_for = ["PERIODIC_RECHECK"]', 'refused_for = ["PERIODIC_RECHEK"]')
    with pytest.raises(ParametersRefused, match="PERIODIC_RECHEK"):
        read_profile("profile.toml", changed, "500152")
