"""What an operator's machines ask a worker: whether it lives, whether it can decide and record, and its counts."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from hub import metrics
from hub.chore import failing
from hub.errors import Overloaded
from hub.migrate import head, revision_of
from hub.opening import Hub


def probes(hub: Hub) -> list[BaseRoute]:
    """/healthz, /readyz, /metrics."""

    async def alive(_request: Request) -> Response:
        return PlainTextResponse("ok")

    looking: asyncio.Task[Response] | None = None

    async def ready(_request: Request) -> Response:
        nonlocal looking
        # Anybody may ask, and each look opens a connection: however many ask at once, there is one look for all of them.
        if looking is None or looking.done():
            looking = asyncio.create_task(_readiness(hub))
        return await asyncio.shield(looking)

    async def measured(_request: Request) -> Response:
        return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)

    return [Route("/healthz", alive), Route("/readyz", ready), Route("/metrics", measured)]


async def _readiness(hub: Hub) -> Response:
    """Whether this worker can decide and record now: database, schema, revocations known, the log writable. A chore that fails leaves it
    ready, and is named: what a question needs of it stands among the checks, and no other worker would do better over the same database.
    """
    metrics.REVOCATION_WATCH.set(int(hub.desk.watch.following))
    checks = {"revocations": await _known(hub)}
    try:
        async with asyncio.timeout(2):
            checks["schema"] = await revision_of(hub.settings.database_url) == head()
        async with asyncio.timeout(2):
            checks["log"] = await hub.log.store.writable()
    except Exception:  # noqa: BLE001 (whatever is wrong, the worker is not ready)
        checks.setdefault("schema", False)
        checks.setdefault("log", False)
    ready = all(checks.values())
    said = "NOTICES" if hub.desk.watch.notices else "ASKING" if hub.desk.watch.following else "UNKNOWN"
    return JSONResponse({"ready": ready, "checks": checks, "revocations": said, "chores": failing()}, status_code=200 if ready else 503)


async def _known(hub: Hub) -> bool:
    """Whether a question would know what is revoked: a worker that was kept from its turn for a second asks, as each of its questions does."""
    try:
        await hub.desk.watch.settled()
    except Overloaded:
        return False
    return True
