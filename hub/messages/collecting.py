"""Handing waiting messages to the platform they are for: recorded before a byte leaves, deleted once it says it has them.

A platform asks by a signed message of its own and names in the next one what arrived; until then the contents stay, so that an answer lost
on the way loses nothing. A collection is single-use: replayed, it would tell the same people's situation to whoever caught it.
What a citizen sent of their own free will and has withdrawn since is not handed over: its contents are destroyed, the receiver is told
that it was withdrawn. That is looked at when it is read, and once more when the handing over is recorded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.access_log.entry import Decision, Entry, Kind
from hub.access_log.receipt import salted_digest
from hub.access_log.writer import AccessLog
from hub.authorizations.platforms import first_use, sender
from hub.authorizations.reasons import Flaw, Refused
from hub.authorizations.registration import FRESH, open_message
from hub.errors import Forbidden
from hub.keys import Random
from hub.messages.fallen import FALLEN_OF_NUMBERS, KINDS
from hub.operations.quotas import ClientQuota, placed
from hub.people.store import People
from hub.people.vault import Vault, message_context
from hub.tables import Message, Outbox

TYP = "household-collection+jws"
MOST = 50
"""Messages handed over at once."""
_SALT = 16


class Collections:
    """Hands messages over."""

    def __init__(self, engine: AsyncEngine, vault: Vault, log: AccessLog, *, random: Random, audience: str, rate: ClientQuota | None = None) -> None:
        """`audience` is the hub's own name; `rate` counts each platform that proved itself."""
        self._rate = rate
        self._engine = engine
        self._vault = vault
        self._people = People(vault, random)
        self._log = log
        self._random = random
        self._audience = audience

    async def accept(self, token: str, now: datetime) -> bytes:
        """The answer to a signed collection: {"data": {"messages": […]}, "receipt": …}. Raises `Refused`, `RecordingFailed`."""
        platform, keys = await sender(self._engine, token)
        claims = await asyncio.to_thread(
            open_message, token, keys, typ=TYP, shape="collection", platform=platform, audience=self._audience, now=now,
        )
        with placed(self._rate, platform):
            return await self._handed(platform, claims, now)

    async def _handed(self, platform: str, claims: Mapping[str, Any], now: datetime) -> bytes:
        async with self._engine.begin() as connection:
            if not await first_use(connection, f"platform:{platform}", claims["jti"], now + 2 * FRESH):
                raise Refused(Flaw.MESSAGE_REPLAYED, "a message with this jti was accepted before")
            await self._received(connection, platform, claims.get("received", ()), now)
        async with self._engine.begin() as connection:
            waiting = await self._waiting(connection, platform, claims.get("most", MOST))
            fallen = await self._fallen(connection, [row.number for row in waiting])
            await self._destroyed(connection, fallen, now)
            people = await self._people.by_ids(connection, [row.person_id for row in waiting if row.person_id is not None])
        told = [self._told(row) if row.number not in fallen else _withdrawn(row) for row in waiting]
        data = orjson.dumps({"messages": told})
        salt = self._random(_SALT)
        subjects = tuple(sorted({people[row.person_id].log_subject for row in waiting if row.person_id in people}))
        appended = await self._log.append(Entry(
            kind=Kind.OUTCOME, at=now, organisation=platform, role="PLATFORM", purpose="REFERRAL_HANDLING", subjects=subjects,
            decision=Decision.ALLOW, answer=salted_digest(salt, data), about={"collected": [row.number for row in waiting]},
        ))  # fmt: skip
        async with self._engine.connect() as connection:
            if await self._fallen(connection, [row.number for row in waiting]) - fallen:
                raise Forbidden("an authorisation fell while the collection was recorded", code="AUTH_REVOKED")
        receipt = self._log.receipt(appended, salt=salt)
        return b'{"data":' + data + b',"receipt":' + orjson.dumps(receipt.as_json()) + b"}"

    async def _received(self, connection: AsyncConnection, platform: str, numbers: Sequence[int], now: datetime) -> None:
        """What arrived: contents deleted, the record stays. Another platform's numbers are no business of this one."""
        mine = update(Message).where(Message.receiver == platform, Message.number.in_(numbers), Message.collected_at.is_(None))
        done = await connection.execute(mine.values(sealed=None, key_version=None, collected_at=now).returning(Message.number))
        collected = sorted(done.scalars().all())
        if collected:
            body = {"platform": platform, "collected": collected}
            await connection.execute(insert(Outbox).values(kind="MESSAGES_COLLECTED", body=body, at=now))

    async def _fallen(self, connection: AsyncConnection, numbers: Sequence[int]) -> frozenset[int]:
        """Those of these messages whose person has withdrawn since."""
        rows = await connection.exec_driver_sql(FALLEN_OF_NUMBERS, (list(KINDS), list(numbers)))
        return frozenset(row.number for row in rows)

    async def _destroyed(self, connection: AsyncConnection, fallen: frozenset[int], now: datetime) -> None:
        """The contents of what fell, at once; no retention speaks of what never arrived (PIPL §47)."""
        mine = update(Message).where(Message.number.in_(fallen), Message.sealed.is_not(None))
        done = await connection.execute(mine.values(sealed=None, key_version=None).returning(Message.number))
        destroyed = sorted(done.scalars().all())
        if destroyed:
            await connection.execute(insert(Outbox).values(kind="MESSAGES_DESTROYED", body={"withdrawn": destroyed}, at=now))

    async def _waiting(self, connection: AsyncConnection, platform: str, most: int) -> Sequence[Row[Any]]:
        query = select(
            Message.number, Message.platform, Message.id, Message.kind, Message.of, Message.reference, Message.case_id, Message.person_id,
            Message.record, Message.sealed, Message.key_version, Message.occurred_at,
        ).where(Message.receiver == platform, Message.state == "ACCEPTED", Message.collected_at.is_(None))  # fmt: skip
        return (await connection.execute(query.order_by(Message.number).limit(min(most, MOST)))).all()

    def _told(self, row: Row[Any]) -> dict[str, Any]:
        told = {
            "number": row.number, "from": row.platform, "id": row.id, "kind": row.kind, "of": row.of, "reference": row.reference,
            "occurredAt": row.occurred_at.isoformat(), "record": row.record,
        }  # fmt: skip
        if row.sealed is not None:
            text = self._vault.open_bytes(message_context(row.platform, row.id), row.sealed, row.key_version)
            told["contents"] = orjson.loads(text)
        return told


def _withdrawn(row: Row[Any]) -> dict[str, Any]:
    """What a receiver is told of a message that fell: that it is not to come, and nothing of anybody."""
    return {"number": row.number, "from": row.platform, "id": row.id, "kind": row.kind, "of": row.of, "reference": row.reference, "withdrawn": True}
