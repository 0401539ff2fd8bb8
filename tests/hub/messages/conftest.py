"""Platforms enrolled at the running hub, each with its own key, and what they push."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest_asyncio
from joserfc.jwk import OKPKey

from hub.access_log.entry import Kind as EntryKind
from hub.enrolment import enrol_platform
from hub.messages.kinds import Kind
from hub.messages.sending import collect, push
from tests.hub.living import PLATFORM, TONGNAN, Living
from tests.waiting import until

NUMBERS = itertools.count(1)
TOWN = "500152103000"
SENDERS: Mapping[str, tuple[Sequence[Kind], Sequence[Kind]]] = {
    "cq-jiuzhutong": (("APPLICATION", "PROGRESS", "MONITORING", "LIVENESS", "STAFF_STATISTICS"), ()),
    "tn-handling": (("PROGRESS",), ("APPLICATION", "LIVENESS", "LEAD", "PAYMENT", "PAYMENT_INTERCEPT")),
    "hotline-12345": (("LEAD",), ()),
    "hotline-qj-79222164": (("LEAD",), ()),
    "yikatong": (("PAYMENT", "PAYMENT_INTERCEPT"), ()),
    "dept-approval/JY": (("APPROVAL_RESULT",), ()),
}


@dataclass(slots=True)
class Sender:
    """One platform at work. `told` is the last answer's body."""

    platform: str
    key: OKPKey
    living: Living
    told: dict[str, Any] = field(default_factory=dict)
    kid: str = "k1"

    def signed(self, kind: str, body: Mapping[str, Any], *, reference: str = "", message: str = "", of: str = "", **more: Any) -> str:
        clock = self.living.clock
        told = {"now": clock(), "occurred_at": clock(), "audience": self.living.url, "kid": self.kid} | more
        return push(
            self.key, platform=self.platform, message=message or f"{self.platform}-{next(NUMBERS):06d}", kind=kind,
            reference=reference or f"R-{next(NUMBERS)}", body=body, of=of, **told,
        )

    async def enrol(self, sends: Sequence[Kind], collects: Sequence[Kind]) -> None:
        await enrol_platform(
            self.living.hub.engine, platform=self.platform, name=self.platform, at=self.living.clock(), sends=sends, collects=collects,
            jwks={"keys": [{**self.key.as_dict(private=False), "kid": "k1"}]}, region=TONGNAN if collects else "",
        )

    async def send(self, token: str, path: str = "/messages") -> int:
        reply = await self.living.line.send(path, token)
        self.told = orjson.loads(reply.raw)
        return reply.status

    async def push(self, kind: str, body: Mapping[str, Any], **more: Any) -> int:
        return await self.send(self.signed(kind, body, **more))

    async def collect(self, received: Sequence[int] = ()) -> list[dict[str, Any]]:
        token = collect(
            self.key, kid=self.kid, platform=self.platform, audience=self.living.url, jti=f"collect-{next(NUMBERS):06d}",
            now=self.living.clock(), received=received,
        )
        assert await self.send(token, "/messages/collections") == 200, self.told
        return self.told["data"]["messages"]

    async def changes(self, code: str, text: str) -> list[bytes]:
        """Entries of the log of this code that hold the text, once the outbox is carried."""

        async def found() -> list[bytes]:
            self.living.hub.upkeep.wake()
            bodies = [one.body for one in await self.living.entries(kind=EntryKind.CHANGE)]
            return [body for body in bodies if code.encode() in body and text.encode() in body]

        return await until(found, every=0.02)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def senders(living_hub: Living) -> dict[str, Sender]:
    """Every platform of `SENDERS`, and the one that registers the family's cases."""
    made = {}
    for platform, (sends, collects) in SENDERS.items():
        key = OKPKey.generate_key("Ed25519")
        made[platform] = Sender(platform, key, living_hub)
        await made[platform].enrol(sends, collects)
    desk = living_hub.platform
    key = OKPKey.import_key({**desk.key.as_dict(private=True), "kid": "k1"})
    await enrol_platform(
        living_hub.hub.engine, platform=PLATFORM, name=PLATFORM,
        jwks={"keys": [*desk.jwks()["keys"], {**key.as_dict(private=False), "kid": "k1"}]}, at=living_hub.clock(),
        sends=("APPLICATION", "PROGRESS", "LIVENESS"), collects=("APPROVAL_RESULT",), region=TONGNAN,
    )
    made[PLATFORM] = Sender(PLATFORM, key, living_hub)
    return made


def identity(living: Living, place: int = 0) -> dict[str, str]:
    """A member of the demonstration family as a message names them."""
    person = living.family.members[place].person
    return {"idNumber": person.id_number, "name": person.name}


def application(living: Living, **more: Any) -> dict[str, Any]:
    return {
        "types": ["DIBAO"], "channel": "cq-jiuzhutong", "region": TOWN, "jurisdiction": "HUKOU", "submittedAt": living.clock().isoformat(),
        "applicant": identity(living), "documents": ["ID_DOC", "APPLY_AUTH_LETTER"],
    } | more


def lead(**more: Any) -> dict[str, Any]:
    return {
        "channel": "hotline-12345", "method": "HOTLINE", "discoveredBy": "接线员甲", "region": TOWN, "subject": {"name": "某某某"},
        "familySituation": "独居，突患重病", "suspectedTypes": ["TEMPORARY", "MEDICAL"],
    } | more
