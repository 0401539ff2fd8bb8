"""Interpreted, compiled and graphql-core's own `execute` give the same answer to generated questions over the same law and rows."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest

from connectors.interface import DepartmentTimeout, DepartmentUnavailable
from hub.answer import Answerer
from hub.authorizations.standing import Standing
from hub.caller import Basis
from hub.fetch import Fetcher
from policies.verdict import BasisKind
from schema import SCHEMA
from schema.register import GROUPS
from tests.hub.generated_questions import Generator, matter_of
from tests.hub.plain_answer import Plain
from tests.hub.road import FACT_GROUPS, NOW, Department, covered, road, sources, standing, without

WRONG = ({"a": 1}, [1], 7.5, True, 2**40, 3)


class Failing(Department):
    """A department that cannot be reached about some groups."""

    lost: Mapping[str, str] = {}

    async def fetch(self, ask):
        status = self.lost.get(ask.group)
        if status:
            raise (DepartmentTimeout if status == "SOURCE_TIMEOUT" else DepartmentUnavailable)(status)
        return await super().fetch(ask)


def standings() -> list[Standing]:
    """Callers and coverages that make every kind of decision."""
    whole = standing(matter_of())
    some = frozenset({"vehicle", "tax", "confirmation", "identity"})
    return [
        whole,
        without(whole, 1),
        replace(whole, caller=replace(whole.caller, department="JY", role="DEPT_SYSTEM", purpose="EDUCATION_AID")),
        replace(whole, caller=replace(whole.caller, groups=some)),
        replace(whole, catalogue=dict.fromkeys(FACT_GROUPS[::2], "")),
        replace(whole, coverage={**whole.coverage, **{one.person.id: covered(groups=some, assurance="LOW") for one in matter_of().members[:2]}}),
        replace(whole, caller=replace(whole.caller, department="YB", role="DEPT_SYSTEM", purpose="RESULT_RECOGNITION",
                                      basis=Basis(BasisKind.STATUTE, article="SAL §42"))),
        replace(whole, matter=replace(matter_of(), kin_of_staff=True)),
        replace(whole, coverage={}),
    ]


def log_page(draw: random.Random) -> object:
    """A page of the access log with nulls, wrong types and every basis: what a provider might give, good or bad."""

    def maybe(value: object, chance: float = 0.04) -> object:
        roll = draw.random()
        return None if roll < chance else draw.choice(WRONG) if roll < 1.5 * chance else value

    def basis() -> object:
        kind = draw.choice(("LetterBasis", "StatuteBasis", "EmergencyBasis", "SelfBasis", "AuditBasis", "FileBasis"))
        return {"__typename": kind, "kind": maybe(kind), "article": maybe("SAL §42"), "reason": maybe("fire"),
                "letters": maybe([maybe({"id": maybe("l1"), "hash": maybe("00")}) for _ in range(2)])}

    def entry() -> object:
        return {"id": maybe("e1"), "index": maybe("7"), "kind": maybe("INTENT"), "at": maybe("2026-11-23T09:00:00+08:00"), "basis": maybe(basis()),
                "subjects": maybe([maybe("s1"), maybe("s2")]), "departments": [], "decision": maybe("ALLOW"), "leafHash": maybe("00"),
                "fields": maybe([maybe({"group": maybe("tax"), "field": maybe("month"), "form": maybe("FULL")})])}

    edges = [maybe({"cursor": maybe("c"), "node": maybe(entry())}) for _ in range(draw.randrange(4))]
    return maybe({"edges": maybe(edges), "pageInfo": maybe({"hasNextPage": maybe(False), "endCursor": maybe("c")})})


def spoil(draw: random.Random, department: Failing) -> None:
    """Departments that fail, and cells of a type their leaf cannot hold."""
    department.lost = {group: draw.choice(("SOURCE_TIMEOUT", "SOURCE_ERROR")) for group in FACT_GROUPS if draw.random() < 0.2}
    fields = [(field, leaf) for group in FACT_GROUPS for field in road_fields(group) for leaf in ("", "full", "yuan", "on", "code", "known", "year")]
    department.cells = {key: draw.choice(WRONG) for key in draw.sample(fields, k=4)} if draw.random() < 0.25 else {}


def road_fields(group: str) -> list[str]:
    return [name for name in GROUPS[group].fields if name != "records"]


async def compare(keys: object, seeds: range) -> Counter[str]:
    department = Failing()
    page: list[object] = [None]

    async def log(_standing: Standing, _arguments: Mapping[str, object]) -> object:
        return page[0]

    travelled = road(keys, department=department, known=sources(department), fetcher=Fetcher(roots={"accessLog": log}))
    plain_reading = Answerer(SCHEMA, travelled.planner.reach, compiling=False)
    callers, seen = standings(), Counter[str]()
    for seed in seeds:
        draw = random.Random(seed)
        text, variables = Generator(seed, travelled).operation()
        who = draw.choice(callers)
        page[0] = log_page(draw)
        spoil(draw, department)
        question, values = travelled.documents.read(text).question(variables)
        plan = await travelled.planner.plan(question, values, who, NOW)
        fetched = await travelled.fetcher.fetch(plan, "intent")
        first = plain_reading.answer(plan, fetched)
        second = travelled.answerer.answer(plan, fetched, persisted=True)
        expected, paths = Plain(travelled, who, department, page[0], department.lost).answer(text, variables)
        assert first.data == expected, (seed, text, variables)
        assert second.data == expected, (seed, text, variables)
        assert {tuple(error["path"]) for error in first.errors} == paths, (seed, text, variables)
        assert replace(second, data=None) == replace(first, data=None), seed
        note(seen, plan, first)
    return seen


def note(seen: Counter[str], plan: object, answer: object) -> None:
    """What the corpus did meet: a generator that reaches nobody would make every answer equal."""
    seen["people"] += len(plan.joins)
    seen["asks"] += len(plan.asks)
    seen["compiled"] += sum(telling.program is not None for telling in plan.tellings.values())
    seen["errors"] += len(answer.errors)
    seen["bubbled"] += answer.data is None
    seen["unlisted"] += '"unlisted": ["' in json.dumps(answer.data)
    seen["withheld"] += len(answer.disclosure["fields"])
    for counts in answer.told.statuses.values():
        seen.update(counts)
    seen["two places"] += any(len(one.tellings) > 1 for one in plan.joins.values())


async def test_the_three_readings_agree_on_generated_questions(keys) -> None:
    seen = await compare(keys, range(200))
    for kind in ("asks", "compiled", "errors", "bubbled", "withheld", "unlisted", "two places", "MATCHED", "NO_RECORD", "NOT_AUTHORIZED", "NOT_COVERED",
                 "CATALOG_DENIED", "SOURCE_TIMEOUT", "SOURCE_ERROR"):
        assert seen[kind], kind


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_the_three_readings_agree_on_two_thousand_generated_questions(keys) -> None:
    seen = await compare(keys, range(1000, 3200))
    assert seen["people"] > 2000
    assert seen["asks"] > 1200
    assert seen["errors"] > 200
