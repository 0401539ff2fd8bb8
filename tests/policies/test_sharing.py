"""Share requests: every step from every state, and both sides of every clock, over weekends and a holiday week."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from policies import sharing
from policies.calendar import CalendarMissing
from policies.engine import load
from policies.sharing import NotNow, Request, RequestState

CALENDAR = load("500152").calendar
FRIDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 23)


def conditional(on: date = FRIDAY) -> Request:
    return sharing.filed("CONDITIONAL", on, CALENDAR)


@pytest.mark.parametrize(("attribute", "on", "due"), [
    ("UNCONDITIONAL", FRIDAY, MONDAY),                              # GDS §21: 1 working day
    ("UNCONDITIONAL", date(2026, 9, 30), date(2026, 10, 8)),        # the National Day week in between
    ("UNCONDITIONAL", date(2026, 11, 21), MONDAY),                  # received on a Saturday
    ("CONDITIONAL", FRIDAY, date(2026, 12, 4)),                     # GDS §21: 10 working days
    ("CONDITIONAL", date(2026, 9, 20), date(2026, 10, 10)),         # Mid-Autumn, National Day, a Saturday worked in their place
])
def test_the_answer_is_due_by_the_entrys_attribute(attribute: str, on: date, due: date) -> None:
    request = sharing.filed(attribute, on, CALENDAR)
    assert request.answer_due == due
    assert [request.overdue(day) for day in (due, due + timedelta(days=1))] == ["", "ANSWER"]


def test_the_supply_is_due_twenty_working_days_after_the_agreeing_answer() -> None:
    request = sharing.agreed(conditional(date(2026, 11, 2)), date(2026, 11, 9), CALENDAR)
    assert request.supply_due == date(2026, 12, 7)
    assert [request.overdue(day) for day in (date(2026, 12, 7), date(2026, 12, 8))] == ["", "SUPPLY"]
    assert sharing.supplied(request).overdue(date(2027, 12, 31)) == ""


@pytest.mark.parametrize(("days", "due"), [(1, date(2026, 12, 7)), (10, date(2026, 12, 18))])
def test_an_answer_is_put_off_from_its_day_by_ten_working_days_at_most(days: int, due: date) -> None:
    request = sharing.extended(conditional(), days, date(2026, 12, 4), CALENDAR)
    assert request.answer_due == due
    assert [request.overdue(day) for day in (due, due + timedelta(days=1))] == ["", "ANSWER"]


@pytest.mark.parametrize(("request_", "days", "on", "why"), [
    (conditional(), 0, MONDAY, "by 1 to 10 working days"),
    (conditional(), 11, MONDAY, "by 1 to 10 working days"),
    (conditional(), 5, date(2026, 12, 5), "overdue"),
    (sharing.extended(conditional(), 1, MONDAY, CALENDAR), 1, MONDAY, "put off once"),
    (sharing.filed("UNCONDITIONAL", FRIDAY, CALENDAR), 1, FRIDAY, "within its working day"),
])
def test_an_answer_is_not_put_off_otherwise(request_: Request, days: int, on: date, why: str) -> None:
    with pytest.raises(NotNow, match=why):
        sharing.extended(request_, days, on, CALENDAR)


def test_what_is_missing_is_said_once_stops_the_clock_and_starts_it_anew() -> None:
    waiting = sharing.incomplete(conditional())
    assert (waiting.answer_due, waiting.overdue(date(2028, 1, 1))) == (None, "")
    again = sharing.completed(waiting, MONDAY, CALENDAR)
    assert again.answer_due == date(2026, 12, 7)
    with pytest.raises(NotNow, match="said once"):
        sharing.incomplete(again)


def test_what_is_incomplete_is_not_refused_outright() -> None:
    with pytest.raises(NotNow, match="the request is INCOMPLETE"):
        sharing.refused(sharing.incomplete(conditional()))


@pytest.mark.parametrize("attribute", ["NOT_SHARED", "", "conditional"])
def test_what_is_not_shared_cannot_be_asked_for(attribute: str) -> None:
    with pytest.raises(NotNow, match="GDS §14"):
        sharing.filed(attribute, FRIDAY, CALENDAR)


def test_a_clock_that_runs_into_a_year_without_a_notice_says_which() -> None:
    assert conditional(date(2026, 12, 17)).answer_due == date(2026, 12, 31)
    with pytest.raises(CalendarMissing, match="does not cover 2027"):
        conditional(date(2026, 12, 18))
    with pytest.raises(CalendarMissing, match="does not cover 2027"):
        sharing.agreed(conditional(), date(2026, 12, 4), CALENDAR)


STEPS: dict[str, Callable[[Request], Request]] = {
    "incomplete": sharing.incomplete, "completed": lambda one: sharing.completed(one, FRIDAY, CALENDAR),
    "extended": lambda one: sharing.extended(one, 1, FRIDAY, CALENDAR), "agreed": lambda one: sharing.agreed(one, FRIDAY, CALENDAR),
    "refused": sharing.refused, "supplied": sharing.supplied, "suspended": sharing.suspended, "resumed": sharing.resumed,
    "ended": sharing.ended,
}
ALLOWED = {
    ("FILED", "incomplete"): "INCOMPLETE", ("FILED", "extended"): "FILED", ("FILED", "agreed"): "AGREED", ("FILED", "refused"): "REFUSED",
    ("INCOMPLETE", "completed"): "FILED", ("AGREED", "supplied"): "SUPPLIED", ("SUPPLIED", "suspended"): "SUSPENDED",
    ("SUPPLIED", "ended"): "ENDED", ("SUSPENDED", "resumed"): "SUPPLIED", ("SUSPENDED", "ended"): "ENDED",
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", RequestState)
def test_each_step_is_for_its_states_alone(state: RequestState, step: str) -> None:
    request = Request("CONDITIONAL", state, date(2026, 12, 4), supply_due=date(2026, 12, 18))
    expected = ALLOWED.get((state.value, step))
    if expected is None:
        with pytest.raises(NotNow, match=f"the request is {state}"):
            STEPS[step](request)
    else:
        assert STEPS[step](request).state == expected
