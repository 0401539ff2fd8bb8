"""Registers that are data: a row given twice or unknown is refused by name, and a region without a file states nothing."""

from __future__ import annotations

from datetime import date

import pytest

from policies.channels import read_channels
from policies.engine import load, load_calendar
from policies.parameters import ParametersRefused
from policies.retention import LOG, log_kept_until, read_retention, retentions

CHANNEL = '[[channel]]\ncode = "x"\ntitle_zh = "窗口"\nsource = "潼南"\n'
KEPT = '[[retention]]\nsubject = "MESSAGE"\ndays = 30\nsource = "x"\nexample = true\n'


def test_a_channel_given_twice_is_refused():
    assert set(read_channels("c.toml", CHANNEL)) == {"x"}
    with pytest.raises(ParametersRefused, match="x is given twice"):
        read_channels("c.toml", CHANNEL * 2)


@pytest.mark.parametrize("text", [KEPT * 2, KEPT.replace("MESSAGE", "ANSWER")])
def test_a_retention_given_twice_or_of_something_else_is_refused(text):
    with pytest.raises(ParametersRefused, match="unknown or given twice"):
        read_retention("r.toml", text)


def test_a_region_that_states_none_keeps_nothing():
    assert read_retention("r.toml", KEPT)["MESSAGE"].days == 30
    assert not retentions("999999")


def test_who_stands_in_the_log_is_found_there_for_three_years_or_as_long_as_the_region_says():
    longer, shorter = (read_retention("r.toml", KEPT.replace("MESSAGE", LOG).replace("30", days)) for days in ("4000", "30"))
    for last, rules, until in (
        (date(2026, 11, 23), {}, date(2029, 11, 23)), (date(2024, 2, 29), {}, date(2027, 2, 28)),
        (date(2026, 11, 23), shorter, date(2029, 11, 23)), (date(2026, 11, 23), longer, date(2037, 11, 5)),
    ):
        assert log_kept_until(last, rules) == until


def test_a_regions_working_days_are_those_of_its_policy():
    assert load_calendar("500152") == load("500152").calendar
