"""The benchmark runs whole, compares both answers and prints every figure beside its target; how fast it was is no test's business."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from benchmarks import report, revocation
from benchmarks.measures import different
from benchmarks.report import lines, verdict

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_a_quick_run_prints_every_figure(tmp_path, run_python):
    printed = await run_python("-m", "benchmarks", "--quick", "--output", str(tmp_path / "bench.json"))
    found = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert found["equal"]["families"] == 64
    assert 130 <= found["equal"]["leaves_an_answer"] <= 170
    assert found["road"]["cpu_ms"]["road"]["median"] > 0
    assert found["gathering"]["calls_an_answer"]["gathered"] < found["gathering"]["calls_an_answer"]["ungathered"] == 5
    assert len(found["memory"]["resident_mb"]) == 10
    assert printed.count("target") == 10
    assert "µs a leaf" in printed
    assert "\n".join(lines(found)) in printed


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_two_hundred_households_are_held_against_as_many_questions(tmp_path, run_python):
    printed = await run_python("-m", "benchmarks", "--quick", "--only", "many", "--output", str(tmp_path / "many.json"))
    found = json.loads((tmp_path / "many.json").read_text(encoding="utf-8"))["many"]
    assert found["households"] == 200
    assert found["people"] > 500
    assert set(found["calls"]["together"]) == {"GA", "GZ", "MZ", "RS", "SW"}
    assert "PAST" not in printed
    assert all(0 < calls <= found["bound"][code] for code, calls in found["calls"]["together"].items())
    assert found["ratio"] > 0
    assert "one by one; ratio" in printed


def test_calls_past_their_bound_are_printed_as_such():
    found = {
        "households": 2, "people": 5, "leaves": 90, "told": 1.0, "calls": {"together": {"GA": 1, "SW": 3}, "alone": {"GA": 2, "SW": 2}},
        "bound": {"GA": 1, "SW": 2}, "us_a_leaf": {"together": 5.0, "alone": 50.0}, "ratio": 0.1, "rounds": 1,
    }
    said = "\n".join(report._many(found))
    assert "GA:    1 calls in one operation, within its bound" in said
    assert "SW:    3 calls in one operation, PAST its bound" in said


def test_a_miss_is_printed_as_a_miss():
    assert verdict(0.6, 0.5, 0.25) == "MISSED"
    assert verdict(0.4, 0.5, 0.25) == "reached"
    assert verdict(0.2, 0.5, 0.25) == "reached, and the aim of 0.25"


def test_answers_are_compared_leaf_by_leaf_and_numbers_as_numbers():
    one = {"a": {"id": "x", "b": [{"c": "10.00"}, {"c": None}]}}
    assert different(one, {"a": {"id": "y", "b": [{"c": "10"}, {"c": None}]}}) == []
    assert different(one, {"a": {"id": "x", "b": [{"c": "10.01"}, {"c": None}]}}) == [("a", "b", 0, "c")]
    assert different(one, {"a": {"id": "x", "b": [{"c": "10"}]}}) == [("a", "b", "length"), ("a", "b", 1, "c")]
    assert different({"a": None}, {"a": ""}) == [("a",)]


@pytest.fixture
def run_python():
    """Runs a module of the repository; its standard output, once it ended well."""

    async def run(*arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )
        told, complaint = await process.communicate()
        assert process.returncode == 0, complaint.decode()
        return told.decode()

    return run


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_revocations_are_measured_and_every_promise_is_kept(tmp_path, run_python):
    printed = await run_python("-m", "benchmarks.revocation", "--revoked", "20", "--cut", "10", "--rate", "20", "--output", str(tmp_path / "r.json"))
    found = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert revocation.held(found)
    assert found["load"]["samples"] == 20
    assert found["load"]["told"] > 0
    assert "the database gone" in printed


@pytest.mark.parametrize(("part", "changed"), [
    ("load", {"p99": 1.1}), ("load", {"late": 1}), ("cut", {"said": {"ASKING": 3, "NOTICES": 1}}), ("gone", {"told_after": 1}), ("gone", {"statuses": {500: 3}}),
])
def test_a_promise_that_was_not_kept_is_the_exit_code(part, changed):
    found = {
        "load": {"p99": 0.1, "late": 0}, "cut": {"p99": 0.6, "late": 0, "said": {"ASKING": 4}, "said_after": {"NOTICES": 2}},
        "gone": {"told_after": 0, "statuses": {"503": 9}},
    }  # fmt: skip
    assert revocation.held(found)
    assert not revocation.held(found | {part: found[part] | changed})


def test_a_quantile_is_one_of_the_samples():
    assert [revocation._quantile([1.0, 2.0, 3.0, 4.0], share) for share in (0.5, 0.95, 0.99, 1.0)] == [2.0, 4.0, 4.0, 4.0]
