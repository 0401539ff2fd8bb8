"""Where platforms bring registrations, revocations and pauses: one signed message a request, in the body, never in a URL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub import later, metrics
from hub.arriving import BodyCutOff, BodyTooLarge, arrived
from hub.authorizations.pause import Pauses
from hub.authorizations.reasons import Refused
from hub.authorizations.store import Registrar
from hub.authorizations.withdrawals import Revocations
from hub.errors import CallerError, NotAcceptable, Overloaded, RecordingFailed, TooLarge
from hub.operations.quotas import InFlight
from hub.problems import refused
from hub.signatures import LONGEST_REGISTRATION

BODY_SECONDS = 10.0
"""How long a message may take to arrive: a place is held meanwhile, by somebody nobody knows yet."""

_PRIVATE = {"Cache-Control": "no-store"}
_log = structlog.stdlib.get_logger("hub.authorizations")


class Counter(Protocol):
    """Who takes platforms' messages."""

    @property
    def registrar(self) -> Registrar: ...
    @property
    def revocations(self) -> Revocations: ...
    @property
    def pauses(self) -> Pauses: ...
    @property
    def clock(self) -> Callable[[], datetime]: ...


def routes(
    counter: Counter, wake: Callable[[], None], note: Callable[[str], None] = lambda _kind: None, places: InFlight | None = None,
) -> list[Route]:
    """POST /registrations, /revocations and /pauses, application/jose. `wake` hears that there is something for the log to carry,
    `note` of each refusal: an unsigned message is nobody's, so it is counted and leaves no entry.
    """

    async def register(request: Request) -> Response:
        accepted = await counter.registrar.accept(await signed_body(request), counter.clock())
        wake()
        letters = [{"number": number, "id": letter, "hash": digest} for number, (letter, digest) in accepted.letters.items()]
        told = {"case": accepted.case, "letters": letters, "warnings": list(accepted.warnings)}
        return JSONResponse(told, status_code=201 if accepted.changed else 200, headers=_PRIVATE)

    async def revoke(request: Request) -> Response:
        revoked = await counter.revocations.accept(await signed_body(request), counter.clock())
        wake()
        told = {
            "case": revoked.case, "revoked": list(revoked.letters), "preview": revoked.preview,
            "withdrawn": [{"letter": letter, **part} for letter, part in revoked.parts.items()], "consequence": revoked.consequence,
        }
        return JSONResponse(told, headers=_PRIVATE)

    async def pause(request: Request) -> Response:
        paused = await counter.pauses.accept(await signed_body(request), counter.clock())
        wake()
        return JSONResponse({"case": paused.case, "state": paused.state, "letters": list(paused.letters)}, headers=_PRIVATE)

    return [
        Route("/registrations", answering(register, note, places), methods=["POST"]),
        Route("/revocations", answering(revoke, note, places), methods=["POST"]),
        Route("/pauses", answering(pause, note, places), methods=["POST"]),
    ]


def answering(
    answer: Callable[[Request], Awaitable[Response]], note: Callable[[str], None], places: InFlight | None = None,
) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that tells a refusal as every door does; `note` counts it. `places` for messages at once, before anything of one
    is read: a key is looked up and a signature verified for anybody who names a platform.
    """
    places = places or InFlight(64)

    async def endpoint(request: Request) -> Response:
        try:
            with places:
                return await answer(request)
        except (Overloaded, RecordingFailed) as error:
            note(f"INTAKE_{error.code}")
            later.counted(error)
            return refused(request, error)
        except CallerError as error:
            kind = "registration" if isinstance(error, Refused) else "request"
            _log.info(f"{kind} refused", code=error.code, detail=error.detail if isinstance(error, Refused) else "")
            note(f"INTAKE_{error.code}")
            metrics.REFUSALS.labels(error.code).inc()
            return refused(request, error)

    return endpoint


async def signed_body(request: Request) -> str:
    """The compact JWS in the body. Raises `NotAcceptable` for another media type, `TooLarge`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in ("application/jose", "application/jwt"):
        raise NotAcceptable("the body must be application/jose", code="UNSUPPORTED_MEDIA_TYPE", status=415)
    try:
        body = await arrived(request, largest=LONGEST_REGISTRATION, seconds=BODY_SECONDS)
    except BodyTooLarge:
        raise TooLarge(f"the message is longer than {LONGEST_REGISTRATION} bytes", status=413) from None
    except BodyCutOff:
        raise NotAcceptable("the message did not arrive in time", code="BODY_CUT_OFF", status=408) from None
    return body.decode("latin-1").strip()
