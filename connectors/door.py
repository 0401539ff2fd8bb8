"""The one way out to a department over HTTP: a kept connection, one POST, at most so many bytes back.

Rules of this file:
- No redirect is followed and no proxy of the environment used: a department's answer cannot send a household elsewhere.
- No compression is offered, so the byte limit is the limit of what we hold. Reading stops at the limit; the connection is closed.
- A kept connection the department closed meanwhile is tried once more, and only if nothing of an answer had come.
- An exception of aiohttp may quote a URL or a header; only its class goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import aiohttp
from yarl import URL

from connectors.interface import DepartmentBroke, DepartmentTimeout, DepartmentUnavailable

_PLAIN_HEADERS = {"User-Agent": "household-facts-hub", "Accept-Encoding": "identity"}


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

    def __init__(self, department: str, *, concurrency: int, max_bytes: int) -> None:
        self._department = department
        self._concurrency = concurrency
        self._max_bytes = max_bytes
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: URL, make: Make) -> Answer:
        """One POST of what `make` gives; the deadline is the caller's. Raises DepartmentError."""
        session = self._session or self._open()
        try:
            async with await self._begin(session, url, make) as response:
                return Answer(response.status, response.content_type, await self._read(response))
        except aiohttp.ClientPayloadError:
            raise DepartmentBroke(f"{self._department} broke off in the middle of its answer") from None
        except aiohttp.ServerTimeoutError:
            raise DepartmentTimeout(f"{self._department} did not answer in time") from None
        except (aiohttp.ClientError, OSError) as error:
            raise DepartmentUnavailable(f"{self._department} could not be reached: {type(error).__name__}") from None

    async def _begin(self, session: aiohttp.ClientSession, url: URL, make: Make) -> aiohttp.ClientResponse:
        body, headers = make()
        try:
            return await session.post(url, data=body, headers=headers, allow_redirects=False)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            # Made anew: a department refuses a nonce it has seen, and it may have seen the first attempt.
            body, headers = make()
            return await session.post(url, data=body, headers=headers, allow_redirects=False)

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        declared = response.content_length
        if declared is not None and declared > self._max_bytes:
            response.close()
            raise DepartmentBroke(f"{self._department} announced more than {self._max_bytes} bytes")
        stream = response.content
        whole = await stream.readany()
        if stream.at_eof():
            return whole
        gathered = bytearray(whole)
        while chunk := await stream.readany():
            gathered += chunk
            if len(gathered) > self._max_bytes:
                response.close()
                raise DepartmentBroke(f"{self._department} sent more than {self._max_bytes} bytes")
        return bytes(gathered)

    def _open(self) -> aiohttp.ClientSession:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._concurrency, keepalive_timeout=30, ttl_dns_cache=60),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None), cookie_jar=aiohttp.DummyCookieJar(),
            headers=_PLAIN_HEADERS, auto_decompress=False, trust_env=False,
        )
        return self._session

    async def close(self) -> None:
        """Give the sockets back."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def accepted(department: str, answer: Answer, kind: str) -> bytes:
    """The body of an answer with status 200 and media type `kind`; anything else is a DepartmentError."""
    if answer.status != 200:
        if answer.status in {401, 403, 429} or answer.status >= 500:
            raise DepartmentUnavailable(f"{department} refused the question with status {answer.status}")
        raise DepartmentBroke(f"{department} answered with status {answer.status}")
    if answer.kind != kind:
        raise DepartmentBroke(f"{department} answered with another media type than {kind}")
    if not answer.body:
        raise DepartmentBroke(f"{department} answered with nothing")
    return answer.body
