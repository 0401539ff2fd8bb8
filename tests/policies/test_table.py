"""The decision: who is told what by default (design §6), never more for less, and nothing where a rule cannot be evaluated."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.engine import ROOT, Policy, load
from policies.forms import Form, Level
from policies.groups import GROUPS
from policies.purposes import PURPOSES
from policies.verdict import AgeBand, BasisKind, CallerClass, Relation, Resource, SubjectClass, Verdict
from schema import register

POLICIES = {region: load(region) for region in ("500152", "511725")}
LABELS = sorted(
    {Resource(field.group, field.level, field.cross_region) for group in register.GROUPS.values() for field in group.fields.values()},
    key=repr,
)
CHECK_BODY = CallerClass(department="MZ-HD", relation=Relation.LOCAL, role="CHECK_OPERATOR")
SIGNED = SubjectClass(
    basis=BasisKind.LETTER, covered=True, assurance="HIGH", age_band=AgeBand.ADULT, kin_of_staff=False, role="MEMBER",
)


def verdicts(purpose: str, caller: CallerClass, subject: SubjectClass, region: str = "500152") -> dict[Resource, Verdict]:
    return dict(POLICIES[region].table(purpose, caller, subject, frozenset(LABELS)))


def test_the_check_body_is_told_l1_to_l3_in_full_and_l4_yes_or_no() -> None:
    for label, verdict in verdicts("DIBAO_REVIEW", CHECK_BODY, SIGNED).items():
        if PURPOSES["DIBAO_REVIEW"].covers(label.group):
            assert verdict.form is (Form.BOOLEAN if label.level is Level.L4 else Form.FULL)
        else:
            assert (verdict.form, verdict.reason) == (Form.WITHHELD, "NOT_COVERED")


def test_the_education_bureau_is_told_the_confirmation_and_who_it_is() -> None:
    caller = CallerClass(department="JY", relation=Relation.LOCAL, role="DEPT_SYSTEM")
    subject = dataclasses.replace(SIGNED, basis=BasisKind.STATUTE, assurance="NONE")
    for label, verdict in verdicts("EDUCATION_AID", caller, subject).items():
        match label.group:
            case "confirmation":
                assert verdict.form is Form.FULL
            case "identity":
                assert verdict.form is (Form.MASKED if label.level is Level.L3 else Form.FULL)
            case "education":  # its own group, but on a statute alone no new fact
                assert (verdict.form, verdict.reason) == (Form.WITHHELD, "LETTER_NEEDED")
            case _:
                assert (verdict.form, verdict.reason) == (Form.WITHHELD, "NOT_COVERED")


def test_a_neighbour_is_told_the_labels_cross_region_column_and_no_more() -> None:
    caller = CallerClass(department="MZ-HD", relation=Relation.NEIGHBOUR, role="REGION_LIAISON")
    for label, verdict in verdicts("CROSS_REGION_CHECK", caller, SIGNED).items():
        if not PURPOSES["CROSS_REGION_CHECK"].covers(label.group):
            assert (verdict.form, verdict.reason) == (Form.WITHHELD, "NOT_COVERED")
            continue
        stays = label.group == "realEstate" and label.level is Level.L3  # Tongnan's own rule
        assert verdict.form is (min(label.cross_region, Form.BOOLEAN, key=lambda form: form.rank) if stays else label.cross_region)


def test_an_unknown_purpose_is_told_nothing() -> None:
    assert {verdict.form for verdict in verdicts("CURIOSITY", CHECK_BODY, SIGNED).values()} == {Form.WITHHELD}


def test_no_resources_is_an_empty_table() -> None:
    assert POLICIES["500152"].table("DIBAO_REVIEW", CHECK_BODY, SIGNED, frozenset()) == {}


ROLES = ["CHECK_OPERATOR", "TOWNSHIP_OFFICER", "DEPT_SYSTEM", "REGION_LIAISON", "APPLICANT", "PRIVACY_OFFICER", "?"]


_APPROVED = st.frozensets(st.sampled_from(["identity", "tax", "civilAssistance", "realEstate"]))


@st.composite
def situations(draw: st.DrawFn) -> tuple[str, CallerClass, SubjectClass]:
    """A purpose with a caller and a subject: three times in four a department and basis of that purpose, else any."""
    purpose = PURPOSES[draw(st.sampled_from(sorted(PURPOSES)))]
    fitting = draw(st.integers(0, 3)) > 0
    departments = sorted(purpose.departments) if fitting else ["MZ", "MZ-HD", "TOWN", "JY", "YB", "CL", "JW", "APPLICANT", "XX"]
    caller = CallerClass(
        department=draw(st.sampled_from(departments)), relation=draw(st.sampled_from(Relation)),
        role="APPLICANT" if departments == ["APPLICANT"] else draw(st.sampled_from(ROLES)),
    )
    basis = draw(st.sampled_from(sorted(purpose.bases) if fitting else sorted(BasisKind)))
    if fitting:
        return purpose.code, caller, dataclasses.replace(
            SIGNED, basis=basis, age_band=draw(st.sampled_from(AgeBand)), approved=draw(_APPROVED), kin_approved=draw(_APPROVED),
        )
    subject = SubjectClass(
        basis=basis, covered=draw(st.booleans()), assurance=draw(st.sampled_from(["HIGH", "LOW", "NONE"])),
        age_band=draw(st.sampled_from(AgeBand)), kin_of_staff=draw(st.booleans()), role=draw(st.sampled_from(["MEMBER", "OBLIGOR"])),
        approved=draw(_APPROVED), kin_approved=draw(_APPROVED), kin_of_asker=draw(st.booleans()),
    )
    return purpose.code, caller, subject


def narrower(subject: SubjectClass) -> Iterator[SubjectClass]:
    """The same subject with one thing changed for the worse."""
    yield dataclasses.replace(subject, covered=False)
    yield dataclasses.replace(subject, kin_of_staff=True)
    yield dataclasses.replace(subject, kin_of_asker=True)
    yield dataclasses.replace(subject, approved=frozenset())
    yield dataclasses.replace(subject, kin_approved=frozenset())
    yield dataclasses.replace(subject, role="OBLIGOR")
    yield dataclasses.replace(subject, assurance="NONE")
    ages = [AgeBand.ADULT, AgeBand.MINOR, AgeBand.UNDER_14]
    for age in ages[ages.index(subject.age_band):]:
        yield dataclasses.replace(subject, age_band=age)


@settings(max_examples=40)  # each example decides every label of the schema seven times
@given(st.sampled_from(sorted(POLICIES)), situations())
def test_less_coverage_a_younger_age_or_a_neighbour_never_widens_a_verdict(
    region: str, situation: tuple[str, CallerClass, SubjectClass],
) -> None:
    """Over every label of the schema: a change for the worse in the subject, or a neighbour in place of a local caller."""
    purpose, caller, subject = situation
    whole = verdicts(purpose, caller, subject, region)
    for less in narrower(subject):
        for label, verdict in verdicts(purpose, caller, less, region).items():
            assert verdict.form.rank <= whole[label].form.rank
    abroad = dataclasses.replace(caller, relation=Relation.NEIGHBOUR)
    for label, verdict in verdicts(purpose, abroad, subject, region).items():
        assert verdict.form.rank <= whole[label].form.rank


RESOURCES = st.builds(
    Resource, group=st.sampled_from(sorted(GROUPS)), level=st.sampled_from(Level), cross_region=st.sampled_from(Form),
)


@given(situations(), RESOURCES)
def test_a_stricter_label_never_widens_a_verdict(situation: tuple[str, CallerClass, SubjectClass], resource: Resource) -> None:
    """Over any label, existing or not: one level up, or a weaker cross-region form."""
    purpose, caller, subject = situation
    weaker = [form for form in Form if form.rank <= resource.cross_region.rank]
    stricter = {dataclasses.replace(resource, level=resource.level.uplifted())} | {
        dataclasses.replace(resource, cross_region=form) for form in weaker
    }
    table = POLICIES["511725"].table(purpose, caller, subject, frozenset(stricter | {resource}))
    assert all(table[label].form.rank <= table[resource].form.rank for label in stricter)


@settings(max_examples=40)  # each example loads a policy, so that nothing is remembered
@given(situations(), st.lists(RESOURCES, min_size=1, max_size=5))
def test_a_verdict_depends_on_its_own_resource_alone(
    situation: tuple[str, CallerClass, SubjectClass], resources: list[Resource],
) -> None:
    """Asking for more at once tells neither more nor less of each: the company a fact is asked in does not matter."""
    fresh, used = load("500152"), POLICIES["500152"]
    together = used.table(*situation, frozenset(resources))
    for resource in resources:
        assert fresh.table(*situation, frozenset({resource})) == {resource: together[resource]}


@given(situations(), RESOURCES)
def test_a_value_told_has_a_rule_that_permits_and_one_withheld_has_a_reason(
    situation: tuple[str, CallerClass, SubjectClass], resource: Resource,
) -> None:
    policy = POLICIES["500152"]
    verdict = policy.table(*situation, frozenset({resource}))[resource]
    effects = {policy.rules[name].effect for name in verdict.rules if name in policy.rules}
    assert ("permit" in effects) or verdict.form is Form.WITHHELD
    assert (verdict.reason == "ALLOWED") is (verdict.form is Form.FULL)


def with_rule(tmp_path: Path, rule: str) -> Policy:
    for name in ("national", "regions", "code_lists"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "hub.cedarschema", tmp_path)
    (tmp_path / "regions" / "500152" / "local.cedar").write_text(rule, "utf-8")
    return load("500152", root=tmp_path)


@pytest.mark.parametrize("effect", ["permit", "forbid"])
def test_a_rule_that_cannot_be_evaluated_withholds_what_others_permit(tmp_path: Path, effect: str) -> None:
    """An overflow is the one error validation cannot rule out; a forbid skipped for it would open a door."""
    policy = with_rule(tmp_path, f"""
        @id("overflowing") @law("x §1") @reason("LEVEL")
        {effect} (principal, action in [Action::"tellFull", Action::"tellMasked", Action::"tellBand", Action::"tellBoolean"], resource)
        when {{ resource.group == "tax" && resource.level + 9223372036854775807 > 0 }};
    """)
    table = policy.table("DIBAO_REVIEW", CHECK_BODY, SIGNED, frozenset(LABELS))
    for label, verdict in table.items():
        expected = (Form.WITHHELD, "POLICY_ERROR") if label.group == "tax" else (POLICIES["500152"].table(
            "DIBAO_REVIEW", CHECK_BODY, SIGNED, frozenset({label}))[label].form, verdict.reason)
        assert (verdict.form, verdict.reason) == expected


def test_a_situation_cedar_cannot_read_is_told_nothing() -> None:
    broken = dataclasses.replace(SIGNED, assurance=None)  # type: ignore[arg-type]
    assert {(verdict.form, verdict.reason) for verdict in verdicts("DIBAO_REVIEW", CHECK_BODY, broken).values()} == {
        (Form.WITHHELD, "POLICY_ERROR"),
    }


def test_a_local_permit_cannot_reach_around_the_prohibitions(tmp_path: Path) -> None:
    """Whatever a region permits by mistake: not the uncovered, not outside the purpose, not the privacy officer."""
    policy = with_rule(tmp_path, """
        @id("generous") @law("x §1") @reason("ALLOWED")
        permit (principal, action in [Action::"tellFull", Action::"tellMasked", Action::"tellBand", Action::"tellBoolean"], resource);
    """)
    tax = Resource("tax", Level.L3, Form.BAND)
    officer = dataclasses.replace(CHECK_BODY, role="PRIVACY_OFFICER")
    for purpose, caller, subject in (
        ("DIBAO_REVIEW", CHECK_BODY, dataclasses.replace(SIGNED, covered=False)),
        ("DIBAO_REVIEW", CHECK_BODY, dataclasses.replace(SIGNED, kin_of_staff=True)),
        ("DIBAO_REVIEW", officer, SIGNED),
        ("RESULT_RECOGNITION", CHECK_BODY, SIGNED),
        ("PRIVACY_AUDIT", CHECK_BODY, SIGNED),
    ):
        assert policy.table(purpose, caller, subject, frozenset({tax}))[tax].form is Form.WITHHELD
    sampled = dataclasses.replace(SIGNED, approved=frozenset({"tax"}))
    assert policy.table("SPOT_CHECK", dataclasses.replace(CHECK_BODY, department="MZ"), sampled, frozenset({tax}))[tax].form is Form.FULL
