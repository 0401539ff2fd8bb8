"""An SFTP account (asyncssh) a department puts its drops into: one user, one key, one directory, and nothing may be written."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path

import asyncssh
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


class SftpAccount:
    """The account on a socket of its own; `seed` is 32 bytes the host key is made of.

    It can be told to be `slow` (seconds an opening takes) and to cut the connection where a file is read beyond `cut_after` bytes;
    `served` is the names of the files it opened and where each was read from.
    """

    def __init__(self, directory: Path, *, seed: bytes, username: str, authorized: Ed25519PrivateKey) -> None:
        self.directory, self._username = directory, username
        self.slow, self.cut_after = 0.0, -1
        self.served: deque[tuple[str, int]] = deque(maxlen=10_000)
        self._host_key = asyncssh.import_private_key(openssh(Ed25519PrivateKey.from_private_bytes(seed)))
        self._authorized = asyncssh.import_private_key(openssh(authorized)).convert_to_public()
        self._acceptor: asyncssh.SSHAcceptor | None = None

    @property
    def host_key(self) -> str:
        """The public host key, as a manifest's settings pin it."""
        return self._host_key.export_public_key().decode().strip()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen; the address a manifest is given."""
        self._acceptor = await asyncssh.listen(
            host, port, server_host_keys=[self._host_key], server_factory=lambda: _OneUser(self._username, self._authorized),
            sftp_factory=lambda channel: _ReadOnly(channel, self), allow_scp=False, config=None,
        )
        return f"sftp://{host}:{self._acceptor.get_port()}/"

    async def stop(self) -> None:
        """Stop listening and end what goes on; a second call does nothing."""
        if self._acceptor is not None:
            self._acceptor.close()
            await self._acceptor.wait_closed()
            self._acceptor = None


class _OneUser(asyncssh.SSHServer):
    def __init__(self, username: str, key: asyncssh.SSHKey) -> None:
        self._username, self._key = username, key

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == self._username and key.public_data == self._key.public_data


Attributes = os.stat_result | asyncssh.SFTPAttrs


@dataclass(frozen=True, slots=True)
class _Opened:
    name: str
    file: object


class _ReadOnly(asyncssh.SFTPServer):
    def __init__(self, channel: asyncssh.SSHServerChannel[bytes], account: SftpAccount) -> None:
        super().__init__(channel, chroot=str(account.directory).encode())
        self._account = account

    async def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        if pflags & ~asyncssh.FXF_READ:
            raise asyncssh.SFTPPermissionDenied("read only")
        await asyncio.sleep(self._account.slow)
        return _Opened(path.decode(), super().open(path, pflags, attrs))

    def read(self, file_obj: object, offset: int, size: int) -> bytes | Awaitable[bytes]:
        if not isinstance(file_obj, _Opened):
            raise asyncssh.SFTPBadMessage("no file of this server")
        if 0 <= self._account.cut_after <= offset:
            self.connection.abort()
            raise asyncssh.SFTPConnectionLost("cut")
        self._account.served.append((file_obj.name, offset))
        return super().read(file_obj.file, offset, size)

    def close(self, file_obj: object) -> None:
        if isinstance(file_obj, _Opened):
            super().close(file_obj.file)

    def fstat(self, file_obj: object) -> Attributes | Awaitable[Attributes]:
        return super().fstat(file_obj.file if isinstance(file_obj, _Opened) else file_obj)

    def refused(self, *_arguments: object) -> None:
        raise asyncssh.SFTPPermissionDenied("read only")

    remove = rename = posix_rename = mkdir = rmdir = setstat = fsetstat = symlink = link = refused  # type: ignore[assignment]


def openssh(key: Ed25519PrivateKey) -> str:
    """A private key in OpenSSH's own form."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
