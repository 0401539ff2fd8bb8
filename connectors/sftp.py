"""Drops fetched over SFTP: the department's account is looked into now and then, and the newest good month copied.

Rules of this file:
- The host key is the manifest's and no other; the hub logs in by its own key; no configuration of the machine's user is read.
- A month is taken when its marker and checksum are there. What broke off is resumed at the next look, and is nothing until its checksum agrees.
- While the department cannot be reached, or what it put there is no good, the last good copy goes on counting with its own `asOf`.
- A question waits for a look only where there is no copy at all.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asyncssh

from connectors.copies import Copies
from connectors.drop import SIDECAR_LIMIT, SIDECARS, DropRefused, Layout, months
from connectors.interface import DepartmentTimeout, DepartmentUnavailable
from connectors.manifest import Manifest
from connectors.section import ManifestFault
from connectors.signing import Clock

_LOG = logging.getLogger("connectors.sftp")
_PIECE = 1 << 20
_NAMES_LIMIT = 10_000
_CHECKSUM = re.compile(rb"([0-9a-f]{64})  ")
_TURN = 0.2  # seconds between two tries to become the worker that fetches

Refusal = tuple[str, bytes, int]
"""What tells one refused drop from its repair: name, what stood beside it, size."""


class SftpDrops:
    """One dataset of a department's SFTP account, copied into `directory`. Raises ManifestFault for an address or key that is none."""

    def __init__(self, manifest: Manifest, layout: Layout, directory: Path, verify: Callable[[Path], None], *, clock: Clock) -> None:
        self._department, self._patience = manifest.department, manifest.deadline
        self._layout, self._verify, self._clock = layout, verify, clock
        self._every = timedelta(seconds=manifest.look_every)
        self._copies = Copies(directory)
        self._connecting, self._path = _account(manifest)
        self._current: Path | None = None
        self._looked: datetime | None = None
        self._looking: asyncio.Task[None] | None = None
        self._refused: set[Refusal] = set()

    async def directory(self) -> Path:
        """Where the newest good copy lies. Raises DepartmentUnavailable, DepartmentTimeout where there is none."""
        if self._current is None or not self._current.exists():  # another worker may have put a newer one in its place
            self._current = await asyncio.to_thread(self._copies.newest)
        due = self._looked is None or self._clock() - self._looked >= self._every
        if self._looking is None and (due or self._current is None):
            self._looking = asyncio.create_task(self._look())
            self._looking.add_done_callback(self._looked_at)
        if self._current is None and self._looking is not None:
            # Shielded: an asker who gives up does not stop what the next one needs.
            await asyncio.shield(self._looking)
        if self._current is None:
            raise DepartmentUnavailable(f"{self._department}: no complete and valid drop lies there")
        return self._current

    def _looked_at(self, task: asyncio.Task[None]) -> None:
        self._looking = None
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOG.warning("%s: %s", self._department, error if isinstance(error, DepartmentUnavailable | DepartmentTimeout) else type(error).__name__)

    async def _look(self) -> None:
        self._looked = self._clock()
        with self._copies.alone() as fetching:
            if fetching:
                await self._fetched()
                return
        while self._current is None:  # another worker is at it: its copy is ours
            await asyncio.sleep(_TURN)
            self._current = await asyncio.to_thread(self._copies.newest)
            with self._copies.alone() as fetching:
                if fetching and self._current is None:
                    await self._fetched()
                    return

    async def _fetched(self) -> None:
        async with self._session() as client:
            await self._newest(client)

    async def lying(self) -> Sequence[str]:
        """The finished months in the account now; nothing is fetched. Raises DepartmentUnavailable, DepartmentTimeout."""
        async with self._session() as client:
            return months(list(await self._sizes(client)), self._layout)

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[asyncssh.SFTPClient]:
        try:
            async with asyncio.timeout(self._patience):
                connection = await self._connecting()
            async with connection, connection.start_sftp_client() as client:
                yield client
        except asyncssh.HostKeyNotVerifiable:
            raise DepartmentUnavailable(f"{self._department} shows another host key than the one pinned") from None
        except TimeoutError:
            raise DepartmentTimeout(f"{self._department} did not answer over SFTP") from None
        except (asyncssh.Error, OSError) as error:
            raise DepartmentUnavailable(f"{self._department} could not be reached over SFTP: {type(error).__name__}") from None

    async def _newest(self, client: asyncssh.SFTPClient) -> None:
        async with asyncio.timeout(self._patience):
            sizes = await self._sizes(client)
        self._refused = {state for state in self._refused if state[0] in sizes}
        for name in months(list(sizes), self._layout):
            try:
                place = await self._month(client, name, sizes)
            except DropRefused as refusal:
                _LOG.warning("drop %s refused: %s", name, refusal)
                continue
            if place is not None:
                self._current = place
                await asyncio.to_thread(self._copies.keep_only, place)
                return
        if not months(list(sizes), self._layout):
            self._current = None
            await asyncio.to_thread(self._copies.keep_only, None)

    async def _sizes(self, client: asyncssh.SFTPClient) -> Mapping[str, int]:
        sizes: dict[str, int] = {}
        async for entry in client.scandir(self._path):
            sizes[str(entry.filename)] = entry.attrs.size or 0
            if len(sizes) > _NAMES_LIMIT:
                raise DropRefused("more files than an account of drops can hold")
        return sizes

    async def _month(self, client: asyncssh.SFTPClient, name: str, sizes: Mapping[str, int]) -> Path | None:
        """The copy of a month: the one there is, or one fetched now; None for one that was refused as it stands."""
        if not all(0 < sizes.get(name + suffix, 0) <= SIDECAR_LIMIT for suffix in SIDECARS):
            raise DropRefused("marker or checksum file missing or unreadable")
        sidecars = {suffix: await self._read(client, name + suffix, 0, SIDECAR_LIMIT) for suffix in SIDECARS}
        found = _CHECKSUM.match(sidecars[".sha256"])
        if found is None:
            raise DropRefused("marker or checksum file unreadable")
        if sizes[name] > self._layout.max_bytes:
            raise DropRefused("larger than a drop may be")
        checksum, state = found[1].decode(), (name, b"\0".join(sidecars.values()), sizes[name])
        place = self._copies.place_of(name, checksum)
        if place.exists() and (place / f"{name}.done").read_bytes() == sidecars[".done"]:
            return place
        if state in self._refused:
            return None
        try:
            return await self._copied(client, name, sizes[name], sidecars, checksum)
        except DropRefused:
            self._refused.add(state)
            raise

    async def _copied(self, client: asyncssh.SFTPClient, name: str, size: int, sidecars: dict[str, bytes], checksum: str) -> Path:
        here = await asyncio.to_thread(self._copies.begin, name, sidecars)
        while here < size:
            piece = await self._read(client, name, here, min(_PIECE, size - here))
            if not piece:
                break
            await asyncio.to_thread(self._copies.append, name, piece)
            here += len(piece)
        return await asyncio.to_thread(self._copies.finish, name, checksum, self._verify)

    async def _read(self, client: asyncssh.SFTPClient, name: str, offset: int, size: int) -> bytes:
        # A limit a piece, not a file: a large drop over a slow line is no stall.
        async with asyncio.timeout(self._patience), client.open(f"{self._path}/{name}", "rb") as file:
            return bytes(await file.read(size, offset))  # type: ignore[arg-type]  # of a file opened in binary

    async def close(self) -> None:
        """Stop looking; what came so far is taken up again."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)


def _account(manifest: Manifest) -> tuple[Callable[[], Awaitable[asyncssh.SSHClientConnection]], str]:
    """How to log in, and the directory to look into."""
    try:
        place = urlsplit(manifest.place)
        host, port, path = place.hostname, place.port or 22, unquote(place.path).rstrip("/")
    except ValueError:
        host = None
    if not host or place.username or place.password or place.query:
        raise ManifestFault(f"{manifest.department}.place: not sftp://host:port/directory; the user stands under auth")
    if manifest.scheme != "ssh-key":
        raise ManifestFault(f"{manifest.department}.auth.scheme: an SFTP account is logged into by ssh-key")
    try:
        pinned = asyncssh.import_public_key(manifest.credentials["host_key"])
        own = asyncssh.import_private_key(manifest.credentials["key"])
    except (asyncssh.KeyImportError, ValueError):
        raise ManifestFault(f"{manifest.department}.auth: host_key or key cannot be read") from None

    async def connecting() -> asyncssh.SSHClientConnection:
        return await asyncssh.connect(
            host, port, username=manifest.credentials["username"], client_keys=[own], known_hosts=([pinned], [], []), config=None,
            agent_path=None, preferred_auth="publickey", connect_timeout=manifest.deadline, login_timeout=manifest.deadline,
        )

    return connecting, path or "."
