"""Coverage as it is computed, beside check 6 as the rules say it: every letter, every signature, every person, one after another."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.authorizations.ability import needs_guardian, signs_alone
from hub.authorizations.coverage import by_letters, received_by
from hub.authorizations.life import letter_state
from hub.authorizations.matter import Letter, Matter, Member, Signature
from hub.authorizations.standing import Coverage
from policies.calendar import CHINA
from tests.hub.authorizations.test_coverage import letter, matter, someone

NOW = datetime(2026, 11, 23, 15, 59, tzinfo=UTC)
ASKED = ("tax", "vehicle", "marriage")  # the groups that are looked at
NAMES = ("a", "b", "c", "d")
MOMENTS = st.sampled_from([NOW - timedelta(days=days) for days in (0, 1, 400, 3000, 7000)] + [NOW + timedelta(minutes=1)])
BORN = st.sampled_from([None, date(1950, 1, 1), date(2008, 11, 23), date(2008, 11, 24), date(2010, 11, 24), date(2020, 1, 1)])
SOME = st.frozensets(st.sampled_from(NAMES), min_size=1, max_size=3)
SIGNATURES = st.builds(
    Signature, st.sampled_from(NAMES), st.sampled_from(["SELF", "LEGAL_REPRESENTATIVE", "AGENT", "WITNESS"]), SOME,
    st.sampled_from(["LOW", "SUBSTANTIAL", "HIGH"]), MOMENTS,
)  # fmt: skip


@st.composite
def letters(draw, identifier: str) -> Letter:
    return letter(
        identifier, *draw(st.lists(SIGNATURES, max_size=4)), status=draw(st.sampled_from(["ACTIVE", "ACTIVE", "REVOKED", "PAUSED", "SUPERSEDED"])),
        expires_at=draw(st.none() | MOMENTS), purposes=draw(st.sampled_from([frozenset({"DIBAO_REVIEW"}), frozenset({"MEDICAL_AID"})])),
        receivers=frozenset({draw(st.sampled_from(["ALL_LEVELS", "mz-hd", "500000000000", "511725000000"]))}),
        lapsed=draw(st.sampled_from([frozenset(), frozenset({"a"})])),
        validity=draw(st.frozensets(st.sampled_from(["MONITORING", "CHECK_FAILED", "MEMBERS_CHANGED"]))),
        fact_groups=draw(st.sampled_from([frozenset({"ALL_LISTED"}), frozenset({"tax"}), frozenset({"tax", "vehicle"})])),
    )


@st.composite
def matters(draw) -> Matter:
    roles, capacities = st.sampled_from(["MEMBER", "MEMBER", "OBLIGOR", "EXCLUDED", "AGENT"]), st.sampled_from(["FULL", "LIMITED", "BY_AGE"])
    members = [someone(name, draw(BORN), role=draw(roles), capacity=draw(capacities), guardians=draw(SOME)) for name in NAMES]
    members = [replace(one, died_on=draw(st.sampled_from([None, None, date(2026, 11, 23), date(2026, 11, 24)]))) for one in members]
    made = matter(*(draw(letters(f"auth_{number}")) for number in range(draw(st.integers(0, 4)))), members=members)
    return replace(made, closed_at=draw(st.sampled_from([None, None, NOW])), refused_at=draw(st.sampled_from([None, None, NOW])))


def stands_for(signature: Signature, member: Member, at: datetime) -> bool:
    """The rules of `coverage.py`, of one signature and one person."""
    person, signed, today = member.person, signature.signed_at.astimezone(CHINA).date(), at.astimezone(CHINA).date()
    if person.id not in signature.covers:
        return False
    if signature.capacity == "SELF":
        return signature.person == person.id and signs_alone(person.birth_date, member.capacity, signed)
    if signature.capacity == "LEGAL_REPRESENTATIVE":
        return signature.person in member.guardians and needs_guardian(person.birth_date, member.capacity, today)
    guarded = needs_guardian(person.birth_date, member.capacity, signed)
    return signature.capacity == "AGENT" and (not guarded or needs_guardian(person.birth_date, member.capacity, today))


def grown(signature: Signature, member: Member, at: datetime) -> bool:
    """Whether a signature was a guardian's, or their agent's, and the ward needs none any more."""
    person, signed, today = member.person, signature.signed_at.astimezone(CHINA).date(), at.astimezone(CHINA).date()
    if person.id not in signature.covers or needs_guardian(person.birth_date, member.capacity, today):
        return False
    by_agent = signature.capacity == "AGENT" and needs_guardian(person.birth_date, member.capacity, signed)
    return by_agent or signature.capacity == "LEGAL_REPRESENTATIVE"


def told(found: Matter, member: Member, named: frozenset[str], at: datetime) -> tuple[bool, str, dict[str, str], tuple[str, ...]]:
    """Check 6 for one person, as it reads; groups with how strongly each was consented to."""
    if member.role in ("EXCLUDED", "AGENT"):
        return False, "SUBJECT_NOT_COVERED", {}, ()
    if member.died_on is not None and member.died_on <= at.astimezone(CHINA).date():
        return False, "SUBJECT_DECEASED", {}, ()
    held, lapsed = [], []
    for one in found.letters:
        if one.id not in named or "DIBAO_REVIEW" not in one.purposes or not received_by(one, organisation="mz-hd", region="500152000000"):
            continue
        standing = [signature for signature in one.signatures if stands_for(signature, member, at)]
        state = letter_state(one, found, "DIBAO_REVIEW", at)
        if standing and state is None and member.person.id not in one.lapsed:
            held += [(one, signature) for signature in standing]
            continue
        for signature in one.signatures:
            if stands_for(signature, member, at):
                lapsed.append("AUTH_EXPIRED" if state is None else state.value)
            elif grown(signature, member, at):
                lapsed.append("SUBJECT_OF_AGE")
    if not held:
        return False, (lapsed or ["SUBJECT_NOT_COVERED"])[0], {}, ()
    strongest: dict[str, str] = {}
    for one, signature in held:
        for group in (*(ASKED if "ALL_LISTED" in one.fact_groups else one.fact_groups), "identity"):
            strongest[group] = max(signature.assurance, strongest.get(group, "LOW"), key=["LOW", "SUBSTANTIAL", "HIGH"].index)
    return True, "", strongest, tuple(dict.fromkeys(one.id for one, _ in held))


def said(one: Coverage) -> tuple[bool, str, dict[str, str], tuple[str, ...]]:
    """A coverage, group by group."""
    opened = {*(ASKED if one.groups is None else one.groups), "identity"} if one.covered else ()
    return one.covered, one.code, {group: one.assured(group) for group in opened}, one.letters


@given(matters(), st.frozensets(st.integers(0, 3)), MOMENTS)
def test_coverage_is_what_the_rules_say_of_each_person(found: Matter, named: frozenset[int], at: datetime) -> None:
    wanted = frozenset(f"auth_{number}" for number in named)
    computed = by_letters(found, wanted, purpose="DIBAO_REVIEW", organisation="mz-hd", region="500152000000", at=at)
    assert {person: said(one) for person, one in computed.items()} == {
        one.person.id: told(found, one, wanted, at) for one in found.members
    }
