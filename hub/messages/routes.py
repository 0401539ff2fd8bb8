"""Where platforms push messages and collect those that wait for them: one signed message a request, in the body."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.authorizations.intake import answering, signed_body
from hub.messages.collecting import Collections
from hub.messages.inbox import Inbox
from hub.operations.quotas import InFlight

_PRIVATE = {"Cache-Control": "no-store"}


def routes(
    inbox: Inbox, collections: Collections, clock: Callable[[], datetime], wake: Callable[[], None],
    note: Callable[[str], None] = lambda _kind: None, places: InFlight | None = None,
) -> list[Route]:
    """POST /messages and POST /messages/collections, application/jose. An accepted message is 201, the same again 200."""

    async def push(request: Request) -> Response:
        taken = await inbox.accept(await signed_body(request), clock())
        wake()
        if taken.refusal is not None:
            raise taken.refusal
        told = {"state": taken.state} | ({"case": taken.case} if taken.case else {})
        return JSONResponse(told, status_code=201 if taken.state == "ACCEPTED" else 200, headers=_PRIVATE)

    async def collect(request: Request) -> Response:
        told = await collections.accept(await signed_body(request), clock())
        wake()
        return Response(told, media_type="application/json", headers=_PRIVATE)

    return [
        Route("/messages", answering(push, note, places), methods=["POST"]),
        Route("/messages/collections", answering(collect, note, places), methods=["POST"]),
    ]
