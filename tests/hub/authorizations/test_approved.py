"""An approval opens what it names and nothing beside it: whatever of it is changed, no more is approved than it says."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.approvals.second_person import ApprovalRefused, First, may_ask, may_decide, read
from hub.authorizations.approved import is_relative, kin_of_staff, with_approvals
from hub.authorizations.matter import Approval
from hub.authorizations.officers import folded, same_officer
from hub.authorizations.recheck import _less_approved
from hub.authorizations.standing import Approved
from hub.errors import Malformed
from policies.approvals import ApprovalKind, TwoPeople, approval_rules, read_approvals
from policies.parameters import ParametersRefused
from tests.hub import road

RULES = approval_rules("500152")
NOW = road.NOW
FAMILY = [road.member(number) for number in range(3)]
KIN = dataclasses.replace(FAMILY[0], kin_of_staff=("MZ-0001",))
OTHER = FAMILY[1].person.id
APPROVAL = Approval(
    id="apr_1", kind="COMPLAINT_CHECK", purpose="COMPLAINT_CHECK", groups=frozenset({"tax", "vehicle"}), people=frozenset({OTHER}),
    organisation="org", officer="o1", approved_by="o2", valid_until=NOW + timedelta(days=3),
)


def approved(approval: Approval, *, at=NOW, **caller):
    """What is approved of each person for one caller."""
    matter = dataclasses.replace(road.matter(*FAMILY), approvals=(approval,))
    asking = road.caller(**({"purpose": "COMPLAINT_CHECK", "department": "MZ"} | caller))
    told = with_approvals({one.person.id: road.covered() for one in FAMILY}, matter, asking, at)
    return {person: one.approved for person, one in told.items() if one.approved is not None}


def test_it_opens_its_groups_of_its_people_and_who_they_are():
    (told,) = approved(APPROVAL).values()
    assert (told.purpose, told.kin, told.approvals) == ({"tax", "vehicle", "identity"}, frozenset(), ("apr_1",))
    assert set(approved(APPROVAL)) == {OTHER}


@pytest.mark.parametrize("change", [
    {"officer": "o9"}, {"officer": "O1"}, {"organisation": "another"}, {"purpose": "DIBAO_REVIEW"}, {"people": frozenset()},
    {"valid_until": NOW}, {"approved_by": "o1"}, {"approved_by": "Ｏ 1"}, {"approved_by": ""}, {"approved_by": "о2"},
])
def test_another_officer_organisation_purpose_person_end_or_no_second_person_opens_nothing(change):
    assert approved(dataclasses.replace(APPROVAL, **change)) == {}


def test_who_turns_out_to_be_a_relative_has_approved_nothing():
    matter = dataclasses.replace(road.matter(FAMILY[0], FAMILY[1], dataclasses.replace(FAMILY[2], kin_of_staff=("O 2",))), approvals=(APPROVAL,))
    asking = road.caller(purpose="COMPLAINT_CHECK", department="MZ")
    told = with_approvals({OTHER: road.covered()}, matter, asking, NOW)
    assert told[OTHER].approved is None


@settings(max_examples=200, deadline=None)
@given(
    kind=st.sampled_from(ApprovalKind), purpose=st.sampled_from(["COMPLAINT_CHECK", "SPOT_CHECK", "DIBAO_REVIEW"]),
    groups=st.frozensets(st.sampled_from(["tax", "vehicle", "realEstate"])), whom=st.frozensets(st.sampled_from([one.person.id for one in FAMILY])),
    organisation=st.sampled_from(["org", "other"]), officer=st.sampled_from(["o1", "o2", "O1"]), by=st.sampled_from(["o1", "o2", "O-2", ""]),
    days=st.integers(-2, 2), asked=st.sampled_from(["COMPLAINT_CHECK", "SPOT_CHECK", "DIBAO_REVIEW"]),
)
def test_nothing_is_ever_approved_that_no_approval_in_force_names(kind, purpose, groups, whom, organisation, officer, by, days, asked):
    approval = dataclasses.replace(
        APPROVAL, kind=kind.value, purpose=purpose, groups=groups, people=whom, organisation=organisation, officer=officer, approved_by=by,
        valid_until=NOW + timedelta(days=days),
    )
    for person, told in approved(approval, purpose=asked).items():
        assert person in whom
        assert (officer, organisation, purpose, by in {"o2", "O-2"}, days > 0) == ("o1", "org", asked, True, True)
        assert told.kin | told.purpose | told.aggregated <= groups | {"identity"}
        assert not told.kin or kind is ApprovalKind.KIN_OF_STAFF
        assert not told.purpose or kind.value == asked
        assert not told.aggregated or kind is ApprovalKind.AGGREGATION


@pytest.mark.parametrize(("one", "other", "same"), [
    ("HD-0200", "hd 0200", True), ("HD-0200", "ＨＤ０２００", True), ("张三", "张 三", True), ("HD-0200", "HD-0201", False),
    ("HD-0200", "НD-0200", True), ("---", "HD-1", True), ("ﬁ1", "fi1", True),
])
def test_a_second_person_is_another_person_however_they_are_spelt(one, other, same):
    assert same_officer(one, other) is same_officer(other, one) is same


def test_an_id_in_letters_that_look_like_others_names_nobody():
    assert folded("НD-0200") == ""  # Cyrillic Н
    assert folded("HD-0200") == "hd0200"


def test_a_relative_is_one_in_the_whole_matter_and_no_approval_helps():
    matter = road.matter(KIN, *FAMILY[1:])
    assert kin_of_staff(matter) == {KIN.person.id}
    assert kin_of_staff(dataclasses.replace(road.matter(*FAMILY), kin_of_staff=True)) == {one.person.id for one in FAMILY}
    assert kin_of_staff(dataclasses.replace(matter, kin_of_staff=True)) == {one.person.id for one in FAMILY}, "on file as a whole"
    assert is_relative(matter, "mz0001")
    assert not is_relative(matter, "o1")
    own = with_approvals({OTHER: road.covered()}, dataclasses.replace(matter, approvals=(APPROVAL,)), road.caller(officer="MZ 0001"), NOW)
    assert own[OTHER].approved is not None
    assert own[OTHER].approved.own_kin


def body(**more):
    return {
        "kind": "COMPLAINT_CHECK", "groups": ["tax"], "people": ["per_1"], "reason": "实名举报隐瞒收入",
        "validUntil": (NOW + timedelta(days=5)).isoformat(),
    } | more


@pytest.mark.parametrize("change", [
    {"kind": "ANY"}, {"groups": []}, {"groups": "tax"}, {"people": [1]}, {"reason": "举报"}, {"reason": "举报 509900198005010010 号"},
    {"validUntil": "2026-12-01"}, {"validUntil": 7}, {"sample": "2026-11"}, {"kind": "SPOT_CHECK"}, {"kind": "SPOT_CHECK", "sample": " "},
    {"kind": "SPOT_CHECK", "sample": "509900198005010010"}, {"more": "x"},
])
def test_a_request_is_whole_and_names_nobody_by_number(change):
    assert read(body()).groups == ("tax",)
    assert read(body(kind="SPOT_CHECK", sample="2026-11 月抽样")).sample == "2026-11 月抽样"
    with pytest.raises(Malformed):
        read(body(**change))


FIRST = First("o2", "org", "another-system", "ASSERTED")


def standing(**caller):
    return road.standing(road.matter(*FAMILY), **({"purpose": "COMPLAINT_CHECK", "department": "MZ", "role": "DISTRICT_OFFICER"} | caller))


def test_who_the_rules_do_not_name_neither_asks_nor_decides():
    asked = read(body())
    may_ask(asked, frozenset({OTHER}), standing(), RULES[ApprovalKind.COMPLAINT_CHECK], NOW)
    may_decide(ApprovalKind.COMPLAINT_CHECK, FIRST, standing(), RULES[ApprovalKind.COMPLAINT_CHECK])
    for code, refused in {
        "APPROVAL_RULE_MISSING": lambda: may_ask(asked, frozenset({OTHER}), standing(), None, NOW),
        "APPROVER_NOT_ENTITLED": lambda: may_decide(
            ApprovalKind.COMPLAINT_CHECK, FIRST, standing(role="CHECK_OPERATOR"), RULES[ApprovalKind.COMPLAINT_CHECK],
        ),
        "OFFICER_UNREADABLE": lambda: may_ask(asked, frozenset({OTHER}), standing(officer="…"), RULES[ApprovalKind.COMPLAINT_CHECK], NOW),
        "APPROVAL_NEEDLESS": lambda: may_ask(
            read(body(kind="KIN_OF_STAFF")), frozenset({OTHER}), standing(), RULES[ApprovalKind.KIN_OF_STAFF], NOW,
        ),
    }.items():
        with pytest.raises(ApprovalRefused) as caught:
            refused()
        assert caught.value.code == code
    own = dataclasses.replace(RULES[ApprovalKind.COMPLAINT_CHECK], other_organisations=False)
    with pytest.raises(ApprovalRefused, match="decides no approval"):
        may_decide(ApprovalKind.COMPLAINT_CHECK, dataclasses.replace(FIRST, organisation="another"), standing(), own)


PROOF = "PROVEN by idp-500152, acr 2"


@pytest.mark.parametrize(("officers", "first", "decides", "shared", "code"), [
    (TwoPeople.PROVEN, PROOF, PROOF, False, None),
    (TwoPeople.PROVEN, "ASSERTED", PROOF, False, "OFFICER_NOT_PROVEN_BY_WHO_ASKS"),
    (TwoPeople.PROVEN, PROOF, "ASSERTED", False, "OFFICER_NOT_PROVEN"),
    (TwoPeople.PROVEN_OR_TWO_SYSTEMS, "ASSERTED", "ASSERTED", False, None),
    (TwoPeople.PROVEN_OR_TWO_SYSTEMS, "ASSERTED", "ASSERTED", True, "OFFICER_NOT_PROVEN"),
    (TwoPeople.PROVEN_OR_TWO_SYSTEMS, PROOF, "ASSERTED", True, "OFFICER_NOT_PROVEN"),
    (TwoPeople.PROVEN_OR_TWO_SYSTEMS, PROOF, PROOF, True, None),
    (TwoPeople.ASSERTED, "ASSERTED", "ASSERTED", True, None),
])
def test_two_ids_are_two_people_by_two_log_ins_or_two_systems(officers, first, decides, shared, code):
    rule = dataclasses.replace(RULES[ApprovalKind.COMPLAINT_CHECK], officers=officers)
    refused = None
    try:
        may_ask(read(body()), frozenset({OTHER}), standing(officer_proof=first), rule, NOW)
    except ApprovalRefused as error:
        refused = f"{error.code}_BY_WHO_ASKS"
    else:
        try:
            may_decide(ApprovalKind.COMPLAINT_CHECK, dataclasses.replace(FIRST, proof=first), standing(officer_proof=decides), rule, share_a_key=shared)
        except ApprovalRefused as error:
            refused = error.code
    assert refused == code


@pytest.mark.parametrize("client", ["", road.caller().client])
def test_one_system_or_one_nobody_kept_makes_no_second_person(client):
    with pytest.raises(ApprovalRefused) as caught:
        may_decide(ApprovalKind.COMPLAINT_CHECK, dataclasses.replace(FIRST, client=client), standing(), RULES[ApprovalKind.COMPLAINT_CHECK])
    assert caught.value.code == "OFFICER_NOT_PROVEN"


@pytest.mark.parametrize("said", [
    'officers = "ASSERTED"', 'officers = "PROVEN"\nexception = "why"', 'officers = "SOMEHOW"', "officers_proven = false", 'officers = "ASSERTED"\nexception = ""',
])
def test_that_one_system_may_name_both_is_said_with_its_reason_or_not_at_all(said):
    row = 'kind = "SPOT_CHECK"\ndepartments = ["MZ"]\nroles = []\nother_organisations = true\nmost_days = 1\nsource = "x"\n'
    with pytest.raises(ParametersRefused):
        read_approvals("a.toml", f"[[approval]]\n{row}{said}\n")
    good = read_approvals("a.toml", f'[[approval]]\n{row}officers = "ASSERTED"\nexception = "one system until 2027"\n')
    assert good[ApprovalKind.SPOT_CHECK].exception
    assert {rule.officers for rule in RULES.values()} == {TwoPeople.PROVEN_OR_TWO_SYSTEMS}


@pytest.mark.parametrize("row", [
    'kind = "OTHER"\ndepartments = []\n', 'kind = "SPOT_CHECK"\ndepartments = ["XX"]\n',
])
def test_rules_of_an_unknown_kind_or_department_are_refused(row):
    rest = 'roles = []\nother_organisations = true\nofficers = "PROVEN"\nmost_days = 1\nsource = "x"\n'
    with pytest.raises(ParametersRefused):
        read_approvals("a.toml", f"[[approval]]\n{row}{rest}")
    assert set(RULES) == set(ApprovalKind)


@pytest.mark.parametrize(("now", "less"), [(frozenset({"tax", "vehicle"}), False), (frozenset({"tax"}), True), (frozenset(), True)])
def test_an_approval_of_what_adds_up_that_ended_meanwhile_is_found_at_every_late_delivery(now, less):
    before = Approved(frozenset(), frozenset(), False, ("apr_1",), frozenset({"tax", "vehicle"}))
    assert _less_approved(road.covered(approved=dataclasses.replace(before, aggregated=now)), road.covered(approved=before)) is less


def test_an_approval_of_what_adds_up_is_asked_for_under_any_purpose_of_the_askers():
    asked = read(body(kind="AGGREGATION", groups=["education"]))
    school = standing(purpose="EDUCATION_AID", department="JY", role="DEPT_SYSTEM")
    may_ask(asked, frozenset({OTHER}), school, RULES[ApprovalKind.AGGREGATION], NOW)
    may_decide(ApprovalKind.AGGREGATION, FIRST, school, RULES[ApprovalKind.AGGREGATION])
    with pytest.raises(ApprovalRefused, match="outside the token or its purpose"):
        may_ask(read(body(kind="AGGREGATION", groups=["tax"])), frozenset({OTHER}), school, RULES[ApprovalKind.AGGREGATION], NOW)
