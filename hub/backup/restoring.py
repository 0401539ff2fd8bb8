"""Restoring a backup: into an empty database, beside no other hub's keys, and never behind a checkpoint that was kept.

The log is proven again from the restored entries, against the backup's own checkpoint and the one that lies here, before anything is
committed. So nobody takes entries back, or another history in, by way of a backup.
"""

from __future__ import annotations

import asyncio
import base64
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg

from hub.access_log.keeper import KeptFile
from hub.access_log.merkle import Head
from hub.access_log.note import BadNote
from hub.backup import contents
from hub.backup.contents import BackupRefused, Summary
from hub.backup.log_proof import LogBroken, open_checkpoint, prove_log
from hub.backup.saving import read_note
from hub.backup.tables import NotWhole, load_tables
from hub.keys import KeyRing
from hub.migrate import migrate
from hub.postgres.connection import plain_url


async def restore(url: str, path: Path, *, keys: Path, checkpoint: Path, passphrase: str | None = None) -> Summary:
    """Bring a backup in, then migrate to this hub's schema. `keys` is missing, empty, or the same ring.

    Raises BackupRefused, BadArchive. Failing on the way leaves the database empty: run it again.
    """
    await asyncio.to_thread(keys.parent.mkdir, mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=keys.parent, prefix=".restore-") as staging:
        manifest = await asyncio.to_thread(contents.read, path, Path(staging), passphrase=passphrase)
        kept = await asyncio.to_thread(read_note, checkpoint)
        await _refuse_unless_empty(url)
        staged = await asyncio.to_thread(contents.staged_keys, Path(staging) / "keys")
        _refuse_older(kept, manifest, staged, checkpoint)
        ring = await asyncio.to_thread(contents.put_keys, Path(staging) / "keys", keys, manifest["keys"])
        try:
            await migrate(url, manifest["revision"])
            await _load(
                url, Path(staging) / "tables", manifest, [note for note in (manifest["checkpoint"], kept) if note], ring
            )
        except BaseException:
            await asyncio.shield(_empty(url))
            raise
    await migrate(url)
    if manifest["checkpoint"]:
        await asyncio.to_thread(KeptFile(checkpoint).keep, manifest["checkpoint"])
    return contents.summary(manifest)


async def _load(url: str, tables: Path, manifest: Mapping[str, Any], notes: list[str], ring: KeyRing) -> None:
    """All tables in one transaction, and the proof of the log before it commits."""
    database = await asyncpg.connect(plain_url(url))
    try:
        async with database.transaction():
            await load_tables(database, tables, manifest["tables"])
            _same(await prove_log(database, notes, ring), manifest["log"])
    except (LogBroken, NotWhole) as reason:
        raise BackupRefused(f"the restored access log does not hold together: {reason}") from None
    except asyncpg.PostgresError as reason:
        raise BackupRefused(f"the database did not take the backup ({type(reason).__name__})") from None
    finally:
        await database.close()


def _same(log: Head, told: Mapping[str, Any]) -> None:
    if (log.size, base64.b64encode(log.root).decode()) != (told["size"], told["root"]):
        raise LogBroken("it is not the log the backup was made of")


async def _refuse_unless_empty(url: str) -> None:
    database = await asyncpg.connect(plain_url(url))
    try:
        tables = await database.fetchval(
            "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
    finally:
        await database.close()
    if tables:
        raise BackupRefused("the database is not empty: restore into a new one")


async def _empty(url: str) -> None:
    """Take back the tables of a restore that failed; the database was empty before."""
    database = await asyncpg.connect(plain_url(url))
    try:
        await database.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC")
    finally:
        await database.close()


def _refuse_older(kept: str | None, manifest: Mapping[str, Any], ring: KeyRing, checkpoint: Path) -> None:
    if kept is None:
        return
    try:
        size = open_checkpoint(kept, ring).size
    except BadNote:
        raise BackupRefused(f"{checkpoint} was not signed by the backup's log key: the backup does not belong here") from None
    if size > manifest["log"]["size"]:
        raise BackupRefused(
            f"by {checkpoint} the log had {size} entries, the backup has {manifest['log']['size']}: it would take entries back. "
            "Use a newer backup. Where there is none, report the loss to the privacy officer and move that file aside."
        )
