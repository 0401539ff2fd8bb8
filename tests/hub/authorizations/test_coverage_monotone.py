"""Coverage never grows by less: fewer signatures or guardians, a later moment, weaker assurance, another status or event."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.authorizations.coverage import by_letters
from hub.authorizations.matter import Letter, Matter
from hub.authorizations.standing import Coverage
from policies.letters import LEVELS
from tests.hub.authorizations.test_coverage_by_rule import ASKED, MOMENTS, NOW, matters

STRENGTH = ("NONE", *LEVELS)
NAMED = [f"auth_{number}" for number in range(4)]


def told(found: Matter, at=NOW) -> dict[str, Coverage]:
    return dict(by_letters(found, NAMED, purpose="DIBAO_REVIEW", organisation="mz-hd", region="500152000000", at=at))


def wider(after: Coverage, before: Coverage) -> bool:
    """Whether somebody is covered, or for a group, that was not before, or more strongly."""
    if not after.covered or not before.covered:
        return after.covered and not before.covered
    if any(STRENGTH.index(after.assured(group)) > STRENGTH.index(before.assured(group)) for group in (*ASKED, "identity") if opens(after, group)):
        return True
    return before.groups is not None and (after.groups is None or not after.groups <= before.groups)


def opens(one: Coverage, group: str) -> bool:
    return group == "identity" or one.groups is None or group in one.groups


def never_wider(after: Matter, before: Matter, *, later=NOW) -> None:
    was, now = told(before), told(after, later)
    assert [person for person, one in now.items() if wider(one, was[person])] == []


def each(found: Matter, change) -> Matter:
    return replace(found, letters=tuple(change(one) for one in found.letters))


@given(matters(), st.integers(0, 3), st.integers(0, 3))
def test_fewer_signatures_cover_nobody_more(found: Matter, which: int, gone: int) -> None:
    def without(letter: Letter) -> Letter:
        return replace(letter, signatures=letter.signatures[:gone] + letter.signatures[gone + 1 :]) if letter.id == f"auth_{which}" else letter
    never_wider(each(found, without), found)


@given(matters(), MOMENTS)
def test_a_later_moment_covers_nobody_more(found: Matter, at) -> None:
    found = each(found, lambda one: replace(one, revoked_at=None))
    before, after = sorted((at, at + timedelta(days=700)))
    was, now = told(found, before), told(found, after)
    assert [person for person, one in now.items() if wider(one, was[person])] == []


@given(matters(), st.sampled_from(LEVELS))
def test_weaker_assurance_never_comes_out_stronger(found: Matter, level: str) -> None:
    def weaker(letter: Letter) -> Letter:
        return replace(letter, signatures=tuple(replace(one, assurance=min(one.assurance, level, key=LEVELS.index)) for one in letter.signatures))
    after = each(found, weaker)
    never_wider(after, found)
    was, now = told(found), told(after)
    assert all(STRENGTH.index(now[person].assurance) <= STRENGTH.index(was[person].assurance) for person in was)


@given(matters(), st.sampled_from("abcd"))
def test_fewer_guardians_cover_nobody_more(found: Matter, guardian: str) -> None:
    members = tuple(replace(one, guardians=tuple(ref for ref in one.guardians if ref != guardian)) for one in found.members)
    never_wider(replace(found, members=members), found)


@given(matters(), st.sampled_from("abcd"))
def test_a_death_an_exclusion_or_a_lapse_covers_nobody_more(found: Matter, who: str) -> None:
    for changed in ({"died_on": date(2026, 11, 1)}, {"role": "EXCLUDED"}, {"role": "AGENT"}):
        never_wider(replace(found, members=tuple(replace(one, **changed) if one.person.id == who else one for one in found.members)), found)
    never_wider(each(found, lambda one: replace(one, lapsed=one.lapsed | {who})), found)


@given(matters(), st.sampled_from(["PAUSED", "REVOKED", "EXPIRED", "SUPERSEDED", "DRAFT"]))
def test_no_status_but_active_and_no_event_covers_anybody_more(found: Matter, status: str) -> None:
    never_wider(each(found, lambda one: replace(one, status=status)), found)
    assert not any(one.covered for one in told(each(found, lambda one: replace(one, status=status))).values())
    never_wider(replace(found, closed_at=NOW), found)
    never_wider(replace(found, refused_at=NOW), found)
    never_wider(each(found, lambda one: replace(one, validity=one.validity | {"CHECK_FAILED"})), found)
    never_wider(each(found, lambda one: replace(one, under_review=True)), found)
