"""What a citizen sent and withdrew while it waited for its receiver: not handed over, destroyed; what organs owe each other is."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from joserfc.jwk import OKPKey

from hub.access_log.entry import Kind as Entered
from hub.messages.kinds import Kind
from tests.hub.living import Living
from tests.hub.messages.conftest import NUMBERS, Sender, identity
from tests.hub.test_late_deliveries import during

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def handling(living: Living) -> AsyncIterator[Sender]:
    """A receiver of this test's own, for whom nothing waits that others have left."""
    platform = f"zz-handling-{next(NUMBERS)}"
    receiver = Sender(platform, OKPKey.generate_key("Ed25519"), living)
    await receiver.enrol((), (Kind.LIVENESS,))
    yield receiver
    async with living.hub.records.acquire() as connection:
        await connection.execute("UPDATE platform SET collects = '{}' WHERE id = $1", platform)


async def test_a_waiting_message_a_citizen_withdrew_is_not_handed_over_and_its_contents_are_destroyed(living: Living, senders, handling):
    desk = senders["test-platform"]
    matter = await living.register()
    for place in (0, 1):
        body = {"person": identity(living, place), "passed": True}
        assert await desk.push("LIVENESS", body, reference=matter.reference, message=f"late-000{place}") == 201
    told = await living.withdraw(matter, by="p2")
    assert {"code": "MESSAGES", "count": 1}.items() <= next(one for one in told["consequence"]["ends"] if one["code"] == "MESSAGES").items()
    waiting = {one["id"]: one for one in await handling.collect() if one["reference"] == matter.reference}
    assert waiting["late-0000"]["contents"]["passed"] is True, "her husband's stands"
    assert waiting["late-0001"]["withdrawn"] is True
    assert "contents" not in waiting["late-0001"]
    async with living.hub.records.acquire() as connection:
        assert await connection.fetchval("SELECT sealed IS NULL FROM message WHERE id = 'late-0001'")
    numbers = [one["number"] for one in waiting.values()]
    assert not [one for one in await handling.collect(received=numbers) if one["reference"] == matter.reference]


async def test_a_message_withdrawn_while_its_collection_is_recorded_is_not_handed_over(living: Living, senders, handling, monkeypatch):
    desk = senders["test-platform"]
    matter = await living.register()
    body = {"person": identity(living, 1), "passed": True}
    assert await desk.push("LIVENESS", body, reference=matter.reference, message="late-0002") == 201
    during(monkeypatch, Entered.OUTCOME, lambda: living.withdraw(matter, by="p2"))
    with pytest.raises(AssertionError):
        await handling.collect()
    assert handling.told["code"] == "AUTH_REVOKED"
    [told] = [one for one in await handling.collect() if one["id"] == "late-0002"]
    assert told["withdrawn"] is True


async def test_what_an_organ_owes_another_does_not_fall_with_a_letter(living: Living, senders):
    desk, matter = senders["test-platform"], await living.register()
    result = {
        "person": identity(living, 1), "assistanceType": "EDUCATION", "result": "CONFIRMED", "decidedOn": "2026-11-20", "officer": "jy-3", "amount": "1500.00",
    }
    sent = await senders["dept-approval/JY"].push("APPROVAL_RESULT", result, reference=matter.reference, of="test-platform", message="duty-0001")
    assert sent == 201, senders["dept-approval/JY"].told
    await living.withdraw(matter, by="p2")
    assert "withdrawn" not in next(one for one in await desk.collect() if one["id"] == "duty-0001")


