"""What a backup's file holds: a manifest first, the key ring, the tables; each by its digest. All of it blocks: call it in a thread."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from hub.backup import archive
from hub.backup.tables import digest
from hub.keys import KeyRing, KeyRingError, Random
from hub.migrate import head

FORMAT = 1
_MANIFEST = "manifest.json"


class BackupRefused(Exception):
    """Nothing was changed; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a backup holds: rows over all tables, and the access log's size."""

    made: datetime
    revision: str
    rows: int
    log_size: int


def summary(manifest: Mapping[str, Any]) -> Summary:
    """The summary of a manifest."""
    rows = sum(table["rows"] for table in manifest["tables"].values())
    return Summary(datetime.fromisoformat(manifest["made"]), manifest["revision"], rows, manifest["log"]["size"])


def key_files(keys: Path) -> dict[str, bytes]:
    """A ring's files by their path below it."""
    return {str(path.relative_to(keys)): path.read_bytes() for path in sorted(keys.glob("*/*.json"))}


def digests(files: Mapping[str, bytes]) -> dict[str, str]:
    """SHA-256 of each, hex."""
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def write(
    path: Path, staging: Path, manifest: Mapping[str, Any], keys: Mapping[str, bytes], *, passphrase: str | None, random: Random
) -> None:
    """Make `path` from the tables in `staging`: 0600, whole or not at all, never over another."""
    new = staging / ".archive"
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        with archive.writing(file, passphrase=passphrase, random=random) as tar:
            archive.add(tar, _MANIFEST, json.dumps(manifest, indent=1).encode())
            for name, content in keys.items():
                archive.add(tar, f"keys/{name}", content)
            for table in manifest["tables"]:
                archive.add_file(tar, f"tables/{table}", staging / table)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(new, path)
    except FileExistsError:
        raise BackupRefused(f"{path} exists: a backup never replaces another") from None


def read(path: Path, staging: Path, *, passphrase: str | None) -> dict[str, Any]:
    """Unpack into `staging/keys` and `staging/tables` what the manifest names, and nothing else; the manifest. Raises BadArchive."""
    with archive.reading(path, passphrase=passphrase) as members:
        name, content = next(members, ("", None))
        if content is None or name != _MANIFEST:
            raise archive.BadArchive("not a backup: it does not begin with its manifest")
        try:
            manifest: dict[str, Any] = json.loads(content.read())
            newer = manifest["format"] != FORMAT or manifest["revision"] > head()
            due = {f"tables/{table}": told["sha256"] for table, told in manifest["tables"].items()}
            due |= {f"keys/{key}": sha256 for key, sha256 in manifest["keys"].items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            raise archive.BadArchive("the backup's manifest cannot be read") from None
        if newer:
            raise BackupRefused("the backup was made by a newer hub: restore it with that version")
        for name, content in members:
            sha256 = due.pop(name, None)
            if sha256 is None or ".." in Path(name).parts:
                raise archive.BadArchive("the backup holds a file its manifest does not name")
            _unpack(content, staging / name)
            if digest(staging / name) != sha256:
                raise archive.BadArchive(f"{name} in the backup is not what its manifest says")
        if due:
            raise archive.BadArchive("the backup lacks files its manifest names")
    return manifest


def staged_keys(staged: Path) -> KeyRing:
    """The ring as unpacked. Raises BackupRefused."""
    try:
        return KeyRing.load(staged)
    except KeyRingError as reason:
        raise BackupRefused(f"the backup's keys are not whole: {reason}") from None


def put_keys(staged: Path, keys: Path, told: Mapping[str, str]) -> KeyRing:
    """Put a backup's ring in place, unless the very same, or one rotated further, is there. Raises BackupRefused."""
    if keys.exists() and any(keys.iterdir()):
        there = digests(key_files(keys))
        if any(there.get(name) != sha256 for name, sha256 in told.items()):
            raise BackupRefused(f"{keys} holds other keys: restore beside them, never over them")
        return KeyRing.load(keys)
    if keys.exists():
        keys.rmdir()
    staged.rename(keys)
    return KeyRing.load(keys)


def _unpack(content: BinaryIO, target: Path) -> None:
    for directory in (target.parent.parent, target.parent):  # one by one: `parents=True` would give them the default mode
        directory.mkdir(mode=0o700, exist_ok=True)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while block := content.read(1 << 20):
            file.write(block)
