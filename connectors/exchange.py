"""政务信息资源共享交换平台: a department reached through the region's exchange platform, its own call and proof inside the platform's envelope.

Rules of this file:
- The department's request is made as ever, signature included, and travels whole: the platform carries it, and can change nothing of it
  unnoticed where the department's scheme covers the body.
- The platform has an authentication of its own and knows the department's service by a resource code (资源代码); both stand in the
  department's manifest, so whether a department is reached directly or through the platform is no other part's business.
- What the platform answers of itself is never taken for the department's answer.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Protocol

import orjson
from yarl import URL

from connectors.door import Answer, Door, Make
from connectors.exchange_resource import Exchange
from connectors.interface import DepartmentBroke, DepartmentUnavailable
from connectors.manifest import Manifest
from connectors.signing import Clock, Random, signer


class Way(Protocol):
    """How a call reaches a department over HTTP."""

    async def post(self, url: URL, make: Make) -> Answer:
        """One POST of what `make` gives; the deadline is the caller's. Raises DepartmentError."""
        ...

    async def close(self) -> None:
        """Give the sockets back."""
        ...


def way_to(manifest: Manifest, *, clock: Clock, random: Random) -> Way:
    """The department's own door, or the exchange platform's where the manifest says so."""
    once = manifest.limits.queries_counted
    if manifest.exchange is None:
        return Door(manifest.department, concurrency=manifest.concurrency, max_bytes=manifest.max_bytes, once=once)
    # base64 and the envelope make an answer half as long again.
    door = Door(manifest.department, concurrency=manifest.concurrency, max_bytes=manifest.max_bytes * 3 // 2 + 4096, once=once)
    return ExchangeDoor(manifest.department, manifest.exchange, door, max_bytes=manifest.max_bytes, clock=clock, random=random)


class ExchangeDoor:
    """The exchange platform's door to one department's resource."""

    def __init__(
        self, department: str, exchange: Exchange, door: Door, *, max_bytes: int, clock: Clock, random: Random,
    ) -> None:
        """Nothing is contacted yet."""
        self._department = department
        self._exchange = exchange
        self._door = door
        self._max_bytes = max_bytes
        self._url = URL(exchange.place, encoded=True)
        self._sign = signer(
            exchange.scheme, exchange.credentials, intent_header=exchange.words.get("intent_header", ""), clock=clock, random=random,
        )

    async def post(self, url: URL, make: Make) -> Answer:
        """The department's answer, taken out of the platform's envelope. Raises DepartmentError."""
        words = self._exchange.words

        def wrapped() -> tuple[bytes, Mapping[str, str]]:
            body, headers = make()
            content = orjson.dumps({
                words["resource"]: self._exchange.resource, words["path"]: url.raw_path_qs, words["headers"]: dict(headers),
                words["content"]: base64.b64encode(body).decode(),
            })
            # The platform's own records name the resource alone; which log entry stands behind a call is between hub and department.
            return content, {
                "Content-Type": "application/json", **self._sign(str(self._url), self._url.raw_path, content, self._exchange.resource),
            }

        return self._unwrapped(await self._door.post(self._url, wrapped))

    def _unwrapped(self, answer: Answer) -> Answer:
        words = self._exchange.words
        if answer.status != 200 or answer.kind != "application/json":
            raise DepartmentUnavailable(f"{self._department}: the exchange platform did not carry the call")
        try:
            envelope = orjson.loads(answer.body)
            if not isinstance(envelope, dict) or str(envelope.get(words["ok"])) != words["ok_value"]:
                raise DepartmentUnavailable(f"{self._department}: the exchange platform refused the call")
            body = base64.b64decode(envelope[words["answer"]], validate=True)
            status, kind = int(envelope[words["status"]]), str(envelope[words["kind"]])
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, binascii.Error):
            raise DepartmentBroke(f"{self._department}: the exchange platform's envelope cannot be read") from None
        if len(body) > self._max_bytes:
            raise DepartmentBroke(f"{self._department} sent more than {self._max_bytes} bytes")
        return Answer(status, kind.partition(";")[0].strip().lower(), body)

    async def close(self) -> None:
        """Give the sockets back."""
        await self._door.close()
