"""敏感聚合: several ordinary facts together; what was told before never lets more be told now; and the shipped lines let each purpose do its work once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.aggregation import Aggregation, Line, open_groups, ordinary, read_aggregation
from policies.engine import load
from policies.forms import Level
from policies.parameters import ParametersRefused, Table
from policies.purposes import PURPOSES, PurposeKind
from schema.register import GROUPS

REGIONS = ("500000", "500152", "510000", "511725")
FACTS = st.frozensets(st.sampled_from([f"{group}.{field}" for group in ("vehicle", "tax", "identity") for field in "abcde"]))
WORKED_WITH = frozenset({"records", "category", "confirmedOn", "validTo", "status", "region"})
"""What an aid works with of somebody's confirmation; whole it is told where it is what is asked for (SAL §42)."""
TEXT = 'facts = 5\ndays = 30\nexempt = ["DIBAO_REVIEW"]\n'


def read(text: str) -> Aggregation:
    return read_aggregation(Table.parse("x.toml", text))


def facts_of(*groups: str) -> set[str]:
    return {f"{group}.{name}" for group in groups for name, spec in GROUPS[group].fields.items() if ordinary(spec.level)}


def test_facts_labelled_sensitive_have_rules_of_their_own_and_do_not_add_up() -> None:
    assert {level: ordinary(level) for level in Level} == {Level.L1: True, Level.L2: True, Level.L3: False, Level.L4: False}


@pytest.mark.parametrize(("before", "asked", "passed"), [
    ((), ("a", "b", "c"), False),
    ((), ("a", "b", "c", "d"), True),
    (("a", "b", "c"), ("a", "b", "c"), False),  # asked again, nothing is added
    (("a", "b", "c"), ("c", "d"), True),
    (("a", "b", "c", "d"), ("a",), True),  # told by an approval that has ended: asked again it is approved again
    (("a", "b", "c", "d"), (), True),
])
def test_a_line_is_passed_by_what_was_told_and_what_is_asked_together(before, asked, passed) -> None:
    assert Line(3, 30).passed(before, asked) is passed


@given(FACTS, FACTS, FACTS, FACTS, st.integers(1, 16))
def test_more_told_before_or_asked_now_never_lets_more_be_told(before, more, asked, also, facts) -> None:
    line = Line(facts, 30)
    assert line.passed(before | more, asked | also) or not line.passed(before, asked)
    assert line.passed(before, asked) or not Line(facts + 1, 30).passed(before, asked)


@given(FACTS, FACTS, st.frozensets(st.sampled_from(["vehicle", "tax", "identity"])))
def test_an_approval_opens_its_groups_and_no_other(asked, also, groups) -> None:
    assert open_groups(asked, groups) is ({fact.split(".")[0] for fact in asked} <= groups)
    assert open_groups(asked, groups) or not open_groups(asked | also, groups)


def test_a_purpose_has_its_own_line_the_regions_or_none() -> None:
    found = read(TEXT + "[purposes]\nMEDICAL_AID = { facts = 7 }\nMONITORING = { days = 90 }\nPAYMENT = { facts = 9, days = 10 }\n")
    lines = {code: found.of(code) for code in ("DIBAO_REVIEW", "EDUCATION_AID", "MEDICAL_AID", "MONITORING", "PAYMENT")}
    assert lines == {
        "DIBAO_REVIEW": None, "EDUCATION_AID": Line(5, 30), "MEDICAL_AID": Line(7, 30), "MONITORING": Line(5, 90), "PAYMENT": Line(9, 10),
    }
    assert (found.days, read(TEXT).days) == (90, 30)


@pytest.mark.parametrize(("more", "named"), [
    ("[purposes]\nCURIOSITY = { facts = 7 }", r"unknown purposes \['CURIOSITY'\]"),
    ("[purposes]\nDIBAO_REVIEW = { facts = 7 }", r"\['DIBAO_REVIEW'\] are exempt and have a line"),
    ("[purposes]\nMEDICAL_AID = { }", "neither facts nor days"),
    ("[purposes]\nMEDICAL_AID = { fact = 7 }", "unknown key fact"),
    ("[purposes]\nMEDICAL_AID = { facts = 0 }", "facts is not a whole number above 0"),
    ("[purposes]\nMEDICAL_AID = 7", "MEDICAL_AID is not a dict"),
    ("fact = 3", "unknown key fact"),
])
def test_a_mistake_refuses_to_start_and_is_named(more: str, named: str) -> None:
    with pytest.raises(ParametersRefused, match=named):
        read(TEXT + more)


@pytest.mark.parametrize("region", REGIONS)
def test_what_a_purpose_needs_passes_once_and_all_that_aids_may_be_told_together_does_not(region: str) -> None:
    lines = load(region).profile.aggregation
    for code, purpose in PURPOSES.items():
        if (line := lines.of(code)) is None:
            assert purpose.kind in {PurposeKind.REVIEW, PurposeKind.EMERGENCY, PurposeKind.ASSISTANCE, PurposeKind.SELF}
            continue
        own = facts_of(*(purpose.told_groups() - {"confirmation"}))
        whole = own | (facts_of("confirmation") if purpose.covers("confirmation") else set())
        worked_with = {f"confirmation.{name}" for name in WORKED_WITH} if purpose.covers("confirmation") else set()
        if purpose.kind is not PurposeKind.INDICATOR:
            assert not line.passed((), own | worked_with), code
        if code.endswith("_AID") and len(own) > 2:
            assert line.passed((), whole), f"{code}: its own facts and all of the conclusion are more than an aid works with"
    assert {lines.of(code) for code, purpose in PURPOSES.items() if purpose.kind is PurposeKind.REVIEW} == {None}, "what a letter names whole costs nothing"


@pytest.mark.parametrize("region", REGIONS)
def test_the_bureau_monitors_and_pays_the_same_person_within_a_month_and_does_not_read_all_it_might(region: str) -> None:
    lines = load(region).profile.aggregation
    watched = sorted(PURPOSES["MONITORING"].told_groups() - {"identity"})
    signs = {fact for group in watched for fact in [f"{group}.records", *sorted(facts_of(group) - {f"{group}.records"})[:1]]}
    month = signs | facts_of("identity", "civilAssistance")
    assert not lines.of("MONITORING").passed(facts_of("civilAssistance"), month)
    assert not lines.of("PAYMENT").passed(month, facts_of("civilAssistance"))
    assert lines.of("MONITORING").passed((), facts_of(*watched))
