"""The composition root of one worker: the only place that reads the clock, draws randomness and puts the doors in front of the parts."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from structlog.contextvars import bind_contextvars

from hub import journal
from hub.citizens.assertion import SUBJECT_TOKEN_TYPE
from hub.clock import clock
from hub.doors import routes, stored_fits
from hub.graph import Graph
from hub.graphql_http import Receive, Scope, Send
from hub.opening import Hub, open_hub
from hub.operations.fitting import kept_fresh
from hub.operations.persisted import PersistedOperations
from hub.operations.quotas import ClientQuota, InFlight
from hub.problems import HANDLERS, NUMBER
from hub.settings import Settings


class Front:
    """What uvicorn calls: the graph first, without the web framework around it; everything else through Starlette."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is opened before the server's lifespan begins."""
        self.graph: Graph | None = None
        self._settings = settings
        self._rest = Starlette(lifespan=self._lifespan, exception_handlers=HANDLERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection or request."""
        if scope["type"] == "http" and scope["path"] == "/graphql" and self.graph is not None:
            await self.graph(scope, receive, send)
            return
        if scope["type"] == "http":  # a refusal names the request, and so do the lines of the journal it leaves
            scope[NUMBER] = os.urandom(6).hex()
            bind_contextvars(request=scope[NUMBER])
        await self._rest(scope, receive, send)

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        async with open_hub(self._settings, self._settings.departments(), clock=clock, random=os.urandom) as hub:
            self.graph = graph(hub)
            app.router.routes.extend(routes(hub, self.graph))
            refreshing = kept_fresh(stored_fits(hub), hub.clock)
            refreshing.start()
            settle()
            yield
            self.graph = None
            await refreshing.stop()


def settle() -> None:
    """What stands after opening (schema, policy, modules) lives as long as the worker: the collector need not walk it again and
    again. Walking it cost 10 to 30 % of an answer; what answers leave behind is freed by reference counts, cycles every so often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def create() -> Front:
    """The factory uvicorn starts each worker with; settings come from the environment."""
    journal.configure()
    return Front(Settings.read(os.environ))


def graph(hub: Hub) -> Graph:
    """The graph over an open hub."""
    settings, seconds = hub.settings, asyncio.get_running_loop().time
    return Graph(
        identify=hub.desk.identify, documents=hub.documents,
        persisted=PersistedOperations(hub.records, hub.documents, seconds=seconds), road=hub.road,
        in_flight=InFlight(settings.in_flight),
        quota=ClientQuota(rate_per_minute=settings.rate_per_minute, concurrency=settings.concurrency, seconds=seconds),
        security=hub.security, max_body=hub.limits.body, numbers=hub.random, remedies=hub.desk.authorization.subject_tokens[SUBJECT_TOKEN_TYPE].remedies,
    )
