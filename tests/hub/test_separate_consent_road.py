"""What was not consented to item by item is withheld from that person's answer alone, with its reason, and no department is asked (PIPL §29)."""

from __future__ import annotations

import pytest

from hub.access_log.entry import Kind
from tests.hub.living import Living, statuses
from tests.hub.scenarios.test_scenario_08 import HEAD, told_under

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_item_that_was_not_ticked_is_closed_and_the_rest_is_told(living: Living) -> None:
    told = (await told_under(living, "S-29-1", separately=("health",)))[HEAD]
    found = statuses(told)
    assert found["disability"] == "NOT_COVERED"
    assert {line["reason"] for line in told["disability"]["disclosure"]["fields"]} == {"CONSENT_NOT_ITEMISED"}
    assert told["disability"]["records"] is None
    assert {found[group] for group in ("tax", "vehicle", "civilAssistance", "realEstate")} <= {"MATCHED", "NO_RECORD"}, "it takes nothing else along"
    assert not [name for name in await intended(living) if name.startswith("disability")], "no department was to be asked"
    ticked = (await told_under(living, "S-29-2", separately=("disability",)))[HEAD]
    assert statuses(ticked)["disability"] in {"MATCHED", "NO_RECORD"}
    assert [name for name in await intended(living) if name.startswith("disability")]


async def intended(living: Living) -> list[str]:
    """What the newest question was going to ask, as the log has it."""
    (entry,) = await living.entries(kind=Kind.INTENT, limit=1)
    return list(entry.parts()[1]["fields"])
