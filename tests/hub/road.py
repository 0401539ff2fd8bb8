"""A small matter, its callers, and departments in memory that remember exactly what they were asked."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from connectors.interface import Ask, Raw, Records
from hub.answer import Answer, Answerer
from hub.authorizations.matter import Matter, Member, Person
from hub.authorizations.standing import Coverage, Standing
from hub.caller import Basis, Caller
from hub.fetch import Fetched, Fetcher
from hub.operation import Documents
from hub.operations.limits import Limits
from hub.people.handles import Handles
from hub.plan import Plan
from hub.planner import Planner
from hub.sources import KnownSources, Source
from policies.code_lists import CODE_LISTS
from policies.engine import Policy, load
from policies.forms import Kind
from policies.verdict import BasisKind, Relation
from schema import SCHEMA
from schema.register import GROUPS, FieldSpec

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
REGION = "500152000000"
FACT_GROUPS = tuple(sorted(set(GROUPS) - {"identity"}))
ALL_CASES = Limits(depth=40, aliases=5000, fields=100_000, breadth=2000, root_fields=200, directives=2000, directive_variables=10,
                   fragments=200, variables=300, subjects=10**6, cost=10**12, tokens=100_000, documents=16)


@lru_cache
def policy() -> Policy:
    return load("500152")


def id_number(first: str) -> str:
    """17 digits with their check character (GB 11643); county 509900 was never assigned."""
    return first + "10X98765432"[sum(int(d) * 2 ** (17 - n) for n, d in enumerate(first)) % 11]


def person(number: int, born: date | None = date(1980, 5, 1)) -> Person:
    internal = str(uuid.UUID(int=0xABC0000000000000000000000000 + number))
    return Person(id=internal, id_number=id_number(f"50990019800501{number:03d}"), name=f"甄嘉{'甲乙丙丁戊己庚'[number % 7]}", sex="1",
                  birth_date=born, log_subject=f"{number:064x}")


def member(number: int, role: str = "MEMBER", **kwargs: object) -> Member:
    return Member(person=person(number, **kwargs), relation="01", role=role, capacity="FULL", guardians=())


def matter(*members: Member, case: str = "case_1") -> Matter:
    return Matter(
        case=case, reference="TN-2026-0001", platform="CQ", assistance_type="DIBAO", stage="FIRST_REVIEW", region=REGION,
        organisations=frozenset({"org"}), opened_at=NOW - timedelta(days=3), closed_at=None, household=str(uuid.UUID(int=77)),
        area="URBAN", hukou_region=REGION, residence_region="511725000000", kin_of_staff=False,
        members=members or tuple(member(n) for n in range(4)), letters=(), version=1,
    )


def caller(**kwargs: object) -> Caller:
    defaults = {
        "organisation": "org", "department": "MZ-HD", "region": REGION, "relation": Relation.LOCAL, "role": "CHECK_OPERATOR",
        "client": "c1", "officer": "o1", "purpose": "DIBAO_REVIEW", "basis": Basis(BasisKind.LETTER), "case": "case_1",
        "token": "t1", "expires_at": NOW + timedelta(minutes=10),
    }
    return Caller(**(defaults | kwargs))


def covered(**kwargs: object) -> Coverage:
    return Coverage(**({"covered": True, "code": "", "assurance": "HIGH", "letters": ("l1",), "groups": None} | kwargs))


UNCOVERED = Coverage(covered=False, code="SUBJECT_NOT_COVERED", assurance="NONE", letters=(), groups=frozenset())


def standing(of: Matter | None = None, *, coverage: Mapping[str, Coverage] | None = None, catalogue: Mapping[str, str] | None = None,
             **kwargs: object) -> Standing:
    of = of or matter()
    given = {one.person.id: covered() for one in of.members} | dict(coverage or {})
    return Standing(caller=caller(**kwargs), matter=of, coverage=given,
                    catalogue=dict.fromkeys(FACT_GROUPS, "") if catalogue is None else catalogue)


def raw_value(spec: FieldSpec, n: int) -> Raw:
    """A raw value of a field's own kind; every fifth is absent, and of codes every other one in no list."""
    if n % 5 == 4:
        return None
    match spec.kind:
        case Kind.AMOUNT:
            return Decimal(100 * (n + 1))
        case Kind.QUANTITY:
            return Decimal(n)
        case Kind.DATED:
            return date(1990 + n, 1, 1 + n)
        case Kind.FLAG:
            return n % 2 == 0
        case Kind.PSEUDONYM:
            return "509900198005010010"
        case Kind.PLAIN if leaf_name(spec) in ("Int", "Boolean"):
            return n if leaf_name(spec) == "Int" else n % 2 == 0
        case _ if spec.codes and n % 2:
            return sorted(CODE_LISTS[spec.codes].codes)[n % len(CODE_LISTS[spec.codes].codes)]
        case _:
            return f"{spec.name}{n}"


def leaf_name(spec: FieldSpec) -> str:
    return SCHEMA.type_map[GROUPS[spec.group].record_type].fields[spec.name].type.name


@dataclass
class Department:
    """A department in memory. `spoil` may change what it says; `fails` is raised by its next calls."""

    department: str = "XX"
    groups: frozenset[str] = frozenset(FACT_GROUPS)
    asks: list[Ask] = field(default_factory=list)
    fails: list[BaseException] = field(default_factory=list)
    slow: float = 0.0
    counts: Mapping[str, int] = field(default_factory=dict)  # rows by ID number; else by its digits
    cells: Mapping[tuple[str, str], object] = field(default_factory=dict)  # (field, leaf) -> what it says whatever is asked

    async def fetch(self, ask: Ask) -> Mapping[str, Records]:
        self.asks.append(ask)
        if self.slow:
            await asyncio.sleep(self.slow)
        if self.fails:
            raise self.fails.pop(0)
        return {subject.key: self.about(ask, subject.id_number) for subject in ask.subjects}

    def about(self, ask: Ask, id_number: str) -> Records:
        seed = int(id_number[14:17]) + len(ask.group)
        number = self.counts.get(id_number, seed % 4)
        if not number:
            return Records("NO_RECORD", "2026-11-22T00:00:00+08:00", ())
        fields = GROUPS[ask.group].fields
        rows = tuple(
            tuple(
                self.cells.get((column.field, column.leaf), column.reduce(raw_value(fields[column.field], (seed + row + len(column.field)) % 9)))
                for column in ask.columns
            )
            for row in range(number)
        )
        return Records("MATCHED", "2026-11-22T00:00:00+08:00", rows)

    async def close(self) -> None:
        pass

    @property
    def asked(self) -> list[tuple[str, frozenset[tuple[str, str]], frozenset[str]]]:
        """Per ask: group, (field, leaf) pairs, ID numbers."""
        return [(ask.group, frozenset((c.field, c.leaf) for c in ask.columns), frozenset(s.id_number for s in ask.subjects)) for ask in self.asks]


def sources(department: Department, *, deadline: float = 1.0, gathers: bool = False, neighbour: Department | None = None) -> KnownSources:
    own = [Source(group, GROUPS[group].department, REGION, "sys", deadline, gathers, department) for group in FACT_GROUPS]
    beyond = {"511725": Source("confirmation", "MZ", "511725000000", "hub", deadline, False, neighbour, one_matter=True)} if neighbour else {}
    return KnownSources(own, beyond)


@dataclass
class Road:
    """Plan, fetch and answer put together as the route does."""

    planner: Planner
    fetcher: Fetcher
    answerer: Answerer
    department: Department
    handles: Handles
    documents: Documents

    async def plan(self, text: str, variables: Mapping[str, object] | None = None, who: Standing | None = None, now: datetime = NOW) -> Plan:
        question, values = self.documents.read(text).question(variables or {})
        return await self.planner.plan(question, values, who or standing(), now)

    async def ask(self, text: str, variables: Mapping[str, object] | None = None, who: Standing | None = None) -> tuple[Plan, Fetched, Answer]:
        plan = await self.plan(text, variables, who)
        fetched = await self.fetcher.fetch(plan, "intent_1")
        return plan, fetched, self.answerer.answer(plan, fetched)

    def handle(self, one: Member, who: Caller | None = None) -> str:
        who = who or caller()
        return self.handles.encode("per", uuid.UUID(one.person.id), organisation=who.organisation, case=who.case)

    def household(self, who: Caller | None = None) -> str:
        who = who or caller()
        return self.handles.encode("hh", uuid.UUID(int=77), organisation=who.organisation, case=who.case)


def road(keys: object, *, department: Department | None = None, known: KnownSources | None = None, fetcher: Fetcher | None = None,
         compiling: bool = True, **kwargs: object) -> Road:
    department = department or Department()
    handles = Handles(keys)
    planner = Planner(groups=GROUPS, policy=policy(), sources=known or sources(department), handles=handles, region=REGION,
                      pseudonym=lambda who: lambda number: f"pid_{who.case}_{number[-4:]}", **kwargs)
    return Road(planner, fetcher or Fetcher(), Answerer(SCHEMA, planner.reach, compiling=compiling), department, handles,
                Documents(SCHEMA, ALL_CASES))


def without(of: Standing, *numbers: int, **kwargs: object) -> Standing:
    """The standing with some people not covered."""
    return replace(of, coverage={**of.coverage, **{person(n).id: replace(UNCOVERED, **kwargs) for n in numbers}})
