"""`hub sandbox`: the departments alone, of any size; says where they are, and ends on a signal with nothing left behind."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

import psutil

from connectors.registry import flattened, open_connectors
from connectors.sandbox.population import Population
from hub.clock import clock
from tests.connectors.asking import ask, household


async def test_it_says_where_its_departments_are_and_leaves_nothing_behind(tmp_path, random):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub", "sandbox", "--people", "400", "--directory", str(tmp_path / "sandbox"),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    ready = json.loads(await process.stdout.readline())
    assert (ready["people"], ready["region"]) == (400, "500152")
    settings = flattened(json.loads(Path(ready["sources"]).read_text(encoding="utf-8")))
    departments = await open_connectors(Path("connectors/manifests"), settings, clock=clock, random=random, copies=tmp_path / "copies")
    population = Population("500152", 400)
    for group in ("vehicle", "realEstate", "disability", "fiscalSubsidy", "ruralHousehold"):
        told = await departments[group].fetch(ask(group, household(population, group)))
        assert [one.status for one in told.values()] == ["MATCHED", "NO_RECORD"] * 3
    await departments.close()
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 20) == 0
    assert not any(one.is_running() for one in family)

