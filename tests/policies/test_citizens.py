"""How surely a citizen must be known: read strictly, and nothing where a region states nothing."""

from __future__ import annotations

import pytest

from policies.citizens import citizen_rules, read_citizens
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
