"""The hub's secret keys: outside the database, versioned, one file a key.

- A key is never changed: rotation adds a version, the old ones stay for what was made under them.
- Files are 0600 in a directory 0700; a ring that others can read is refused, not repaired: who knows who read it meanwhile.
- A file appears whole or not at all. No secret shows in `repr`.

A ring's directory holds `<use>/<version>.json`: {"use", "version", "made", "secret"}.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Self

Random = Callable[[int], bytes]


class Use(StrEnum):
    """What a key is for; no key serves two uses."""

    VAULT = "vault"
    """AES-256: wraps the data keys of identities."""
    BLIND = "blind"
    """HMAC-SHA-256: the blind index over ID numbers."""
    HANDLE = "handle"
    """AES-SIV: handles of people and households."""
    PSEUDONYM = "pseudonym"
    """HMAC-SHA-256: a person's name under one purpose."""
    LETTER = "letter"
    """AES-256: seals documents: letters, check reports, contents of messages."""
    TOKEN = "token"  # noqa: S105 - a name
    """Ed25519: signs access tokens."""
    LOG = "log"
    """Ed25519: signs the access log's checkpoints."""
    REGION = "region"
    """Ed25519: signs requests and results between hubs."""
    REGION_ENC = "region-enc"
    """X25519: opens what other hubs encrypted to this one."""
    WITNESS = "witness"
    """Ed25519: cosigns the checkpoints of neighbours' logs."""
    CITIZEN = "citizen"
    """X25519: opens what platforms encrypt of people who ask about themselves."""
    DEFERRED = "deferred"
    """AES-256: wraps the data keys of answers that came later, until they are told."""


_SIZES: Mapping[Use, int] = MappingProxyType(dict.fromkeys(Use, 32) | {Use.HANDLE: 64})
"""Bytes; AES-SIV takes two AES-256 keys (RFC 5297 §2.2)."""


ADDED = (Use.DEFERRED, Use.CITIZEN, Use.WITNESS)
"""Uses that came after the first version: nothing was ever made under them in a ring that lacks them, so `hub migrate` makes the key."""


class KeyRingError(Exception):
    """A ring is missing, unsafe or damaged; says what to do, never what a key is."""


@dataclass(frozen=True, slots=True)
class Key:
    """One version of one key. Versions count from 1."""

    use: Use
    version: int
    secret: bytes = field(repr=False)
    made: datetime


class KeyRing:
    """All keys of one hub, read once. `rotate` writes through to the directory."""

    def __init__(self, directory: Path, keys: Mapping[tuple[Use, int], Key]) -> None:
        """Use `create` or `load`."""
        self._directory = directory
        self._keys = dict(keys)
        self._newest = {use: max(v for u, v in keys if u is use) for use in Use if any(u is use for u, _ in keys)}

    @classmethod
    def create(cls, directory: Path, *, random: Random, at: datetime) -> Self:
        """A new ring with version 1 of every use. Raises KeyRingError where the directory holds anything: keys are never overwritten."""
        directory = Path(directory)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(directory.iterdir()):
            raise KeyRingError(f"{directory} is not empty: refusing to make keys over what is there")
        directory.chmod(0o700)  # our own directory, empty; mkdir's mode is subject to the umask and an existing one may be open
        ring = cls(directory, {})
        for use in Use:
            ring.rotate(use, random=random, at=at)
        return ring

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read every key. Raises KeyRingError: no ring, a use without key, a file others can read, a damaged file."""
        directory = Path(directory)
        if not directory.is_dir():
            raise KeyRingError(f"no keys in {directory}: make them with `hub keys create`, or restore a backup")
        found = {(key.use, key.version): key for key in _read(directory)}
        missing = [use.value for use in Use if not any(u is use for u, _ in found)]
        if missing:
            raise KeyRingError(f"{directory} has no key for {', '.join(missing)}: restore it from a backup")
        return cls(directory, found)

    @classmethod
    def complete(cls, directory: Path, *, random: Random, at: datetime) -> None:
        """Add the first key of each use that is newer than the ring. Any other key that is missing was lost, and is not made up."""
        directory = Path(directory)
        ring = cls(directory, {(key.use, key.version): key for key in _read(directory)})
        for use in ADDED:
            if use not in ring._newest:
                ring.rotate(use, random=random, at=at)

    @property
    def directory(self) -> Path:
        """Where the ring lies."""
        return self._directory

    def current(self, use: Use) -> Key:
        """The newest version: what is made now is made under it."""
        return self._keys[use, self._newest[use]]

    def get(self, use: Use, version: int) -> Key:
        """A version by number. Raises KeyRingError where it is not there."""
        try:
            return self._keys[use, version]
        except KeyError:
            raise KeyRingError(f"there is no version {version} of the {use.value} key: restore it from a backup") from None

    def versions(self, use: Use) -> tuple[Key, ...]:
        """All versions, newest first."""
        return tuple(self._keys[use, v] for v in range(self._newest[use], 0, -1) if (use, v) in self._keys)

    def on_disk(self, use: Use) -> tuple[Key, ...]:
        """The versions of a use as the directory has them now. Blocks. Raises KeyRingError, OSError."""
        return tuple(_read(self._directory, use))

    def take_up(self, use: Use, found: tuple[Key, ...]) -> bool:
        """Know these versions of a use and no others; whether that changed anything. A use is never left without a key."""
        known = {key.version for key in self.versions(use)}
        if not found or known == {key.version for key in found}:
            return False
        self._keys = {place: key for place, key in self._keys.items() if place[0] is not use} | {(use, key.version): key for key in found}
        self._newest[use] = max(key.version for key in found)
        return True

    def forget(self, use: Use, version: int) -> None:
        """Remove a version that is not the newest, here and on disk: what was made under it opens no more."""
        if version == self._newest[use]:
            raise KeyRingError(f"version {version} of the {use.value} key is in use")
        _path(self._directory, self.get(use, version)).unlink()
        del self._keys[use, version]

    def rotate(self, use: Use, *, random: Random, at: datetime) -> Key:
        """Add a version and make it current, here and on disk. Other processes see it when they load again."""
        version = self._newest.get(use, 0) + 1
        key = Key(use, version, random(_SIZES[use]), at)
        _write(self._directory, key)
        self._keys[use, version] = key
        self._newest[use] = version
        return key


def _read(directory: Path, use: Use | None = None) -> Iterator[Key]:
    for path in (directory, *sorted(directory.iterdir())):
        _refuse_open(path)
    for path in sorted(directory.glob(f"{use.value if use is not None else '*'}/*.json")):
        _refuse_open(path)
        try:
            told = json.loads(path.read_text())
            key = Key(
                Use(told["use"]),
                told["version"],
                base64.b64decode(told["secret"], validate=True),
                datetime.fromisoformat(told["made"]),
            )
        except (ValueError, KeyError, TypeError):
            raise KeyRingError(f"{path} is not a key file: restore it from a backup") from None
        if path != _path(directory, key) or len(key.secret) != _SIZES[key.use]:
            raise KeyRingError(f"{path} holds another key than its name says: restore it from a backup")
        yield key


def _refuse_open(path: Path) -> None:
    if path.stat().st_mode & 0o077:
        raise KeyRingError(
            f"{path} can be read by others: consider its keys known, rotate them, and set its mode to owner only"
        )


def _path(directory: Path, key: Key) -> Path:
    return directory / key.use.value / f"{key.version}.json"


def _write(directory: Path, key: Key) -> None:
    path = _path(directory, key)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    told = {
        "use": key.use.value,
        "version": key.version,
        "made": key.made.isoformat(),
        "secret": base64.b64encode(key.secret).decode(),
    }
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)  # left by a hub that died while writing; never became a key
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(json.dumps(told))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(new, path)  # not rename: two that rotate at once must not both become this version
    except FileExistsError:
        raise KeyRingError(f"{path} was made by another process just now: load the ring again") from None
    finally:
        new.unlink()
    for changed in (path.parent, directory):
        descriptor = os.open(changed, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
