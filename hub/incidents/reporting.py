"""The report of one incident made and handed to somebody: what the log says is traced, and that they look is recorded before they have it."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.actor import Actor
from hub.incidents.register import found, reported, span_of
from hub.incidents.report import report
from hub.incidents.tracing import Tracing
from hub.people.handles import Handles


class Reporting:
    """Over the records and the log."""

    def __init__(self, engine: AsyncEngine, tracing: Tracing, handles: Handles) -> None:
        self._engine = engine
        self._tracing = tracing
        self._handles = handles

    async def report(self, identifier: str, *, by: Actor, at: datetime) -> tuple[dict[str, Any], bytes]:
        """The report, and the bytes whose SHA-256 the log has. Raises `IncidentRefused`, `leaf.Unreadable`; nothing is told where it cannot be recorded."""
        one = await found(self._engine, identifier)
        traced = await self._tracing.trace(span_of(one))
        people = await self._tracing.people(traced.questions)
        places = await self._tracing.places(set(people.values()))
        told = report(
            one, traced, people, places, lambda person, organisation, case: self._handles.encode("per", person, organisation=organisation, case=case), made=at,
        )
        text = orjson.dumps(told, option=orjson.OPT_INDENT_2)
        await reported(self._engine, identifier, by=by, digest=hashlib.sha256(text).hexdigest(), counts=told["counts"], at=at)
        return told, text
