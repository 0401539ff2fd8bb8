"""Less never tells more, over the whole road: a question, a matter with letters, signers and approvals, and one thing of it made weaker.

What is told is what leaves the road: the leaves the plan tells of each person, and what each department was asked for. A region that asks
for strong signatures is part of it, so that how strongly somebody signed makes a difference.

One thing the law itself widens with time is left out: a child's fourteenth birthday ends the protection of PIPL §31.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from hub.answer import Answerer
from hub.authorizations.checks import NotStanding, Presented, Requester, stand
from hub.authorizations.matter import Approval, FollowUp, Letter, Matter, Member, Part, Signature
from hub.caller import Basis, Caller
from hub.errors import CallerError
from hub.fetch import Fetcher
from hub.keys import KeyRing
from hub.operation import Documents
from hub.people.handles import Handles
from hub.plan import Planner
from policies.emergency import EmergencyRule
from policies.engine import ROOT, load
from policies.purposes import PURPOSES
from policies.verdict import BasisKind, Relation
from schema import SCHEMA
from schema.register import GROUPS
from tests.conftest import SeededRandom
from tests.hub.generated_questions import Generator
from tests.hub.road import ALL_CASES, FACT_GROUPS, NOW, REGION, Department, Road, caller, matter, member, sources

STRONG = """
@id("sensitive-needs-a-strong-signature") @law("ESL §13") @reason("ASSURANCE_TOO_LOW")
forbid (principal, action in [Action::"tellFull", Action::"tellMasked", Action::"tellBand", Action::"tellBoolean"], resource)
when { context.basis == "letter" && resource.level >= 3 && context.subject.assurance != "HIGH" };
@id("ordinary-needs-a-substantial-signature") @law("ESL §13") @reason("ASSURANCE_TOO_LOW")
forbid (principal, action in [Action::"tellFull", Action::"tellMasked", Action::"tellBand", Action::"tellBoolean"], resource)
when { context.basis == "letter" && resource.level == 2 && context.subject.assurance == "LOW" };
"""
EMERGENCY = EmergencyRule(days=7, reason_characters=6, source="a test", example=True)
Asker = tuple[str, Basis, str, str]
ASKERS: tuple[Asker, ...] = (  # purpose, basis, department, role
    ("DIBAO_REVIEW", Basis(BasisKind.LETTER), "MZ-HD", "CHECK_OPERATOR"),
    ("COMPLAINT_CHECK", Basis(BasisKind.LETTER), "MZ", "DISTRICT_OFFICER"),
    ("MONITORING", Basis(BasisKind.LETTER), "MZ", "DISTRICT_OFFICER"),
    ("CROSS_REGION_CHECK", Basis(BasisKind.LETTER), "TOWN", "TOWNSHIP_OFFICER"),
    ("EDUCATION_AID", Basis(BasisKind.LETTER), "JY", "DEPT_SYSTEM"),
    ("DISABILITY_SUBSIDY", Basis(BasisKind.STATUTE, article="地方规定"), "CL", "DEPT_SYSTEM"),
    ("RESULT_RECOGNITION", Basis(BasisKind.STATUTE, article="SAL §42"), "YB", "DEPT_SYSTEM"),
    ("TEMP_EMERGENCY", Basis(BasisKind.EMERGENCY, reason="火灾后无处可住"), "TOWN", "TOWNSHIP_OFFICER"),
    ("SUBJECT_ACCESS", Basis(BasisKind.SELF), "APPLICANT", "APPLICANT"),
)  # fmt: skip
HEAD, WIFE, CHILD, NOBODY_KNOWS, BROTHER, COUSIN, YOUTH = (
    member(0, born=date(1950, 1, 1)), member(1, born=date(1985, 6, 30)), member(2, born=date(2019, 2, 3)), member(3, born=None),
    member(4, "OBLIGOR", born=date(1960, 1, 1)), member(5, "EXCLUDED", born=date(1970, 1, 1)), member(6, born=date(2008, 11, 25)),
)
GUARDIANS = (HEAD.person.id, WIFE.person.id)
FAMILY = (HEAD, WIFE, *(replace(one, guardians=GUARDIANS, capacity="BY_AGE") for one in (CHILD, NOBODY_KNOWS, YOUTH)), BROTHER, COUSIN)
IDS = tuple(one.person.id for one in FAMILY)
GROUP_SETS = st.sampled_from([frozenset({"ALL_LISTED"}), frozenset({"tax", "vehicle", "disability"}), frozenset({"disability", "medical", "civilAssistance"})])


@dataclass(frozen=True)
class World:
    """Everything an answer follows from, besides the question."""

    caller: Caller
    requester: Requester
    matter: Matter | None
    person: str
    catalogue: dict[str, str]
    assessed: frozenset[str]
    emergency: EmergencyRule | None = EMERGENCY
    later: timedelta = timedelta(0)


def signature(draw: st.DrawFn, one: Member) -> Signature:
    """One that is good for them, three times in four."""
    alone = one.person.birth_date is not None and one.person.birth_date.year < 2005
    signer, capacity = (one.person.id, "SELF") if alone else (GUARDIANS[draw(st.integers(0, 1))], "LEGAL_REPRESENTATIVE")
    capacity = draw(st.sampled_from([capacity, capacity, "AGENT", "SELF"]))
    strength = draw(st.sampled_from(["HIGH", "HIGH", "SUBSTANTIAL", "LOW"]))
    return Signature(signer, capacity, frozenset({one.person.id}), strength, NOW - timedelta(days=1), certified=draw(st.booleans()))


def a_letter(draw: st.DrawFn, number: int, purpose: str) -> Letter:
    signers = draw(st.lists(st.sampled_from(FAMILY), min_size=5, max_size=9))
    return Letter(
        id=f"auth_{number}", number=f"H-{number}", hash="ab", purposes=frozenset({purpose}), fact_groups=draw(GROUP_SETS),
        receivers=frozenset({draw(st.sampled_from(["ALL_LEVELS", "org", REGION]))}), signed_at=NOW - timedelta(days=1),
        expires_at=draw(st.sampled_from([None, NOW + timedelta(days=30)])), status="ACTIVE", revoked_at=None,
        signatures=tuple(signature(draw, one) for one in signers), validity=draw(st.frozensets(st.sampled_from(["MONITORING", "CHECK_FAILED"]))),
    )  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn, asker: Asker) -> World:
    purpose, basis, department, role = asker
    letters = tuple(a_letter(draw, number, purpose) for number in range(draw(st.integers(1, 3)))) if basis.kind is BasisKind.LETTER else ()
    if letters:
        basis = replace(basis, letters=tuple((one.id, one.hash) for one in letters))
    kin = draw(st.sampled_from([(), (), ("o2",)]))
    members = (replace(HEAD, kin_of_staff=kin), *FAMILY[1:])
    approvals = [
        Approval(f"apr_{number}", kind, purpose, draw(st.frozensets(st.sampled_from(FACT_GROUPS), min_size=20)), frozenset(IDS), "org", "o1",
                 "o3", NOW + timedelta(days=3))
        for number, kind in enumerate(["KIN_OF_STAFF", purpose]) if draw(st.booleans())
    ]  # fmt: skip
    who = caller(
        purpose=purpose, basis=basis, department=department, role=role,
        groups=draw(st.sampled_from([None, frozenset({"tax", "disability", "confirmation", "civilAssistance", "identity"})])),
    )
    return World(
        caller=who, requester=Requester("c1", "org", department, REGION, role, frozenset({purpose}), active=True),
        matter=replace(matter(*members), letters=letters, approvals=tuple(approvals), monitored_from=NOW - timedelta(days=2)),
        person=draw(st.sampled_from([HEAD, BROTHER])).person.id, catalogue=dict.fromkeys((*FACT_GROUPS, "identity"), ""),
        assessed=frozenset({purpose}),
    )  # fmt: skip


Weaker = Callable[[World, st.DrawFn], World]


def of_matter(**changed: object) -> Weaker:
    return lambda world, draw: replace(world, matter=replace(world.matter, **changed))


def of_caller(**changed: object) -> Weaker:
    return lambda world, draw: replace(world, caller=replace(world.caller, **changed))


def of_requester(**changed: object) -> Weaker:
    return lambda world, draw: replace(world, requester=replace(world.requester, **changed))


def of_a_letter(change: Callable[[Letter, st.DrawFn], Letter]) -> Weaker:
    def weaker(world: World, draw: st.DrawFn) -> World:
        letters = list(world.matter.letters)
        if letters:
            at = draw(st.integers(0, len(letters) - 1))
            letters[at] = change(letters[at], draw)
        return replace(world, matter=replace(world.matter, letters=tuple(letters)))
    return weaker


def of_a_member(**changed: object) -> Weaker:
    def weaker(world: World, draw: st.DrawFn) -> World:
        at = draw(st.integers(0, len(FAMILY) - 1))
        members = [replace(one, **changed) if number == at else one for number, one in enumerate(world.matter.members)]
        return replace(world, matter=replace(world.matter, members=tuple(members)))
    return weaker


def letter(**changed: object) -> Weaker:
    return of_a_letter(lambda one, draw: replace(one, **changed))


def unsigned(one: Letter, draw: st.DrawFn) -> Letter:
    gone = draw(st.integers(0, len(one.signatures) - 1))
    return replace(one, signatures=one.signatures[:gone] + one.signatures[gone + 1:])


def weaker_signature(one: Letter, draw: st.DrawFn) -> Letter:
    at, down = draw(st.integers(0, len(one.signatures) - 1)), {"HIGH": "SUBSTANTIAL", "SUBSTANTIAL": "LOW", "LOW": "NONE"}
    made = [replace(each, assurance=down[each.assurance], certified=False) if number == at else each for number, each in enumerate(one.signatures)]
    return replace(one, signatures=tuple(made))


def partly_withdrawn(one: Letter, draw: st.DrawFn) -> Letter:
    some = {
        "people": draw(st.frozensets(st.sampled_from(IDS), max_size=3)), "fact_groups": draw(st.frozensets(st.sampled_from(FACT_GROUPS), max_size=4)),
        "purposes": frozenset(), "receivers": draw(st.sampled_from([frozenset(), frozenset({"org"}), frozenset({"511725000000"})])),
    }  # fmt: skip
    return replace(one, withdrawn=(*one.withdrawn, Part(**some, by=HEAD.person.id, at=NOW)))


def fewer_letters(world: World, draw: st.DrawFn) -> World:
    """The token names one less, and it is still the matter's."""
    return replace(world, caller=replace(world.caller, basis=replace(world.caller.basis, letters=world.caller.basis.letters[1:])))


def other_purpose(world: World, draw: st.DrawFn) -> World:
    return replace(world, caller=replace(world.caller, purpose=draw(st.sampled_from(sorted(PURPOSES.keys() - {world.caller.purpose})))))


def other_basis(world: World, draw: st.DrawFn) -> World:
    """One the purpose does not stand on."""
    kinds = sorted(set(BasisKind) - PURPOSES[world.caller.purpose].bases)
    return replace(world, caller=replace(world.caller, basis=replace(world.caller.basis, kind=draw(st.sampled_from(kinds)))))


def narrower_token(world: World, draw: st.DrawFn) -> World:
    return replace(world, caller=replace(world.caller, groups=(world.caller.groups or frozenset(FACT_GROUPS)) & draw(st.frozensets(st.sampled_from(FACT_GROUPS)))))


def narrower_letter(one: Letter, draw: st.DrawFn) -> Letter:
    groups = frozenset(FACT_GROUPS) if "ALL_LISTED" in one.fact_groups else one.fact_groups
    return replace(one, fact_groups=groups & draw(st.frozensets(st.sampled_from(FACT_GROUPS))))


def entry_gone(world: World, draw: st.DrawFn) -> World:
    gone = draw(st.frozensets(st.sampled_from(FACT_GROUPS), min_size=1))
    return replace(world, catalogue={group: "CATALOG_DENIED" if group in gone else "" for group in world.catalogue})


def overdue(world: World, draw: st.DrawFn) -> World:
    return replace(world, matter=replace(world.matter, follow_ups=(FollowUp("fup_1", "org", date(2026, 11, 1), escalated=False),)))


def older(days: int) -> Weaker:
    return lambda world, draw: replace(world, later=timedelta(days=days))


WEAKER: dict[str, Weaker] = {
    "a signature less": of_a_letter(unsigned), "a signature weaker": of_a_letter(weaker_signature),
    "a letter gone": lambda world, draw: replace(world, matter=replace(world.matter, letters=world.matter.letters[1:])),
    "a letter not named by the token": fewer_letters, "another hash": letter(hash="cd"), "a letter run out": letter(expires_at=NOW),
    "revoked": letter(status="REVOKED", revoked_at=NOW), "paused": letter(status="PAUSED"), "superseded": letter(status="SUPERSEDED"),
    "under review": letter(under_review=True), "lapsed for somebody": letter(lapsed=frozenset(IDS[:3])), "withdrawn in part": of_a_letter(partly_withdrawn),
    "narrower letter": of_a_letter(narrower_letter), "letter of another purpose": letter(purposes=frozenset({"SPOT_CHECK"})),
    "other receivers": letter(receivers=frozenset({"511725000000"})),
    "a day later": older(1), "a birthday later": older(3), "a month later": older(40), "a year later": older(400),
    "case closed": of_matter(closed_at=NOW), "refused": of_matter(refused_at=NOW), "no longer watched": of_matter(monitored_to=NOW, closed_at=NOW),
    "another platform's key revoked": of_matter(under_review=True), "other region": of_matter(region="511725000000"),
    "not handled": lambda world, draw: replace(world, matter=None),
    "a death": of_a_member(died_on=date(2026, 11, 20)), "excluded": of_a_member(role="EXCLUDED"), "outside the household": of_a_member(role="OBLIGOR"),
    "no guardian": of_a_member(guardians=()), "age unknown": lambda world, draw: _unknown_age(world), "kin of staff": of_a_member(kin_of_staff=("o9",)),
    "the household is kin": of_matter(kin_of_staff=True), "own kin": of_a_member(kin_of_staff=("O-1",)),
    "no approval": of_matter(approvals=()), "another officer": of_caller(officer="o8"),
    "another purpose": other_purpose, "another basis": other_basis, "narrower token": narrower_token, "catalogue entry gone": entry_gone,
    "a neighbour": of_caller(relation=Relation.NEIGHBOUR), "a neighbour's region": of_requester(region="511725000000"),
    "another client": of_requester(client="c2"), "another organisation": of_requester(organisation="org2"), "another department": of_requester(department="NY"),
    "disabled": of_requester(active=False), "not its purpose": of_requester(purposes=frozenset()), "a role without facts": of_caller(role="PRIVACY_OFFICER"),
    "not assessed": lambda world, draw: replace(world, assessed=frozenset()), "no deadline": lambda world, draw: replace(world, emergency=None),
    "papers overdue": overdue, "no reason": lambda world, draw: replace(world, caller=replace(world.caller, basis=replace(world.caller.basis, reason=""))),
    "another article": lambda world, draw: replace(world, caller=replace(world.caller, basis=replace(world.caller.basis, article="SAL §41"))),
    "somebody else's token": lambda world, draw: replace(world, person=COUSIN.person.id),
}  # fmt: skip


def _unknown_age(world: World) -> World:
    first, *others = world.matter.members
    return replace(world, matter=replace(world.matter, members=(replace(first, person=replace(first.person, birth_date=None)), *others)))


@dataclass(frozen=True)
class Told:
    """What left the road: leaves and lists by place and person; columns by department's subject; why nothing did."""

    leaves: frozenset[tuple[object, ...]]
    asked: frozenset[tuple[object, ...]]


NOTHING_TOLD = Told(frozenset(), frozenset())


async def told(road: Road, question: tuple[str, object], world: World) -> Told:
    """The checks, the plan and the fetch of one question."""
    now = NOW + world.later
    try:
        presented = Presented(world.caller, world.requester, world.matter, now, world.person, assessed=world.assessed, emergency=world.emergency)
        standing = stand(presented, world.catalogue)
        plan = await road.plan(*question, standing, now)
    except (NotStanding, CallerError):
        return NOTHING_TOLD
    road.department.asks.clear()
    await road.fetcher.fetch(plan, "intent_1")
    leaves = set()
    for (place, party), telling in plan.tellings.items():
        for group in telling.decision.groups:
            at = (place.index, party.member.person.id, group.at.spec.code, group.at.place)
            leaves |= {(*at, leaf) for leaf in (*group.cells, *group.rows)} | ({(*at, "asks")} if group.asks else set())
    asked = {(group, who, column) for group, columns, people in road.department.asked for who in people for column in (*columns, "")}
    return Told(frozenset(leaves), frozenset(asked))


@pytest.fixture(scope="module")
def strict(tmp_path_factory) -> Road:
    """A road under Tongnan's rules and one more: what is sensitive needs a strong signature."""
    root: Path = tmp_path_factory.mktemp("policies")
    for name in ("national", "regions", "code_lists"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "hub.cedarschema", root)
    (root / "regions" / "500152" / "strong.cedar").write_text(STRONG, "utf-8")
    department, handles = Department(), Handles(KeyRing.create(tmp_path_factory.mktemp("ring") / "keys", random=SeededRandom(), at=NOW))
    planner = Planner(
        groups=GROUPS, policy=load("500152", root=root), sources=sources(department), handles=handles, region=REGION,
        pseudonym=lambda who: lambda number: f"pid_{number[-4:]}",
    )
    return Road(planner, Fetcher(), Answerer(SCHEMA, planner.reach), department, handles, Documents(SCHEMA, ALL_CASES))


EVERYTHING = "query($id: ID!) { case(id: $id) { household { %s { person { name { full masked } idNumber { full masked } %s } } } } }"


def the_question(road: Road, seed: int) -> tuple[str, object]:
    """A generated one; each third names, of a household, groups of every level."""
    if seed % 3:
        return Generator(seed, road).operation()
    groups = (
        "tax { status records { income { yuan band } } } vehicle { status records { plateNo { full masked } value { yuan band } } }"
        " disability { status records { category { code } } } civilAssistance { status records { monthlyAmount { yuan band } } }"
        " confirmation { status records { category { code } } }"
    )
    return EVERYTHING % ("members" if seed % 2 else "obligors", groups), {"id": "case_1"}


QUICK, THOROUGH = settings(max_examples=10), settings(max_examples=60)
"""Not shrunk: making a household and its question small takes minutes, and the failing one names what was weakened."""


@pytest.mark.parametrize("asker", ASKERS, ids=lambda asker: asker[0])
def test_nothing_made_weaker_tells_more(strict: Road, asker: Asker) -> None:
    seen: set[str] = set()

    @settings(QUICK, phases=[Phase.reuse, Phase.generate])
    @given(worlds(asker), st.integers(0, 5), st.sets(st.sampled_from(sorted(WEAKER)), min_size=14, max_size=14), st.data())
    def held(world: World, seed: int, names: set[str], data: st.DataObject) -> None:
        asyncio.run(compared(strict, the_question(strict, seed), world, {name: WEAKER[name](world, data.draw) for name in sorted(names)}, seen))

    held()
    assert seen, "something was told, and less of it"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_everything_made_weaker_tells_no_more_and_each_takes_something_somewhere(strict: Road) -> None:
    seen: set[str] = set()
    for asker in ASKERS:
        @settings(THOROUGH, phases=[Phase.reuse, Phase.generate])
        @given(worlds(asker), st.integers(0, 2000), st.data())
        def held(world: World, seed: int, data: st.DataObject) -> None:
            asyncio.run(compared(strict, the_question(strict, seed), world, {name: weaker(world, data.draw) for name, weaker in WEAKER.items()}, seen))

        held()
    assert WEAKER.keys() - seen == set(), "made weaker and nothing told less: it was not looked at"


async def compared(road: Road, question: tuple[str, object], world: World, weaker: dict[str, World], seen: set[str]) -> None:
    whole = await told(road, question, world)
    for name, less in weaker.items():
        after = await told(road, question, less)
        assert after.leaves <= whole.leaves, (name, after.leaves - whole.leaves, question)
        assert after.asked <= whole.asked, (name, after.asked - whole.asked, question)
        if after != whole:
            seen.add(name)
