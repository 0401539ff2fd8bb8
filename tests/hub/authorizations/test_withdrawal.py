"""What is left of a letter withdrawn in part, and who may withdraw, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.authorizations.matter import Part
from hub.authorizations.withdrawal import LISTED, NOTHING, Told, adds_nothing, left, may_withdraw, narrowed, nothing_left
from tests.hub.authorizations.test_coverage import GIRL, HEAD, NOW, OBLIGOR, WIFE, cover, covered, letter, matter, signature

TODAY = NOW.date()
PEOPLE = ("head", "wife")
PURPOSES = ("DIBAO_REVIEW", "PERIODIC_RECHECK")
GROUPS = ("tax", "vehicle")
RECEIVERS = ("mz-hd-500152", "511725000000")
BOTH = letter(
    "auth_1", signature("head"), signature("wife"), purposes=frozenset(PURPOSES), fact_groups=frozenset(GROUPS),
    receivers=frozenset(RECEIVERS),
)


def part(*, people=(), groups=(), purposes=(), receivers=()) -> Part:
    return Part(frozenset(people), frozenset(groups), frozenset(purposes), frozenset(receivers), "head", NOW)


def without(letter, *parts):
    return replace(letter, withdrawn=tuple(narrowed(one, letter) for one in parts))


def use(person="head", purpose="DIBAO_REVIEW", organisation="mz-hd-500152", region="500152000000") -> tuple[str, Told]:
    return person, Told(purpose, organisation, region)


def test_a_part_takes_where_its_lists_meet_and_nothing_else():
    told = without(BOTH, part(people=["head"], groups=["tax"], purposes=["DIBAO_REVIEW"], receivers=["mz-hd-500152"]))
    assert left(told, *use()) == {"vehicle"}
    assert left(told, *use("wife")) == set(GROUPS)
    assert left(told, *use(purpose="PERIODIC_RECHECK")) == set(GROUPS)
    assert left(told, *use(organisation="jy-500152")) == set(GROUPS)


def test_of_all_listed_the_rest_of_the_register_is_left():
    everything = replace(BOTH, fact_groups=frozenset({"ALL_LISTED"}), receivers=frozenset({"ALL_LEVELS"}))
    assert left(everything, *use()) is None
    assert left(without(everything, part(groups=["tax"])), *use()) == LISTED - {"tax"}
    assert left(without(everything, part(groups=["ALL_LISTED"])), *use()) == NOTHING


def test_a_region_withdrawn_from_is_every_organisation_in_it():
    everywhere = replace(BOTH, receivers=frozenset({"ALL_LEVELS"}))
    told = without(everywhere, part(receivers=["511700000000"]))
    assert left(told, *use(organisation="x", region="511725102000")) == NOTHING
    assert left(told, *use(organisation="x", region="511600000000")) == set(GROUPS)


def test_the_others_of_a_letter_stand_and_who_withdrew_is_told_why_not():
    found = cover(matter(without(letter("auth_1", signature("head"), signature("wife")), part(people=["wife"])), members=(HEAD, WIFE)))
    assert (found["head"].covered, found["wife"].covered, found["wife"].code) == (True, False, "AUTH_REVOKED")
    assert found["head"].groups is None
    narrower = cover(matter(without(letter("auth_1", signature("head")), part(groups=["tax"])), members=(HEAD,)))
    assert narrower["head"].covered
    assert "tax" not in narrower["head"].groups


def test_another_letter_of_the_same_person_still_covers():
    assert covered(matter(without(letter("auth_1", signature("head")), part()), letter("auth_2", signature("head")), members=(HEAD,))) == {"head"}


def test_parts_that_together_name_everything_are_the_whole():
    told = without(BOTH, part(groups=["tax"]), part(people=["head"], groups=["vehicle"]))
    assert not nothing_left(told)
    assert nothing_left(without(BOTH, part(groups=["tax"]), part(people=["head"], groups=["vehicle"]), part(people=["wife"])))
    assert nothing_left(without(BOTH, part(people=PEOPLE, groups=GROUPS, purposes=PURPOSES, receivers=RECEIVERS)))
    assert nothing_left(without(BOTH, part(receivers=["mz-hd-500152"]), part(receivers=["511700000000"])))


@pytest.mark.parametrize(("by", "of", "may"), [
    (HEAD, HEAD, True), (HEAD, GIRL, True), (WIFE, GIRL, False), (HEAD, WIFE, False), (OBLIGOR, HEAD, False), (GIRL, GIRL, False),
])
def test_who_withdraws_does_so_for_themselves_or_their_ward(by, of, may):
    assert may_withdraw(by, of, letter("auth_1", signature("head")), TODAY) is may


def test_a_ward_come_of_age_withdraws_and_the_guardian_no_more():
    grown = replace(GIRL, capacity="FULL")
    signed = letter("auth_2", signature("head", covers=("girl",), capacity="LEGAL_REPRESENTATIVE"))
    birthday = date(2032, 6, 1)
    assert may_withdraw(grown, grown, signed, birthday)
    assert not may_withdraw(HEAD, grown, signed, birthday)
    assert may_withdraw(HEAD, grown, signed, date(2032, 5, 31))


def test_who_signed_withdraws_though_they_could_not_sign_today():
    weaker = replace(HEAD, capacity="LIMITED", guardians=("wife",))
    assert may_withdraw(weaker, weaker, letter("auth_1", signature("head")), TODAY)
    assert may_withdraw(WIFE, weaker, letter("auth_1", signature("head")), TODAY)


def lists(values):
    return st.frozensets(st.sampled_from(values))


PARTS = st.lists(
    st.builds(part, people=lists(PEOPLE), groups=lists(GROUPS), purposes=lists(PURPOSES), receivers=lists(RECEIVERS)), max_size=4,
)
USES = [use(*one, region="511725000000") for one in product(PEOPLE, PURPOSES, RECEIVERS)]


@given(PARTS, PARTS)
def test_withdrawing_more_never_opens_anything(first, more):
    some, all_of_them = without(BOTH, *first), without(BOTH, *first, *more)
    for one in USES:
        assert left(all_of_them, *one) <= left(some, *one)
    if nothing_left(some):
        assert nothing_left(all_of_them)
        assert all(left(some, *one) == NOTHING for one in USES)


@given(PARTS)
def test_the_order_of_parts_is_nothing_and_a_part_twice_adds_nothing(parts):
    told, turned = without(BOTH, *parts), without(BOTH, *reversed(parts))
    assert [left(told, *one) for one in USES] == [left(turned, *one) for one in USES]
    for one in parts:
        assert adds_nothing(narrowed(one, BOTH), told, without(BOTH, *parts, one))
