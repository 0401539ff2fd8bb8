"""Registrations stored: case, household, people and letters in one transaction with the row that carries the change into the log.

Sending the same registration again changes nothing. Another one of the same case replaces its household; a letter it no longer
brings is SUPERSEDED, and one it brings again keeps what it was: re-registering cannot bring a revoked letter back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from joserfc.jwk import KeySet
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.authorizations.declared import DeclaredLetter, DeclaredPerson, Registration
from hub.authorizations.platforms import first_use, one_at_a_time, sender
from hub.authorizations.reasons import Flaw, Refused
from hub.authorizations.registration import FRESH, verify
from hub.authorizations.revocation import tell_workers
from hub.authorizations.trust_list import TrustList
from hub.emergencies.follow_ups import papers_came
from hub.keys import Random
from hub.people.store import People
from hub.people.vault import Identity, Vault, letter_context, signers_context
from hub.signatures import sha256
from hub.suites import SUITES
from hub.tables import Case, Household, Letter, Member, Outbox, Platform, Signer
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
        self, engine: AsyncEngine, vault: Vault, *, random: Random, audience: str, trust: Path | None = None,
        suites: frozenset[str] = frozenset(SUITES),
    ) -> None:
        """`audience` is the hub's own name, which a registration must bear; `trust` the directory of the trust list; `suites` the
        installation's algorithms, of which a platform may be left fewer.
        """
        self._engine = engine
        self._vault = vault
        self._people = People(vault, random)
        self._random = random
        self._audience = audience
        self._trust = trust
        self._suites = suites

    async def accept(self, token: str, now: datetime) -> Accepted:
        """Verify and store. Raises `Refused`; then nothing is stored."""
        platform, keys = await sender(self._engine, token)
        known = await self._known(platform, token)
        if known is not None:
            return known
        suites = await self._allowed(platform)
        registration = await asyncio.to_thread(self._verified, token, keys, platform, suites, now)
        async with self._engine.begin() as connection:
            await one_at_a_time(connection, platform, registration.reference)
            query = select(Case.id, Case.registration_hash).where(Case.platform == platform, Case.reference == registration.reference)
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

    def _verified(self, token: str, keys: KeySet, platform: str, suites: frozenset[str], now: datetime) -> Registration:
        trust = TrustList.read(self._trust) if self._trust is not None else None
        return verify(token, keys, platform=platform, audience=self._audience, now=now, trust=trust, suites=suites)

    async def _known(self, platform: str, token: str) -> Accepted | None:
        """The same bytes as the case's registration in force: a repeat after a lost answer, however late."""
        async with self._engine.connect() as connection:
            query = select(Case.id).where(Case.platform == platform, Case.registration_hash == sha256(token.encode()))
            case = (await connection.execute(query)).scalars().first()
            return await self._told(connection, case, (), changed=False) if case is not None else None

    async def _write(
        self, connection: AsyncConnection, registration: Registration, existing: Row[str, bytes] | None, now: datetime
    ) -> Accepted:
        case = existing.id if existing is not None else new_id("case", now, self._random(10))
        row = {
            "assistance_type": registration.assistance_type, "stage": registration.stage, "region": registration.region,
            "organisations": list(registration.organisations), "registration_hash": registration.hash, "registered_under": registration.kid,
            "opened_at": registration.opened_at, "closed_at": registration.closed_at,
        }  # fmt: skip
        if existing is None:
            key = {"id": case, "platform": registration.platform, "reference": registration.reference}
            await connection.execute(insert(Case).values(row | key))
        else:
            await connection.execute(update(Case).where(Case.id == case).values(row))
            await tell_workers(connection, "CASE", case, at=now)
        people = await self._store_people(connection, registration)
        await self._store_household(connection, case, registration, people)
        superseded = await self._store_letters(connection, case, registration, people, now)
        told = await self._told(connection, case, registration.warnings, changed=True)
        await papers_came(connection, case, registration, {number: identifier for number, (identifier, _) in told.letters.items()}, now)
        body = {
            "case": case, "platform": registration.platform, "kid": registration.kid, "registration": registration.hash.hex(),
            "letters": [identifier for identifier, _ in told.letters.values()], "superseded": superseded,
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
    ) -> None:
        row = {
            "area": registration.area, "hukou_region": registration.hukou_region,
            "residence_region": registration.residence_region, "kin_of_staff": registration.kin_of_staff,
        }  # fmt: skip
        household = (await connection.execute(select(Household.id).where(Household.case_id == case))).scalar_one_or_none()
        if household is None:
            household = UUID(bytes=self._random(16), version=4)
            await connection.execute(insert(Household).values(row | {"id": household, "case_id": case}))
        else:
            await connection.execute(update(Household).where(Household.id == household).values(row))
            await connection.execute(delete(Member).where(Member.household_id == household))
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

    def _sealed(self, household: UUID, person: UUID, declared: DeclaredPerson) -> dict[str, bytes | int]:
        sealed, version = self._vault.seal(person, _identity(declared), household=household)
        return {"sealed": sealed, "key_version": version}

    async def _store_letters(
        self, connection: AsyncConnection, case: str, registration: Registration, people: Mapping[str, UUID], now: datetime
    ) -> list[str]:
        query = select(Letter.id, Letter.document_hash, Letter.status).where(Letter.case_id == case)
        stored = {row.document_hash: row for row in await connection.execute(query)}
        for letter in registration.letters:
            if letter.hash in stored:
                identifier = stored[letter.hash].id
                again = self._proof(identifier, letter, registration.kid)
                await connection.execute(update(Letter).where(Letter.id == identifier).values(again))
                await connection.execute(delete(Signer).where(Signer.letter_id == identifier))
            else:
                identifier = await self._store_letter(connection, case, letter, registration.kid, now)
            await self._store_signers(connection, identifier, letter, people)
        brought = {letter.hash for letter in registration.letters}
        superseded = [row.id for digest, row in stored.items() if digest not in brought and row.status == "ACTIVE"]
        await connection.execute(update(Letter).where(Letter.id.in_(superseded)).values(status="SUPERSEDED"))
        return superseded

    async def _store_letter(self, connection: AsyncConnection, case: str, letter: DeclaredLetter, kid: str, now: datetime) -> str:
        identifier = new_id("auth", now, self._random(10))
        row = {
            "id": identifier, "number": letter.number, "case_id": case, **self._proof(identifier, letter, kid),
            "document_hash": letter.hash, "hash_alg": "SHA-256", "notice_version": letter.notice,
            "purposes": list(letter.purposes), "fact_groups": list(letter.fact_groups), "receivers": list(letter.receivers),
            "signed_at": letter.signed_at, "expires_at": letter.expires_at, "status": "ACTIVE",
        }  # fmt: skip
        await connection.execute(insert(Letter).values(row))
        return identifier

    def _proof(self, letter_id: str, letter: DeclaredLetter, kid: str) -> dict[str, bytes | int | str]:
        """What a letter is verified by, from the registration that brought it last: to bring it again is how a platform confirms it."""
        document, version = self._vault.seal_bytes(letter_context(letter_id), letter.document)
        signers, _ = self._vault.seal_bytes(signers_context(letter_id), letter.brought)
        return {"sealed_document": document, "sealed_signers": signers, "key_version": version, "registered_under": kid}

    async def _store_signers(
        self, connection: AsyncConnection, letter_id: str, letter: DeclaredLetter, people: Mapping[str, UUID]
    ) -> None:
        signers = [
            {
                "letter_id": letter_id, "person_id": people[one.ref], "capacity": one.capacity,
                "covers": [str(people[ref]) for ref in one.covers], "method": one.method, "assurance": one.assurance,
                "alg": one.alg, "kid": one.kid, "signature": one.signature, "signed_at": one.signed_at, "certified": one.certified,
            }
            for one in letter.signatures
        ]  # fmt: skip
        await connection.execute(insert(Signer).values(signers))

    async def _told(self, connection: AsyncConnection, case: str, warnings: tuple[str, ...], *, changed: bool) -> Accepted:
        query = select(Letter.number, Letter.id, Letter.document_hash).where(Letter.case_id == case, Letter.status == "ACTIVE")
        rows = await connection.execute(query.order_by(Letter.id))
        return Accepted(case, {row.number: (row.id, row.document_hash.hex()) for row in rows}, warnings, changed)


def _identity(person: DeclaredPerson) -> Identity:
    return Identity(person.id_number, person.name, person.sex, person.birth_date)
