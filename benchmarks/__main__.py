"""`python -m benchmarks`: every figure the hub promises, measured in one run, each as a ratio within the run beside its target."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import access_log, consent, growth, many, measures
from benchmarks.report import lines
from benchmarks.scene import Scene, open_scene

_COMPARISONS: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("road", "the whole road as it is shipped, and an idle hub", (), ("--gather",)),
    ("ungathered", "the whole road, each ask a call of its own", (), ()),
    ("memory_source", "both without department I/O", ("--memory",), ()),
)
"""Part, title, arguments of both, arguments of the hub."""
PARTS = (*(part for part, *_ in _COMPARISONS), "idle", "gathering", "log", "memory", "consent", "leaves", "cold_start")
SCALE, LETTERS, MANY = "scale", "letters", "many"
"""Parts that are run when they are named: a million people take minutes to write down, a hundred thousand letters or two hundred households half a one."""


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; a missed target is printed, not an exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about a minute; the figures are rough")
    parser.add_argument("--only", choices=(*PARTS, SCALE, LETTERS, MANY), action="append", help="one part; may be repeated")
    parser.add_argument("--output", type=Path, default=Path("var/bench.json"))
    options = parser.parse_args(argv)
    effort = measures.QUICK if options.quick else measures.Effort()
    begun = time.monotonic()
    found = asyncio.run(measure(effort, frozenset(options.only or PARTS)))
    found |= {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}", "quick": options.quick,
        "seconds": time.monotonic() - begun, "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(found, indent=1, ensure_ascii=False), encoding="utf-8")
    print("\n".join(lines(found)))
    return 0


async def measure(effort: measures.Effort, parts: frozenset[str]) -> dict[str, Any]:
    """The parts asked for, one after another."""
    async with open_scene() as scene:
        found = await _compared(scene, effort, parts)
        if "gathering" in parts:
            _say("gathering")
            found["gathering"] = await measures.gathering(scene, effort)
        if "memory" in parts:
            _say("memory of a worker")
            found["memory"] = await measures.memory(scene, effort)
        if "consent" in parts:
            _say("the ten checks")
            found["consent"] = await consent.consent(scene, effort.answers * 5)
        if "leaves" in parts:
            _say("all groups, ever more leaves")
            found["leaves"] = await growth.leaves(scene, effort.answers * 4)
        if "cold_start" in parts:
            _say("a cold start")
            found["cold_start"] = await growth.cold_start(scene)
        if SCALE in parts:
            _say("a million people: this takes minutes")
            found[SCALE] = await growth.people(effort.idle)
        if LETTERS in parts:
            _say("a hundred thousand letters")
            found[LETTERS] = await consent.letters(scene, effort.answers)
        if MANY in parts:
            _say("two hundred households")
            found[MANY] = await many.many(scene, effort.rounds)
        if "log" in parts:
            _say("the access log")
            # All cores: the raw insert and ours are held against each other, and both wait for the database.
            os.sched_setaffinity(0, range(os.cpu_count() or 1))
            found["log"] = await asyncio.to_thread(access_log.run, await scene.fresh_database())
    return found


async def _compared(scene: Scene, effort: measures.Effort, parts: frozenset[str]) -> dict[str, Any]:
    """The measures that hold a hub against a baseline, each of which starts them afresh."""
    found: dict[str, Any] = {}
    for part, title, shared, own in _COMPARISONS:
        if part not in parts and not (part == "road" and "idle" in parts):
            continue
        _say(title)
        baseline, road = scene.baseline(*shared), await scene.road(*shared, *own)
        found["equal"] = await measures.equal(baseline, road, families=len(road.asks))
        if part in parts:
            found[part] = await measures.side_by_side(scene, baseline, road, effort, factor=2 if shared else 1)
        if part == "road" and "idle" in parts:
            found["idle"] = await measures.idle(scene, baseline, road, effort)
        baseline.stop()
        road.stop()
    return found


def _say(what: str) -> None:
    print(f"bench: {what} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
