"""Letters in the database: added sealed, with their signatures, and ended; on a connection of the registrar's, inside its transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.authorizations.declared import DeclaredLetter
from hub.authorizations.lapsing import IN_FORCE, InForce, lapse
from hub.authorizations.reasons import Flaw, Refused
from hub.keys import Random
from hub.people.vault import Vault, letter_context, signers_context
from hub.tables import Letter, Signer
from hub.ulid import new_id


class Letters:
    """Adds letters and ends them."""

    def __init__(self, vault: Vault, random: Random) -> None:
        """`random` makes ids."""
        self._vault = vault
        self._random = random

    async def store(
        self, connection: AsyncConnection, case: str, letters: Sequence[DeclaredLetter], people: Mapping[str, UUID], kid: str, now: datetime
    ) -> frozenset[bytes]:
        """Add those the hub does not hold yet; their hashes. One it holds is confirmed: to bring it again, its signatures verified again, is
        how a platform does so under another key (`kid`). One of the first form brings no signatures, and is not.
        """
        query = select(Letter.id, Letter.number, Letter.document_hash).where(Letter.case_id == case)
        stored = {row.document_hash: row for row in await connection.execute(query)}
        numbers = {row.number for row in stored.values()}
        new = [letter for letter in letters if letter.hash not in stored]
        for letter in new:
            if letter.number in numbers:  # a revocation by number must mean one document
                raise Refused(Flaw.LETTER_NUMBER_REUSED, f"another letter of this matter has the number '{letter.number}'")
            await self._signed(connection, await self._add(connection, case, letter, kid, now), letter, people)
        for letter in letters:
            if letter.hash in stored and letter.signatures:
                identifier = stored[letter.hash].id
                await connection.execute(update(Letter).where(Letter.id == identifier).values(self._proof(identifier, letter, kid)))
                await connection.execute(delete(Signer).where(Signer.letter_id == identifier))
                await self._signed(connection, identifier, letter, people)
        return frozenset(letter.hash for letter in new)

    async def end(
        self, connection: AsyncConnection, case: str, brought: Collection[bytes], new: Collection[bytes], before: Mapping[str, str],
        after: Mapping[str, str], *, opened_again: bool,
    ) -> list[str]:  # fmt: skip
        """End those that end by a registration that brought some and of these some `new`, by hash; their ids."""
        ends = lapse(await _in_force(connection, case, brought, new), before, after, opened_again=opened_again)
        for status in set(ends.status.values()):
            named = [one for one, becomes in ends.status.items() if becomes == status]
            await connection.execute(update(Letter).where(Letter.id.in_(named)).values(status=status))
        for letter, people in ends.without.items():
            await connection.execute(update(Letter).where(Letter.id == letter).values(lapsed=Letter.lapsed.concat(sorted(people))))
        return sorted(ends.status)

    async def _add(self, connection: AsyncConnection, case: str, letter: DeclaredLetter, kid: str, now: datetime) -> str:
        identifier = new_id("auth", now, self._random(10))
        row = {
            "id": identifier, "number": letter.number, "case_id": case, **self._proof(identifier, letter, kid),
            "document_hash": letter.hash, "hash_alg": "SHA-256", "notice_version": letter.notice,
            "purposes": list(letter.purposes), "fact_groups": list(letter.fact_groups), "receivers": list(letter.receivers),
            "signed_at": letter.signed_at, "expires_at": letter.expires_at, "status": "ACTIVE",
            "validity": sorted(letter.validity), "lapsed": [], "uses": dict(letter.uses), "template": letter.template,
        }  # fmt: skip
        await connection.execute(insert(Letter).values(row))
        return identifier

    def _proof(self, letter_id: str, letter: DeclaredLetter, kid: str) -> dict[str, bytes | int | str]:
        """What a letter is verified by, from the registration that brought it last."""
        document, version = self._vault.seal_bytes(letter_context(letter_id), letter.document)
        signers, _ = self._vault.seal_bytes(signers_context(letter_id), letter.brought)
        return {"sealed_document": document, "sealed_signers": signers, "key_version": version, "registered_under": kid}

    async def _signed(self, connection: AsyncConnection, letter_id: str, letter: DeclaredLetter, people: Mapping[str, UUID]) -> None:
        signers = [
            {
                "letter_id": letter_id, "person_id": people[one.ref], "capacity": one.capacity,
                "covers": [str(people[ref]) for ref in one.covers], "method": one.method, "assurance": one.assurance,
                "alg": one.alg, "kid": one.kid, "signature": one.signature, "signed_at": one.signed_at, "certified": one.certified,
                "evidence": dict(one.evidence), "separately": list(one.separately),
            }
            for one in letter.signatures
        ]  # fmt: skip
        await connection.execute(insert(Signer).values(signers))


async def _in_force(connection: AsyncConnection, case: str, brought: Collection[bytes], new: Collection[bytes]) -> list[InForce]:
    columns = (
        Letter.id, Letter.number, Letter.document_hash, Letter.signed_at, Letter.validity, Letter.purposes, Letter.fact_groups, Letter.receivers,
        Letter.uses,
    )  # fmt: skip
    letters = (await connection.execute(select(*columns).where(Letter.case_id == case, Letter.status.in_(IN_FORCE)))).all()
    query = select(Signer.letter_id, Signer.person_id, Signer.capacity, Signer.covers, Signer.separately)
    signers: dict[str, list[tuple[str, str, frozenset[str]]]] = {}
    items: dict[str, set[tuple[str, str, str]]] = {}
    for row in await connection.execute(query.where(Signer.letter_id.in_([letter.id for letter in letters]))):
        signers.setdefault(row.letter_id, []).append((str(row.person_id), row.capacity, frozenset(row.covers)))
        items.setdefault(row.letter_id, set()).update((str(row.person_id), row.capacity, item) for item in row.separately)
    return [
        InForce(
            id=row.id, number=row.number, signed_at=row.signed_at, brought=row.document_hash in brought, new=row.document_hash in new,
            validity=frozenset(row.validity), purposes=frozenset(row.purposes), fact_groups=frozenset(row.fact_groups),
            receivers=frozenset(row.receivers), signers=frozenset(signers.get(row.id, ())), uses=row.uses, items=frozenset(items.get(row.id, ())),
        )
        for row in letters
    ]  # fmt: skip
