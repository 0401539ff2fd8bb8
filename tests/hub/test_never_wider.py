"""Less never tells more, over the whole road: a question, a matter with letters, signers and approvals, and one thing of it made weaker.

What is told is what leaves the road: the leaves the plan tells of each person, and what each department was asked for. A region that asks
for strong signatures is part of it, so that how strongly somebody signed makes a difference.

One thing the law itself widens with time is left out: a child's fourteenth birthday ends the protection of PIPL §31. Whether somebody is an
obligor decides where in a question they stand, so that property is policy's (`tests/policies/test_table.py`).
"""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from hub.answer import Answerer
from hub.authorizations.check_table import stand
from hub.authorizations.conditions import Conditions
from hub.authorizations.matter import Approval, FollowUp, Letter, Matter, Member, Part, Signature
from hub.authorizations.presented import NotStanding, Presented, Requester
from hub.caller import Basis, Caller
from hub.errors import CallerError
from hub.fetch import Fetcher
from hub.keys import KeyRing
from hub.operation import Documents
from hub.operations.letter_uses import without
from hub.people.handles import Handles
from hub.planner import Planner
from policies.emergency import EmergencyRule
from policies.engine import ROOT, load
from policies.letter_templates import TEMPLATES
from policies.letters import UNDER_14
from policies.notice_contents import NOTHING_TOLD
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
    ("DISABILITY_SUBSIDY", Basis(BasisKind.STATUTE, article="PIPL §13(3)"), "CL", "DEPT_SYSTEM"),
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
CONDITIONS = Conditions.of(REGION)
ITEMS = TEMPLATES["national"].separately
UNTOLD = (*FACT_GROUPS, "DIBAO_REVIEW", UNDER_14)
GROUP_SETS = (frozenset({"ALL_LISTED"}), frozenset({"tax", "vehicle", "disability"}), frozenset({"disability", "medical", "civilAssistance"}))


Draw = random.Random
"""Drawn from a seed Hypothesis gives: a household with its letters is more than it lets one example hold."""


def some(draw: Draw, of: Sequence[str], least: int = 0) -> frozenset[str]:
    return frozenset(draw.sample(of, k=draw.randrange(least, len(of) + 1)))


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
    spent: frozenset[str] = frozenset()  # letters found used up as the question is counted


def signature(draw: Draw, one: Member) -> Signature:
    """One that is good for them, three times in four."""
    alone = one.person.birth_date is not None and one.person.birth_date.year < 2005
    signer, capacity = (one.person.id, "SELF") if alone else (GUARDIANS[draw.randrange(2)], "LEGAL_REPRESENTATIVE")
    capacity = draw.choice([capacity, capacity, "AGENT", "SELF"])
    strength = draw.choice(["HIGH", "HIGH", "SUBSTANTIAL", "LOW"])
    lacking = CONDITIONS.lacking(capacity, draw.choice([ITEMS, ITEMS, (*some(draw, ITEMS),)]), "")
    return Signature(
        signer, capacity, frozenset({one.person.id}), strength, NOW - timedelta(days=1), certified=draw.random() < 0.5, lacking=lacking,
    )


def notice_changed(draw: Draw) -> Part:
    """What a later notice took, from a day that is past or still ahead."""
    groups, receivers = draw.choice([frozenset(), some(draw, FACT_GROUPS, least=1)]), draw.choice([frozenset(), frozenset({"org"}), frozenset({"511725000000"})])
    day = NOW + timedelta(days=draw.choice([-30, 2, 20]))
    return Part(frozenset(), groups, draw.choice([frozenset(), frozenset({"DIBAO_REVIEW"})]), receivers, by="", at=day)


def a_letter(draw: Draw, number: int, purpose: str) -> Letter:
    signers = draw.choices(FAMILY, k=draw.randrange(5, 12))
    return Letter(
        id=f"auth_{number}", number=f"H-{number}", hash="ab", purposes=frozenset({purpose}), fact_groups=draw.choice(GROUP_SETS),
        receivers=frozenset({draw.choice(["ALL_LEVELS", "org", REGION])}), signed_at=NOW - timedelta(days=1),
        expires_at=draw.choice([None, NOW + timedelta(days=30)]), status="ACTIVE", revoked_at=None,
        signatures=tuple(signature(draw, one) for one in signers), validity=some(draw, ("MONITORING", "CHECK_FAILED")),
        outdated=tuple(notice_changed(draw) for _ in range(draw.choice([0, 0, 1]))),
    )  # fmt: skip


def world_of(draw: Draw, asker: Asker) -> World:
    purpose, basis, department, role = asker
    letters = tuple(a_letter(draw, number, purpose) for number in range(draw.randrange(1, 4))) if basis.kind is BasisKind.LETTER else ()
    if letters:
        basis = replace(basis, letters=tuple((one.id, one.hash) for one in letters))
    kin = draw.choice([(), (), ("o2",)])
    members = (replace(HEAD, kin_of_staff=kin), *FAMILY[1:])
    approvals = [
        Approval(f"apr_{number}", kind, purpose, some(draw, FACT_GROUPS, least=8), frozenset(IDS), "org", "o1",
                 "o3", NOW + timedelta(days=3))
        for number, kind in enumerate(["KIN_OF_STAFF", purpose]) if draw.random() < 0.5
    ]  # fmt: skip
    who = caller(
        purpose=purpose, basis=basis, department=department, role=role,
        groups=draw.choice([None, frozenset({"tax", "disability", "confirmation", "civilAssistance", "identity"})]),
    )
    return World(
        caller=who, requester=Requester("c1", "org", department, REGION, role, frozenset({purpose}), active=True),
        matter=replace(matter(*members), letters=letters, approvals=tuple(approvals), monitored_from=NOW - timedelta(days=2)),
        person=draw.choice([HEAD, BROTHER]).person.id, catalogue=dict.fromkeys((*FACT_GROUPS, "identity"), ""),
        assessed=frozenset({purpose}),
    )  # fmt: skip


Weaker = Callable[[World, Draw], World]


def of_matter(**changed: object) -> Weaker:
    return lambda world, draw: replace(world, matter=replace(world.matter, **changed))


def of_caller(**changed: object) -> Weaker:
    return lambda world, draw: replace(world, caller=replace(world.caller, **changed))


def of_requester(**changed: object) -> Weaker:
    return lambda world, draw: replace(world, requester=replace(world.requester, **changed))


def of_a_letter(change: Callable[[Letter, Draw], Letter]) -> Weaker:
    def weaker(world: World, draw: Draw) -> World:
        letters = list(world.matter.letters)
        if letters:
            at = draw.randrange(len(letters))
            letters[at] = change(letters[at], draw)
        return replace(world, matter=replace(world.matter, letters=tuple(letters)))
    return weaker


def of_a_member(**changed: object) -> Weaker:
    def weaker(world: World, draw: Draw) -> World:
        at = draw.randrange(len(FAMILY))
        members = [replace(one, **changed) if number == at else one for number, one in enumerate(world.matter.members)]
        return replace(world, matter=replace(world.matter, members=tuple(members)))
    return weaker


def letter(**changed: object) -> Weaker:
    return of_a_letter(lambda one, draw: replace(one, **changed))


def unsigned(one: Letter, draw: Draw) -> Letter:
    gone = draw.randrange(len(one.signatures))
    return replace(one, signatures=one.signatures[:gone] + one.signatures[gone + 1:])


def weaker_signature(one: Letter, draw: Draw) -> Letter:
    at, down = draw.randrange(len(one.signatures)), {"HIGH": "SUBSTANTIAL", "SUBSTANTIAL": "LOW", "LOW": "NONE"}
    made = [replace(each, assurance=down[each.assurance], certified=False) if number == at else each for number, each in enumerate(one.signatures)]
    return replace(one, signatures=tuple(made))


def fewer_items(one: Letter, draw: Draw) -> Letter:
    """Somebody ticked less, or an agent ticked for them."""
    at = draw.randrange(len(one.signatures))
    less = CONDITIONS.lacking(draw.choice(["SELF", "AGENT"]), (*some(draw, ITEMS),), "")
    return replace(one, signatures=tuple([replace(each, lacking=each.lacking | less) if n == at else each for n, each in enumerate(one.signatures)]))


def no_item(one: Letter, draw: Draw) -> Letter:
    """Nobody ticked any, each for themselves; what an agent's signature lacked anyway it lacks still."""
    less = CONDITIONS.lacking("SELF", (), "")
    return replace(one, signatures=tuple([replace(each, lacking=each.lacking | less) for each in one.signatures]))


def partly_withdrawn(one: Letter, draw: Draw) -> Letter:
    part = {
        "people": some(draw, IDS[:3]), "fact_groups": some(draw, FACT_GROUPS),
        "purposes": frozenset(), "receivers": draw.choice([frozenset(), frozenset({"org"}), frozenset({"511725000000"})]),
    }  # fmt: skip
    return replace(one, withdrawn=(*one.withdrawn, Part(**part, by=HEAD.person.id, at=NOW)))


def used_up(world: World, draw: Draw) -> World:
    """A letter of the question was used as often as it says."""
    names = [one.id for one in world.matter.letters]
    spent = frozenset(draw.sample(names, k=draw.randrange(1, len(names) + 1))) if names else frozenset()
    letters = [replace(one, uses=(("EVER", 1),)) if one.id in spent else one for one in world.matter.letters]
    return replace(world, spent=spent, matter=replace(world.matter, letters=tuple(letters)))


def fewer_letters(world: World, draw: Draw) -> World:
    """The token names one less, and it is still the matter's."""
    return replace(world, caller=replace(world.caller, basis=replace(world.caller.basis, letters=world.caller.basis.letters[1:])))


def other_purpose(world: World, draw: Draw) -> World:
    return replace(world, caller=replace(world.caller, purpose=draw.choice(sorted(PURPOSES.keys() - {world.caller.purpose}))))


def other_basis(world: World, draw: Draw) -> World:
    """One the purpose does not stand on."""
    kinds = sorted(set(BasisKind) - PURPOSES[world.caller.purpose].bases)
    return replace(world, caller=replace(world.caller, basis=replace(world.caller.basis, kind=draw.choice(kinds))))


def narrower_token(world: World, draw: Draw) -> World:
    return replace(world, caller=replace(world.caller, groups=(world.caller.groups or frozenset(FACT_GROUPS)) & some(draw, FACT_GROUPS)))


def narrower_letter(one: Letter, draw: Draw) -> Letter:
    groups = frozenset(FACT_GROUPS) if "ALL_LISTED" in one.fact_groups else one.fact_groups
    return replace(one, fact_groups=groups & some(draw, FACT_GROUPS))


def entry_gone(world: World, draw: Draw) -> World:
    gone = some(draw, FACT_GROUPS, least=1)
    return replace(world, catalogue={group: "CATALOG_DENIED" if group in gone else "" for group in world.catalogue})


def overdue(world: World, draw: Draw) -> World:
    return replace(world, matter=replace(world.matter, follow_ups=(FollowUp("fup_1", "org", date(2026, 11, 1), escalated=False),)))


def older(days: int) -> Weaker:
    return lambda world, draw: replace(world, later=timedelta(days=days))


WEAKER: dict[str, Weaker] = {
    "a signature less": of_a_letter(unsigned), "a signature weaker": of_a_letter(weaker_signature),
    "a letter gone": lambda world, draw: replace(world, matter=replace(world.matter, letters=world.matter.letters[1:])),
    "a letter not named by the token": fewer_letters, "another hash": letter(hash="cd"), "a letter run out": letter(expires_at=NOW),
    "revoked": letter(status="REVOKED", revoked_at=NOW), "paused": letter(status="PAUSED"), "superseded": letter(status="SUPERSEDED"),
    "under review": letter(under_review=True), "used up": used_up, "lapsed for somebody": letter(lapsed=frozenset(IDS[:3])), "withdrawn in part": of_a_letter(partly_withdrawn),
    "fewer items": of_a_letter(fewer_items), "no item at all": of_a_letter(no_item),
    "a later notice": of_a_letter(lambda one, draw: replace(one, outdated=(*one.outdated, notice_changed(draw)))),
    "a notice that tells of less": of_a_letter(lambda one, draw: replace(one, silent=one.silent | some(draw, UNTOLD))),
    "a notice nobody knows the words of": letter(silent=NOTHING_TOLD), "a notice nobody knows": letter(outdated=CONDITIONS.outdated("1999-01")),
    "narrower letter": of_a_letter(narrower_letter), "letter of another purpose": letter(purposes=frozenset({"SPOT_CHECK"})),
    "other receivers": letter(receivers=frozenset({"511725000000"})),
    "a birthday later": older(3), "a month later": older(40), "a year later": older(400),
    "case closed": of_matter(closed_at=NOW), "refused": of_matter(refused_at=NOW), "no longer watched": of_matter(monitored_to=NOW, closed_at=NOW),
    "another platform's key revoked": of_matter(under_review=True), "other region": of_matter(region="511725000000"),
    "not handled": lambda world, draw: replace(world, matter=None),
    "a death": of_a_member(died_on=date(2026, 11, 20)), "excluded": of_a_member(role="EXCLUDED"),
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
        standing = without(standing, world.spent, now) if world.spent else standing
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
        " confirmation { status records { category } }"
    )
    text = EVERYTHING % ("members" if seed % 2 else "obligors", groups)
    road.documents.read(text)  # a question nobody could ask would be told nothing, and prove nothing
    return text, {"id": "case_1"}


QUICK, THOROUGH = settings(max_examples=8), settings(max_examples=300)
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
"""Not shrunk: there is nothing to make smaller of a seed."""
SEEDS = st.integers(0, 2**32)


@pytest.mark.parametrize("asker", ASKERS, ids=lambda asker: asker[0])
def test_nothing_made_weaker_tells_more(strict: Road, asker: Asker) -> None:
    seen: set[str] = set()

    @settings(QUICK, phases=PHASES)
    @example(384)  # three letters of three strengths, asked in one process after the same with two
    @given(SEEDS)
    def held(seed: int) -> None:
        draw = Draw(seed)
        asyncio.run(compared(strict, asker, seed % 6, draw, draw.sample(sorted(WEAKER), k=14), seen))

    held()
    assert len(seen) > 5, "much was told, and less of it"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_everything_made_weaker_tells_no_more_and_each_takes_something_somewhere(strict: Road) -> None:
    seen: set[str] = set()

    @settings(THOROUGH, phases=PHASES)
    @given(SEEDS, st.sampled_from(ASKERS))
    def held(seed: int, asker: Asker) -> None:
        asyncio.run(compared(strict, asker, seed % 60, Draw(seed), sorted(WEAKER), seen))

    held()
    assert WEAKER.keys() - seen == set(), "made weaker and nothing told less: it was not looked at"


async def compared(road: Road, asker: Asker, number: int, draw: Draw, names: Sequence[str], seen: set[str]) -> None:
    question, world = the_question(road, number), world_of(draw, asker)
    whole = await told(road, question, world)
    for name in names:
        less = await told(road, question, WEAKER[name](world, draw))
        assert less.leaves <= whole.leaves, (name, less.leaves - whole.leaves, question)
        assert less.asked <= whole.asked, (name, less.asked - whole.asked, question)
        if less != whole:
            seen.add(name)
