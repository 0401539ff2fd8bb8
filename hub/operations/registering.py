"""`POST /operations`: a client registers a document it will run by hash; it is read like any other before it is stored.

The same door as the graph's: its places, its quota, and its books for what is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from hub import metrics
from hub.authorizations.standing import Standing
from hub.errors import CallerError, Forbidden, Malformed, Overloaded, RecordingFailed, TooMany, Unauthenticated
from hub.graph import CHALLENGE, Graph
from hub.graphql_http import body_of

_MAX_BYTES = 100_000
_PRIVATE = {"Cache-Control": "no-store"}


def routes(graph: Graph, clock: Callable[[], datetime], wake: Callable[[], None]) -> list[BaseRoute]:
    """One route. A client in allow-list mode registers nothing: its list is the operator's (`hub client allow`). `wake` hears that
    there is something for the log to carry.
    """

    async def register(request: Request) -> Response:
        try:
            with graph.in_flight:
                digest = await _registered(request, graph, clock)
        except CallerError as error:
            return _refused(error)
        except Overloaded as error:
            metrics.REFUSALS.labels("OVERLOADED").inc()
            return _unavailable("OVERLOADED", str(error), retry_after=error.retry_after)
        except RecordingFailed:
            metrics.LOG_FAILURES.inc()
            return _unavailable("LOG_UNAVAILABLE", "the access log cannot record", retry_after=2)
        wake()
        return JSONResponse({"sha256Hash": digest}, status_code=201, headers=_PRIVATE)

    return [Route("/operations", register, methods=["POST"])]


async def _registered(request: Request, graph: Graph, clock: Callable[[], datetime]) -> str:
    standing: Standing | None = None
    try:
        standing = await graph.identify(request.scope)
        caller = standing.caller
        with graph.quota.taken(caller.client):
            if caller.allow_list_only:
                raise Forbidden("this client's operations are listed by the operator", code="OPERATION_NOT_LISTED")
            text = _document(await body_of(request.scope, request.receive, max_bytes=_MAX_BYTES))
            return await graph.persisted.register(text, by=caller.client, at=clock())
    except CallerError as error:
        await graph.recorded(error, standing)
        raise


def _document(body: bytes) -> str:
    try:
        parameters = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed("the body is not JSON") from None
    text = parameters.get("query") if isinstance(parameters, dict) else None
    if not isinstance(text, str):
        raise Malformed("the body is a JSON object with query")
    return text


def _refused(error: CallerError) -> Response:
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooMany) else {}
    if isinstance(error, Unauthenticated):
        headers = {"WWW-Authenticate": CHALLENGE}
    body = {"error": error.code, "message": error.message}
    return JSONResponse(body, status_code=error.status, headers=_PRIVATE | headers)


def _unavailable(code: str, message: str, *, retry_after: int) -> Response:
    headers = _PRIVATE | {"Retry-After": str(retry_after)}
    return JSONResponse({"error": code, "message": message}, status_code=503, headers=headers)
