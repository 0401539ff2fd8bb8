"""Where a supervisor reads a case's file, with a token of the case on basis `file`."""

from __future__ import annotations

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.authorizations.standing import Standing
from hub.case_file.records import CaseFiles
from hub.errors import Malformed
from hub.graph import Graph
from hub.operations.door import PRIVATE, guarded


def routes(graph: Graph, files: CaseFiles) -> list[Route]:
    """GET /case-file, `?after=` continues its log."""

    async def read(request: Request, standing: Standing) -> Response:
        given = request.query_params.get("after", "")
        if given and not (given.isascii() and given.isdigit() and len(given) <= 18):
            raise Malformed("'after' is not a cursor of this log", code="CURSOR_INVALID")
        told, receipt = await files.read(standing, after=int(given) if given else None)
        body = b'{"data":' + orjson.dumps(told) + b',"extensions":' + orjson.dumps({"receipt": receipt}) + b"}"
        return Response(body, media_type="application/json", headers=PRIVATE)

    return [Route("/case-file", guarded(graph, read, reads_files=True), methods=["GET"])]
