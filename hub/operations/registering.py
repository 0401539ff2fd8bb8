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

from hub.authorizations.standing import Standing
from hub.errors import Forbidden, Malformed
from hub.graph import Graph
from hub.graphql_http import body_of
from hub.operations.door import PRIVATE, guarded
from hub.operations.fitting import StoredFits

_MAX_BYTES = 100_000


def routes(graph: Graph, fits: StoredFits, clock: Callable[[], datetime], wake: Callable[[], None]) -> list[BaseRoute]:
    """One route. A client in allow-list mode registers nothing: its list is the operator's (`hub client allow-operation`). `fits` says for
    each of the client's purposes whether the nationwide letter lets it be answered; `wake` hears that there is something for the log to carry.
    """

    async def register(request: Request, standing: Standing) -> Response:
        caller = standing.caller
        if caller.allow_list_only:
            raise Forbidden("this client's operations are listed by the operator", code="OPERATION_NOT_LISTED")
        text = _document(await body_of(request.scope, request.receive, max_bytes=_MAX_BYTES))
        digest = await graph.persisted.register(text, by=caller.client, at=clock())
        wake()
        found = await fits.decided(text, digest, client=caller.client, at=clock())
        return JSONResponse({"sha256Hash": digest, "fits": [one.plain() for one in found]}, status_code=201, headers=PRIVATE)

    return [Route("/operations", guarded(graph, register), methods=["POST"])]


def _document(body: bytes) -> str:
    try:
        parameters = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed("the body is not JSON") from None
    text = parameters.get("query") if isinstance(parameters, dict) else None
    if not isinstance(text, str):
        raise Malformed("the body is a JSON object with query")
    return text
