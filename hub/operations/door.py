"""The door of the routes beside the graph that take an access token: the graph's places, its quota, its books for what is refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from hub import later
from hub.authorizations.standing import Standing
from hub.errors import CallerError, Overloaded, RecordingFailed
from hub.graph import Graph, not_on_file
from hub.problems import refused

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
        except CallerError as error:
            return refused(request, error, challenge=True)
        except (Overloaded, RecordingFailed) as error:
            later.counted(error)
            return refused(request, error)

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

