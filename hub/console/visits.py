"""Who is at the console: log-in and log-out, whose form a request posts, and the head and headers every page has.

No inline script or style; nothing is loaded from elsewhere; pages are not cached and cannot be framed.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from hub.console.forms import posted, same_origin
from hub.console.sessions import COOKIE, LIFETIME, Officer, Sessions
from hub.console.words import (
    APPROVAL_CHIPS,
    APPROVAL_STATES,
    DECISIONS,
    FORMS,
    INCIDENT_KINDS,
    INCIDENT_PROOFS,
    KINDS,
    PAGES,
    REASONS,
    approval_title,
    basis_text,
    department_title,
    group_title,
    local_time,
    purpose_title,
)
from hub.errors import CallerError
from policies.purposes import PURPOSES

HERE = Path(__file__).parent
CSP = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
# Referrer "no-referrer" would make browsers post our own forms with `Origin: null`, which no page of ours could be told from.
HEADERS = {
    "Content-Security-Policy": CSP, "Cache-Control": "no-store", "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
}
WRONG = ("用户名或口令不正确，或账户已锁定。", "Wrong name or password, or locked.")
FORGED = ("这一请求不是从本页面发出的，未予处理。", "The request did not come from this page.")
UNREADABLE = ("表单无法读取。", "The form cannot be read.")


class Visits:
    """Officers' sessions in the browser, and the templates their pages are made of."""

    def __init__(self, sessions: Sessions, *, region_name: str, secure_cookies: bool) -> None:
        """`region_name` is shown in the head of each page."""
        self._sessions = sessions
        self._secure = secure_cookies
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True,
        )
        self._templates.globals.update(
            region_name=region_name, kinds=KINDS, decisions=DECISIONS, forms=FORMS, reasons=REASONS, purposes=PURPOSES,
            purpose_title=purpose_title, department_title=department_title, local_time=local_time, basis_text=basis_text,
            approval_title=approval_title, approval_states=APPROVAL_STATES, approval_chips=APPROVAL_CHIPS, pages=PAGES,
            incident_kinds=INCIDENT_KINDS, incident_proofs=INCIDENT_PROOFS,
        )
        self._templates.filters["group_title"] = group_title

    def routes(self) -> list[BaseRoute]:
        """Style, script, the way in and the way out."""
        return [
            Mount("/console/static", StaticFiles(directory=HERE / "static")),
            Route("/console/login", self.log_in, methods=["GET", "POST"]),
            Route("/console/logout", self.log_out, methods=["POST"]),
        ]

    async def log_in(self, request: Request) -> Response:
        """The form, and the log-in itself."""
        if request.method == "GET":
            return self.page("login.html")
        if not same_origin(request):
            return self.page("login.html", status=403, fault=FORGED)
        try:
            form = await posted(request)
        except CallerError as error:
            return self.page("login.html", status=error.status, fault=UNREADABLE)
        token = await self._sessions.log_in(form.get("name", ""), form.get("password", ""))
        if token is None:
            return self.page("login.html", status=401, fault=WRONG)
        answer = RedirectResponse("/console", status_code=303)
        answer.set_cookie(
            COOKIE, token, max_age=int(LIFETIME.total_seconds()), path="/console", httponly=True, samesite="strict",
            secure=self._secure,
        )
        return answer

    async def log_out(self, request: Request) -> Response:
        """End the session."""
        own = await self.own(request)
        if isinstance(own, Response):
            return own
        await self._sessions.log_out(request.cookies.get(COOKIE, ""))
        answer = RedirectResponse("/console/login", status_code=303)
        answer.delete_cookie(COOKIE, path="/console", httponly=True, samesite="strict", secure=self._secure)
        return answer

    async def own(self, request: Request) -> tuple[Officer, Mapping[str, str]] | Response:
        """Who asks and what they posted from a page of their own session; otherwise what to answer instead."""
        officer = await self._sessions.officer(request.cookies.get(COOKIE, ""))
        if officer is None:
            return RedirectResponse("/console/login", status_code=303)
        if request.method == "GET":
            return officer, {}
        try:
            form = await posted(request)
        except CallerError as error:
            return self.page("login.html", status=error.status, fault=UNREADABLE)
        key = form.get("key", "").encode()
        if not same_origin(request) or not hmac.compare_digest(key, officer.form_key.encode()):
            return self.page("login.html", status=403, fault=FORGED)
        return officer, form

    def page(self, name: str, *, status: int = 200, **values: object) -> Response:
        """One template, filled; never cached, never framed."""
        return HTMLResponse(self._templates.get_template(name).render(**values), status_code=status, headers=HEADERS)
