"""Pseudonyms: one person is the same within one scope and nobody's acquaintance across scopes."""

from __future__ import annotations

import re
from itertools import product

from hub.people.pseudonym import Pseudonyms

NUMBER = "509901199003071234"


def test_the_same_person_in_the_same_scope_has_the_same_name(keys) -> None:
    name = {Pseudonyms(keys).pid(NUMBER, purpose="DIBAO_REVIEW", organisation="MZ", case="c") for _ in range(2)}
    assert len(name) == 1
    assert re.fullmatch(r"pid_[A-Za-z0-9_-]{22}", name.pop())


def test_purpose_organisation_case_and_person_each_change_it_also_where_they_run_together(keys) -> None:
    scopes = list(product(("a", "ab"), ("b", "bc", ""), ("c", ""), (NUMBER, NUMBER[:-1] + "5")))
    names = {Pseudonyms(keys).pid(number, purpose=p, organisation=o, case=c) for p, o, c, number in scopes}
    assert len(names) == len(scopes)
