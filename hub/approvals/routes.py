"""Where an officer's system asks for a second person's approval, and where that other officer's decides; each with a token of the case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.approvals.register import Approvals
from hub.approvals.second_person import read
from hub.authorizations.standing import Standing
from hub.errors import Malformed
from hub.graph import Graph
from hub.graphql_http import body_of
from hub.operations.door import PRIVATE, guarded

_MAX_BYTES = 16_000


def routes(graph: Graph, approvals: Approvals, wake: Callable[[], None]) -> list[Route]:
    """POST and GET /approvals, POST /approvals/{id}/decision, POST /approvals/{id}/withdrawal; a supervisor's is of the case's file."""

    async def ask(request: Request, standing: Standing) -> Response:
        told = await approvals.ask(standing, read(await _body(request)))
        wake()
        return _json(told, 201)

    async def of_case(_request: Request, standing: Standing) -> Response:
        return _json(await approvals.of_case(standing))

    async def decide(request: Request, standing: Standing) -> Response:
        body = await _body(request)
        if not isinstance(body, dict) or set(body) != {"approve"} or not isinstance(body["approve"], bool):
            raise Malformed('the body is {"approve": true} or {"approve": false}')
        told = await approvals.decide(standing, request.path_params["id"], approve=body["approve"])
        wake()
        return _json(told)

    async def withdraw(request: Request, standing: Standing) -> Response:
        told = await approvals.withdraw(standing, request.path_params["id"])
        wake()
        return _json(told)

    return [
        Route("/approvals", guarded(graph, ask, reads_files=True), methods=["POST"]),
        Route("/approvals", guarded(graph, of_case, reads_files=True), methods=["GET"]),
        Route("/approvals/{id}/decision", guarded(graph, decide, reads_files=True), methods=["POST"]),
        Route("/approvals/{id}/withdrawal", guarded(graph, withdraw, reads_files=True), methods=["POST"]),
    ]


async def _body(request: Request) -> Any:
    try:
        return orjson.loads(await body_of(request.scope, request.receive, max_bytes=_MAX_BYTES))
    except orjson.JSONDecodeError:
        raise Malformed("the body is not JSON") from None


def _json(told: Any, status: int = 200) -> Response:
    return JSONResponse({"data": told}, status_code=status, headers=PRIVATE)
