"""The door of the routes beside the graph that take an access token: the graph's places, its quota, its books for what is refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub import later
from hub.authorizations.standing import Standing
from hub.errors import CallerError, Overloaded, RecordingFailed, TooMany, Unauthenticated
from hub.graph import CHALLENGE, Graph, not_on_file

PRIVATE = {"Cache-Control": "no-store"}

Work = Callable[[Request, Standing], Awaitable[Response]]


def guarded(graph: Graph, work: Work, *, reads_files: bool = False) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that does `work` for whoever stands; every refusal is told by its code and recorded as the graph's are. Only a door that
    `reads_files` lets in who stands on a case's file alone.
    """

    async def endpoint(request: Request) -> Response:
        try:
            with graph.in_flight:
                return await _worked(request, graph, work, reads_files)
        except TooMany as error:
            return later.answer(error)
        except CallerError as error:
            return _refused(error)
        except (Overloaded, RecordingFailed) as error:
            later.counted(error)
            return later.answer(error)

    return endpoint


async def _worked(request: Request, graph: Graph, work: Work, reads_files: bool) -> Response:
    standing: Standing | None = None
    try:
        standing = await graph.identify(request.scope)
        if not reads_files:
            not_on_file(standing)
        with graph.quota.taken(standing.caller.client):
            return await work(request, standing)
    except CallerError as error:
        await graph.recorded(error, standing)
        raise


def _refused(error: CallerError) -> Response:
    headers = {"WWW-Authenticate": CHALLENGE} if isinstance(error, Unauthenticated) else {}
    body = {"error": error.code, "message": error.message}
    return JSONResponse(body, status_code=error.status, headers=PRIVATE | headers)
