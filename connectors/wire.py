"""HTTP/1.1 spoken on one kept connection: a request is one write, its answer one wake-up (measured: a tenth of aiohttp's CPU a call).

Rules of this file:
- The parser is llhttp (httptools), strict; framing is its business, sizes are ours: head and body end at a limit, announced or not.
- A connection serves one exchange at a time. Bytes nobody asked for, a broken frame or an exchange given up close it: what one
  household was told can never be read as the answer to another's question.
- An answer without a length ends where the connection does, and only if that end was clean.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import cast

import httptools

_HEAD_LIMIT = 32 * 1024
"""Bytes of status line and headers; a department that sends more is broken."""


class Broken(Exception):
    """The exchange failed. `fault` says how; `silent` whether not one byte of an answer had come."""

    def __init__(self, fault: Fault, *, silent: bool = False) -> None:
        super().__init__(fault.name)
        self.fault = fault
        self.silent = silent


class Fault(Enum):
    """What went wrong with an exchange."""

    CLOSED = auto()     # the connection ended before the answer did
    MALFORMED = auto()  # what came is not HTTP
    ANNOUNCED = auto()  # the announced length is over the limit
    TOO_LARGE = auto()  # more came than the limit


@dataclass(frozen=True, slots=True)
class Received:
    """A whole answer. `content_type` as sent; `encoded` where it says it is compressed, which was not offered."""

    status: int
    content_type: str
    encoded: bool
    body: bytes


class Connection(asyncio.Protocol):
    """One connection to a department."""

    def __init__(self, *, max_bytes: int) -> None:
        """`max_bytes` of a body."""
        self._max_bytes = max_bytes
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Received] | None = None
        self._fresh()
        self.rested_since = 0.0
        """Loop time of the end of its last exchange."""

    def _fresh(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []
        self._held = self._head = 0
        self._type = ""
        self._encoded = self._framed = self._begun = self._headed = self._delivered = False

    @property
    def usable(self) -> bool:
        """Whether another exchange may begin."""
        return self._transport is not None and not self._transport.is_closing() and self._waiting is None

    async def exchange(self, request: bytes) -> Received:
        """Send a request and wait for its answer. Raises Broken; given up in the middle, the connection is closed."""
        if self._transport is None or not self.usable:
            raise Broken(Fault.CLOSED, silent=True)
        self._fresh()
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            return await self._waiting
        except BaseException:
            self.close()
            raise
        finally:
            self._waiting = None

    def close(self) -> None:
        """End it at once: nothing that is still to come is read."""
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one by behaviour only

    def data_received(self, data: bytes) -> None:
        if self._waiting is None or self._waiting.done():
            return self.close()
        self._begun = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            return self._fail(Fault.MALFORMED)
        if not self._headed:
            self._head += len(data)
            if self._head > _HEAD_LIMIT:
                self._fail(Fault.TOO_LARGE)
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._waiting is None or self._waiting.done():
            return
        if exc is None and self._headed and not self._framed:
            self._deliver()
        else:
            self._fail(Fault.CLOSED)

    # What the parser calls, inside `data_received`.

    def on_message_begin(self) -> None:
        if self._delivered:
            self.close()  # a second answer to one question

    def on_header(self, name: bytes, value: bytes) -> None:
        self._held += len(name) + len(value)
        if self._headed:  # after the body: of no use to anybody, but it counts
            return self._fail(Fault.TOO_LARGE) if self._held > self._max_bytes else None
        if self._held > _HEAD_LIMIT:
            return self._fail(Fault.TOO_LARGE)
        lowered = name.lower()
        if lowered == b"content-type":
            self._type = value.decode("latin-1")
        elif lowered == b"content-encoding":
            self._encoded = value.strip().lower() not in {b"", b"identity"}
        elif lowered == b"transfer-encoding":
            self._framed = True
        elif lowered == b"content-length":
            self._framed = True
            if int(value) > self._max_bytes:
                self._fail(Fault.ANNOUNCED)
        return None

    def on_headers_complete(self) -> None:
        self._headed = self._parser.get_status_code() >= 200
        self._held = 0

    def on_body(self, body: bytes) -> None:
        self._held += len(body)
        if self._held > self._max_bytes:
            return self._fail(Fault.TOO_LARGE)
        return self._body.append(body)

    def on_message_complete(self) -> None:
        if self._delivered:
            self.close()
        elif self._headed:
            self._deliver()
        else:  # 100 Continue and its like: the answer is still to come
            self._type, self._held, self._framed = "", 0, False

    def _deliver(self) -> None:
        if self._waiting is None or self._waiting.done():
            return self.close()
        self._delivered = True
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self._waiting.set_result(Received(self._parser.get_status_code(), self._type, self._encoded, body))
        if not (self._framed and self._parser.should_keep_alive()):
            self.close()
        return None

    def _fail(self, fault: Fault) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(Broken(fault, silent=not self._begun))
        self.close()


def written(target: str, host: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """A POST as bytes. ValueError for a header that would write another: no header of ours holds a line's end."""
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    if lines.count("\n") != len(headers) or lines.count("\r") != len(headers) or "\0" in lines:
        raise ValueError("a header with a line's end")
    head = f"POST {target} HTTP/1.1\r\nHost: {host}\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
    return head.encode("latin-1") + body
