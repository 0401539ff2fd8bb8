"""`/graphql` over ASGI: admits, identifies, reads, sends the question down the road, and writes what came of it.

Who is not identified leaves a count in the bounded security log; who is, and is refused, leaves an entry in the access log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import structlog

from connectors.value import value
from hub import later, metrics
from hub.access_log.questions import refusal
from hub.access_log.security import SecurityLog
from hub.authorizations.standing import Standing
from hub.caller import Caller, asks_for_themself
from hub.errors import CallerError, Forbidden, Overloaded, RecordingFailed, TooMany, Unauthenticated
from hub.graphql_http import JSON, RESPONSE_JSON, Asked, Receive, Scope, Send, header, media_type, read, status_of
from hub.operation import Documents, Operation
from hub.operations.persisted import PersistedOperations
from hub.operations.quotas import ClientQuota, InFlight
from hub.parent_question import HEADER, part_of
from hub.problems import CHALLENGE
from hub.route import Road
from policies.verdict import BasisKind

Identify = Callable[[Scope], Awaitable[Standing]]
"""Step 1: the request's headers to a standing; raises Unauthenticated or Forbidden."""

PARENT = HEADER.lower().encode()
_FLOODS = frozenset({"RATE", "CONCURRENCY"})

_log = structlog.get_logger("hub.graph")


@value
class Written:
    """A response before it is sent; `decision` as the metrics count it."""

    status: int
    body: bytes
    media: str = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()
    decision: str = "REFUSED"


@dataclass(slots=True)
class Graph:
    """The ASGI application of one worker's graph."""

    identify: Identify
    documents: Documents
    persisted: PersistedOperations
    road: Road
    in_flight: InFlight
    quota: ClientQuota
    security: SecurityLog
    max_body: int
    numbers: Callable[[int], bytes]
    remedies: Sequence[Mapping[str, object]] = ()
    """Told beside every refusal of a citizen's question: where they turn (PIPL §50)."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        written = await self._written(scope, receive)
        metrics.counted(metrics.ANSWERS, str(written.status), written.decision).inc()
        headers = [
            (b"content-type", f"{written.media}; charset=utf-8".encode()), (b"content-length", str(len(written.body)).encode()),
            (b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"), *written.headers,
        ]
        await send({"type": "http.response.start", "status": written.status, "headers": headers})
        await send({"type": "http.response.body", "body": written.body})

    async def _written(self, scope: Scope, receive: Receive) -> Written:
        started = asyncio.get_running_loop().time()
        try:
            with self.in_flight:
                metrics.IN_FLIGHT.inc()
                try:
                    return await self._admitted(scope, receive)
                finally:
                    metrics.IN_FLIGHT.dec()
                    metrics.SECONDS.observe(asyncio.get_running_loop().time() - started)
        except Overloaded as error:
            return _later(error)

    async def _admitted(self, scope: Scope, receive: Receive) -> Written:
        standing: Standing | None = None
        media, read_body, operation = JSON, False, None
        try:
            media = media_type(header(scope, b"accept"))
            standing = await self.identify(scope)
            not_on_file(standing)
            with self.quota.taken(standing.caller.client):
                asked = await read(scope, receive, max_bytes=self.max_body)
                read_body = True
                standing = part_of(standing, header(scope, PARENT))
                operation = await self._operation(asked, standing)
                return await self._answered(operation, asked, standing, media, scope)
        except CallerError as error:
            return await self._refused(error, standing, operation, media, read_body=read_body)
        except Overloaded:
            raise  # the door's to say: 503, and when to come again
        except RecordingFailed as error:
            return _later(error, media)
        except Exception:  # noqa: BLE001 (a bug of ours: a fixed text outward, the rest to the operator)
            number = self.numbers(6).hex()
            _log.exception("internal error", number=number)
            return _fault(500, "INTERNAL", f"the hub failed; its operator finds this under number {number}", media=media)

    async def _operation(self, asked: Asked, standing: Standing) -> Operation:
        caller = standing.caller
        text = await self.persisted.text_for(
            asked.document, asked.hash, client=caller.client, allow_list_only=caller.allow_list_only,
        )
        return await self.documents.load(text, asked.operation_name)

    async def _answered(self, operation: Operation, asked: Asked, standing: Standing, media: str, scope: Scope) -> Written:
        if scope["method"] == "GET" and (operation.identifying or operation.changes):
            raise CallerError("what may name a person, or changes something, is asked by POST", code="METHOD_NOT_ALLOWED", status=405)
        if operation.introspects:
            return Written(200, orjson.dumps(operation.introspect(asked.variables)), media, decision="SCHEMA")
        travelled = await self.road.travel(
            operation, asked.variables, standing, persisted=asked.hash is not None, address=address_class(scope),
        )
        return Written(200, travelled.body(), media, decision=travelled.decision)

    async def _refused(
        self, error: CallerError, standing: Standing | None, operation: Operation | None, media: str, *, read_body: bool,
    ) -> Written:
        try:
            await self.recorded(error, standing, operation=operation.digest if operation else "")
        except RecordingFailed as failed:
            return _later(failed, media)
        return _fault(
            status_of(error, media, read_body=read_body), error.code, error.message, media=media,
            retry_after=error.retry_after if isinstance(error, TooMany) else None,
            challenge=isinstance(error, Unauthenticated), remedies=self._remedies(_caller(error, standing)),
        )

    def _remedies(self, caller: Caller | None) -> Sequence[Mapping[str, object]]:
        """By whose token it is alone, never by what was refused: two refusals that looked alike still do."""
        return self.remedies if caller is not None and asks_for_themself(caller.basis) else ()

    async def recorded(self, error: CallerError, standing: Standing | None, *, operation: str = "") -> None:
        """Count a refusal, and leave its entry in the access log where it is known who was refused. Raises RecordingFailed."""
        metrics.REFUSALS.labels(error.code).inc()
        caller = _caller(error, standing)
        if caller is None or error.code in _FLOODS:
            # A flood refused for its rate must not become a flood of entries. Look-ups past their quota are: somebody is searching.
            self.security.note(error.code)
            return
        await self.road.log.append(refusal(at=self.road.clock(), code=error.code, caller=caller, operation=operation))


def _caller(error: CallerError, standing: Standing | None) -> Caller | None:
    """Who was refused, as far as that is known."""
    return standing.caller if standing is not None else getattr(error, "caller", None)


def _later(error: Overloaded | RecordingFailed, media: str = JSON) -> Written:
    later.counted(error)
    return _fault(error.status, error.code, error.message, media=media, retry_after=error.retry_after)


def _fault(
    status: int, code: str, message: str, *, media: str = JSON, retry_after: int | None = None, challenge: bool = False,
    remedies: Sequence[Mapping[str, object]] = (),
) -> Written:
    """A request error as GraphQL over HTTP writes it: `errors` without `data`."""
    extensions: Mapping[str, Any] = {"code": code, "remedies": remedies} if remedies else {"code": code}
    body: Mapping[str, Any] = {"errors": [{"message": message, "extensions": extensions}]}
    headers: tuple[tuple[bytes, bytes], ...] = ()
    if retry_after is not None:
        headers = ((b"retry-after", str(retry_after).encode()),)
    if challenge:
        headers = (*headers, (b"www-authenticate", CHALLENGE.encode()))
    if status == 405:
        headers = (*headers, (b"allow", b"GET, POST"))
    return Written(status, orjson.dumps(body), media if media in {JSON, RESPONSE_JSON} else JSON, headers)


def not_on_file(standing: Standing) -> None:
    """Raises `Forbidden` for who stands on a case's file alone: it is read where it lies, and opens nothing else (PIPL §15, §47)."""
    if standing.caller.basis.kind is BasisKind.FILE:
        raise Forbidden("a case's file is read where it lies, and opens nothing else", code="PURPOSE_MISMATCH")


def address_class(scope: Scope) -> str:
    """What the log keeps of the network address: loopback, private or other; never one machine's."""
    client = scope.get("client")
    host = client[0] if client else ""
    if host in {"127.0.0.1", "::1"}:
        return "LOOPBACK"
    private = ("10.", "192.168.", "fd", "fc", *(f"172.{n}." for n in range(16, 32)))
    return "PRIVATE" if host.startswith(private) else "OTHER"
