"""Metrics: counts by closed sets of labels, and no identifier in what anybody may read."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.hub.living import WHOLE, secrets_of


@pytest.mark.asyncio(loop_scope="session")
async def test_metrics_count_answers_refusals_and_departments_and_name_nobody(living, signed_matter):
    token = await living.token(signed_matter)
    async with living.misbehaving("SW", fail=500), living.misbehaving("GA", lie="extra_people"):
        await living.line.ask(token, WHOLE, {"id": signed_matter.id})
    await living.line.ask(token, "{ nobody }")
    async with living.line.session.get(f"{living.url}/metrics") as reply:
        assert reply.status == 200
        assert reply.content_type == "text/plain"
        text = await reply.text()
    for line in (
        'hub_answers_total{decision="PARTIAL",status="200"}', 'hub_answers_total{decision="REFUSED",status="400"}',
        'hub_refusals_total{code="DOCUMENT_INVALID"}', "hub_answer_seconds_count",
        'hub_log_entries_total{kind="INTENT"}', 'hub_log_entries_total{kind="OUTCOME"}', 'hub_log_entries_total{kind="REFUSAL"}',
        'hub_department_calls_total{department="SW",outcome="SOURCE_ERROR"}', 'hub_department_calls_total{department="GA",outcome="ANSWERED"}', "hub_in_flight",
        'hub_department_manners_total{department="GA",manner="STRAYS"}',
    ):
        assert line in text, line
    identifiers = [signed_matter.id, signed_matter.reference, token, living.offices["hd"].client, *secrets_of(living.platform.population)]
    assert not [one for one in identifiers if one in text]


def test_several_workers_are_summed_where_a_directory_is_set(tmp_path):
    count = "from hub import metrics; metrics.REFUSALS.labels('RATE').inc()"
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", count], check=True, env=environment)
    shown = subprocess.run(
        [sys.executable, "-c", "from hub import metrics; print(metrics.exposition().decode())"],
        check=True, env=environment, capture_output=True, text=True,
    )
    assert 'hub_refusals_total{code="RATE"} 2.0' in shown.stdout


def test_the_worst_of_the_workers_breakers_is_shown(tmp_path):
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    script = """
import subprocess, sys
from types import SimpleNamespace
from connectors.breaker import State
from hub import metrics
from hub.manners import breaker
for department, state in {0}:
    breaker(SimpleNamespace(department=department, protocol="rest"), state)
"""
    inner = script.format('(("SW", State.OPEN), ("RS", State.CLOSED))') + "print(metrics.exposition().decode())"
    outer = script.format('(("SW", State.CLOSED), ("RS", State.HALF_OPEN))')
    outer += "print(subprocess.run([sys.executable, '-c', sys.argv[1]], capture_output=True, text=True).stdout)"
    shown = subprocess.run([sys.executable, "-c", outer, inner], check=True, env=environment, capture_output=True, text=True).stdout
    assert 'hub_department_breaker{department="SW",protocol="rest"} 2.0' in shown
    assert 'hub_department_breaker{department="RS",protocol="rest"} 1.0' in shown
