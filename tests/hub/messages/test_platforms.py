"""Every platform of docs/systems.md that speaks by signed messages, doing what its row says at a running hub."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from joserfc.jwk import OKPKey

from hub.enrolment import enrol_platform
from hub.messages.kinds import Kind
from tests.hub.living import Living
from tests.hub.messages.conftest import SENDERS, TOWN, Sender, application, identity, lead
from tests.systems import SYSTEMS, System

pytestmark = pytest.mark.asyncio(loop_scope="session")

SPEAKING = [system for system in SYSTEMS if system.sends or system.receives]
COUNTERPART = "counterpart"


def body(kind: Kind, living: Living) -> Mapping[str, Any]:
    """A message of each kind, as good as it needs to be."""
    who, archived = identity(living), {"evidence": [{"archiveNo": "DA-2026-001", "sha256": "0" * 64}]}
    return {
        Kind.APPLICATION: application(living) | archived, Kind.PROGRESS: {"stage": "SUBMITTED"} | archived,
        Kind.MONITORING: {"state": "INCLUDED"}, Kind.LIVENESS: {"person": who, "passed": True},
        Kind.STAFF_STATISTICS: {"period": "2026-10", "region": TOWN, "counts": [{"indicator": "DIBAO", "count": 412}]},
        Kind.LEAD: lead(),
        Kind.PAYMENT: {"recipient": who, "assistanceType": "DIBAO", "period": "2026-11", "status": "PAID", "amount": "735.00"},
        Kind.PAYMENT_INTERCEPT: {
            "recipient": who, "assistanceType": "DIBAO", "period": "2026-11", "interceptedOn": "2026-11-20", "code": "DUPLICATE_PAYEE",
            "note": "同一账户",
        },
        Kind.APPROVAL_RESULT: {"person": who, "assistanceType": "MEDICAL", "result": "CONFIRMED", "decidedOn": "2026-11-20", "officer": "yb-1"},
        Kind.ALERT: {
            "rule": "R11", "direction": "EXIT", "level": "RED", "region": TOWN, "subject": who,
            "evidence": [{"fact": "死亡登记", "dataAsOf": living.clock().isoformat()}],
        },
    }[kind]  # fmt: skip


async def enrolled(living: Living, platform: str, *, sends=(), collects=()) -> Sender:
    desk = replace(living.platform, platform=platform, region=TOWN)
    key = OKPKey.import_key({**desk.key.as_dict(private=True), "kid": "k2"})
    await enrol_platform(
        living.hub.engine, platform=platform, name=platform, at=living.clock(), sends=sends, collects=collects, region=TOWN if collects else "",
        jwks={"keys": [*desk.jwks()["keys"], {**key.as_dict(private=False), "kid": "k2"}]},
    )
    return Sender(platform, key, living, kid="k2")


async def registered(living: Living, platform: str, reference: str) -> None:
    """A case of the demonstration family, registered with its letters by this platform."""
    living.clock.advance(1)
    desk = replace(living.platform, platform=platform, region=TOWN)
    message = desk.registration(
        living.family, reference=reference, assistance="DIBAO", organisations=[living.offices["hd"].organisation], purposes=["DIBAO_REVIEW"],
    )
    reply = await living.line.send("/registrations", message)
    assert reply.status == 201, reply.raw


@pytest.mark.parametrize("system", SPEAKING, ids=lambda system: system.id)
async def test_each_platform_of_the_table_sends_and_receives_what_its_row_says(living, senders, system: System):
    sender = await enrolled(living, system.id, sends=system.sends, collects=system.receives)
    other = await enrolled(living, COUNTERPART, sends=[*system.receives], collects=[*set(system.sends) - set(system.receives)])
    own, others = f"OWN-{system.id}", f"OTHER-{system.id}"
    try:
        await registered(living, system.id, own)
        for kind in system.sends:
            reference = own if kind in {Kind.LIVENESS, Kind.APPROVAL_RESULT, Kind.MONITORING} else f"{kind}-{system.id}"
            assert await sender.push(kind, body(kind, living), reference=reference) == 201, (kind, sender.told)
        if system.receives:
            await registered(living, COUNTERPART, others)
        for kind in system.receives:
            reference = others if kind in {Kind.LIVENESS, Kind.APPROVAL_RESULT} else f"{kind}-for-{system.id}"
            assert await other.push(kind, body(kind, living), reference=reference) == 201, (kind, other.told)
        assert {one["kind"] for one in await sender.collect() if one["from"] == COUNTERPART} == set(system.receives)
    finally:
        if system.id in senders:
            await senders[system.id].enrol(*SENDERS[system.id])
        else:
            await enrolled(living, system.id)
        await enrolled(living, COUNTERPART)
