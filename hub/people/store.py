"""People in the database: added once each, found by blind index, opened by id.

What is shared between cases is that there is a person of this number, and the pseudonym the log names them by. Name, sex and
birth date are a platform's word for its own case: they are sealed with the case's member, and no platform, and no neighbour,
changes what another declared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.keys import Random
from hub.people.vault import Identity, Vault
from hub.tables import Person

_STORED = (Person.id, Person.sealed, Person.key_version, Person.log_key)


@dataclass(frozen=True, slots=True)
class Known:
    """A person of the database, opened."""

    id: UUID
    identity: Identity = field(repr=False)
    log_subject: str = field(repr=False)  # pseudonym in the access log, hex


class People:
    """Works on a connection of the caller's, inside the caller's transaction."""

    def __init__(self, vault: Vault, random: Random) -> None:
        """`random` makes ids."""
        self._vault = vault
        self._random = random

    async def upsert(self, connection: AsyncConnection, identity: Identity) -> UUID:
        """The person's id; added where new. A known person stays as they are, whatever they are called this time."""
        found = await self.find(connection, identity.id_number)
        if found is None:
            person = UUID(bytes=self._random(16), version=4)
            sealed, version = self._vault.seal(person, identity)
            row = {
                "id": person, "blind_index": self._vault.blind_index(identity.id_number), "sealed": sealed, "key_version": version,
                "log_key": self._vault.new_log_key(person),
            }  # fmt: skip
            added = await connection.execute(insert(Person).values(row).on_conflict_do_nothing(index_elements=["blind_index"]))
            if added.rowcount:
                return person
            # Another registration added the same person at this moment; its row is visible now that we waited for it.
            found = await self.find(connection, identity.id_number)
        if found is None:
            raise LookupError("a person was removed while being registered")
        return found

    async def find(self, connection: AsyncConnection, id_number: str) -> UUID | None:
        """The person with this (normalised) number."""
        where = Person.blind_index.in_(self._vault.blind_indexes(id_number))
        return (await connection.execute(select(Person.id).where(where).limit(1))).scalar_one_or_none()

    async def by_ids(self, connection: AsyncConnection, ids: Iterable[UUID]) -> Mapping[UUID, Known]:
        """Those of `ids` that are there, in one query."""
        rows = await connection.execute(select(*_STORED).where(Person.id.in_(list(ids))))
        return {row.id: self._open(row.id, row.sealed, row.key_version, row.log_key) for row in rows}

    def declared(self, household: UUID, row: Mapping[str, Any]) -> Known:
        """A member of a declared household as their own platform declared them. `row` is theirs, their columns of `person`, and
        `declared` and `declared_version`, the member's own.
        """
        person = row["person_id"]
        if row["declared"] is None:  # registered before members had identities of their own
            return self._open(person, row["sealed"], row["key_version"], row["log_key"])
        identity = self._vault.open(person, row["declared"], row["declared_version"], household=household)
        return Known(person, identity, self._vault.log_subject(person, row["log_key"]))

    async def destroy_log_key(self, connection: AsyncConnection, person: UUID) -> None:
        """Erase a person from the log: its entries stay provable and can no longer be tied to them. Cannot be undone. A fresh key names them in
        whatever is recorded from now on.
        """
        await connection.execute(update(Person).where(Person.id == person).values(log_key=self._vault.new_log_key(person)))

    def _open(self, person: UUID, sealed: bytes, version: int, log_key: bytes) -> Known:
        return Known(person, self._vault.open(person, sealed, version), self._vault.log_subject(person, log_key))
