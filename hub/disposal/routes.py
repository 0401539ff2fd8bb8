"""Where receivers see what disposals they owe, and report them: a form with a client assertion, as at the token endpoint.

Not by access token: the case whose purpose is met is closed by then, and nobody gets a token for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.disposal.reports import Reports, read
from hub.errors import CallerError, Unavailable
from hub.oauth.posting import PRIVATE, Note, posted
from hub.oauth.refusals import OAuthRefused, malformed
from hub.oauth.routes import Admission
from hub.oauth.tls_client_auth import Authentication
from hub.operations.quotas import placed
from hub.problems import problem, refused
from policies.calendar import CHINA


def routes(
    reports: Reports, authentication: Authentication, clock: Callable[[], datetime], admission: Admission, note: Note | None = None,
) -> list[Route]:
    """POST /disposals and POST /disposals/due."""

    async def report(request: Request, form: Mapping[str, str]) -> Response:
        now = clock()
        client = await authentication.authenticate(form, now, request.scope)
        known = client.client.requester
        with placed(admission.quota, known.client):
            if not client.officer:
                raise malformed("the assertion names no officer", client=known.client)
            told = await reports.accept(
                read(form, now.astimezone(CHINA).date()), organisation=known.organisation, client=known.client,
                officer=client.officer, now=now,
            )
        return JSONResponse(told, headers=PRIVATE)

    async def due(request: Request, form: Mapping[str, str]) -> Response:
        now = clock()
        known = (await authentication.authenticate(form, now, request.scope)).client.requester
        with placed(admission.quota, known.client):
            owed = await reports.owed(known.organisation, now)
        told = [
            {
                "duty": one.id, "case": one.case, "purpose": one.purpose, "groups": one.groups, "answers": one.told, "state": one.state,
                "due": one.due.isoformat() if one.due is not None else None, "overdue": one.overdue,
            }
            for one in owed
        ]
        return JSONResponse({"disposals": told}, headers=PRIVATE)

    return [
        Route("/disposals", posted(report, note, admission.places, said=_said), methods=["POST"]),
        Route("/disposals/due", posted(due, note, admission.places, said=_said), methods=["POST"]),
    ]


def _said(request: Request, refusal: OAuthRefused | CallerError | Unavailable) -> Response:
    """No token endpoint: refusals look as at every other door."""
    if isinstance(refusal, OAuthRefused):
        return problem(request, refusal.status, refusal.error.upper(), refusal.description)
    return refused(request, refusal)
