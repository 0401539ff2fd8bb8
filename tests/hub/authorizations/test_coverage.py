"""Check 6, per person, without a database: who is covered by what, at which moment, and why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from hub.authorizations.ability import needs_guardian, signs_alone, years_old
from hub.authorizations.coverage import by_basis, by_letters
from hub.authorizations.matter import Letter, Matter, Member, Person, Signature
from hub.authorizations.receivers import within
from policies.verdict import BasisKind

SIGNED = datetime(2026, 11, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def someone(name, born, *, role="MEMBER", capacity="FULL", guardians=()) -> Member:
    return Member(Person(name, "", name, "1", born, ""), "79", role, capacity, tuple(guardians))


HEAD = someone("head", date(1980, 1, 1))
WIFE = someone("wife", date(1981, 1, 1))
GIRL = someone("girl", date(2014, 6, 1), capacity="LIMITED", guardians=("head",))
OBLIGOR = someone("brother", date(1979, 1, 1), role="OBLIGOR")
COUSIN = someone("cousin", date(1990, 1, 1), role="EXCLUDED")


def signature(person, *, covers=(), capacity="SELF", assurance="HIGH", at=SIGNED) -> Signature:
    return Signature(person, capacity, frozenset(covers or (person,)), assurance, at)


def letter(identifier, *signatures, **more) -> Letter:
    told = {
        "id": identifier, "number": identifier, "hash": "00", "purposes": frozenset({"DIBAO_REVIEW"}),
        "fact_groups": frozenset({"ALL_LISTED"}), "receivers": frozenset({"ALL_LEVELS"}), "signed_at": SIGNED, "expires_at": None,
        "status": "ACTIVE", "revoked_at": None, "signatures": tuple(signatures),
    }  # fmt: skip
    return Letter(**(told | more))


def matter(*letters, members=(HEAD, WIFE, GIRL, OBLIGOR, COUSIN)) -> Matter:
    return Matter(
        case="case_1", reference="r", platform="p", assistance_type="DIBAO", stage="SURVEY", region="500152103000",
        organisations=frozenset(), opened_at=SIGNED, closed_at=None, household="hh", area="RURAL", hukou_region="", kin_of_staff=False,
        residence_region="", members=tuple(members), letters=letters, version=1,
    )  # fmt: skip


def cover(found: Matter, *, at=NOW, named=None, purpose="DIBAO_REVIEW", organisation="mz-hd", region="500152000000"):
    wanted = [one.id for one in found.letters] if named is None else named
    return by_letters(found, wanted, purpose=purpose, organisation=organisation, region=region, at=at)


def covered(found: Matter, **more) -> set[str]:
    return {person for person, one in cover(found, **more).items() if one.covered}


BY_ALL = letter("auth_1", signature("head"), signature("wife"), signature("brother"))
BY_GUARDIAN = letter("auth_2", signature("head", covers=("girl",), capacity="LEGAL_REPRESENTATIVE"))


def test_each_person_is_covered_by_their_own_signature_or_a_guardians():
    assert covered(matter(BY_ALL, BY_GUARDIAN)) == {"head", "wife", "girl", "brother"}


def test_one_unsigned_adult_is_the_only_one_not_covered():
    found = cover(matter(letter("auth_1", signature("head"), signature("brother")), BY_GUARDIAN))
    assert {person: one.code for person, one in found.items() if not one.covered} == {
        "wife": "SUBJECT_NOT_COVERED", "cousin": "SUBJECT_NOT_COVERED",
    }  # fmt: skip


def test_an_obligor_is_not_covered_by_the_households_signatures():
    assert "brother" not in covered(matter(letter("auth_1", signature("head"), signature("wife")), BY_GUARDIAN))
    forged = letter("auth_3", signature("head", covers=("head", "brother")))
    assert covered(matter(forged)) == {"head"}


def test_a_childs_own_signature_covers_nobody_even_years_later():
    own = matter(letter("auth_1", signature("girl")))
    assert covered(own) == set()
    assert covered(own, at=NOW + timedelta(days=365 * 10)) == set()


def test_a_guardians_signature_ends_on_the_eighteenth_birthday():
    guarded = replace(GIRL, capacity="BY_AGE", person=replace(GIRL.person, birth_date=date(2008, 11, 24)))
    found = matter(BY_GUARDIAN, members=(HEAD, guarded))
    assert cover(found, at=datetime(2026, 11, 23, 16, 0, tzinfo=UTC))["girl"].code == "SUBJECT_OF_AGE"
    assert "girl" in covered(found, at=datetime(2026, 11, 23, 15, 59, tzinfo=UTC))
    assert "girl" not in covered(found, at=datetime(2026, 11, 23, 16, 0, tzinfo=UTC)), "midnight in China"


def test_somebody_who_is_no_guardian_covers_no_child():
    assert "girl" not in covered(matter(letter("auth_2", signature("wife", covers=("girl",), capacity="LEGAL_REPRESENTATIVE"))))


def test_an_unknown_age_needs_a_guardian():
    unknown = replace(WIFE, person=replace(WIFE.person, birth_date=None), guardians=("head",))
    assert covered(matter(letter("auth_1", signature("wife")), members=(unknown,))) == set()
    by_head = letter("auth_2", signature("head", covers=("wife",), capacity="LEGAL_REPRESENTATIVE"))
    assert covered(matter(by_head, members=(unknown,))) == {"wife"}


def test_an_adult_without_full_capacity_is_covered_by_the_guardian_alone():
    weak = replace(WIFE, capacity="NONE", guardians=("head",))
    assert covered(matter(letter("auth_1", signature("wife")), members=(weak,))) == set()
    by_head = letter("auth_2", signature("head", covers=("wife",), capacity="LEGAL_REPRESENTATIVE"))
    assert covered(matter(by_head, members=(weak,))) == {"wife"}


def test_an_agent_of_a_guardian_ends_with_the_guardianship():
    agent = letter("auth_1", signature("wife", covers=("girl",), capacity="AGENT"))
    assert covered(matter(agent)) == {"girl"}
    grown = replace(GIRL, capacity="BY_AGE")
    assert covered(matter(agent, members=(HEAD, grown)), at=datetime(2032, 6, 2, tzinfo=UTC)) == set()


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ({"status": "REVOKED", "revoked_at": NOW}, "AUTH_REVOKED"),
        ({"revoked_at": NOW}, "AUTH_REVOKED"),
        ({"status": "PAUSED"}, "AUTH_PAUSED"),
        ({"status": "PAUSED", "expires_at": NOW}, "AUTH_EXPIRED"),
        ({"status": "SUPERSEDED"}, "AUTH_EXPIRED"),
        ({"lapsed": frozenset({"head"})}, "AUTH_EXPIRED"),
        ({"status": "DRAFT"}, "AUTH_EXPIRED"),
        ({"expires_at": NOW}, "AUTH_EXPIRED"),
    ],
)
def test_a_letter_that_fell_says_why(state, code):
    found = cover(matter(replace(BY_ALL, **state)))
    assert (found["head"].covered, found["head"].code) == (False, code)


def test_a_letter_holds_until_the_instant_it_ends():
    ends = matter(replace(BY_ALL, expires_at=NOW))
    assert "head" in covered(ends, at=NOW - timedelta(microseconds=1))


def test_only_letters_the_token_names_count():
    assert covered(matter(BY_ALL, BY_GUARDIAN), named=["auth_2"]) == {"girl"}
    assert covered(matter(BY_ALL), named=["auth_9"]) == set()


def test_a_letter_for_another_purpose_or_receiver_covers_nobody():
    assert covered(matter(BY_ALL), purpose="SPOT_CHECK") == set()
    assert covered(matter(replace(BY_ALL, receivers=frozenset({"mz-511725"})))) == set()
    assert covered(matter(replace(BY_ALL, receivers=frozenset({"mz-hd"})))) == {"head", "wife", "brother"}
    assert covered(matter(replace(BY_ALL, receivers=frozenset({"500000000000"})))) == {"head", "wife", "brother"}
    assert covered(matter(replace(BY_ALL, receivers=frozenset({"510000000000"})))) == set()


def test_groups_are_those_of_all_letters_together_each_as_strongly_as_its_own_letters():
    narrow = replace(BY_ALL, fact_groups=frozenset({"vehicle"}))
    other = letter("auth_4", signature("head", assurance="LOW"), fact_groups=frozenset({"tax"}))
    one = cover(matter(narrow, other))["head"]
    assert (one.groups, one.letters) == (frozenset({"vehicle", "tax"}), ("auth_1", "auth_4"))
    assert {group: one.assured(group) for group in ("identity", "vehicle", "tax")} == {"identity": "HIGH", "vehicle": "HIGH", "tax": "LOW"}
    both = cover(matter(narrow, replace(other, fact_groups=frozenset({"ALL_LISTED"}))))["head"]
    assert (both.groups, both.assured("vehicle"), both.assured("tax")) == (None, "HIGH", "LOW"), "what is signed weakly takes nothing away"
    assert cover(matter(narrow, BY_ALL))["head"].groups is None


@pytest.mark.parametrize("kind", [BasisKind.STATUTE, BasisKind.EMERGENCY])
def test_a_statute_or_an_emergency_stands_in_for_the_households_letters_and_for_no_obligors(kind):
    found = by_basis(matter(), kind, person="", groups=frozenset({"confirmation"}), at=NOW)
    assert {person for person, one in found.items() if one.covered} == {"head", "wife", "girl"}
    assert (found["brother"].code, found["head"].groups) == ("SUBJECT_NOT_COVERED", frozenset({"confirmation"}))


def test_an_obligor_may_ask_about_themself():
    found = by_basis(matter(), BasisKind.SELF, person="brother", groups=None, at=NOW)
    assert {person for person, one in found.items() if one.covered} == {"brother"}


def test_death_ends_every_signature_from_that_day_in_china_and_no_statute():
    dead = replace(WIFE, died_on=date(2026, 11, 23))
    found = matter(BY_ALL, members=(HEAD, dead))
    assert "wife" in covered(found, at=datetime(2026, 11, 22, 15, 59, tzinfo=UTC))
    after = cover(found, at=datetime(2026, 11, 22, 16, 0, tzinfo=UTC))
    assert (after["wife"].covered, after["wife"].code, after["head"].covered) == (False, "SUBJECT_DECEASED", True)
    for kind, open_ in ((BasisKind.STATUTE, True), (BasisKind.EMERGENCY, False), (BasisKind.SELF, False)):
        assert by_basis(found, kind, person="wife", groups=None, at=NOW)["wife"].covered is open_, kind


def test_self_covers_the_asker_alone():
    found = by_basis(matter(), BasisKind.SELF, person="wife", groups=None, at=NOW)
    assert {person for person, one in found.items() if one.covered} == {"wife"}


def test_ages_turn_on_the_birthday():
    assert years_old(date(2012, 11, 24), date(2026, 11, 23)) == 13
    assert years_old(date(2012, 11, 23), date(2026, 11, 23)) == 14
    assert years_old(date(2008, 2, 29), date(2026, 2, 28)) == 17
    assert years_old(date(2008, 2, 29), date(2026, 3, 1)) == 18
    assert signs_alone(date(2008, 11, 23), "FULL", date(2026, 11, 23))
    assert not needs_guardian(date(2008, 11, 23), "FULL", date(2026, 11, 23))


@pytest.mark.parametrize(
    ("region", "outer", "expected"),
    [
        ("500152103000", "500152000000", True), ("500152103000", "500000000000", True), ("500152103002", "500152103000", True),
        ("500152000000", "500152103000", False), ("511725000000", "500000000000", False), ("500152103000", "", False),
        ("500152103000", "000000000000", False), ("500110000000", "500100000000", True), ("50", "500000000000", False),
    ],
)  # fmt: skip
def test_regions_lie_within_each_other_by_their_significant_digits(region, outer, expected):
    assert within(region, outer) is expected


def test_what_a_platforms_revoked_key_brought_opens_nothing_by_article_until_it_is_looked_at_and_danger_does_not_wait():
    doubted = replace(matter(), under_review=True)
    by_article, in_danger = (
        by_basis(doubted, kind, person="", groups=None, at=NOW) for kind in (BasisKind.STATUTE, BasisKind.EMERGENCY)
    )
    assert {one.code for person, one in by_article.items() if person not in {"cousin", "brother"}} == {"AUTH_UNDER_REVIEW"}
    assert {person for person, one in in_danger.items() if one.covered} == {"head", "wife", "girl"}
