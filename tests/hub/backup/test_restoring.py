"""Backup and restore, end to end on real databases, with a real log; and every way to take entries back by them."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from hub.access_log.entry import change
from hub.access_log.keeper import KeptFile
from hub.access_log.leaf import seal
from hub.access_log.merkle import Head, grow, leaf_hash
from hub.access_log.note import Checkpoint, Signer
from hub.backup.archive import BadArchive
from hub.backup.contents import BackupRefused
from hub.backup.restoring import restore
from hub.backup.saving import backup
from hub.keys import KeyRing, Use
from hub.migrate import head, revision_of
from hub.people.store import People
from hub.people.vault import Identity, Vault
from hub.postgres import connection

MADE = datetime(2026, 11, 23, tzinfo=UTC)
PERSON = Identity("509901199003071234", "王小明\t\\N\n", "1", date(1990, 3, 7))  # what COPY's text format must escape


@dataclass
class Hub:
    """A hub's records, keys and kept checkpoint, with as much life in them as a backup needs."""

    url: str
    keys: Path
    checkpoint: Path
    ring: KeyRing
    person: UUID
    log: Head

    async def append(self, count: int) -> None:
        """Entries into the log, a signed checkpoint after them."""
        owner = await asyncpg.connect(self.url)
        numbers = range(self.log.size, self.log.size + count)
        entries = [seal(change(at=MADE, code="X", about={"number": number}), random=lambda size, n=number: bytes([n]) * size) for number in numbers]
        async with owner.transaction():  # as the hub appends: entries and head at one moment
            for number, entry in zip(numbers, entries, strict=True):
                await owner.execute(
                    "INSERT INTO log_entry (idx, leaf_hash, body, id, kind, at, subjects) VALUES ($1, $2, $3, $4, 'INTENT', now(), $5)",
                    number, entry.leaf_hash, entry.body, f"e{number}", ["aa", 'bb,{}"\\'],
                )  # fmt: skip
            self.log = grow(self.log, [entry.leaf_hash for entry in entries])[0]
            await owner.execute(
                "UPDATE log_head SET size = $1, frontier = $2, root = $3", self.log.size, b"".join(self.log.frontier), self.log.root
            )
        await owner.close()

    def sign(self) -> str:
        """Keep a checkpoint of the log as it is now."""
        signer = Signer("hub.test/log", self.ring.current(Use.LOG).secret)
        note = Checkpoint("hub.test/log", self.log.size, self.log.root).sign(signer)
        KeptFile(self.checkpoint).keep(note)
        return note


@pytest.fixture
async def hub(database_url, engine, keys, random, tmp_path) -> Hub:
    async with engine.begin() as used:
        person = await People(Vault(keys, random), random).upsert(used, PERSON)
    made = Hub(database_url, keys.directory, tmp_path / "checkpoint", keys, person, Head.empty())
    await made.append(5)
    made.sign()
    await made.append(2)
    owner = await asyncpg.connect(database_url)
    await owner.execute("INSERT INTO revocation (kind, ref, at) SELECT 'LETTER', 'l' || n, now() FROM generate_series(1, 3) n")
    await owner.execute("DELETE FROM revocation WHERE seq = 3")  # given away: never to be given again
    await owner.execute("INSERT INTO outbox (kind, body, at) VALUES ('X', '{\"a\": [1, \"王\"]}', now())")
    await owner.execute(
        "INSERT INTO organisation VALUES ('o', '民政局', '{\"a\",NULL,\"b c\"}', 'MZ-HD', 'r', 'CHECK_OPERATOR', true)"
    )
    await owner.execute("INSERT INTO client VALUES ('c', 'o', 'n', '{}', '{P}', false, 5, true, now())")
    await owner.close()
    return made


async def save(hub, path, clock, random, **options):
    return await backup(hub.url, path, keys=hub.keys, checkpoint=hub.checkpoint, at=clock(), random=random, **options)


async def content(url: str) -> dict[str, list]:
    """Everything in a database."""
    database = await asyncpg.connect(url)
    tables = [row[0] for row in await database.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    told = {
        table: [tuple(row) for row in await database.fetch(f'SELECT * FROM "{table}" t ORDER BY t::text')] for table in tables
    }
    await database.close()
    return told


@pytest.mark.parametrize("passphrase", [None, "correct horse"])
async def test_everything_comes_back_and_the_hub_goes_on_from_there(
    hub, empty_database_url, clock, random, tmp_path, passphrase
) -> None:
    file = tmp_path / "b"
    saved = await save(hub, file, clock, random, passphrase=passphrase)
    assert file.stat().st_mode & 0o777 == 0o600
    assert (saved.log_size, saved.made, saved.revision) == (7, clock(), head())
    there = {"keys": tmp_path / "there" / "keys", "checkpoint": tmp_path / "there" / "checkpoint"}
    assert await restore(empty_database_url, file, **there, passphrase=passphrase) == saved
    assert await content(empty_database_url) == await content(hub.url)
    assert there["checkpoint"].read_text() == hub.checkpoint.read_text()
    ring = KeyRing.load(there["keys"])
    assert all(ring.current(use) == hub.ring.current(use) for use in Use)
    engine = connection.engine(empty_database_url)
    async with engine.connect() as used:
        assert (await People(Vault(ring, random), random).by_ids(used, [hub.person]))[hub.person].identity == PERSON
    await engine.dispose()
    owner = await asyncpg.connect(empty_database_url)
    first = "INSERT INTO issued_result (exchange, expires_at) VALUES ('x', now()) RETURNING index"
    assert await owner.fetchval(first) == 0  # numbering that never began begins where it would have
    assert await owner.fetchval("INSERT INTO revocation (kind, ref, at) VALUES ('LETTER', 'x', now()) RETURNING seq") == 4
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await owner.execute("DELETE FROM log_entry")
    await owner.close()


async def test_a_backup_of_a_hub_with_neither_log_nor_checkpoint_comes_back_too(
    database_url, empty_database_url, keys, clock, random, tmp_path
) -> None:
    file, nowhere = tmp_path / "b", tmp_path / "no checkpoint"
    saved = await backup(database_url, file, keys=keys.directory, checkpoint=nowhere, at=clock(), random=random)
    await restore(empty_database_url, file, keys=tmp_path / "k", checkpoint=nowhere)
    assert (saved.log_size, saved.rows) == (0, 1)
    assert not nowhere.exists()


async def test_a_backup_holds_no_identity_in_the_clear_outside_its_keys(hub, clock, random, tmp_path) -> None:
    await save(hub, tmp_path / "b", clock, random)
    with tarfile.open(tmp_path / "b") as tar:
        for member in tar:
            text = tar.extractfile(member).read()
            assert b"509901199003071234" not in text
            assert "王小明".encode() not in text


async def test_no_backup_replaces_another_and_none_is_made_of_a_foreign_schema(
    hub, empty_database_url, clock, random, tmp_path
) -> None:
    (tmp_path / "b").write_text("precious")
    with pytest.raises(BackupRefused, match="never replaces"):
        await save(hub, tmp_path / "b", clock, random)
    hub.url = empty_database_url
    with pytest.raises(BackupRefused, match="hub migrate"):
        await save(hub, tmp_path / "c", clock, random)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "checkpoint", "checkpoint.lock", "keys"]


async def test_a_database_that_holds_anything_is_not_restored_over(hub, database_url, clock, random, tmp_path) -> None:
    await save(hub, tmp_path / "b", clock, random)
    before = await content(hub.url)
    with pytest.raises(BackupRefused, match="not empty"):
        await restore(hub.url, tmp_path / "b", keys=hub.keys, checkpoint=hub.checkpoint)
    assert await content(hub.url) == before


async def test_a_backup_older_than_the_checkpoint_kept_here_is_refused_and_says_how_many_entries_are_at_stake(
    hub, empty_database_url, clock, random, tmp_path
) -> None:
    await save(hub, tmp_path / "b", clock, random)
    await hub.append(3)
    hub.sign()
    with pytest.raises(BackupRefused, match="had 10 entries, the backup has 7"):
        await restore(empty_database_url, tmp_path / "b", keys=hub.keys, checkpoint=hub.checkpoint)
    assert await content(empty_database_url) == {}


async def test_another_history_of_the_same_length_is_refused_by_the_kept_checkpoint(
    hub, empty_database_url, clock, random, tmp_path
) -> None:
    await save(hub, tmp_path / "b", clock, random)
    signer = Signer("hub.test/log", hub.ring.current(Use.LOG).secret)
    other = grow(Head.empty(), [leaf_hash(b"another history")] * 6)[0]
    KeptFile(hub.checkpoint).keep(Checkpoint("hub.test/log", 6, other.root).sign(signer))
    with pytest.raises(BackupRefused, match="another root for the first 6 entries"):
        await restore(empty_database_url, tmp_path / "b", keys=hub.keys, checkpoint=hub.checkpoint)
    assert await content(empty_database_url) == {}


async def test_the_newer_backup_of_a_log_that_only_grew_is_welcome(hub, empty_database_url, clock, random, tmp_path) -> None:
    kept = hub.checkpoint.read_text()
    await hub.append(4)
    newest = hub.sign()
    await save(hub, tmp_path / "b", clock, random)
    hub.checkpoint.write_text(kept)
    await restore(empty_database_url, tmp_path / "b", keys=hub.keys, checkpoint=hub.checkpoint)
    assert hub.checkpoint.read_text() == newest


async def test_other_keys_are_never_overwritten_and_another_hubs_checkpoint_is_known(
    hub, empty_database_url, clock, random, tmp_path
) -> None:
    await save(hub, tmp_path / "b", clock, random)
    other = KeyRing.create(tmp_path / "other", random=random, at=clock())
    with pytest.raises(BackupRefused, match="never over them"):
        await restore(empty_database_url, tmp_path / "b", keys=other.directory, checkpoint=tmp_path / "none")
    note = Checkpoint("hub.test/log", 1, bytes(32)).sign(Signer("hub.test/log", other.current(Use.LOG).secret))
    (tmp_path / "foreign").write_text(note)
    with pytest.raises(BackupRefused, match="does not belong here"):
        await restore(empty_database_url, tmp_path / "b", keys=tmp_path / "k", checkpoint=tmp_path / "foreign")
    assert not (tmp_path / "k").exists()
    assert await content(empty_database_url) == {}


async def test_a_ring_rotated_since_the_backup_stays_as_it_is(hub, empty_database_url, clock, random, tmp_path) -> None:
    await save(hub, tmp_path / "b", clock, random)
    hub.ring.rotate(Use.VAULT, random=random, at=clock())
    await restore(empty_database_url, tmp_path / "b", keys=hub.keys, checkpoint=hub.checkpoint)
    assert KeyRing.load(hub.keys).current(Use.VAULT).version == 2


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        ("UPDATE log_entry SET body = 'x' WHERE idx = 3", "entry 3 is not what was hashed"),
        ("UPDATE log_entry SET body = body || '\\x20' WHERE idx = 3", "entry 3 is not what was hashed"),  # its rest, which no leaf holds
        ("DELETE FROM log_entry WHERE idx = 2", "entry 2 is missing"),
        ("DELETE FROM log_entry WHERE idx = 6", "under another root than the 6 entries"),
        ("DELETE FROM log_entry WHERE idx > 3; UPDATE log_head SET size = 4", "a checkpoint says 5 entries"),
        (
            "UPDATE log_entry SET (body, leaf_hash) = (SELECT body, leaf_hash FROM log_entry WHERE idx = 0) WHERE idx = 1",
            "another root for the first 5 entries",
        ),
        ("DELETE FROM log_head", "the head says None"),
    ],
)
async def test_a_log_that_was_tampered_with_is_not_saved_as_if_it_were_whole(hub, clock, random, tmp_path, harm, told) -> None:
    owner = await asyncpg.connect(hub.url)
    await owner.execute("ALTER TABLE log_entry DISABLE TRIGGER ALL")
    await owner.execute(harm)
    await owner.close()
    with pytest.raises(BackupRefused, match=told):
        await save(hub, tmp_path / "b", clock, random)
    assert not (tmp_path / "b").exists()


def altered(source: Path, target: Path, change) -> None:
    """The backup with its members changed by `change(name, content) -> content | None`, and the manifest's digests made to fit."""
    with tarfile.open(source) as tar:
        members = {member.name: tar.extractfile(member).read() for member in tar}
    members = {name: changed for name, text in members.items() if (changed := change(name, text)) is not None}
    manifest = json.loads(members["manifest.json"])
    for table in manifest["tables"]:
        if (name := f"tables/{table}") in members:
            manifest["tables"][table]["sha256"] = hashlib.sha256(members[name]).hexdigest()
    members["manifest.json"] = json.dumps(manifest).encode()
    with target.open("wb") as file, tarfile.open(fileobj=file, mode="w|gz") as tar:
        for name, text in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text))


def drop_last_entry(name: str, text: bytes) -> bytes:
    return (
        b"".join(line for line in text.splitlines(keepends=True) if not line.startswith(b"6\t"))
        if name == "tables/log_entry"
        else text
    )


@pytest.mark.parametrize(
    ("change", "kind", "told"),
    [
        (drop_last_entry, BackupRefused, "did not come back whole"),
        (lambda name, text: text if name != "tables/person" else None, BadArchive, "lacks files"),
        (
            lambda name, text: text.replace(b'"revision": "', b'"revision": "9') if name == "manifest.json" else text,
            BackupRefused,
            "newer hub",
        ),
        (lambda name, text: text + b"x\n" if name == "tables/platform" else text, BackupRefused, "did not take the backup"),
        (lambda name, text: b"{}" if name == "keys/vault/1.json" else text, BadArchive, "not what its manifest says"),
    ],
)
async def test_a_backup_that_was_altered_is_refused_and_leaves_the_database_empty(
    hub, empty_database_url, clock, random, tmp_path, change, kind, told
) -> None:
    await save(hub, tmp_path / "b", clock, random)
    altered(tmp_path / "b", tmp_path / "altered", change)
    with pytest.raises(kind, match=told):
        await restore(empty_database_url, tmp_path / "altered", keys=tmp_path / "k", checkpoint=tmp_path / "none")
    assert await content(empty_database_url) == {}
    await restore(empty_database_url, tmp_path / "b", keys=tmp_path / "k", checkpoint=tmp_path / "none")
    assert await revision_of(empty_database_url) == head()


async def test_a_member_that_would_climb_out_of_the_directory_is_refused(
    hub, empty_database_url, clock, random, tmp_path
) -> None:
    await save(hub, tmp_path / "b", clock, random)

    def climb(name: str, text: bytes) -> bytes:
        if name != "manifest.json":
            return text
        told = json.loads(text)
        told["keys"] = {"../../../climbed": told["keys"].pop("vault/1.json"), **told["keys"]}
        return json.dumps(told).encode()

    altered(tmp_path / "b", tmp_path / "altered", climb)
    with pytest.raises(BadArchive):
        await restore(empty_database_url, tmp_path / "altered", keys=tmp_path / "k", checkpoint=tmp_path / "none")
    assert not (tmp_path / "climbed").exists()


async def test_what_changes_during_a_backup_is_in_it_whole_or_not_at_all(
    hub, empty_database_url, clock, random, tmp_path
) -> None:
    """Appending goes on while the backup runs; the saved log is the log of one moment, and holds together."""

    async def keep_appending() -> None:
        for _ in range(10):
            await hub.append(1)
            await asyncio.sleep(0.01)

    appending = asyncio.create_task(keep_appending())
    saved = await save(hub, tmp_path / "b", clock, random)
    await appending
    assert 7 <= saved.log_size <= 17
    assert (
        await restore(empty_database_url, tmp_path / "b", keys=tmp_path / "k", checkpoint=tmp_path / "none")
    ).log_size == saved.log_size
