"""A TCP relay before a database, to be cut: a connection that goes through it is gone, those that do not are not."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit


class Relay:
    """One port. `url` is the database's, through it."""

    def __init__(self, url: str, port: int = 0) -> None:
        self._to = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._port = port

    @property
    def url(self) -> str:
        """Good once it was started, or where the port was given."""
        return self._to._replace(netloc=f"{self._to.netloc.rpartition('@')[0]}@127.0.0.1:{self._port}").geturl()

    async def start(self) -> None:
        """Let everybody through, on the port of before."""
        self._server = await asyncio.start_server(self._joined, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Nobody gets through, and who was through is cut off."""
        if self._server is not None:
            self._server.close()
        for writer in tuple(self._open):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(self._to.hostname, self._to.port)
        except OSError:  # the database is gone: so is this way to it
            writer.close()
            return
        self._open |= {writer, far_writer}
        await asyncio.gather(self._carried(reader, far_writer), self._carried(far_reader, writer), return_exceptions=True)

    async def _carried(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()
            self._open.discard(writer)
