"""The purposes of domain C2: all there, each with words and law, none reaching further than it says."""

from __future__ import annotations

import dataclasses
import re

import pytest

from policies.groups import CHECK_GROUPS, CONFIRMATION, GROUPS, IDENTITY
from policies.purposes import PURPOSES, PurposeKind, PurposesWrong, indexed
from policies.verdict import BasisKind
from schema import register

DOMAIN_C2 = """
DIBAO_REVIEW TEKUN_REVIEW EDGE_REVIEW RIGID_REVIEW TEMP_EXPENSE_REVIEW TEMP_EMERGENCY PERIODIC_RECHECK MONITORING MEDICAL_AID
EDUCATION_AID HOUSING_AID EMPLOYMENT_AID DISASTER_AID DISABILITY_SUBSIDY LEGAL_JUDICIAL_AID REFERRAL_HANDLING CROSS_REGION_CHECK
RESULT_RECOGNITION DUPLICATE_CHECK BENEFIT_LIVENESS PAYMENT SPOT_CHECK COMPLAINT_CHECK CREDIT_RECORD SUBJECT_ACCESS
PRIVACY_AUDIT STATISTICS
"""


def test_every_purpose_of_the_domain_is_there() -> None:
    assert set(PURPOSES) == set(DOMAIN_C2.split())


@pytest.mark.parametrize("purpose", PURPOSES.values(), ids=lambda purpose: purpose.code)
def test_a_purpose_says_who_why_and_on_which_basis(purpose: object) -> None:
    assert dataclasses.is_dataclass(purpose)
    for name in ("title_zh", "departments", "legal_basis", "bases", "lifetime_zh"):
        assert getattr(purpose, name)


def test_only_the_emergency_has_a_lifetime_in_days() -> None:
    assert {code: purpose.token_days for code, purpose in PURPOSES.items() if purpose.token_days} == {"TEMP_EMERGENCY": 7}


def test_a_review_reaches_the_check_groups_and_no_other() -> None:
    assert PURPOSES["DIBAO_REVIEW"].told_groups() == CHECK_GROUPS | {CONFIRMATION, IDENTITY}


def test_what_is_held_of_oneself_is_every_group_of_the_schema() -> None:
    assert PURPOSES["SUBJECT_ACCESS"].told_groups() == set(GROUPS) >= set(register.GROUPS)


def test_every_group_of_the_schema_is_a_known_group_of_the_same_department() -> None:
    assert {code: spec.department for code, spec in register.GROUPS.items()}.items() <= {
        code: group.department for code, group in GROUPS.items()
    }.items()


def test_recognition_reaches_the_conclusion_and_no_fact() -> None:
    purpose = PURPOSES["RESULT_RECOGNITION"]
    assert purpose.told_groups() == {CONFIRMATION, IDENTITY}
    assert purpose.covers(CONFIRMATION)
    assert not purpose.covers("tax")


def test_education_aid_reads_confirmations_on_the_statute_and_enrolment_on_a_letter() -> None:
    purpose = PURPOSES["EDUCATION_AID"]
    assert purpose.bases == {BasisKind.STATUTE, BasisKind.LETTER}
    assert purpose.statute_groups == {CONFIRMATION, IDENTITY}
    assert purpose.told_groups() == {CONFIRMATION, IDENTITY, "education"}


def test_audit_and_statistics_reach_nothing_not_even_a_name() -> None:
    without = [purpose for purpose in PURPOSES.values() if purpose.kind is PurposeKind.NO_FACTS]
    assert {purpose.code for purpose in without} == {"PRIVACY_AUDIT", "STATISTICS"}
    assert all(purpose.told_groups() == frozenset() for purpose in without)


@pytest.mark.parametrize(("change", "named"), [
    ({"groups": frozenset({"taxes"})}, "unknown fact groups ['taxes']"),
    ({"statute_groups": frozenset({"tax"})}, "outside its own fact groups"),
])
def test_a_table_that_names_what_is_not_there_is_refused(change: dict[str, frozenset[str]], named: str) -> None:
    with pytest.raises(PurposesWrong, match=re.escape(named)):
        indexed([dataclasses.replace(PURPOSES["EDUCATION_AID"], **change)])  # type: ignore[arg-type]


def test_a_purpose_given_twice_is_refused() -> None:
    with pytest.raises(PurposesWrong, match="STATISTICS is given twice"):
        indexed([PURPOSES["STATISTICS"]] * 2)


@pytest.mark.parametrize(("purpose", "article", "rests"), [
    ("RESULT_RECOGNITION", "SAL §42", True), ("EDUCATION_AID", "SAL §25", True), ("EDUCATION_AID", "SAL §42", True),
    ("EDUCATION_AID", "SAL §4", False), ("EDUCATION_AID", "XX §42", False), ("RESULT_RECOGNITION", "", False),
    ("TEMP_EMERGENCY", "PIPL §13(4)", True), ("DISABILITY_SUBSIDY", "SAL §42", True),
    ("DISABILITY_SUBSIDY", "PIPL §13(3)", True), ("PAYMENT", "PIPL §13(3)", True), ("EDUCATION_AID", "PIPL §13(3)", False),
])
def test_a_statute_opens_only_the_purposes_whose_legal_basis_names_it(purpose: str, article: str, rests: bool) -> None:
    assert PURPOSES[purpose].rests_on(article) is rests


def test_the_article_on_recognition_opens_confirmation_results_alone_and_another_opens_the_rest() -> None:
    jobs = PURPOSES["EMPLOYMENT_AID"]
    assert jobs.opened_by("SAL §42") == {CONFIRMATION, IDENTITY}
    assert jobs.opened_by("SAL §27") == {CONFIRMATION, IDENTITY, "employment"}
    assert PURPOSES["DISABILITY_SUBSIDY"].opened_by("SAL §42") == {CONFIRMATION, IDENTITY}
    assert PURPOSES["DISABILITY_SUBSIDY"].opened_by("PIPL §13(3)") == {CONFIRMATION, IDENTITY, "disability"}
    assert all(one.opened_by("SAL §42") <= {CONFIRMATION, IDENTITY} for one in PURPOSES.values())
    assert all(one.statute_groups <= one.told_groups() for one in PURPOSES.values())
