"""A client's form over HTTP: read within its limits, answered, and refused outward in one shape whatever was wrong with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qsl

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub import later, metrics
from hub.access_log.failures import FAILURES
from hub.arriving import BodyCutOff, BodyTooLarge, arrived
from hub.errors import CallerError, Overloaded, RecordingFailed, TooMany, Unavailable
from hub.oauth.refusals import OAuthRefused, malformed, not_authenticated
from hub.operations.quotas import InFlight

LARGEST_FORM = 256 * 1024  # two hundred cases with their letters, quoted for a form
FORM_SECONDS = 5.0
"""How long a form may take to arrive: a place is held meanwhile, by somebody nobody knows yet."""
PRIVATE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_log = structlog.stdlib.get_logger("hub.oauth")

Note = Callable[[str], None]
Answer = Callable[[Request, Mapping[str, str]], Awaitable[Response]]
Said = Callable[[Request, OAuthRefused | CallerError | Unavailable], Response]


def posted(answer: Answer, note: Note | None, places: InFlight, *, said: Said | None = None) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint for a form. `note` counts what an unknown sender was refused for; `places` for requests at once; `said` writes a refusal,
    by default as RFC 6749 §5.2 has it.
    """
    said = said or _said

    async def endpoint(request: Request) -> Response:
        try:
            with places:
                return await answer(request, await _form(request))
        except OAuthRefused as refusal:
            # `detail` says exactly why; the sender learns no more than the RFC's code and a fixed text.
            if note is not None and not refusal.client:
                note(f"OAUTH_{refusal.error.upper()}")
            metrics.counted(metrics.REFUSALS, f"OAUTH_{refusal.error.upper()}").inc()
            _log.info("refused", error=refusal.error, detail=refusal.detail, client=refusal.client)
            return said(request, refusal)
        except CallerError as refusal:
            later.counted(refusal) if isinstance(refusal, TooMany) else metrics.REFUSALS.labels(refusal.code).inc()
            if note is not None:
                note(f"OAUTH_{refusal.code}")
            return said(request, refusal)
        except FAILURES as error:
            _log.warning("the database was not reached", error=type(error).__name__)
            return _later(request, Overloaded(retry_after=1), note, said)  # deciding fails closed
        except Unavailable as refusal:
            return _later(request, refusal, note, said)

    return endpoint


def _later(request: Request, refusal: Unavailable, note: Note | None, said: Said) -> Response:
    """A flood is counted, never written down one by one."""
    if isinstance(refusal, Overloaded | RecordingFailed):
        later.counted(refusal)
    if note is not None:
        note(f"OAUTH_{refusal.code}")
    return said(request, refusal)


def _said(_request: Request, refusal: OAuthRefused | CallerError | Unavailable) -> Response:
    """RFC 6749 §5.2; who is to come later is told so by its extension codes."""
    if isinstance(refusal, OAuthRefused):
        said = {"error": refusal.error, "error_description": refusal.description}
        # A member of our own beside the RFC's: it has our prefix (RFC 6749 §8.2), and who does not know it passes it over.
        more = {"household_remedies": list(refusal.remedies)} if refusal.remedies else {}
        return JSONResponse(said | more, status_code=refusal.status, headers=PRIVATE)
    headers = {"Retry-After": str(refusal.retry_after)} if isinstance(refusal, TooMany | Unavailable) else {}
    body = {"error": "temporarily_unavailable" if headers else "invalid_request", "error_description": refusal.message}
    return JSONResponse(body, status_code=refusal.status, headers=PRIVATE | headers)


async def _form(request: Request) -> Mapping[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise malformed("the content type must be application/x-www-form-urlencoded")
    if "authorization" in request.headers:
        raise not_authenticated("two ways to authenticate at once (RFC 6749 §2.3)")
    try:
        body = await arrived(request, largest=LARGEST_FORM, seconds=FORM_SECONDS)
    except BodyTooLarge:
        raise OAuthRefused("invalid_request", "the form is too large", status=413) from None
    except BodyCutOff:
        raise OAuthRefused("invalid_request", "the form did not arrive in time", status=408) from None
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), errors="strict", max_num_fields=20)
    except ValueError:
        raise malformed("the form cannot be read") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise malformed("a parameter is given twice")  # RFC 6749 §3.2
    return form
