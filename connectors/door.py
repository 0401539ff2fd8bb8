"""The one way out to a department over HTTP: a kept connection, one POST, at most so many bytes back.

Rules of this file:
- No redirect is followed and no proxy of the environment used: a department's answer cannot send a household elsewhere.
- No compression is offered, so the byte limit is the limit of what we hold. Reading stops at the limit; the connection is closed.
- A kept connection the department closed meanwhile is tried once more, and only if nothing of an answer had come. A department
  that counts each query (`once`) is asked on a new connection each time instead, and nothing is tried again.
- An exception's text may quote a URL or a header; only its class goes on.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from yarl import URL

from connectors.interface import DepartmentBroke, DepartmentForbade, DepartmentRefused, DepartmentUnavailable
from connectors.wire import Broken, Connection, Fault, Received, written

_PLAIN_HEADERS = {"User-Agent": "household-facts-hub", "Accept": "*/*", "Accept-Encoding": "identity"}
_REST_SECONDS = 30.0
"""How long a connection without a question is kept: less than departments keep theirs."""

Make = Callable[[], tuple[bytes, Mapping[str, str]]]
"""Body and headers of one attempt."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `kind` is the media type in lower case, without parameters."""

    status: int
    kind: str
    body: bytes


class Door:
    """A department's HTTP endpoint; `close` gives its sockets back."""

    def __init__(self, department: str, *, concurrency: int, max_bytes: int, once: bool = False) -> None:
        self._department = department
        self._most = concurrency
        self._max_bytes = max_bytes
        self._once = once
        self._tls: ssl.SSLContext | None = None
        self._resting: dict[str, list[Connection]] = {}
        self._busy: set[Connection] = set()

    async def post(self, url: URL, make: Make) -> Answer:
        """One POST of what `make` gives; the deadline is the caller's. Raises DepartmentError."""
        try:
            received = await self._asked(url, make)
        except Broken as broken:
            raise self._said(broken) from None
        except OSError as error:
            raise DepartmentUnavailable(f"{self._department} could not be reached: {type(error).__name__}") from None
        if received.encoded:
            raise DepartmentBroke(f"{self._department} compressed its answer unasked")
        return Answer(received.status, _kind(received.content_type), received.body)

    async def _asked(self, url: URL, make: Make) -> Received:
        try:
            return await self._exchange(url, make)
        except Broken as broken:
            if self._once or not broken.silent or broken.fault is not Fault.CLOSED:
                raise
        # Made anew: a department refuses a nonce it has seen, and it may have seen the first attempt.
        return await self._exchange(url, make)

    async def _exchange(self, url: URL, make: Make) -> Received:
        target, host = _address(url)
        body, headers = make()
        request = written(target, host, {**_PLAIN_HEADERS, **headers}, body)
        connection = self._rested(host) or await self._open(url)
        self._busy.add(connection)
        try:
            received = await connection.exchange(request)
        finally:
            self._busy.discard(connection)
        resting = self._resting.setdefault(host, [])
        if connection.usable and len(resting) < self._most and not self._once:
            connection.rested_since = asyncio.get_running_loop().time()
            resting.append(connection)
        else:
            connection.close()
        return received

    def _rested(self, host: str) -> Connection | None:
        """The connection used last, so that those too many grow old."""
        resting = self._resting.get(host)
        oldest = asyncio.get_running_loop().time() - _REST_SECONDS
        while resting:
            connection = resting.pop()
            if connection.usable and connection.rested_since > oldest:
                return connection
            connection.close()
        return None

    async def _open(self, url: URL) -> Connection:
        tls = self._secured() if url.scheme == "https" else None
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: Connection(max_bytes=self._max_bytes), url.host or "", url.port or 0, ssl=tls,
        )
        return connection

    def _secured(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls

    def _said(self, broken: Broken) -> DepartmentBroke | DepartmentUnavailable:
        match broken.fault:
            case Fault.ANNOUNCED:
                return DepartmentBroke(f"{self._department} announced more than {self._max_bytes} bytes")
            case Fault.TOO_LARGE:
                return DepartmentBroke(f"{self._department} sent more than {self._max_bytes} bytes")
            case Fault.MALFORMED:
                return DepartmentBroke(f"{self._department} answered with what is not HTTP")
        if not broken.silent:
            return DepartmentBroke(f"{self._department} broke off in the middle of its answer")
        return DepartmentUnavailable(f"{self._department} could not be reached: it closed the connection")

    async def close(self) -> None:
        """Give the sockets back."""
        for connection in [*self._busy, *[one for several in self._resting.values() for one in several]]:
            connection.close()
        self._resting.clear()


@lru_cache(256)
def _address(url: URL) -> tuple[str, str]:
    """Request target and Host of a URL, which one department gives its groups for good."""
    return url.raw_path_qs, url.authority.rpartition("@")[2]


@lru_cache(256)
def _kind(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def accepted(department: str, answer: Answer, kind: str) -> bytes:
    """The body of an answer with status 200 and media type `kind`; anything else is a DepartmentError."""
    if answer.status != 200:
        if answer.status == 403:
            raise DepartmentForbade(f"{department} refused the question with status 403")
        if answer.status in {401, 429}:
            raise DepartmentRefused(f"{department} refused the question with status {answer.status}")
        if answer.status >= 500:
            raise DepartmentUnavailable(f"{department} refused the question with status {answer.status}")
        raise DepartmentBroke(f"{department} answered with status {answer.status}")
    if answer.kind != kind:
        raise DepartmentBroke(f"{department} answered with another media type than {kind}")
    if not answer.body:
        raise DepartmentBroke(f"{department} answered with nothing")
    return answer.body
