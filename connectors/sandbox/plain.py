"""The departments' facts as plain unsigned REST in standard codes: the baseline of the benchmark and nothing else.

Here are also the controls and journals of the departments that have no HTTP of their own.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal

from aiohttp import web

from connectors.sandbox.controls import Controls, Journal, Mood
from connectors.sandbox.facts.by_group import GENERATORS
from connectors.sandbox.people import Record
from connectors.sandbox.population import Population
from connectors.sandbox.server import DepartmentServer, Refusal, WireShelf, as_json, obey

Control = Callable[[Mapping[str, object]], Awaitable[None]]


def _plain(record: Record) -> dict[str, object]:
    return {
        name: str(value) if isinstance(value, Decimal) or hasattr(value, "isoformat") else value for name, value in record.items()
    }


class PlainFace(DepartmentServer):
    """`POST /plain/{group}`, and `/{department}/_control`, `/{department}/_journal` of every department given in `desks`."""

    def __init__(self, population: Population, *, desks: Mapping[str, tuple[Journal, Control]], controls: Controls | None = None) -> None:
        super().__init__(population, controls=controls)
        self._shelves = {group: WireShelf(population, group, _plain) for group in GENERATORS}
        self._desks = desks

    async def answer(self, request: web.BaseRequest, body: bytes, mood: Mood) -> web.Response:
        """Records by ID number, only the fields named."""
        del mood
        group = request.path.removeprefix("/plain/")
        if group not in self._shelves or request.method != "POST":
            raise Refusal(404, "NOT_FOUND", "no such group")
        try:
            asked = json.loads(body)
            shelf, fields = self._shelves[group], asked["fields"]
            told = {number: [{name: record[name] for name in fields} for record in shelf.of(number)] for number in asked["idNumbers"]}
        except (ValueError, KeyError, TypeError) as error:
            raise Refusal(400, "BAD_REQUEST", "idNumbers and fields are lists of known names") from error
        return as_json(told)

    def refuse(self, refusal: Refusal) -> web.Response:
        """`{"error"}`."""
        return as_json({"error": refusal.text}, status=refusal.status)

    async def manage(self, request: web.BaseRequest) -> web.Response:
        """The desks' controls and journals, then this server's own."""
        department, _, what = request.path.strip("/").partition("/")
        if department not in self._desks:
            return await super().manage(request)
        journal, apply = self._desks[department]
        match request.method, what:
            case "PUT", "_control":
                return await obey(request, apply)
            case "GET", "_journal":
                return as_json(list(journal.entries))
            case "DELETE", "_journal":
                journal.clear()
                return web.Response(status=204)
            case "GET", "_calls":
                return as_json({"calls": journal.calls})
        return web.Response(status=404)
