"""The breaker: closed, open, one probe; time given, nothing slept."""

from __future__ import annotations

from connectors.breaker import Breaker, State


def breaker() -> tuple[Breaker, list[State]]:
    told: list[State] = []
    return Breaker(failures=3, rest=10.0, changed=told.append), told


def opened() -> tuple[Breaker, list[State]]:
    made, told = breaker()
    for second in range(3):
        made.failed(float(second))
    return made, told


def test_one_failure_short_of_the_number_leaves_it_closed_and_an_answer_starts_the_count_anew() -> None:
    made, told = breaker()
    made.failed(0.0)
    made.failed(1.0)
    made.answered()
    made.failed(2.0)
    made.failed(3.0)
    assert made.admits(3.0)
    assert told == []
    made.failed(4.0)
    assert not made.admits(4.0)
    assert told == [State.OPEN]


def test_nobody_goes_until_the_rest_is_over_and_then_one_alone() -> None:
    made, told = opened()
    assert not made.admits(11.9)
    assert made.admits(12.0)
    assert [made.admits(12.0), made.admits(12.5)] == [False, False]
    assert told == [State.OPEN, State.HALF_OPEN]


def test_the_probes_answer_closes_and_its_failure_opens_for_another_rest() -> None:
    made, _ = opened()
    assert made.admits(12.0)
    made.failed(13.0)
    assert [made.admits(22.9), made.admits(23.0)] == [False, True]
    made.answered()
    assert made.state is State.CLOSED
    made.failed(24.0)
    assert made.admits(24.0), "it counts from nought again"


def test_a_probe_that_went_away_hands_its_turn_on_and_another_calls_end_does_not() -> None:
    made, _ = opened()
    assert made.admits(12.0)
    made.released(1.0)  # a call that left long before the probe
    assert not made.admits(12.1)
    made.released(12.0)
    assert made.admits(12.2)
