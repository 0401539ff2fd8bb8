"""The console's pages: log in, filter the access log, open an entry in words, verify its receipt.

Rules of this file:
- An ID number is posted, never put into a URL; the page's filter travels in forms.
- Every look at the log runs the hub's own road under PRIVACY_AUDIT, so that the officer's own look-ups are entries too.
- No inline script or style; nothing is loaded from elsewhere; pages are not cached and cannot be framed.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from hub.console.sessions import COOKIE, LIFETIME, Officer, Sessions
from hub.console.words import DECISIONS, KINDS, basis_text, local_time, purpose_title, sentences
from hub.errors import CallerError, RecordingFailed
from policies.purposes import PURPOSES

HERE = Path(__file__).parent
CSP = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": CSP, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
}
FILTERS = ("organisation", "subjectIdNumber", "purpose", "letter", "case", "kind", "decision", "from", "to")
_FIELDS = """
  id index kind at question organisation client officer role purpose case subjects decision reason departments policy leafHash
  fields { group field form }
  basis { __typename ... on LetterBasis { kind letters { id } } ... on StatuteBasis { kind article }
    ... on EmergencyBasis { kind reason } ... on SelfBasis { kind } ... on AuditBasis { kind } }
"""
DOCUMENT = f"""query ($filter: AccessLogFilter, $after: String) {{
  accessLog(filter: $filter, first: 30, after: $after) {{ edges {{ cursor node {{ {_FIELDS} }} }} pageInfo {{ hasNextPage endCursor }} }}
}}"""

Inquire = Callable[[Officer, str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Runs one document through the road for an officer; gives `data`, or raises a CallerError or RecordingFailed."""
VerifyReceipt = Callable[[str], Awaitable[list[tuple[str, bool]]]]
"""The steps of the offline verifier over the receipt of one entry, each with whether it held."""


class Console:
    """The pages over one hub."""

    def __init__(
        self, sessions: Sessions, inquire: Inquire, verify: VerifyReceipt, *, region_name: str, secure_cookies: bool,
    ) -> None:
        """`region_name` is shown in the head of each page."""
        self._sessions = sessions
        self._inquire = inquire
        self._verify = verify
        self._secure = secure_cookies
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True,
        )
        self._templates.globals.update(
            region_name=region_name, kinds=KINDS, decisions=DECISIONS, purposes=PURPOSES, purpose_title=purpose_title,
            local_time=local_time, basis_text=basis_text,
        )

    def routes(self) -> list[BaseRoute]:
        """Everything below /console."""
        return [
            Mount("/console/static", StaticFiles(directory=HERE / "static")),
            Route("/console/login", self.log_in, methods=["GET", "POST"]),
            Route("/console/logout", self.log_out, methods=["POST"]),
            Route("/console", self.entries, methods=["GET", "POST"]),
            Route("/console/entry", self.entry, methods=["POST"]),
        ]

    async def log_in(self, request: Request) -> Response:
        """The form, and the log-in itself."""
        if request.method == "GET":
            return self._page("login.html", failed=False)
        if not _same_origin(request):
            return self._page("login.html", status=403, failed=True)
        form = await request.form()
        token = await self._sessions.log_in(str(form.get("name", "")), str(form.get("password", "")))
        if token is None:
            return self._page("login.html", status=401, failed=True)
        answer = RedirectResponse("/console", status_code=303)
        answer.set_cookie(
            COOKIE, token, max_age=int(LIFETIME.total_seconds()), path="/console", httponly=True, samesite="strict",
            secure=self._secure,
        )
        return answer

    async def log_out(self, request: Request) -> Response:
        """End the session."""
        officer, form = await self._posted(request)
        if officer is not None and form is not None:
            await self._sessions.log_out(request.cookies.get(COOKIE, ""))
        answer = RedirectResponse("/console/login", status_code=303)
        answer.delete_cookie(COOKIE, path="/console")
        return answer

    async def entries(self, request: Request) -> Response:
        """The log, newest first, under the filter that was posted."""
        officer, form = await self._posted(request)
        if officer is None:
            return RedirectResponse("/console/login", status_code=303)
        given = {name: str(form[name]).strip() for name in FILTERS if form and form.get(name)}
        after = str(form["after"]) if form and form.get("after") else None
        try:
            data = await self._inquire(officer, DOCUMENT, {"filter": _variables(given), "after": after})
        except (CallerError, RecordingFailed) as error:
            return self._fault(officer, given, error)
        return self._page("entries.html", officer=officer, given=given, log=data["accessLog"], fault="")

    async def entry(self, request: Request) -> Response:
        """One entry in words, and its receipt taken through the offline verifier."""
        officer, form = await self._posted(request)
        if officer is None or form is None:
            return RedirectResponse("/console/login", status_code=303)
        wanted = str(form.get("id", ""))
        try:
            data = await self._inquire(officer, DOCUMENT, {"filter": {"entry": wanted}, "after": None})
        except (CallerError, RecordingFailed) as error:
            return self._fault(officer, {}, error)
        node = next((edge["node"] for edge in data["accessLog"]["edges"] if edge["node"]["id"] == wanted), None)
        if node is None:
            return self._page("entries.html", status=404, officer=officer, given={}, log=data["accessLog"], fault="没有这一条目。")
        steps = await self._verify(wanted)
        return self._page("entry.html", officer=officer, entry=node, told=sentences(node), steps=steps)

    async def _posted(self, request: Request) -> tuple[Officer | None, Mapping[str, Any] | None]:
        """Who asks, and the form they posted; a form without the session's key is nobody's."""
        officer = await self._sessions.officer(request.cookies.get(COOKIE, ""))
        if officer is None or request.method == "GET":
            return officer, None
        form = await request.form()
        if not _same_origin(request) or not hmac.compare_digest(str(form.get("key", "")), officer.form_key):
            return None, None
        return officer, form

    def _fault(self, officer: Officer, given: Mapping[str, str], error: CallerError | RecordingFailed) -> Response:
        if isinstance(error, CallerError):
            text, status = f"无法查询:{error.message}", 400
        else:
            text, status = "访问日志暂不可写,故不予查询。", 503
        empty = {"edges": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
        return self._page("entries.html", status=status, officer=officer, given=given, log=empty, fault=text)

    def _page(self, name: str, *, status: int = 200, **values: object) -> Response:
        return HTMLResponse(self._templates.get_template(name).render(**values), status_code=status, headers=HEADERS)


def _variables(given: Mapping[str, str]) -> dict[str, str]:
    """The graph's filter from the form's: local dates become instants of Asia/Shanghai."""
    return {name: f"{text}T00:00:00+08:00" if name in {"from", "to"} and len(text) == 10 else text for name, text in given.items()}


def _same_origin(request: Request) -> bool:
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
