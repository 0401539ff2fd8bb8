"""The gate of what is served beside the graph: how many at once before anything is read, and how often for whoever is asking.

Anybody may ask for tiles, checkpoints and status lists: they share one count, so that a flood of them takes its own places and not those
of questions. Who proved who they are is counted under their own name.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from hub import later
from hub.operations.quotas import ClientQuota, InFlight
from hub.problems import refused

Answer = Callable[[Request], Awaitable[Response]]

ANYBODY = ""
"""The name the unnamed are counted under; no client has it."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One worker's. `clients` is the graph's own count, so that a client's receipts and questions are one ceiling."""

    places: InFlight
    clients: ClientQuota
    anybody: ClientQuota

    def named(self, client: str) -> AbstractContextManager[None]:
        """A request of somebody who proved who they are. Raises TooMany."""
        return self.clients.taken(client)

    def public(self, answer: Answer) -> Answer:
        """An endpoint for anybody: 429 past the common rate, 503 past the places, or where the log cannot record."""
        return self._limited(answer, counted=True)

    def private(self, answer: Answer) -> Answer:
        """An endpoint that finds out who asks and takes `named`: 503 past the places before that."""
        return self._limited(answer, counted=False)

    def _limited(self, answer: Answer, *, counted: bool) -> Answer:
        async def admitted(request: Request) -> Response:
            try:
                with self.places:
                    if not counted:
                        return await answer(request)
                    with self.anybody.taken(ANYBODY):
                        return await answer(request)
            except later.LATER as error:
                later.counted(error)
                return refused(request, error)

        return admitted
