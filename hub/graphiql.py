"""GraphiQL 离线: the query editor for developers, from files of this machine only; off unless the operator switches it on.

Rules of this file:
- Nothing is loaded from elsewhere and no script stands in the page: the strict content-security policy would refuse both.
- The editor reads the schema from here, so it needs neither a token nor the road's introspection.
- It keeps nothing in the browser: variables hold ID numbers, and a browser's storage outlives a log-in (hub/console/static/graphiql.js).
- If the front-end packages are missing or altered, the page says so and how to get them.
"""

from __future__ import annotations

from pathlib import Path

import orjson
from graphql import GraphQLSchema, introspection_from_schema
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from hub.console.vendor import HERE, VENDOR, complete

# The editor sets styles on its elements by script, which a policy without 'unsafe-inline' allows; its fonts are inside its style sheet.
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src data:; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
}
_FILES = {
    "react.production.min.js": (VENDOR, "text/javascript"),
    "react-dom.production.min.js": (VENDOR, "text/javascript"),
    "graphiql.min.js": (VENDOR, "text/javascript"),
    "graphiql.min.css": (VENDOR, "text/css"),
    "graphiql.js": (HERE / "static", "text/javascript"),
    "graphiql.css": (HERE / "static", "text/css"),
}
_PAGE = """<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><title>查询编辑器 GraphiQL</title>
<link rel="stylesheet" href="/graphiql/graphiql.min.css"><link rel="stylesheet" href="/graphiql/graphiql.css"></head>
<body><div id="graphiql">正在载入 Loading</div>
<script src="/graphiql/react.production.min.js"></script><script src="/graphiql/react-dom.production.min.js"></script>
<script src="/graphiql/graphiql.min.js"></script><script src="/graphiql/graphiql.js"></script></body>
</html>
"""
_MISSING = """<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><title>查询编辑器 GraphiQL</title></head>
<body><h1>编辑器文件缺失</h1><p>前端软件包未安装或与登记的摘要不符。请运行 <code>make vendor</code>，然后重新启动。</p>
<p lang="en">The front-end packages are missing or are not the reviewed ones. Run <code>make vendor</code> and start again.
Everything else works without them.</p></body>
</html>
"""


class GraphiQL:
    """The editor's page and files."""

    def __init__(self, schema: GraphQLSchema, *, vendor: Path = VENDOR) -> None:
        """Checks the files once, at start-up; `vendor` is where `make vendor` puts them."""
        self.available = complete(vendor)
        self._vendor = vendor
        self._schema = orjson.dumps({"data": introspection_from_schema(schema)})

    def routes(self) -> list[BaseRoute]:
        """Everything below /graphiql."""
        return [
            Route("/graphiql", self.page, methods=["GET"]),
            Route("/graphiql/schema.json", self.schema, methods=["GET"]),
            Route("/graphiql/{name}", self.file, methods=["GET"]),
        ]

    async def page(self, _request: Request) -> Response:
        """The editor; 503 and how to mend it where its files are not there."""
        return HTMLResponse(_PAGE if self.available else _MISSING, 200 if self.available else 503, HEADERS)

    async def schema(self, _request: Request) -> Response:
        """The published schema, as introspection would tell it."""
        return Response(self._schema, headers=HEADERS, media_type="application/json")

    async def file(self, request: Request) -> Response:
        """One of the known files; anything else is not found, whatever lies on the disk."""
        name = request.path_params["name"]
        directory, kind = _FILES.get(name, (None, ""))
        if directory is None or not self.available:
            return Response(status_code=404, headers=HEADERS)
        return FileResponse((self._vendor if directory == VENDOR else directory) / name, headers=HEADERS, media_type=kind)
