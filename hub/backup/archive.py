"""The file a backup is: a compressed tar, plain or encrypted as a stream under a passphrase.

Encrypted: magic | scrypt salt, 16 | nonce prefix, 7 | frames. A frame is 4 bytes of length and AES-256-GCM of up to 64 kB under nonce
prefix | frame number, 4 | last, 1 (the STREAM construction): a frame dropped, repeated, moved or cut off at the end is found.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from hub.keys import Random

_MAGIC = b"HUB BACKUP 1\n"
_SALT, _PREFIX, _FRAME = 16, 7, 64 * 1024


class BadArchive(Exception):
    """Not a backup, changed, cut off, or the passphrase is wrong or missing."""


@contextmanager
def writing(file: BinaryIO, *, passphrase: str | None, random: Random) -> Iterator[tarfile.TarFile]:
    """A tar to add members to. Blocks: use it in a thread."""
    target = _Encrypting(file, passphrase, random) if passphrase else None
    with tarfile.open(fileobj=target or file, mode="w|gz", format=tarfile.PAX_FORMAT) as tar:
        yield tar
    if target:
        target.finish()


@contextmanager
def reading(path: Path, *, passphrase: str | None) -> Iterator[Iterator[tuple[str, BinaryIO]]]:
    """The members of an archive, one after the other: name and content. Raises BadArchive, also in the middle. Blocks."""
    with path.open("rb") as file:
        encrypted = file.read(len(_MAGIC)) == _MAGIC
        if encrypted and not passphrase:
            raise BadArchive("the backup is encrypted: give its passphrase")
        if not encrypted:
            file.seek(0)
        source: BinaryIO = file
        if encrypted and passphrase:
            source = io.BufferedReader(_Decrypting(file, passphrase), _FRAME)  # type: ignore[type-var]  # typeshed: FileIO only
        try:
            with tarfile.open(fileobj=source, mode="r|gz") as tar:
                yield _members(tar)
            while source.read(_FRAME):  # a stream is whole only when its last frame was seen
                pass
        except (tarfile.TarError, EOFError, OSError) as reason:
            raise BadArchive("not a backup, or a damaged one") from reason


def _members(tar: tarfile.TarFile) -> Iterator[tuple[str, BinaryIO]]:
    for member in tar:
        content = tar.extractfile(member) if member.isreg() else None
        if content is None:
            raise BadArchive("the backup holds something that is no file")
        yield member.name, content  # type: ignore[misc]  # typeshed: IO[bytes]


def add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    """A member from memory; without owner or time, so that equal contents give equal members."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    tar.addfile(member, io.BytesIO(content))


def add_file(tar: tarfile.TarFile, name: str, path: Path) -> None:
    """A member from a file."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = path.stat().st_size, 0o600
    with path.open("rb") as file:
        tar.addfile(member, file)


def _cipher(passphrase: str, salt: bytes) -> AESGCM:
    # 2^16 × 8: 64 MB and about 0.2 s for each guess (RFC 7914 §2).
    return AESGCM(Scrypt(salt=salt, length=32, n=2**16, r=8, p=1).derive(passphrase.encode()))


def _nonce(prefix: bytes, count: int, *, last: bool) -> bytes:
    return prefix + count.to_bytes(4, "big") + bytes([last])


class _Encrypting(io.RawIOBase):
    """What is written goes out in frames; `finish` writes the last one."""

    def __init__(self, target: BinaryIO, passphrase: str, random: Random) -> None:
        salt, self._prefix = random(_SALT), random(_PREFIX)
        self._cipher = _cipher(passphrase, salt)
        self._target = target
        self._pending = bytearray()
        self._count = 0
        target.write(_MAGIC + salt + self._prefix)

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._pending += data
        while len(self._pending) > _FRAME:
            self._frame(bytes(self._pending[:_FRAME]), last=False)
            del self._pending[:_FRAME]
        return len(data)

    def finish(self) -> None:
        self._frame(bytes(self._pending), last=True)

    def _frame(self, text: bytes, *, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._prefix, self._count, last=last), text, None)
        self._target.write(len(sealed).to_bytes(4, "big") + sealed)
        self._count += 1


class _Decrypting(io.RawIOBase):
    """What is read was proven whole up to there; the end is only told after the last frame."""

    def __init__(self, source: BinaryIO, passphrase: str) -> None:
        head = source.read(_SALT + _PREFIX)
        if len(head) != _SALT + _PREFIX:
            raise BadArchive("the backup is cut off")
        self._cipher, self._prefix = _cipher(passphrase, head[:_SALT]), head[_SALT:]
        self._source = source
        self._pending = b""
        self._count = 0
        self._done = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        while not self._pending and not self._done:
            self._pending = self._frame()
        size = min(len(buffer), len(self._pending))
        buffer[:size], self._pending = self._pending[:size], self._pending[size:]
        return size

    def _frame(self) -> bytes:
        length = int.from_bytes(self._source.read(4), "big")
        sealed = self._source.read(length) if length <= _FRAME + 16 else b""
        for last in (False, True):
            try:
                text = self._cipher.decrypt(_nonce(self._prefix, self._count, last=last), sealed, None)
            except (InvalidTag, ValueError):
                continue
            if last and self._source.read(1):
                raise BadArchive("the backup has something after its end")
            self._done, self._count = last, self._count + 1
            return text
        raise BadArchive("wrong passphrase" if self._count == 0 else "the backup was changed or is cut off")
