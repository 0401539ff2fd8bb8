"""Whether a letter fits a question: what is said of a class of subjects is what the road plans for a real member of that class."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import pytest

from hub.authorizations.check_table import stand
from hub.authorizations.conditions import Conditions
from hub.authorizations.matter import Letter, Matter, Member, Signature
from hub.authorizations.presented import Presented, Requester
from hub.caller import Basis
from hub.errors import Malformed
from hub.fits import TOO_MUCH, Fit, said
from hub.fitter import Asker, Fitter
from hub.nobody import Class
from hub.operation import Documents
from hub.operations.limits import Limits
from hub.scope import age_band
from policies.calendar import CHINA
from policies.letter_templates import TEMPLATES, LetterTemplate
from policies.notices import read_notices
from policies.verdict import BasisKind
from schema import SCHEMA
from tests.hub.generated_questions import Generator, matter_of
from tests.hub.road import ALL_CASES, FACT_GROUPS, NOW, REGION, Department, Road, caller, policy, road, sources
from tests.policies.notice_text import untold
from tests.policies.test_notices import FIRST

NATIONAL = TEMPLATES["national"]
CHECKER, TOWN, BUREAU = Asker("MZ-HD", REGION, "CHECK_OPERATOR"), Asker("TOWN", REGION, "TOWNSHIP_OFFICER"), Asker("MZ", REGION, "DISTRICT_OFFICER")
ASKED = (
    ("national", "DIBAO_REVIEW", CHECKER), ("national", "COMPLAINT_CHECK", BUREAU), ("national", "CROSS_REGION_CHECK", TOWN),
    ("national", "MONITORING", BUREAU), ("medical-aid", "MEDICAL_AID", Asker("YB", REGION, "DEPT_SYSTEM")),
    ("cross-region", "DUPLICATE_CHECK", BUREAU), ("education-aid", "EDUCATION_AID", Asker("JY", REGION, "DEPT_SYSTEM")),
    ("national-text", "DIBAO_REVIEW", CHECKER),
)  # fmt: skip
CONDITIONS = Conditions.of(REGION)
GUARDIAN = "00000000-0000-0000-0000-0000000000ff"


@lru_cache
def fitter() -> Fitter:
    return Fitter(policy(), REGION)


async def fitted(text: str, purpose: str = "DIBAO_REVIEW", template: str = "national", asker: Asker = CHECKER, **more):
    operation = Documents(SCHEMA, more.pop("limits", Limits())).read(text)
    return await fitter().fit(operation, TEMPLATES[template], purpose=purpose, asker=asker, now=NOW, **more)


def signed(template: LetterTemplate, seed: int) -> Matter:
    """The household of generated questions, a youth among it, each signed for under one letter of the template; how strongly, differs."""
    family = matter_of().members
    born = {1: date(2010, 6, 30)}
    members = tuple(
        replace(one, person=replace(one.person, birth_date=born.get(number, one.person.birth_date)), guardians=(GUARDIAN,))
        for number, one in enumerate(family)
    )  # fmt: skip
    signatures = tuple(
        signature(one, template.assurances[(seed + number) % len(template.assurances)], template) for number, one in enumerate(members)
        if one.role == "MEMBER" or (one.role == "OBLIGOR" and template.obligors)
    )  # fmt: skip
    letter = Letter(
        id="auth_1", number="H-1", hash="ab", purposes=template.purposes, fact_groups=template.fact_groups, receivers=template.receivers,
        signed_at=NOW - timedelta(days=1), expires_at=None, status="ACTIVE", revoked_at=None, signatures=signatures,
    )  # fmt: skip
    return replace(matter_of(), members=members, letters=(letter,))


def signature(one: Member, assurance: str, template: LetterTemplate) -> Signature:
    at = NOW - timedelta(days=1)
    alone = one.person.birth_date is not None and one.person.birth_date.year < 2005
    person = one.person.id if alone else GUARDIAN
    capacity = "SELF" if alone else "LEGAL_REPRESENTATIVE"
    lacking = CONDITIONS.lacking(capacity, template.separately, template.code)
    return Signature(person, capacity, frozenset({one.person.id}), assurance, at, lacking=lacking)


def standing_of(matter: Matter, purpose: str, asker: Asker):
    who = caller(
        purpose=purpose, department=asker.department, role=asker.role, region=asker.region, basis=Basis(BasisKind.LETTER, (("auth_1", "ab"),)),
    )
    requester = Requester("c1", "org", asker.department, asker.region, asker.role, frozenset({purpose}), active=True)
    return stand(Presented(who, requester, matter, NOW, assessed=frozenset({purpose})), dict.fromkeys((*FACT_GROUPS, "identity"), ""))


def class_of(one: Member, assurance: str) -> Class:
    return Class(one.role, age_band(one.person.birth_date, NOW.astimezone(CHINA).date()).value, assurance)


@pytest.fixture
def whole(keys) -> Road:
    """A road on which everybody is connected, the neighbour too."""
    return road(keys, known=sources(Department(), neighbour=Department()))


async def test_what_is_said_of_a_class_is_what_is_planned_for_its_members(whole):
    compared = [await held_against_the_road(whole, seed) for seed in range(48)]
    assert sum(compared) > 500, "the questions asked for something"


async def test_a_records_own_status_is_not_the_status_of_its_group(whole):
    """Of generated question 129: what happened to the field of the record was said of the group, for a child under 14."""
    assert await held_against_the_road(whole, 129)
    fitting = await fitted("query Q($i: ID!) { person(id: $i) { civilAssistance { status records { status } } } }", "MONITORING", asker=BUREAU)
    child = {asked.within: told for (asked, of), told in fitting.told.items() if asked.field == "status" and of == Class("MEMBER", "UNDER_14", "LOW")}
    assert {within: (told.form, told.reason) for within, told in child.items()} == {"": ("FULL", ""), "records": ("WITHHELD", "UNDER_14")}


async def held_against_the_road(whole: Road, seed: int) -> int:
    template, purpose, asker = ASKED[seed % len(ASKED)]
    text, variables = Generator(seed, whole).operation()
    matter = signed(TEMPLATES[template], seed)
    standing = standing_of(matter, purpose, asker)
    plan = await whole.plan(text, variables, standing)
    fitting = await fitted(text, purpose, template, asker, variables=variables, limits=ALL_CASES)
    strengths = {person: one.assurance for one in matter.letters[0].signatures for person in one.covers}
    seen, line = 0, policy().profile.aggregation.of(purpose)
    for (place, party), telling in plan.tellings.items():
        beyond = line is not None and line.passed((), plan.joins[party].ordinary)
        of = class_of(party.member, strengths.get(party.member.person.id, "NONE"))
        for group in telling.decision.groups:
            for asked, told in said(".".join(place.place.path), group):
                assert fitting.told[asked, of] == (TOO_MUCH if beyond and not told.withheld else told), (seed, asked, of)
                seen += 1
    return seen


async def test_a_question_of_identity_alone_fits_and_one_outside_the_letter_does_not():
    names = await fitted("query Q($c: ID!) { case(id: $c) { household { members { person { name { masked } } } } } }")
    assert (names.fit, names.refused, names.reasons) == (Fit.FITS, "", ())
    assert len({of for _, of in names.told}) == 9, "three ages, three ways of signing; no obligor stands there"
    outside = await fitted(
        '{ case(id: "x") { household { members { person { tax { status } } } } } }', "MEDICAL_AID", "medical-aid", Asker("YB", REGION, "DEPT_SYSTEM"),
    )
    assert (outside.fit, outside.reasons) == (Fit.DOES_NOT_FIT, ("FACT_NOT_AUTHORIZED",))
    neither = await fitted("query Q($c: ID!) { case(id: $c) { household { members { person { tax { status } } } } } }", "MEDICAL_AID", asker=Asker("YB", REGION, "DEPT_SYSTEM"))
    assert neither.reasons == ("NOT_COVERED",), "the letter lists it, the purpose does not"


async def test_what_is_withheld_is_named_with_whom_and_why():
    fitting = await fitted(
        """query Q($c: ID!) { case(id: $c) { household { members { person { idNumber { full masked } } } obligors { person { health { status } } } } } }""",
    )
    assert fitting.fit is Fit.FITS_PARTLY
    withheld = {(asked.field, asked.leaf, of.role, of.age): (told.reason, told.at_most) for (asked, of), told in fitting.told.items() if told.withheld}
    assert withheld == {
        ("idNumber", "full", "MEMBER", "UNDER_14"): ("UNDER_14", "MASKED"), ("status", "", "OBLIGOR", "ADULT"): ("OBLIGOR_SCOPE", "WITHHELD"),
    }  # fmt: skip


async def test_the_nationwide_form_alone_withholds_what_needs_an_item_and_says_so():
    text = "query Q($i: ID!) { person(id: $i) { tax { status } disability { status } } }"
    whole, bare = await fitted(text), await fitted(text, template="national-text")
    assert {told.reason for told in whole.told.values()} == {"", "OBLIGOR_SCOPE"}
    withheld = {(asked.group, of.age) for (asked, of), told in bare.told.items() if told.reason == "CONSENT_NOT_ITEMISED" and of.role == "MEMBER"}
    assert withheld == {("disability", "ADULT"), ("disability", "MINOR"), ("disability", "UNDER_14"), ("tax", "UNDER_14")}
    assert (bare.fit, "CONSENT_NOT_ITEMISED" in bare.reasons) == (Fit.FITS_PARTLY, True)


async def test_what_the_notice_shown_today_does_not_tell_of_would_be_withheld(monkeypatch):
    register = read_notices("x", FIRST + untold("tax"))
    monkeypatch.setattr(fitter(), "_conditions", Conditions.made(CONDITIONS.consent, register))
    fitting = await fitted("query Q($i: ID!) { person(id: $i) { tax { status } vehicle { status } } }")
    withheld = {(asked.group, told.reason) for (asked, of), told in fitting.told.items() if told.withheld and of.role == "MEMBER"}
    assert withheld == {("tax", "NOTICE_SILENT")}


async def test_a_question_that_alone_is_told_too_much_of_one_person_needs_an_approval():
    parts = ("category confirmedOn validTo status region", "issuer standardUsed", "proof")
    asker, text = Asker("YB", REGION, "DEPT_SYSTEM"), "query Q($i: ID!) {{ person(id: $i) {{ confirmation {{ records {{ {} }} }} medicalInsurance {{ records {{ {} }} }} }} }}"
    own = "scheme insuredRegion premiumAid settlementAsOf"
    worked_with = await fitted(text.format(parts[0], own), "MEDICAL_AID", "medical-aid", asker)
    whole = await fitted(text.format(" ".join(parts), own), "MEDICAL_AID", "medical-aid", asker)
    assert ("AGGREGATION_NEEDS_APPROVAL" in worked_with.reasons, "AGGREGATION_NEEDS_APPROVAL" in whole.reasons) == (False, True)
    adults = {told for (_, of), told in whole.told.items() if (of.role, of.age) == ("MEMBER", "ADULT")}
    assert adults == {TOO_MUCH}, "nothing of it, and nothing weaker"


async def test_no_token_would_be_issued_for_a_purpose_the_template_does_not_name():
    fitting = await fitted("{ people(ids: []) { name { full } } }", "DIBAO_REVIEW", "education-aid")
    assert (fitting.fit, fitting.refused, fitting.reasons, fitting.told) == (Fit.DOES_NOT_FIT, "PURPOSE_MISMATCH", ("PURPOSE_MISMATCH",), {})
    neighbour = await fitted("{ people(ids: []) { name { full } } }", asker=Asker("MZ-HD", "511725000000", "CHECK_OPERATOR"))
    assert neighbour.refused == "NO_JURISDICTION", "a neighbour asks through its own hub"


async def test_obligors_are_not_covered_by_a_template_they_do_not_sign():
    text = "query Q($i: ID!) { person(id: $i) { confirmation { status } } }"
    fitting = await fitted(text, "MEDICAL_AID", "medical-aid", Asker("YB", REGION, "DEPT_SYSTEM"))
    assert {of: told.reason for (_, of), told in fitting.told.items() if told.withheld} == {Class("OBLIGOR", "ADULT", "NONE"): "SUBJECT_NOT_COVERED"}


async def test_the_catalogue_counts_where_it_is_given():
    text = "query Q($i: [ID!]!) { people(ids: $i) { name { masked } vehicle { status } } }"
    open_, closed = await fitted(text), await fitted(text, catalogue={"identity": "", "vehicle": "CATALOG_DENIED"})
    assert (open_.fit, open_.catalogued, closed.fit, closed.catalogued) == (Fit.FITS, False, Fit.FITS_PARTLY, True)
    assert closed.reasons == ("CATALOG_DENIED",)


async def test_a_variable_nobody_gave_is_tried_in_each_of_its_values():
    text = """query Q($i: ID!, $g: [FactGroupCode!]!, $t: Threshold!, $more: Boolean!) {
        person(id: $i) { facts(groups: $g) { status } tax @include(if: $more) { records { income { atLeast(threshold: $t) } } } } }"""
    fitting = await fitted(text)
    assert {asked.group for asked, _ in fitting.told if asked.field == "status"} == set(FACT_GROUPS)
    assert {asked.threshold: {told.reason for (one, _), told in fitting.told.items() if one == asked} for asked, _ in fitting.told if asked.threshold} == {
        "LOW_INCOME_STANDARD": {""}, "EDGE_RATIO": {""}, "ASSET_LIMIT": {"THRESHOLD_UNIT_MISMATCH"},
    }
    given = await fitted(text, variables={"g": ["tax"], "more": False, "t": "EDGE_RATIO"})
    assert {(asked.group, asked.field) for asked, _ in given.told} == {("tax", "status")}
    with pytest.raises(Malformed):
        await fitted(text, variables={"g": ["nothing"]})


async def test_a_lapsed_day_or_another_region_changes_no_answer():
    text = "query Q($i: IdNumber!) { lookUp(idNumber: $i) { name { full } birthDate { on } vehicle { records { plateNo { full } } } } }"
    first = await fitter().fit(Documents(SCHEMA, Limits()).read(text), NATIONAL, purpose="DIBAO_REVIEW", asker=CHECKER, now=NOW)
    other = await fitter().fit(
        Documents(SCHEMA, Limits()).read(text), NATIONAL, purpose="DIBAO_REVIEW", asker=CHECKER, now=datetime(2028, 2, 28, 16, 30, tzinfo=UTC),
    )
    assert first.told == other.told
