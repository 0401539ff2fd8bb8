"""The figures of a run. Each measure returns what it saw; whether that reaches a target is the report's business."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from benchmarks import load, question
from benchmarks.processes import Child, cpu, resident
from benchmarks.scene import Scene
from connectors.interface import Ask, Column, Subject
from connectors.registry import flattened, open_connectors
from connectors.sandbox.population import Population
from hub.clock import clock

ASKERS = 16


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured: rounds of answers, answers to an idle hub, rounds of 32 askers, answers of the memory run."""

    rounds: int = 5
    answers: int = 400
    idle: int = 200
    crowd: int = 640
    memory: int = 10_000
    variants: int = 200


QUICK = Effort(rounds=2, answers=96, idle=30, crowd=96, memory=400, variants=40)


async def equal(baseline: Child, road: Child, *, families: int) -> dict[str, int]:
    """Both answers leaf by leaf, for the first families. Raises ValueError where a value differs: nothing is timed then."""
    document = question.text()
    compared = 0
    for one, other in list(zip(baseline.asks, road.asks, strict=True))[:families]:
        ours = await load.answer(road.url, other, document)
        theirs = await load.answer(baseline.url, one, document)
        if ours["extensions"]["disclosure"]["fields"]:
            raise ValueError("the road tells something weaker: the two answers are no equal work")
        if wrong := different(theirs["data"], ours["data"]):
            raise ValueError(f"the answers differ at {len(wrong)} leaves, first {wrong[0]}")
        compared += sum(path[-1] != "length" for path, _ in _leaves(theirs["data"]))
    return {"families": families, "leaves": compared, "leaves_an_answer": round(compared / families)}


async def side_by_side(scene: Scene, baseline: Child, road: Child, effort: Effort, *, factor: int = 1) -> dict[str, Any]:
    """CPU of each gateway per answer, in milliseconds; rounds interleaved, medians and extremes."""
    document, answers = [question.text()], effort.answers * factor
    for child in (baseline, road):
        await load.run(child.url, child.asks, document, answers=len(child.asks) * 3, askers=ASKERS)
    spent: dict[str, list[float]] = {"baseline": [], "road": [], "database": []}
    rates: dict[str, list[float]] = {"baseline": [], "road": []}
    for number in range(effort.rounds):
        for name, child in (("baseline", baseline), ("road", road)):
            before, database = cpu(child.pid), scene.log_cpu()
            seen = await load.run(
                child.url, child.asks, document, answers=answers, askers=ASKERS, start=number * answers,
            )
            spent[name].append((cpu(child.pid) - before) / answers * 1000)
            rates[name].append(answers / seen.took)
            if name == "road":
                spent["database"].append((scene.log_cpu() - database) / answers * 1000)
    ratios = [ours / theirs for ours, theirs in zip(spent["road"], spent["baseline"], strict=True)]
    return {
        "cpu_ms": {name: _spread(values) for name, values in spent.items()}, "ratio": _spread(ratios),
        "answers_a_second": {name: _spread(values) for name, values in rates.items()},
    }


async def idle(scene: Scene, baseline: Child, road: Child, effort: Effort, *, late: float = 0.005) -> dict[str, Any]:
    """One asker, every department late by 5 ms. The question has one wave: its critical path is the slowest department, asked alone."""
    document = [question.text()]
    latencies: dict[str, list[float]] = {"baseline": [], "road": []}
    prompt = await load.run(road.url, road.asks, document, answers=effort.idle, askers=1)
    await scene.slow(late)
    try:
        alone = await departments(scene, effort.idle // 4)
        for number in range(2):
            for name, child in (("baseline", baseline), ("road", road)):
                seen = await load.run(child.url, child.asks, document, answers=effort.idle // 2, askers=1, start=number * effort.idle)
                latencies[name] += seen.seconds
    finally:
        await scene.slow(0)
    p50, path = statistics.median(latencies["road"]) * 1000, max(alone.values())
    return {
        "departments_ms": alone, "critical_path_ms": path, "late_ms": late * 1000, "p50_ms": p50,
        "p95_ms": _percentile(latencies["road"], 0.95) * 1000, "over_ms": p50 - path, "over_lateness_ms": p50 - late * 1000,
        "baseline_p50_ms": statistics.median(latencies["baseline"]) * 1000, "prompt_departments_p50_ms": statistics.median(prompt.seconds) * 1000,
    }


async def departments(scene: Scene, times: int) -> dict[str, float]:
    """What each department takes for the question's four people when nothing else is asked, p50 in ms, by group; through the hub's
    own connectors.
    """
    families = question.families(Population(question.REGION, question.PEOPLE), 8)
    connected = await open_connectors(Path("connectors/manifests"), flattened(scene.government.ready), clock=clock, random=os.urandom)
    taken: dict[str, list[float]] = {group: [] for group in question.FIELDS}
    for number in range(max(times, 5)):
        people = families[number % len(families)].members
        subjects = tuple(Subject(str(at), one.person.id_number, one.person.name, f"bench_{at}", "bench") for at, one in enumerate(people))
        for group, asked in question.FIELDS.items():
            columns = tuple(Column(name, leaf, "FULL", None, lambda raw: None if raw is None else str(raw)) for name, leaf in asked.items())
            begun = time.perf_counter()
            await connected[group].fetch(Ask(group, columns, subjects, "bench", "DIBAO_REVIEW", 3.0))
            taken[group].append(time.perf_counter() - begun)
    await connected.close()
    return {group: round(statistics.median(seconds) * 1000, 2) for group, seconds in taken.items()}


async def gathering(scene: Scene, effort: Effort) -> dict[str, Any]:
    """Department calls per answer with 32 askers of one organisation at once, gathered and not; departments 5 ms late."""
    document = [question.text()]
    calls: dict[str, float] = {}
    rates: dict[str, float] = {}
    for name, arguments in (("ungathered", ()), ("gathered", ("--gather",))):
        road = await scene.road(*arguments)
        await load.run(road.url, road.asks, document, answers=64, askers=32)
        await scene.slow(0.005)
        before = await scene.calls()
        seen = await load.run(road.url, road.asks, document, answers=effort.crowd, askers=32)
        calls[name] = (await scene.calls() - before) / effort.crowd
        rates[name] = effort.crowd / seen.took
        await scene.slow(0)
        road.stop()
    return {"calls_an_answer": calls, "ratio": calls["gathered"] / calls["ungathered"], "answers_a_second": rates}


async def memory(scene: Scene, effort: Effort) -> dict[str, Any]:
    """Resident memory of one worker over answers to distinct operations, in MB, after each tenth."""
    road, documents = await scene.road("--gather"), list(question.variants(effort.variants))
    curve = []
    tenth = effort.memory // 10
    for number in range(10):
        await load.run(road.url, road.asks, documents, answers=tenth, askers=ASKERS, start=number * tenth)
        curve.append(round(resident(road.pid), 1))
    road.stop()
    return {"answers": tenth * 10, "operations": effort.variants, "resident_mb": curve, "growth_mb": round(curve[-1] - curve[4], 1)}


def different(one: object, other: object) -> list[tuple[str | int, ...]]:
    """Paths of the leaves that differ; ids, which are each gateway's own, aside."""
    left, right = dict(_leaves(one)), dict(_leaves(other))
    return sorted((path for path in left.keys() | right.keys() if not _same(left.get(path, ...), right.get(path, ...))), key=str)


def _leaves(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """Path and value of every leaf; ids are each gateway's own."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key != "id":
                yield from _leaves(inner, (*path, key))
    elif isinstance(value, list):
        yield (*path, "length"), len(value)
        for at, inner in enumerate(value):
            yield from _leaves(inner, (*path, at))
    else:
        yield path, value


def _same(one: object, other: object) -> bool:
    """Equal, or the same number written with other zeros."""
    if one == other or not (isinstance(one, str | int) and isinstance(other, str | int)):
        return one == other
    try:
        return Decimal(str(one)) == Decimal(str(other))
    except InvalidOperation:
        return False


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def _percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]
