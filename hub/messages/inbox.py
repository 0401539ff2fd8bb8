"""The inbox: every pushed message is taken once, or refused with its reason, and either is an entry of the log.

- The message id makes it idempotent: the same again, signed anew or not, is a duplicate and changes nothing; another message under a used
  id is refused. A refused message may be sent again under its id: what was missing may have come meanwhile.
- What is taken: the record in clear, the person in the vault, everything else sealed for the one platform that is there to receive it.
  Where nobody is there to receive it, or the region states no retention, nothing is taken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.authorizations.platforms import one_at_a_time, sender
from hub.authorizations.reasons import Flaw, Refused
from hub.authorizations.receivers import within
from hub.canonical import canonical
from hub.keys import Random
from hub.means_check.register import reported
from hub.messages.envelope import Envelope, open_envelope
from hub.messages.examining import contents, examine, recorded
from hub.messages.kinds import SORTS, Kind
from hub.messages.matters import Found, application_receiver, find, move
from hub.operations.quotas import ClientQuota, placed
from hub.people.id_number import BadIdNumber, parse
from hub.people.store import People
from hub.people.vault import Identity, Vault, message_context
from hub.tables import Message, Outbox, Platform
from policies.retention import Retention

_ABOUT_OTHERS = frozenset({Kind.PROGRESS, Kind.APPROVAL_RESULT})
"""Kinds that may speak of another platform's matter: what became of an application or a referral."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a sender is told. `state` is ACCEPTED, DUPLICATE or REFUSED; `refusal` says why."""

    state: str
    case: str | None = None
    refusal: Refused | None = None


class Inbox:
    """Takes platforms' messages."""

    def __init__(
        self, engine: AsyncEngine, vault: Vault, *, random: Random, audience: str, retention: Mapping[str, Retention],
        rate: ClientQuota | None = None,
    ) -> None:
        """`audience` is the hub's own name; `retention` what the region's folder states; `rate` counts each platform that proved itself."""
        self._rate = rate
        self._engine = engine
        self._vault = vault
        self._people = People(vault, random)
        self._audience = audience
        self._retention = retention

    async def accept(self, token: str, now: datetime) -> Taken:
        """Take one message. Raises `Refused` for what is no signed message, or another one under a used id; else says what became of it."""
        platform, keys = await sender(self._engine, token)
        envelope = await asyncio.to_thread(open_envelope, token, keys, platform=platform, audience=self._audience, now=now)
        with placed(self._rate, platform):
            return await self._taken(platform, envelope, now)

    async def _taken(self, platform: str, envelope: Envelope, now: datetime) -> Taken:
        async with self._engine.begin() as connection:
            await one_at_a_time(connection, envelope.of, envelope.reference)
            await one_at_a_time(connection, platform, f"message {envelope.id}")
            query = select(Message.digest, Message.state, Message.reason, Message.case_id)
            known = (await connection.execute(query.where(Message.platform == platform, Message.id == envelope.id))).one_or_none()
            if known is not None and known.digest != envelope.digest:
                raise Refused(Flaw.MESSAGE_ID_REUSED, "another message was sent under this id")
            if known is not None and known.state == "ACCEPTED":
                return Taken("DUPLICATE", known.case_id)
            try:
                async with connection.begin_nested():
                    return Taken("ACCEPTED", await self._take(connection, envelope, now))
            except Refused as refusal:
                if known is None or known.reason != refusal.code:
                    await self._note(connection, envelope, now, state="REFUSED", reason=refusal.code)
                return Taken("REFUSED", refusal=refusal)

    async def _take(self, connection: AsyncConnection, envelope: Envelope, now: datetime) -> str | None:
        await self._allowed(connection, envelope)
        examine(envelope.kind, envelope.body)
        person = await self._person(connection, envelope, now)
        found = await self._found(connection, envelope, person, now)
        await move(connection, envelope, found)
        sealed = await self._sealed(connection, envelope, found, now)
        row = {"case_id": found.id, "person_id": person, "record": recorded(envelope.kind, envelope.body)} | sealed
        await self._note(connection, envelope, now, state="ACCEPTED", reason="", **row)
        return found.id

    async def _found(self, connection: AsyncConnection, envelope: Envelope, person: UUID | None, now: datetime) -> Found:
        if envelope.kind is Kind.CHECK_REPORTED:
            status = envelope.body["status"]
            case = await reported(connection, platform=envelope.platform, check=envelope.reference, status=status, at=now)
            return Found(case, "", "")
        return await find(connection, envelope, person)

    async def _allowed(self, connection: AsyncConnection, envelope: Envelope) -> None:
        """The platform is enrolled for this kind, and speaks of its own matters or of one it was given."""
        sends = (await connection.execute(select(Platform.sends).where(Platform.id == envelope.platform))).scalar_one()
        if envelope.kind not in sends:
            raise Refused(Flaw.KIND_NOT_ALLOWED, "this platform is not enrolled to send this kind of message")
        if envelope.of == envelope.platform:
            return
        given = envelope.kind is not Kind.PROGRESS or await application_receiver(connection, envelope) == envelope.platform
        if envelope.kind not in _ABOUT_OTHERS or not given:
            raise Refused(Flaw.KIND_NOT_ALLOWED, "this platform may not speak of another platform's matter so")

    async def _person(self, connection: AsyncConnection, envelope: Envelope, now: datetime) -> UUID | None:
        """Into the vault: that there is somebody of this number. What they are called is a registration's word, never changed here."""
        named = envelope.body.get(SORTS[envelope.kind].person) if SORTS[envelope.kind].person else None
        if named is None or "idNumber" not in named:
            return None
        try:
            number = parse(named["idNumber"], today=now.date())
        except BadIdNumber as error:
            raise Refused(Flaw.ID_NUMBER_INVALID, f"the ID number: {error.reason}") from None
        return await self._people.upsert(connection, Identity(number.value, named["name"], number.sex, number.birth_date))

    async def _sealed(self, connection: AsyncConnection, envelope: Envelope, found: Found, now: datetime) -> dict[str, Any]:
        """The columns of what waits for a receiver; without contents a receiver is told the record, where there is one."""
        receiver = await self._receiver(connection, envelope, found)
        told = contents(envelope.kind, envelope.body)
        named = envelope.body.get(SORTS[envelope.kind].person) if receiver is not None else None
        if named is not None:  # as the sender names them: what another platform calls this person is no business of the receiver
            told["person"] = named
        if not told:
            return {"receiver": receiver}
        if receiver is None:
            raise Refused(Flaw.NO_RECEIVER, "no platform is enrolled to receive this: the hub keeps nothing for nobody")
        retention = self._retention.get("MESSAGE")
        if retention is None:
            raise Refused(Flaw.RETENTION_MISSING, "the region states no retention for contents of messages")
        sealed, version = self._vault.seal_bytes(message_context(envelope.platform, envelope.id), canonical(told))
        keep = now.date() + timedelta(days=retention.days)
        return {"receiver": receiver, "sealed": sealed, "key_version": version, "keep_until": keep}

    async def _receiver(self, connection: AsyncConnection, envelope: Envelope, found: Found) -> str | None:
        """The platform of another's matter, where it is told of that; else who collects this kind closest to the place."""
        if envelope.of != envelope.platform:
            return envelope.of
        place = str(envelope.body.get(SORTS[envelope.kind].region, "")) or found.region
        query = select(Platform.id, Platform.region).where(Platform.active, func.array_position(Platform.collects, envelope.kind).is_not(None))
        rows = [row for row in await connection.execute(query) if row.id != envelope.platform and within(place, row.region)]
        closest = max(rows, key=lambda row: (len(row.region.rstrip("0")), row.id), default=None)
        return None if closest is None else str(closest.id)

    async def _note(self, connection: AsyncConnection, envelope: Envelope, now: datetime, **columns: Any) -> None:
        """Keep the message's row and tell the log. The log hears of ids, kinds and states, of no person and no contents."""
        row = {
            "platform": envelope.platform, "id": envelope.id, "digest": envelope.digest, "kind": envelope.kind, "of": envelope.of,
            "reference": envelope.reference, "record": {}, "occurred_at": envelope.occurred_at, "received_at": now,
        } | columns  # fmt: skip
        statement = insert(Message).values(row)
        changed = {name: statement.excluded[name] for name in row if name not in ("platform", "id")}
        await connection.execute(statement.on_conflict_do_update(index_elements=["platform", "id"], set_=changed))
        body = {"platform": envelope.platform, "message": envelope.id, "kind": envelope.kind, "of": envelope.of, "reference": envelope.reference}
        body |= {"case": columns["case_id"]} if columns.get("case_id") else {}
        body |= {"reason": columns["reason"]} if columns["reason"] else {}
        await connection.execute(insert(Outbox).values(kind=f"MESSAGE_{columns['state']}", body=body, at=now))


async def drop_overdue(engine: AsyncEngine, today: datetime) -> int:
    """Delete sealed contents nobody collected within their retention; the record stays. How many there were."""
    async with engine.begin() as connection:
        overdue = update(Message).where(Message.keep_until < today.date(), Message.sealed.is_not(None))
        rows = (await connection.execute(overdue.values(sealed=None, key_version=None).returning(Message.platform, Message.id))).all()
        for row in rows:
            body = {"platform": row.platform, "message": row.id}
            await connection.execute(insert(Outbox).values(kind="MESSAGE_CONTENTS_DROPPED", body=body, at=today))
    return len(rows)
