"""`POST /registrations` and `POST /revocations`: a platform's signed documents; the signature is the authentication.

Both write records and an outbox row, never the access log itself: a withdrawal takes effect while the log is down.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from hub.access_log.security import SecurityLog
from hub.desk import Desk
from hub.errors import CallerError, Unauthenticated
from hub.graphql_http import body_of
from hub.signatures import LONGEST_REGISTRATION

_PRIVATE = {"Cache-Control": "no-store"}

Take = Callable[[str], Awaitable[dict[str, object]]]


def routes(desk: Desk, security: SecurityLog, wake: Callable[[], None]) -> list[BaseRoute]:
    """`wake` tells the log's upkeep that the outbox has something."""

    async def register(message: str) -> dict[str, object]:
        accepted = await desk.registrar.accept(message, desk.clock())
        letters = [{"number": n, "id": identifier, "hash": digest} for n, (identifier, digest) in accepted.letters.items()]
        return {"case": accepted.case, "letters": letters, "warnings": list(accepted.warnings), "changed": accepted.changed}

    async def revoke(message: str) -> dict[str, object]:
        revoked = await desk.revocations.accept(message, desk.clock())
        return {"case": revoked.case, "letters": list(revoked.letters)}

    return [
        Route("/registrations", _posted(register, security, wake), methods=["POST"]),
        Route("/revocations", _posted(revoke, security, wake), methods=["POST"]),
    ]


def _posted(take: Take, security: SecurityLog, wake: Callable[[], None]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            body = await body_of(request.scope, request.receive, max_bytes=LONGEST_REGISTRATION)
            answer = await take(body.decode("ascii", "replace").strip())
        except CallerError as error:
            # An unsigned message is nobody's; its sender learns only that.
            security.note(error.code if isinstance(error, Unauthenticated) else f"INTAKE_{error.code}")
            return JSONResponse({"code": error.code, "message": error.message}, status_code=error.status, headers=_PRIVATE)
        wake()
        return JSONResponse(answer, headers=_PRIVATE)

    return endpoint
