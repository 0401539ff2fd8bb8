"""The console's pages: log in, filter the access log, open an entry in words, verify its receipt; what providers owe.

Rules of this file:
- An ID number is posted, never put into a URL; the page's filter travels in forms.
- Every look at the log runs the hub's own road under PRIVACY_AUDIT, so that the officer's own look-ups are entries too.
- No inline script or style; nothing is loaded from elsewhere; pages are not cached and cannot be framed.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from hub.console.forms import chosen, posted, same_origin, variables
from hub.console.sessions import COOKIE, LIFETIME, Officer, Sessions
from hub.console.words import (
    DECISIONS,
    FORMS,
    KINDS,
    REASONS,
    basis_text,
    department_title,
    local_time,
    purpose_title,
    sentences,
    told_by_group,
)
from hub.emergencies.follow_ups import open_duties
from hub.emergencies.second_look import SecondLooks
from hub.errors import CallerError, RecordingFailed
from hub.operations.fair_use import CASE_DAY, OFFICER_HOUR, Met
from hub.sharing.due import Due
from policies.calendar import CHINA
from policies.purposes import PURPOSES

HERE = Path(__file__).parent
CSP = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
# Referrer "no-referrer" would make browsers post our own forms with `Origin: null`, which no page of ours could be told from.
HEADERS = {
    "Content-Security-Policy": CSP, "Cache-Control": "no-store", "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
}
_FIELDS = """
  id index kind at question organisation client officer role purpose case subjects decision reason departments policy leafHash
  review approvals fields { group field form }
  basis { __typename ... on LetterBasis { kind letters { id } } ... on StatuteBasis { kind article }
    ... on EmergencyBasis { kind reason } ... on SelfBasis { kind } ... on AuditBasis { kind } }
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
Owed = Callable[[], Awaitable[Sequence[Due]]]
"""What providers owe under the catalogue today; it is about departments, nobody's log is looked at."""
CeilingsMet = Callable[[], Awaitable[Sequence[Met]]]
"""Which ceilings of fair use were met since yesterday; about officers and cases, no entry of the log is looked at."""
CEILINGS: Mapping[str, str] = {CASE_DAY: "一事项一日查询次数", OFFICER_HOUR: "一经办人一小时查询人数"}
STEPS: Mapping[str, str] = {"ANSWER": "答复共享申请", "SUPPLY": "提供数据", "CORRECTION": "核实校核申请", "DISPOSAL": "使用后处置"}
WRONG = ("用户名或口令不正确，或账户已锁定。", "Wrong name or password, or locked.")
FORGED = ("这一请求不是从本页面发出的，未予处理。", "The request did not come from this page.")
UNREADABLE = ("表单无法读取。", "The form cannot be read.")


class Console:
    """The pages over one hub."""

    def __init__(
        self, sessions: Sessions, inquire: Inquire, verify: VerifyReceipt, names: Names, owed: Owed, ceilings_met: CeilingsMet,
        looks: SecondLooks, *, clock: Callable[[], datetime], region_name: str, secure_cookies: bool,
    ) -> None:
        """`region_name` is shown in the head of each page."""
        self._sessions = sessions
        self._inquire = inquire
        self._verify = verify
        self._names = names
        self._owed = owed
        self._looks = looks
        self._clock = clock
        self._ceilings_met = ceilings_met
        self._secure = secure_cookies
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True,
        )
        self._templates.globals.update(
            region_name=region_name, kinds=KINDS, decisions=DECISIONS, forms=FORMS, reasons=REASONS, purposes=PURPOSES,
            purpose_title=purpose_title, department_title=department_title, local_time=local_time, basis_text=basis_text,
        )

    def routes(self) -> list[BaseRoute]:
        """Everything below /console."""
        return [
            Mount("/console/static", StaticFiles(directory=HERE / "static")),
            Route("/console/login", self.log_in, methods=["GET", "POST"]),
            Route("/console/logout", self.log_out, methods=["POST"]),
            Route("/console", self.entries, methods=["GET", "POST"]),
            Route("/console/entry", self.entry, methods=["POST"]),
            Route("/console/sharing", self.sharing, methods=["GET"]),
            Route("/console/emergencies", self.emergencies, methods=["GET"]),
            Route("/console/emergencies/mark", self.mark, methods=["POST"]),
            Route("/console/emergencies/close", self.close, methods=["POST"]),
            Route("/console/fair-use", self.fair_use, methods=["GET"]),
        ]

    async def log_in(self, request: Request) -> Response:
        """The form, and the log-in itself."""
        if request.method == "GET":
            return self._page("login.html")
        if not same_origin(request):
            return self._page("login.html", status=403, fault=FORGED)
        try:
            form = await posted(request)
        except CallerError as error:
            return self._page("login.html", status=error.status, fault=UNREADABLE)
        token = await self._sessions.log_in(form.get("name", ""), form.get("password", ""))
        if token is None:
            return self._page("login.html", status=401, fault=WRONG)
        answer = RedirectResponse("/console", status_code=303)
        answer.set_cookie(
            COOKIE, token, max_age=int(LIFETIME.total_seconds()), path="/console", httponly=True, samesite="strict",
            secure=self._secure,
        )
        return answer

    async def log_out(self, request: Request) -> Response:
        """End the session."""
        own = await self._own(request)
        if isinstance(own, Response):
            return own
        await self._sessions.log_out(request.cookies.get(COOKIE, ""))
        answer = RedirectResponse("/console/login", status_code=303)
        answer.delete_cookie(COOKIE, path="/console", httponly=True, samesite="strict", secure=self._secure)
        return answer

    async def entries(self, request: Request) -> Response:
        """The log, newest first, under the filter that was posted."""
        own = await self._own(request)
        if isinstance(own, Response):
            return own
        officer, form = own
        given = chosen(form)
        try:
            wanted = {"filter": variables(given), "after": form.get("after") or None}
            data = await self._inquire(officer, DOCUMENT, wanted)
        except (CallerError, RecordingFailed) as error:
            return await self._fault(officer, given, error)
        return self._page("entries.html", officer=officer, given=given, log=data["accessLog"], names=await self._names())

    async def entry(self, request: Request) -> Response:
        """One entry in words, and its receipt taken through the offline verifier."""
        own = await self._own(request)
        if isinstance(own, Response):
            return own
        officer, form = own
        wanted = form.get("id", "")
        try:
            data = await self._inquire(officer, DOCUMENT, {"filter": {"entry": wanted}, "after": None})
        except (CallerError, RecordingFailed) as error:
            return await self._fault(officer, {}, error)
        names = await self._names()
        node = next((edge["node"] for edge in data["accessLog"]["edges"] if edge["node"]["id"] == wanted), None)
        if node is None:
            return self._page(
                "entries.html", status=404, officer=officer, given={}, log=NOTHING, names=names, fault="没有这一条目。",
            )
        steps = await self._verify(wanted)
        return self._page(
            "entry.html", officer=officer, entry=node, sentences=sentences(node, names), told=told_by_group(node), steps=steps,
        )

    async def sharing(self, request: Request) -> Response:
        """What providers owe and by when (GDS §21, §22, §26), what is overdue first seen."""
        own = await self._own(request)
        if isinstance(own, Response):
            return own
        return self._page("sharing.html", officer=own[0], owed=await self._owed(), steps=STEPS, names=await self._names())

    async def fair_use(self, request: Request) -> Response:
        """Which ceilings were met, the newest first; each refusal is an entry of the log besides."""
        own = await self._own(request)
        if isinstance(own, Response):
            return own
        return self._page("fair_use.html", officer=own[0], met=await self._ceilings_met(), ceilings=CEILINGS, names=await self._names())

    async def emergencies(self, request: Request) -> Response:
        """先行救助: duties left open, overdue ones first, and the questions asked in emergencies, each to be looked at once more."""
        own = await self._own(request)
        return own if isinstance(own, Response) else await self._emergencies(own[0])

    async def mark(self, request: Request) -> Response:
        """A second look at one question."""
        own = await self._own(request)
        if isinstance(own, Response):
            return own
        officer, form = own
        return await self._done(officer, self._looks.mark(
            form.get("entry", ""), form.get("mark", ""), officer=officer.name, reason=form.get("reason", ""), at=self._clock(),
        ))

    async def close(self, request: Request) -> Response:
        """Close a duty that no letter will meet."""
        own = await self._own(request)
        if isinstance(own, Response):
            return own
        officer, form = own
        return await self._done(officer, self._looks.close(
            form.get("duty", ""), officer=officer.name, reason=form.get("reason", ""), at=self._clock(),
        ))

    async def _done(self, officer: Officer, work: Awaitable[None]) -> Response:
        try:
            await work
        except CallerError as error:
            return await self._emergencies(officer, status=error.status, fault=f"未予处理：{error.message}")
        return RedirectResponse("/console/emergencies", status_code=303)

    async def _emergencies(self, officer: Officer, *, status: int = 200, fault: str = "") -> Response:
        try:
            data = await self._inquire(officer, DOCUMENT, {"filter": {"purpose": "TEMP_EMERGENCY", "kind": "OUTCOME"}, "after": None})
        except (CallerError, RecordingFailed) as error:
            return await self._fault(officer, {}, error)
        asked = [edge["node"] for edge in data["accessLog"]["edges"]]
        return self._page(
            "emergencies.html", status=status, fault=fault, officer=officer, duties=await open_duties(self._looks.engine), asked=asked,
            looks=await self._looks.of(node["id"] for node in asked), today=self._clock().astimezone(CHINA).date(), names=await self._names(),
        )

    async def _own(self, request: Request) -> tuple[Officer, Mapping[str, str]] | Response:
        """Who asks and what they posted from a page of their own session; otherwise what to answer instead."""
        officer = await self._sessions.officer(request.cookies.get(COOKIE, ""))
        if officer is None:
            return RedirectResponse("/console/login", status_code=303)
        if request.method == "GET":
            return officer, {}
        try:
            form = await posted(request)
        except CallerError as error:
            return self._page("login.html", status=error.status, fault=UNREADABLE)
        key = form.get("key", "").encode()
        if not same_origin(request) or not hmac.compare_digest(key, officer.form_key.encode()):
            return self._page("login.html", status=403, fault=FORGED)
        return officer, form

    async def _fault(self, officer: Officer, given: Mapping[str, str], error: CallerError | RecordingFailed) -> Response:
        if isinstance(error, CallerError):
            text, status = f"无法查询：{error.message}", 400
        else:
            text, status = "访问日志暂不可写，故不予查询。", 503
        names = await self._names()
        return self._page("entries.html", status=status, officer=officer, given=given, log=NOTHING, names=names, fault=text)

    def _page(self, name: str, *, status: int = 200, **values: object) -> Response:
        return HTMLResponse(self._templates.get_template(name).render(**values), status_code=status, headers=HEADERS)
