"""Until when something told may be kept: the earliest of what bounds it, and nothing guessed where nobody says."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.disposal import Event, Term, disposal_terms, due, read_terms
from policies.parameters import ParametersRefused
from policies.purposes import PurposeKind

TOLD = date(2026, 11, 23)
REVIEW = Term(Event.CASE_CLOSED, 30, 1095, "s", example=True)
ACT = Term(Event.TOLD, 30, 365, "s", example=True)
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))


@pytest.mark.parametrize(("term", "given_", "expected"), [
    (REVIEW, {}, date(2029, 11, 22)),
    (REVIEW, {"closed": date(2026, 12, 1)}, date(2026, 12, 31)),
    (REVIEW, {"closed": date(2026, 11, 1)}, date(2026, 12, 23)),  # told after its end: counted from the telling
    (REVIEW, {"withdrawn": date(2026, 11, 24), "closed": date(2027, 1, 1)}, date(2026, 12, 24)),
    (REVIEW, {"keep_days": 10}, date(2026, 12, 3)),
    (ACT, {}, date(2026, 12, 23)),
    (None, {"keep_days": 10}, date(2026, 12, 3)),
    (None, {"closed": date(2026, 12, 1)}, None),
])
def test_the_day_is_the_earliest_of_what_bounds_it(term, given_, expected):
    assert due(term, told=TOLD, **given_) == expected


@given(st.sampled_from([REVIEW, ACT]), DAYS, st.none() | DAYS, st.none() | DAYS, st.none() | st.integers(1, 2000))
def test_one_more_bound_never_puts_it_off(term, told, closed, withdrawn, keep_days):
    plain, whole = due(term, told=told), due(term, told=told, closed=closed, withdrawn=withdrawn, keep_days=keep_days)
    assert told <= whole <= plain <= told + timedelta(days=term.longest_days)


def test_each_region_of_the_demonstration_states_terms_marked_as_examples():
    for region in ("500152", "511725"):
        stated = disposal_terms(region)
        assert set(stated) == set(PurposeKind) - {PurposeKind.SELF, PurposeKind.NO_FACTS}
        assert all(term.example for term in stated.values())
    assert disposal_terms("000000") == {}


ROW = '[[disposal]]\npurpose_kind = "REVIEW"\nevent = "TOLD"\ndays = 5\nlongest_days = 9\nsource = "x"\nexample = true\n'


@pytest.mark.parametrize(("text", "names"), [
    (ROW + ROW, "given twice"),
    (ROW.replace('"REVIEW"', '"NOBODY"'), "NOBODY"),
    (ROW.replace('"TOLD"', '"NEVER"'), "NEVER"),
    (ROW.replace("longest_days = 9", "longest_days = 4"), "longest_days"),
    (ROW + "more = 1\n", "more"),
    (ROW.replace("days = 5", "days = 0"), "days"),
    ("x = 1\n", "x"),
])
def test_a_file_that_is_not_one_is_refused_by_name(text, names):
    with pytest.raises(ParametersRefused, match=names):
        read_terms("f", text)
