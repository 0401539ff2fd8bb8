"""Bring stored people and letters under the newest keys, while the hub runs.

One pass over the rows in batches of short transactions; what is stale is sealed anew with fresh data keys. Between `KeyRing.rotate` and
the end of this, rows stand under old and new versions and both open. Old versions stay in the ring: a backup made
before needs them. A worker that loaded its ring before the rotation still seals under the old version: run it again
after the last one has restarted (nothing is done where nothing is stale).
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.keys import KeyRing, Use
from hub.people.sealing import version_of
from hub.people.vault import Vault, letter_context, message_context, report_context, signers_context
from hub.tables import Letter, MeansCheck, Member, Message, Person

_PERSON = select(Person.id, Person.blind_index, Person.sealed, Person.key_version, Person.log_key).order_by(Person.id)
_MEMBER = (
    select(Member.household_id, Member.person_id, Member.sealed, Member.key_version)
    .where(Member.sealed.is_not(None)).order_by(Member.household_id, Member.person_id)
)
_CONTENTS = select(Message.number, Message.platform, Message.id, Message.sealed, Message.key_version).where(Message.sealed.is_not(None))
_REPORTS = select(MeansCheck.id, MeansCheck.sealed, MeansCheck.key_version).where(MeansCheck.sealed.is_not(None))
_LETTER = select(Letter.id, Letter.sealed_document, Letter.sealed_signers, Letter.key_version).order_by(Letter.id)


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many rows were sealed anew."""

    people: int
    members: int
    letters: int
    messages: int = 0
    reports: int = 0


async def rotate_vault(engine: AsyncEngine, keys: KeyRing, vault: Vault, *, batch: int = 200) -> Rotated:
    """Seal anew every person and letter that stands under an older key. Can be stopped and run again at any time.

    Raises CannotOpen for a row that was tampered with, KeyRingError where the ring lacks its version.
    """
    people = members = letters = 0
    last_person: UUID | None = UUID(int=0)
    while last_person is not None:
        async with engine.begin() as connection:
            last_person, done = await _people(connection, keys, vault, last_person, batch)
        people += done
    last_member: tuple[UUID, UUID] | None = (UUID(int=0), UUID(int=0))
    while last_member is not None:
        async with engine.begin() as connection:
            last_member, done = await _members(connection, keys, vault, last_member, batch)
        members += done
    last_letter: str | None = ""
    while last_letter is not None:
        async with engine.begin() as connection:
            last_letter, done = await _letters(connection, keys, vault, last_letter, batch)
        letters += done
    messages = await _messages(engine, keys, vault, batch)
    return Rotated(people, members, letters, messages, await _reports(engine, keys, vault, batch))


async def _people(connection: AsyncConnection, keys: KeyRing, vault: Vault, after: UUID, batch: int) -> tuple[UUID | None, int]:
    """One batch after an id: the last id looked at (None: no more), and how many rows changed."""
    newest = keys.current(Use.VAULT).version
    # With one version of the blind index key every row stands under it, and nothing needs to be opened to know.
    one_index = len(keys.versions(Use.BLIND)) == 1
    rows = (await connection.execute(_PERSON.where(Person.id > after).limit(batch).with_for_update())).all()
    done = 0
    for row in rows:
        fresh = row.key_version == newest and version_of(row.log_key) == newest
        if fresh and one_index:
            continue
        identity = vault.open(row.id, row.sealed, row.key_version)
        index = vault.blind_index(identity.id_number)
        if fresh and index == row.blind_index:
            continue
        sealed, version = vault.seal(row.id, identity)
        log_key = vault.reseal_log_key(row.id, row.log_key)
        changed = {"blind_index": index, "sealed": sealed, "key_version": version, "log_key": log_key}
        await connection.execute(update(Person).where(Person.id == row.id).values(changed))
        done += 1
    return (rows[-1].id if rows else None), done


async def _members(
    connection: AsyncConnection, keys: KeyRing, vault: Vault, after: tuple[UUID, UUID], batch: int,
) -> tuple[tuple[UUID, UUID] | None, int]:
    """What each case's platform declared of its people, sealed with the case's members."""
    newest = keys.current(Use.VAULT).version
    key = tuple_(Member.household_id, Member.person_id)
    rows = (await connection.execute(_MEMBER.where(key > after).limit(batch).with_for_update())).all()
    stale = [row for row in rows if row.key_version != newest]
    for row in stale:
        identity = vault.open(row.person_id, row.sealed, row.key_version, household=row.household_id)
        sealed, version = vault.seal(row.person_id, identity, household=row.household_id)
        where = (Member.household_id == row.household_id, Member.person_id == row.person_id)
        await connection.execute(update(Member).where(*where).values(sealed=sealed, key_version=version))
    return ((rows[-1].household_id, rows[-1].person_id) if rows else None), len(stale)


async def _letters(connection: AsyncConnection, keys: KeyRing, vault: Vault, after: str, batch: int) -> tuple[str | None, int]:
    newest = keys.current(Use.LETTER).version
    rows = (await connection.execute(_LETTER.where(Letter.id > after).limit(batch).with_for_update())).all()
    stale = [row for row in rows if row.key_version != newest]
    for row in stale:
        context = letter_context(row.id)
        document = vault.open_bytes(context, row.sealed_document, row.key_version)
        sealed, version = vault.seal_bytes(context, document)
        changed: dict[str, bytes | int] = {"sealed_document": sealed, "key_version": version}
        if row.sealed_signers is not None:
            context = signers_context(row.id)
            changed["sealed_signers"], _ = vault.seal_bytes(context, vault.open_bytes(context, row.sealed_signers, row.key_version))
        await connection.execute(update(Letter).where(Letter.id == row.id).values(changed))
    return (rows[-1].id if rows else None), len(stale)


async def _messages(engine: AsyncEngine, keys: KeyRing, vault: Vault, batch: int) -> int:
    """Contents that wait for their receiver: few, and gone within their retention."""
    newest, done = keys.current(Use.LETTER).version, 0
    while True:
        async with engine.begin() as connection:
            stale = _CONTENTS.where(Message.key_version != newest).order_by(Message.number).limit(batch).with_for_update()
            rows = (await connection.execute(stale)).all()
            for row in rows:
                context = message_context(row.platform, row.id)
                sealed, version = vault.seal_bytes(context, vault.open_bytes(context, row.sealed, row.key_version))
                await connection.execute(update(Message).where(Message.number == row.number).values(sealed=sealed, key_version=version))
        done += len(rows)
        if len(rows) < batch:
            return done


async def _reports(engine: AsyncEngine, keys: KeyRing, vault: Vault, batch: int) -> int:
    """Check reports within their retention."""
    newest, done = keys.current(Use.LETTER).version, 0
    while True:
        async with engine.begin() as connection:
            stale = _REPORTS.where(MeansCheck.key_version != newest).order_by(MeansCheck.id).limit(batch).with_for_update()
            rows = (await connection.execute(stale)).all()
            for row in rows:
                context = report_context(row.id)
                sealed, version = vault.seal_bytes(context, vault.open_bytes(context, row.sealed, row.key_version))
                await connection.execute(update(MeansCheck).where(MeansCheck.id == row.id).values(sealed=sealed, key_version=version))
        done += len(rows)
        if len(rows) < batch:
            return done
