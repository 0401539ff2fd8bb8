"""The console's pages of the access log: its entries under a filter, one entry in words, its receipt verified.

An ID number is posted, never put into a URL; the page's filter travels in forms. Every look runs the hub's own road under
PRIVACY_AUDIT, so that the officer's own look-ups are entries too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from hub.console.forms import chosen, variables
from hub.console.sessions import Officer
from hub.console.visits import Visits
from hub.console.words import sentences, told_by_group
from hub.errors import CallerError, RecordingFailed

_FIELDS = """
  id index kind at question organisation client officer role purpose case subjects decision reason departments policy leafHash
  review approvals fields { group field form }
  basis { __typename ... on LetterBasis { kind letters { id } } ... on StatuteBasis { kind article }
    ... on EmergencyBasis { kind reason } ... on SelfBasis { kind } ... on AuditBasis { kind }
    ... on FileBasis { kind } }
"""
DOCUMENT = f"""query ($filter: AccessLogFilter, $after: String) {{
  accessLog(filter: $filter, first: 30, after: $after) {{ edges {{ cursor node {{ {_FIELDS} }} }} pageInfo {{ hasNextPage endCursor }} }}
}}"""

NOTHING: Mapping[str, Any] = {"edges": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}

Inquire = Callable[[Officer, str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Runs one document through the road for an officer; gives `data`, or raises a CallerError or RecordingFailed."""
VerifyReceipt = Callable[[str], Awaitable[list[tuple[str, bool]]]]
"""The steps of the offline verifier over the receipt of one entry, each with whether it held."""
Names = Callable[[], Awaitable[Mapping[str, str]]]
"""Organisations' names by code."""


class EntryPages:
    """The log, newest first, and each entry of it."""

    def __init__(self, visits: Visits, inquire: Inquire, verify: VerifyReceipt, names: Names) -> None:
        self._visits = visits
        self._inquire = inquire
        self._verify = verify
        self._names = names

    def routes(self) -> list[BaseRoute]:
        """The log and one entry."""
        return [
            Route("/console", self.entries, methods=["GET", "POST"]),
            Route("/console/entry", self.entry, methods=["POST"]),
        ]

    async def entries(self, request: Request) -> Response:
        """The log, newest first, under the filter that was posted."""
        own = await self._visits.own(request)
        if isinstance(own, Response):
            return own
        officer, form = own
        given = chosen(form)
        try:
            wanted = {"filter": variables(given), "after": form.get("after") or None}
            data = await self._inquire(officer, DOCUMENT, wanted)
        except (CallerError, RecordingFailed) as error:
            return await self.fault(officer, given, error)
        return self._visits.page("entries.html", officer=officer, given=given, log=data["accessLog"], names=await self._names())

    async def entry(self, request: Request) -> Response:
        """One entry in words, and its receipt taken through the offline verifier."""
        own = await self._visits.own(request)
        if isinstance(own, Response):
            return own
        officer, form = own
        wanted = form.get("id", "")
        try:
            data = await self._inquire(officer, DOCUMENT, {"filter": {"entry": wanted}, "after": None})
        except (CallerError, RecordingFailed) as error:
            return await self.fault(officer, {}, error)
        names = await self._names()
        node = next((edge["node"] for edge in data["accessLog"]["edges"] if edge["node"]["id"] == wanted), None)
        if node is None:
            return self._visits.page(
                "entries.html", status=404, officer=officer, given={}, log=NOTHING, names=names, fault="没有这一条目。",
            )
        steps = await self._verify(wanted)
        return self._visits.page(
            "entry.html", officer=officer, entry=node, sentences=sentences(node, names), told=told_by_group(node), steps=steps,
        )

    async def fault(self, officer: Officer, given: Mapping[str, str], error: CallerError | RecordingFailed) -> Response:
        """The page of entries, empty, with what kept the log from being read."""
        if isinstance(error, CallerError):
            text, status = f"无法查询：{error.message}", 400
        else:
            text, status = "访问日志暂不可写，故不予查询。", 503
        names = await self._names()
        return self._visits.page("entries.html", status=status, officer=officer, given=given, log=NOTHING, names=names, fault=text)
