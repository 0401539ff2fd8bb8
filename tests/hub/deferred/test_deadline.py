"""Working hours until a department that answers later is out of time, and columns made again from what was stored of them."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from hub.deferred.deadline import due_at
from hub.deferred.recipes import Recipes
from policies.calendar import CHINA, Calendar, CalendarMissing
from schema.register import GROUPS
from tests.connectors.asking import columns
from tests.hub.road import policy

YEAR = Calendar(years=frozenset({2026}), holidays=frozenset({date(2026, 11, 24)}), worked=frozenset({date(2026, 11, 28)}))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=CHINA)


@pytest.mark.parametrize(("asked", "hours", "due"), [
    (at(23, 9), 8, at(23, 17)),              # a Monday, its whole day
    (at(23, 16), 2, at(25, 10)),             # over a holiday
    (at(23, 3), 1, at(23, 10)),              # before the office opens
    (at(23, 20), 1, at(25, 10)),             # after it closed
    (at(27, 16), 9, at(28, 17)),             # into a Saturday that is worked
    (at(28, 17), 1, at(30, 10)),             # over a Sunday
    (at(25, 9, 30), 16, at(27, 9, 30)),      # two working days
    (datetime.fromisoformat("2026-11-23T01:00:00+00:00"), 1, at(23, 10)),
])
def test_only_working_hours_count(asked, hours, due):
    assert due_at(YEAR, asked, hours) == due


def test_a_year_nobody_loaded_is_an_error_and_never_a_guess():
    with pytest.raises(CalendarMissing, match="2027"):
        due_at(YEAR, datetime(2026, 12, 31, 16, tzinfo=CHINA), 4)


RECIPES = Recipes(GROUPS, policy(), region="500152", pseudonym=lambda organisation, purpose, case: lambda number: f"{case}:{number[-1]}")


@pytest.mark.parametrize("group", ["bankDeposit", "securities", "commercialInsurance", "paymentAccount"])
def test_columns_made_again_are_equal_and_reduce_alike(group):
    asked = columns(group)
    stored, digest = RECIPES.stored(asked)
    made = RECIPES.columns(group, stored, organisation="500152-MZ-HD", region="500152000000", purpose="DIBAO_REVIEW", case="case_1")
    assert made == asked
    assert RECIPES.stored(made) == (stored, digest)
    for one, other in zip(asked, made, strict=True):
        for raw in (None, "中国农业银行", 3, True, date(2026, 11, 23)):
            assert one.reduce(raw) == other.reduce(raw)
    assert RECIPES.stored(asked[:-1])[1] != digest


def test_a_neighbours_organisation_gets_the_stricter_mask_also_later():
    stored = [["institution", "masked", "MASKED", None]]
    local, far = (
        RECIPES.columns("bankDeposit", stored, organisation="x", region=region, purpose="p", case="c")[0].reduce("中国农业银行")
        for region in ("500152000000", "511725000000")
    )
    assert (local, far) == ("中国***", "中***")
