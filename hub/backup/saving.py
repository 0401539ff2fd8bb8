"""Making a backup while the hub runs.

The kept checkpoint is read before the database's snapshot and the keys after it: whatever happens meanwhile, the saved log holds the
checkpoint, and the saved keys open every row. The log is proven on the way; what does not hold together is not saved as if it did.
"""

from __future__ import annotations

import asyncio
import base64
import tempfile
from datetime import datetime
from pathlib import Path

import asyncpg

from hub.backup import contents
from hub.backup.contents import BackupRefused, Summary
from hub.backup.log_proof import LogBroken, prove_log
from hub.backup.tables import dump_tables
from hub.keys import KeyRing, Random
from hub.migrate import head, revision_of
from hub.postgres.connection import plain_url


async def backup(
    url: str, path: Path, *, keys: Path, checkpoint: Path, at: datetime, random: Random, passphrase: str | None = None
) -> Summary:
    """Write `path`. `keys` is the ring's directory, `checkpoint` the file of the kept checkpoint (may be missing).

    Without a passphrase the file opens every identity to whoever has it. Raises BackupRefused: a path that exists, a schema
    that is not this hub's, a log that does not hold together; KeyRingError.
    """
    if await asyncio.to_thread(path.exists):
        raise BackupRefused(f"{path} exists: a backup never replaces another")
    if await revision_of(url) != head():
        raise BackupRefused("the database is at another revision than this hub: run `hub migrate` first")
    kept = await asyncio.to_thread(read_note, checkpoint)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".backup-") as staging:
        database = await asyncpg.connect(plain_url(url))
        try:
            async with database.transaction(isolation="repeatable_read", readonly=True):
                tables = await dump_tables(database, Path(staging))
                ring = await asyncio.to_thread(KeyRing.load, keys)
                log = await prove_log(database, [kept] if kept else [], ring)
        except LogBroken as reason:
            raise BackupRefused(f"the access log does not hold together: {reason}; run `hub verify-log`") from None
        finally:
            await database.close()
        files = await asyncio.to_thread(contents.key_files, ring.directory)
        manifest = {
            "format": contents.FORMAT, "made": at.isoformat(), "revision": head(), "tables": tables, "checkpoint": kept,
            "log": {"size": log.size, "root": base64.b64encode(log.root).decode()}, "keys": contents.digests(files),
        }  # fmt: skip
        await asyncio.to_thread(contents.write, path, Path(staging), manifest, files, passphrase=passphrase, random=random)
    return contents.summary(manifest)


def read_note(path: Path) -> str | None:
    """The kept checkpoint, None where there is none yet. Blocks."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
