"""The one body every refusal has beside the graph (GraphQL over HTTP) and the token endpoint (RFC 6749): application/problem+json (RFC 9457).

    {"type": "about:blank", "title": "Forbidden", "status": 403, "code": "SAME_OFFICER", "detail": "who asked does not decide", "request": "6f1d…"}

`code` is a closed word (docs/doors.md lists them by door), `detail` a fixed text of ours that names nobody, `request` the number the operator
finds the request's lines of the journal under. `title` is the status in words, as RFC 9457 has it for about:blank.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hub.errors import CallerError, TooMany, Unauthenticated, Unavailable

MEDIA_TYPE = "application/problem+json"
NUMBER = "hub.request"
"""Where the scope of a request holds its number."""
CHALLENGE = 'DPoP algs="Ed25519 ES256", Bearer'
"""The WWW-Authenticate header of a 401 (RFC 9110 §11.6.1, RFC 9449 §7.1)."""

_PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_log = structlog.get_logger("hub.problems")


def problem(request: Request, status: int, code: str, detail: str = "", *, headers: Mapping[str, str] | None = None) -> Response:
    """A refusal by its parts."""
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "code": code}
    body |= {"detail": detail} if detail else {}
    body |= {"request": request.scope[NUMBER]} if NUMBER in request.scope else {}
    return Response(orjson.dumps(body), status_code=status, media_type=MEDIA_TYPE, headers=_PRIVATE | dict(headers or {}))


def refused(request: Request, error: CallerError | Unavailable, *, challenge: bool = False) -> Response:
    """What an error of the hub's own tree is told as; `challenge`: whether the door takes access tokens."""
    headers = {"WWW-Authenticate": CHALLENGE} if challenge and isinstance(error, Unauthenticated) else {}
    if isinstance(error, TooMany | Unavailable):
        headers |= {"Retry-After": str(error.retry_after)}
    return problem(request, error.status, error.code, error.message, headers=headers)


def not_found(request: Request) -> Response:
    """No such thing here; a door that is not open for somebody looks like none."""
    return problem(request, 404, "NOT_FOUND")


async def _no_route(request: Request, error: Exception) -> Response:
    status, headers = (error.status_code, error.headers) if isinstance(error, HTTPException) else (500, None)
    code = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}.get(status, "BAD_REQUEST")
    return problem(request, status, code, headers=headers)


async def _bug(request: Request, error: Exception) -> Response:
    _log.error("internal error", number=request.scope.get(NUMBER, ""), exc_info=error)
    return problem(request, 500, "INTERNAL", "the hub failed; its operator finds this under the request's number")


HANDLERS = {HTTPException: _no_route, Exception: _bug}
"""For Starlette: what no door of ours said."""
