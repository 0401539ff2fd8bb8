"""`POST /operations`: a client registers a document it will run by hash; it is read like any other before it is stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from hub.authorizations.standing import Standing
from hub.errors import CallerError, Forbidden, Malformed
from hub.graphql_http import Scope, body_of
from hub.operations.persisted import PersistedOperations

_MAX_BYTES = 100_000


class Door(Protocol):
    """Who lets a request in."""

    async def identify(self, scope: Scope) -> Standing:
        """A request's standing."""
        ...


def routes(door: Door, persisted: PersistedOperations, clock: Callable[[], datetime]) -> list[BaseRoute]:
    """One route. A client in allow-list mode registers nothing: its list is the operator's (`hub client allow`)."""

    async def register(request: Request) -> Response:
        try:
            standing = await door.identify(request.scope)
            if standing.caller.allow_list_only:
                return _refused(Forbidden("this client's operations are listed by the operator", code="OPERATION_NOT_LISTED"))
            text = _document(await body_of(request.scope, request.receive, max_bytes=_MAX_BYTES))
            digest = await persisted.register(text, by=standing.caller.client, at=clock())
        except CallerError as error:
            return _refused(error)
        return JSONResponse({"sha256Hash": digest}, status_code=201)

    return [Route("/operations", register, methods=["POST"])]


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
    return JSONResponse({"error": error.code, "message": error.message}, status_code=error.status)
