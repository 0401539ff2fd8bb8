"""Where civil affairs brings a decision on dishonesty, an objection to it, and, when its time is over, files it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.authorizations.standing import Standing
from hub.credit.due_process import read
from hub.credit.records import CreditRecords
from hub.errors import Malformed
from hub.graph import Graph
from hub.graphql_http import body_of
from hub.operations.door import PRIVATE, guarded
from policies.calendar import CHINA

_MAX_BYTES = 2_000


def routes(graph: Graph, records: CreditRecords, clock: Callable[[], datetime], wake: Callable[[], None]) -> list[Route]:
    """POST /credit-records, /credit-records/{id}/objection, /credit-records/{id}/filing. There is none to read."""

    async def notify(request: Request, standing: Standing) -> Response:
        try:
            body = orjson.loads(await body_of(request.scope, request.receive, max_bytes=_MAX_BYTES))
        except orjson.JSONDecodeError:
            raise Malformed("the body is not JSON") from None
        told = await records.notify(standing, read(body, clock().astimezone(CHINA).date()))
        wake()
        return JSONResponse({"data": told}, status_code=201, headers=PRIVATE)

    async def objected(request: Request, standing: Standing) -> Response:
        told = await records.object(standing, request.path_params["id"])
        wake()
        return JSONResponse({"data": told}, headers=PRIVATE)

    async def filed(request: Request, standing: Standing) -> Response:
        told = await records.file(standing, request.path_params["id"])
        wake()
        return JSONResponse({"data": told}, headers=PRIVATE)

    return [
        Route("/credit-records", guarded(graph, notify), methods=["POST"]),
        Route("/credit-records/{id}/objection", guarded(graph, objected), methods=["POST"]),
        Route("/credit-records/{id}/filing", guarded(graph, filed), methods=["POST"]),
    ]
