"""What the operator hears of a department that failed some of those asked about and told the others."""

from __future__ import annotations

import pytest
import structlog

from connectors.batches import Noted
from hub.manners import noted
from tests.hub.living import WHOLE, secrets_of


@pytest.mark.parametrize("manner", ["failed", "missing", "unreadable"])
def test_what_cost_somebodys_facts_is_a_line_with_department_group_and_how_many(manner):
    with structlog.testing.capture_logs() as said:
        noted("SW", Noted(manner, 3, "tax", "DepartmentTimeout"))
    assert said == [{
        "event": "department failed in part", "log_level": "warning", "department": "SW", "group": "tax", "manner": manner.upper(), "people": 3,
        "kind": "DepartmentTimeout",
    }]  # fmt: skip


@pytest.mark.parametrize("manner", ["strays", "repeats", "spared"])
def test_what_cost_nobody_anything_is_counted_alone(manner):
    with structlog.testing.capture_logs() as said:
        noted("SW", Noted(manner, 3))
    assert said == []


@pytest.mark.asyncio(loop_scope="session")
async def test_a_department_that_leaves_out_half_a_household_is_heard_of_and_nobody_is_named(living, signed_matter):
    token = await living.token(signed_matter)
    with structlog.testing.capture_logs() as said:
        async with living.misbehaving("GA", lie="half"):
            reply = await living.line.ask(token, WHOLE, {"id": signed_matter.id})
    assert reply.status == 200
    lines = [one for one in said if one["event"] == "department failed in part"]
    assert {(one["department"], one["manner"]) for one in lines} == {("GA", "MISSING")}
    assert all(one["group"] and one["people"] >= 1 for one in lines)
    told = str(said)
    assert not [one for one in (*secrets_of(living.platform.population), signed_matter.id, token) if one in told]
