"""Registrations stored: case, household, people and letters in one transaction with the row that carries the change into the log.

Sending the same registration again changes nothing. Another one of the same case replaces its household; which letters end by it says
lapsing.py, and one it brings again keeps what it was: re-registering cannot bring a revoked letter back, nor resume a paused one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from joserfc.jwk import KeySet
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.authorizations.conditions import Conditions
from hub.authorizations.declared import DeclaredPerson, Registration
from hub.authorizations.lapsing import IN_FORCE
from hub.authorizations.letter_store import Letters
from hub.authorizations.platforms import first_use, one_at_a_time, sender
from hub.authorizations.reasons import Flaw, Refused
from hub.authorizations.registration import FRESH, verify
from hub.authorizations.renewals import warned_of
from hub.authorizations.revocation import tell_workers
from hub.authorizations.trust_list import TrustList
from hub.emergencies.follow_ups import papers_came
from hub.keys import Random
from hub.messages.stages import REFUSED
from hub.operations.quotas import ClientQuota, placed
from hub.people.store import People
from hub.people.vault import Identity, Vault
from hub.signatures import LONGEST_REGISTRATION, claims_unverified, sha256
from hub.suites import SUITES
from hub.tables import Case, Household, Letter, Member, Outbox, Platform
from hub.ulid import new_id


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a platform is told. `letters` maps each letter's number to (id, document hash in hex); `changed` is False for a repeat."""

    case: str
    letters: Mapping[str, tuple[str, str]]
    warnings: tuple[str, ...]
    changed: bool


class Registrar:
    """Accepts platforms' registrations."""

    def __init__(
        self, engine: AsyncEngine, vault: Vault, *, random: Random, audience: str, conditions: Conditions, trust: Path | None = None,
        suites: frozenset[str] = frozenset(SUITES), rate: ClientQuota | None = None,
    ) -> None:
        """`audience` is the hub's own name, which a registration must bear; `conditions` the region's; `trust` the directory of the trust list; `suites` the
        installation's algorithms, of which a platform may be left fewer; `rate` counts each platform that proved itself, None nobody.
        """
        self._rate = rate
        self._engine = engine
        self._vault = vault
        self._people = People(vault, random)
        self._random = random
        self._letters = Letters(vault, random)
        self._audience = audience
        self._conditions = conditions
        self._trust = trust
        self._suites = suites

    async def accept(self, token: str, now: datetime) -> Accepted:
        """Verify and store. Raises `Refused`, `TooMany` past the platform's rate; then nothing is stored."""
        platform, keys = await sender(self._engine, token)
        known = await self._known(platform, token)
        if known is not None:
            return known
        suites, held = await self._allowed(platform), await self._held(platform, token)
        registration = await asyncio.to_thread(self._verified, token, keys, platform, suites, held, now)
        self._conditions.refuse_unshown(registration.letters, held)
        registration = replace(registration, warnings=(*registration.warnings, *warned_of(registration.letters, self._conditions, now)))
        with placed(self._rate, platform):
            return await self._stored(registration, platform, now)

    async def _stored(self, registration: Registration, platform: str, now: datetime) -> Accepted:
        async with self._engine.begin() as connection:
            await one_at_a_time(connection, platform, registration.reference)
            columns = (Case.id, Case.registration_hash, Case.closed_at, Case.monitored_to, Case.refused_at)
            query = select(*columns).where(Case.platform == platform, Case.reference == registration.reference)
            existing = (await connection.execute(query)).one_or_none()
            if existing is not None and existing.registration_hash == registration.hash:
                return await self._told(connection, existing.id, registration.warnings, changed=False)
            if not await first_use(connection, f"platform:{platform}", registration.jti, registration.issued_at + 2 * FRESH):
                raise Refused(Flaw.MESSAGE_REPLAYED, "a message with this jti was accepted before")
            return await self._write(connection, registration, existing, now)

    async def _allowed(self, platform: str) -> frozenset[str]:
        async with self._engine.connect() as connection:
            own = (await connection.execute(select(Platform.algorithms).where(Platform.id == platform))).scalar_one()
        return self._suites.intersection(own) if own else self._suites

    def _verified(
        self, token: str, keys: KeySet, platform: str, suites: frozenset[str], held: frozenset[bytes], now: datetime
    ) -> Registration:
        trust = TrustList.read(self._trust) if self._trust is not None else None
        return verify(token, keys, platform=platform, audience=self._audience, now=now, trust=trust, suites=suites, held=held)

    async def _held(self, platform: str, token: str) -> frozenset[bytes]:
        """Hashes of the letters the hub holds in the matter the message claims to be about; nothing rests on the claim but that."""
        claimed = claims_unverified(token, longest=LONGEST_REGISTRATION).get("case")
        reference = claimed.get("reference") if isinstance(claimed, dict) else None
        if not isinstance(reference, str) or "\0" in reference:
            return frozenset()
        async with self._engine.connect() as connection:
            query = select(Letter.document_hash).join(Case, Case.id == Letter.case_id)
            return frozenset((await connection.execute(query.where(Case.platform == platform, Case.reference == reference))).scalars())

    async def _known(self, platform: str, token: str) -> Accepted | None:
        """The same bytes as the case's registration in force: a repeat after a lost answer, however late."""
        async with self._engine.connect() as connection:
            query = select(Case.id).where(Case.platform == platform, Case.registration_hash == sha256(token.encode()))
            case = (await connection.execute(query)).scalars().first()
            return await self._told(connection, case, (), changed=False) if case is not None else None

    async def _write(
        self, connection: AsyncConnection, registration: Registration, existing: Any, now: datetime
    ) -> Accepted:
        case = existing.id if existing is not None else new_id("case", now, self._random(10))
        row = {
            "assistance_type": registration.assistance_type, "stage": registration.stage, "region": registration.region,
            "organisations": list(registration.organisations), "registration_hash": registration.hash, "registered_under": registration.kid,
            "opened_at": registration.opened_at, "closed_at": registration.closed_at,
        }  # fmt: skip
        if registration.monitored_from is not None:
            row |= {"monitored_from": registration.monitored_from, "monitored_to": registration.monitored_to}
        if registration.stage == REFUSED and (existing is None or existing.refused_at is None):
            row["refused_at"] = now
        if existing is None:
            key = {"id": case, "platform": registration.platform, "reference": registration.reference}
            await connection.execute(insert(Case).values(row | key))
        else:
            await connection.execute(update(Case).where(Case.id == case).values(row))
            await tell_workers(connection, "CASE", case, at=now)
        people = await self._store_people(connection, registration)
        before = await self._store_household(connection, case, registration, people)
        new = await self._letters.store(connection, case, registration.letters, people, registration.kid, now)
        after = {str(people[person.ref]): person.role for person in registration.people}
        again = existing is not None and _opened_again(existing, registration, now)
        ended = await self._letters.end(
            connection, case, {letter.hash for letter in registration.letters}, new, before, after, opened_again=again,
        )
        told = await self._told(connection, case, registration.warnings, changed=True)
        await papers_came(connection, self._people, case, [identifier for identifier, _ in told.letters.values()], now, self._conditions)
        body = {
            "case": case, "platform": registration.platform, "kid": registration.kid, "registration": registration.hash.hex(),
            "letters": [identifier for identifier, _ in told.letters.values()], "superseded": ended,
        }  # fmt: skip
        kind = "CASE_REGISTERED" if existing is None else "CASE_REGISTERED_AGAIN"
        await connection.execute(insert(Outbox).values(kind=kind, body=body, at=now))
        return told

    async def _store_people(self, connection: AsyncConnection, registration: Registration) -> Mapping[str, UUID]:
        ids: dict[str, UUID] = {}
        # In one order everywhere: two registrations that share people must not wait for each other in a circle.
        for person in sorted(registration.people, key=lambda one: self._vault.blind_index(one.id_number)):
            ids[person.ref] = await self._people.upsert(connection, _identity(person))
        return ids

    async def _store_household(
        self, connection: AsyncConnection, case: str, registration: Registration, people: Mapping[str, UUID]
    ) -> Mapping[str, str]:
        """The declared household; what it was is given back: each person's role."""
        row = {
            "area": registration.area, "hukou_region": registration.hukou_region,
            "residence_region": registration.residence_region, "kin_of_staff": registration.kin_of_staff,
        }  # fmt: skip
        household = (await connection.execute(select(Household.id).where(Household.case_id == case))).scalar_one_or_none()
        before: dict[str, str] = {}
        if household is None:
            household = UUID(bytes=self._random(16), version=4)
            await connection.execute(insert(Household).values(row | {"id": household, "case_id": case}))
        else:
            await connection.execute(update(Household).where(Household.id == household).values(row))
            gone = delete(Member).where(Member.household_id == household).returning(Member.person_id, Member.role)
            before = {str(row.person_id): row.role for row in await connection.execute(gone)}
        members = [
            {
                "household_id": household, "person_id": people[person.ref], "ordinal": ordinal, "relation": person.relation,
                "role": person.role, "capacity": person.capacity, "guardians": [str(people[ref]) for ref in person.guardians],
                "kin_of_staff": list(person.kin_of_staff),
                **self._sealed(household, people[person.ref], person),
            }
            for ordinal, person in enumerate(registration.people)
        ]  # fmt: skip
        await connection.execute(insert(Member).values(members))
        return before

    def _sealed(self, household: UUID, person: UUID, declared: DeclaredPerson) -> dict[str, bytes | int]:
        sealed, version = self._vault.seal(person, _identity(declared), household=household)
        return {"sealed": sealed, "key_version": version}

    async def _told(self, connection: AsyncConnection, case: str, warnings: tuple[str, ...], *, changed: bool) -> Accepted:
        query = select(Letter.number, Letter.id, Letter.document_hash).where(Letter.case_id == case, Letter.status.in_(IN_FORCE))
        rows = await connection.execute(query.order_by(Letter.id))
        return Accepted(case, {row.number: (row.id, row.document_hash.hex()) for row in rows}, warnings, changed)


def _opened_again(existing: Any, registration: Registration, now: datetime) -> bool:
    """Whether a matter that was over is not any more, or somebody is watched again whose monitoring had ended."""
    was, is_over = existing.closed_at, registration.closed_at
    reopened = was is not None and was <= now and (is_over is None or is_over > now)
    watched_again = existing.monitored_to is not None and registration.monitored_from is not None and registration.monitored_to is None
    return reopened or watched_again


def _identity(person: DeclaredPerson) -> Identity:
    return Identity(person.id_number, person.name, person.sex, person.birth_date, person.died_on)
