"""How surely a citizen must be known: read strictly, and nothing where a region states nothing."""

from __future__ import annotations

from datetime import date

import pytest

from policies.citizens import Recourse, citizen_rules, read_citizens
from policies.parameters import ParametersRefused

GOOD = """[access]
assurance = "SUBSTANTIAL"
compared_minutes = 30
questions_an_hour = 60
officer = false
source = "example"
example = true

[vouching]
own_cases_only = true
source = "example"

[[vouching.people]]
within_minutes = 60
at_most = 120
"""
PEOPLE = GOOD.partition("[[vouching")[2]


def test_the_rules_are_read_and_a_stronger_assurance_suffices() -> None:
    rules = read_citizens("x", GOOD)
    assert [rules.suffices(one) for one in ("LOW", "SUBSTANTIAL", "HIGH")] == [False, True, True]
    assert (rules.compared_minutes, rules.questions_an_hour, rules.officer) == (30, 60, False)
    assert (rules.vouching.people, rules.vouching.own_cases_only) == (((60, 120),), True)
    assert (rules.explaining, dict(rules.places)) == (None, {}), "what a region does not state is not guessed"


TERM = '[explanations]\ndays = 15\nopen_at_most = 5\nsource = "example"\nexample = true\n'
PLACE = '[[recourse]]\nkind = "COURT"\nname = "a"\naddress = "b"\ncontact = "c"\nsource = "example"\nexample = true\n'


def test_a_region_states_its_term_for_an_explanation_and_whom_one_may_turn_to() -> None:
    rules = read_citizens("x", GOOD + TERM + PLACE)
    assert rules.explaining is not None
    assert (rules.explaining.due(date(2026, 11, 20)), rules.explaining.open_at_most) == (date(2026, 12, 5), 5)
    assert rules.places[Recourse.COURT].name == "a"
    assert set(rules.places) == {Recourse.COURT}


@pytest.mark.parametrize("changed", [
    TERM.replace("15", "0"), TERM + "more = 1\n", TERM.replace("open_at_most = 5\n", ""), PLACE.replace("COURT", "COURTS"), PLACE * 2,
    PLACE.replace('name = "a"\n', ""), PLACE + "more = 1\n",
])
def test_a_term_or_a_place_that_is_none_is_refused(changed: str) -> None:
    with pytest.raises(ParametersRefused):
        read_citizens("x", GOOD + changed)


@pytest.mark.parametrize("changed", [
    GOOD.replace("SUBSTANTIAL", "SOME"), GOOD.replace("= 30", "= 0"), GOOD.replace("officer", "more = 1\nofficer"), GOOD.replace("officer = false\n", ""),
    GOOD.replace(f"[[vouching{PEOPLE}", ""), GOOD.replace("at_most = 120", "at_most = 0"), GOOD + "more = 1\n", GOOD.partition("[vouching]")[0],
])
def test_what_is_not_such_a_file_is_refused(changed: str) -> None:
    with pytest.raises(ParametersRefused):
        read_citizens("x", changed)


def test_a_region_that_states_nothing_has_no_rules() -> None:
    assert citizen_rules("500000") is None
    found = citizen_rules("500152")
    assert found is not None
    assert found.example
