"""Where a check body asks for a means check, asks how it stands, and reads its report; each with an access token of the case."""

from __future__ import annotations

import re
from collections.abc import Callable

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.authorizations.standing import Standing
from hub.errors import Malformed
from hub.graph import Graph
from hub.graphql_http import body_of
from hub.means_check.checks import MeansChecks, Told
from hub.operations.door import PRIVATE, guarded

_MAX_BYTES = 2_000
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])", re.ASCII)


def routes(graph: Graph, checks: MeansChecks, wake: Callable[[], None]) -> list[Route]:
    """POST /means-checks, GET /means-checks/{id}, GET /means-checks/{id}/report."""

    async def request(http: Request, standing: Standing) -> Response:
        system, first, last = _asked(await body_of(http.scope, http.receive, max_bytes=_MAX_BYTES))
        told = await checks.request(standing, system=system, income_from=first, income_to=last)
        wake()
        return _json(told, 201)

    async def state(http: Request, standing: Standing) -> Response:
        told = await checks.state(standing, http.path_params["id"])
        wake()
        return _json(told, 200)

    async def report(http: Request, standing: Standing) -> Response:
        told = await checks.report(standing, http.path_params["id"])
        wake()
        return _json(told, 200)

    return [
        Route("/means-checks", guarded(graph, request), methods=["POST"]),
        Route("/means-checks/{id}", guarded(graph, state), methods=["GET"]),
        Route("/means-checks/{id}/report", guarded(graph, report, reads_files=True), methods=["GET"]),
    ]


def _asked(body: bytes) -> tuple[str, str, str]:
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed("the body is not JSON") from None
    period = asked.get("incomePeriod") if isinstance(asked, dict) and set(asked) == {"system", "incomePeriod"} else None
    if not isinstance(period, dict) or set(period) != {"from", "to"} or not isinstance(asked["system"], str):
        raise Malformed('the body is {"system": …, "incomePeriod": {"from": "YYYY-MM", "to": "YYYY-MM"}}')
    first, last = period["from"], period["to"]
    if not all(isinstance(month, str) and _MONTH.fullmatch(month) for month in (first, last)) or first > last:
        raise Malformed("the income period is two months in order")
    return asked["system"], first, last


def _json(told: Told, status: int) -> Response:
    data = orjson.dumps(told.data)
    extensions = b',"extensions":' + orjson.dumps({"receipt": told.receipt}) if told.receipt is not None else b""
    return Response(b'{"data":' + data + extensions + b"}", status_code=status, media_type="application/json", headers=PRIVATE)
