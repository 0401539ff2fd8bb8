"""How the hub grows: with leaves of a question, with its manifests at a cold start, with the people behind its departments."""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import load, question
from benchmarks.hub_server import FAIR_USE, REGION
from benchmarks.processes import REST, cpu
from benchmarks.scene import Scene
from connectors.interface import Ask, Subject
from connectors.registry import Departments, flattened, open_connectors
from connectors.sandbox.population import Population
from hub.clock import clock
from hub.connecting.trial import column
from hub.opening import open_hub
from hub.settings import Settings
from policies.forms import LEAVES, Kind
from schema.register import GROUPS, PRESENCE

MANIFESTS = Path("connectors/manifests")
SIZES = (10_000, 1_000_000)
_STEPS = (4, 8, 12, 16, 20, 24, 99)


def fields(groups: Sequence[str]) -> dict[str, dict[str, str]]:
    """Every field of some groups in its fullest form, as `question.text` takes them."""
    return {
        group: {name: LEAVES[field.kind][0].name for name, field in GROUPS[group].fields.items() if name != PRESENCE and field.kind is not Kind.PSEUDONYM}
        for group in groups
    }


async def leaves(scene: Scene, answers: int) -> dict[str, Any]:
    """CPU of an answer over ever more groups of the same households, told from memory: the slope over all, and over the larger half."""
    road = await scene.road("--memory")
    asked = sorted(code for code in GROUPS if code not in {"identity", "confirmation"})
    points: list[tuple[float, float]] = []
    for many in _STEPS:
        document = [question.text(fields(asked[:many]))]
        seen = [await load.answer(road.url, ask, document[0]) for ask in road.asks[:16]]
        count = statistics.mean(counted_leaves(one["data"]) for one in seen)
        await load.run(road.url, road.asks, document, answers=len(road.asks) * 3, askers=16)
        before = cpu(road.pid)
        await load.run(road.url, road.asks, document, answers=answers, askers=16)
        points.append((count, (cpu(road.pid) - before) / answers * 1e6))
    road.stop()
    slope, base = statistics.linear_regression([x for x, _ in points], [y for _, y in points])
    larger, _ = statistics.linear_regression([x for x, _ in points[len(points) // 2:]], [y for _, y in points[len(points) // 2:]])
    return {
        "groups": len(asked), "points": [(round(x), round(y)) for x, y in points], "us_a_leaf": slope, "us_base": base, "us_a_leaf_larger": larger,
    }


async def cold_start(scene: Scene) -> dict[str, Any]:
    """Seconds a hub takes to open with every manifest, imports done before."""
    settings = Settings(
        region=REGION, issuer=f"http://127.0.0.1:{scene.port}", directory=scene.directory / "hub", database_url=scene.database, require_dpop=False, console=False, fair_use=FAIR_USE,
    )
    sources = _read(scene.directory / "government" / "settings.json")
    begun = time.perf_counter()
    async with open_hub(settings, sources, clock=clock, random=os.urandom):
        opened = time.perf_counter() - begun
    return {"seconds": opened, "manifests": _many()}


async def people(families: int) -> dict[str, Any]:
    """The same questions to departments over ten thousand people and over a million, each about people not asked about before."""
    found: dict[str, Any] = {}
    for size in SIZES:
        begun = time.monotonic()
        with _sandbox(size) as ready:
            opened = time.monotonic() - begun
            settings = flattened(_read(ready["sources"]))
            with tempfile.TemporaryDirectory() as copies:
                departments = await open_connectors(MANIFESTS, settings, clock=clock, random=os.urandom, copies=Path(copies))
                taken = await _asked(departments, Population(question.REGION, size), families)
                await departments.close()
        found[str(size)] = {
            "opened_s": opened, "peak_mb": ready["peak_mb"], "p50_ms": statistics.median(taken), "p95_ms": sorted(taken)[int(len(taken) * 0.95)],
        }
    first, last = (found[str(size)]["p50_ms"] for size in SIZES)
    return {**found, "families": families, "ratio": last / first}


async def _asked(departments: Departments, population: Population, families: int) -> list[float]:
    """Milliseconds for all groups of one family, one after another; the first families open connections and files and are not counted."""
    dice, taken = random.Random(8), []
    # Not asked here: institutions that answer later, and confirmations, which are of the office and not of the register.
    groups = sorted(group for group in departments if departments.manifest(group).protocol != "deferred" and group != "confirmation")
    for number in range(families + 5):
        household = population.household(dice.randrange(population.household_count))
        subjects = tuple(Subject(str(at), one.person.id_number, one.person.name, f"scale_{at}", "bench") for at, one in enumerate(household.members))
        begun = time.perf_counter()
        for group in groups:
            columns = tuple(column(group, name) for name in departments.fields(group))
            await departments[group].fetch(Ask(group, columns, subjects, "bench", "DIBAO_REVIEW", 10.0))
        if number >= 5:
            taken.append((time.perf_counter() - begun) * 1000)
    return taken


@contextmanager
def _sandbox(size: int) -> Iterator[Mapping[str, Any]]:
    """`hub sandbox` over so many people, on the rest's core, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="hub-scale-", ignore_cleanup_errors=True) as directory:
        arguments = ["-m", "hub", "sandbox", "--people", str(size), "--region", question.REGION, "--directory", f"{directory}/sandbox"]
        here = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {REST})
        try:
            process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE)
        finally:
            os.sched_setaffinity(0, here)
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(60)


def counted_leaves(value: object) -> int:
    """Leaves of an answer's data."""
    if isinstance(value, Mapping):
        return sum(map(counted_leaves, value.values()))
    return sum(map(counted_leaves, value)) if isinstance(value, list) else 1


def _read(path: str | Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return read


def _many() -> int:
    return len(list(MANIFESTS.glob("*.toml")))
