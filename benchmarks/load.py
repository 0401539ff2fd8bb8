"""The load: askers on kept connections, each waiting for its answer before it asks again; as little of a client as HTTP allows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson


class Refused(Exception):
    """A gateway did not answer the question."""


class Asker:
    """One kept connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, document: str, ask: Mapping[str, str]) -> bytes:
        """The response body; Refused for another status than 200 or for errors."""
        body = orjson.dumps({"query": document, "variables": {"id": ask["household"]}})
        token = f"Authorization: Bearer {ask['token']}\r\n" if ask["token"] else ""
        head = (
            f"POST /graphql HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nContent-Type: application/json\r\n"
            f"{token}Content-Length: {len(body)}\r\n\r\n"
        )
        if self._writer is None or self._reader is None:
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port, limit=1 << 22)
        self._writer.write(head.encode() + body)
        answered = await self._reader.readuntil(b"\r\n\r\n")
        length = int(answered.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        whole = await self._reader.readexactly(length)
        if not answered.startswith(b"HTTP/1.1 200") or b'"errors":' in whole:
            raise Refused(whole[:400].decode(errors="replace"))
        return whole

    async def close(self) -> None:
        """Let the connection go."""
        if self._writer is not None:
            self._writer.close()


@dataclass(slots=True)
class Outcome:
    """What a load saw. `seconds` holds each answer's latency."""

    answers: int = 0
    took: float = 0.0
    seconds: list[float] = field(default_factory=list)


async def run(
    url: str, asks: Sequence[Mapping[str, str]], documents: Sequence[str], *, answers: int, askers: int, start: int = 0,
) -> Outcome:
    """So many answers by so many askers, families and documents in rotation."""
    outcome = Outcome()
    numbers: Iterator[int] = iter(range(start, start + answers))

    async def one() -> None:
        asker = Asker(url)
        for number in numbers:
            begun = time.perf_counter()
            await asker.ask(documents[number % len(documents)], asks[(number // len(documents) + number) % len(asks)])
            outcome.seconds.append(time.perf_counter() - begun)
        await asker.close()

    begun = time.perf_counter()
    await asyncio.gather(*[one() for _ in range(askers)])
    outcome.took, outcome.answers = time.perf_counter() - begun, answers
    return outcome


async def answer(url: str, ask: Mapping[str, str], document: str) -> Any:
    """One answer, read."""
    asker = Asker(url)
    try:
        return orjson.loads(await asker.ask(document, ask))
    finally:
        await asker.close()


async def sent(url: str, method: str, path: str, body: object = None) -> Any:
    """A control of the sandbox: PUT `/_control`, GET `/_calls`."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    content = b"" if body is None else orjson.dumps(body)
    writer.write(
        f"{method} {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n".encode() + content,
    )
    whole = await reader.read()
    writer.close()
    head, _, told = whole.partition(b"\r\n\r\n")
    if not head.split(b" ", 2)[1].startswith(b"2"):
        raise Refused(whole[:200].decode(errors="replace"))
    return orjson.loads(told) if told else None


