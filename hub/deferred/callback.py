"""Where departments that answer later call back: one signed answer a request (docs/contracts/JR.md).

Rules of this file:
- Nothing of a message is read before its signature holds: by the key its department's manifest names, over method, target, body and the
  entries it stands under, made within the last minute. Its nonce is good once, whatever becomes of it.
- A refusal is a word (`connectors.ledger.REFUSALS`) and leaves job and kept answer as they were. Of somebody known it is an entry; what
  nobody signed is counted.
- The department is told that its answer was taken only when that is durable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse
from starlette.responses import Response as HttpResponse
from starlette.routing import BaseRoute, Route

from connectors.deferred import DeferredConnector
from connectors.ledger import AnswerRefused, refused
from hub import metrics
from hub.access_log.failures import FAILURES
from hub.access_log.questions import refusal
from hub.access_log.security import SecurityLog
from hub.access_log.writer import AccessLog
from hub.arriving import BodyCutOff, BodyTooLarge, arrived
from hub.deferred.ledger import PATH
from hub.errors import RecordingFailed
from hub.http_signatures import CLOCK_SKEW, Request, SignatureRefused, verified
from hub.oauth.single_use import SingleUse
from hub.operations.gate import Gate
from hub.problems import problem
from hub.problems import refused as refused_as

BODY_SECONDS = 5.0
"""How long a body may take to arrive: a place is held meanwhile, by somebody nobody knows yet."""

_log = structlog.get_logger("hub.deferred")


@dataclass(slots=True)
class Callbacks:
    """The route. `gate` for how many at once and how often, `region` the six digits organisations of the log begin with."""

    departments: Mapping[str, DeferredConnector]
    issuer: str
    region: str
    used: SingleUse
    log: AccessLog
    security: SecurityLog
    gate: Gate
    clock: Callable[[], datetime]

    def routes(self) -> list[BaseRoute]:
        """Nothing where no department answers later."""
        return [Route(f"{PATH}/{{department}}", self.gate.private(self.answer), methods=["POST"])] if self.departments else []

    async def answer(self, http: HttpRequest) -> HttpResponse:
        """One answer."""
        department = self.departments.get(http.path_params["department"])
        if department is None:
            return problem(http, 404, "DEPARTMENT_UNKNOWN")
        try:
            return await self._taken(department, http)
        except RecordingFailed as error:
            return refused_as(http, error)
        except FAILURES:
            return problem(http, 503, "STORE_UNAVAILABLE", headers={"Retry-After": "1"})  # nothing was taken: to be sent again, signed anew

    async def _taken(self, department: DeferredConnector, http: HttpRequest) -> HttpResponse:
        known = False
        try:
            body = await _body(http, department.max_bytes)
            await self._verified(department, http, body)
            known = True
            with self.gate.named(f"department:{department.department}"):
                await department.heard(body)
        except AnswerRefused as error:
            metrics.DEFERRED_ANSWERS.labels(department.department, "CALLBACK", error.code).inc()
            _log.info("answer refused", department=department.department, code=error.code)
            if known:
                await self._entered(department, error.code)
            else:
                self.security.note(error.code)
            return problem(http, error.status, error.code)
        metrics.DEFERRED_ANSWERS.labels(department.department, "CALLBACK", "KEPT").inc()
        return JSONResponse({"code": "KEPT"}, headers={"Cache-Control": "no-store"})

    async def _verified(self, department: DeferredConnector, http: HttpRequest, body: bytes) -> None:
        now = self.clock()
        request = Request("POST", f"{self.issuer}{PATH}/{department.department}", dict(http.headers.items()))
        try:
            kid, nonce = verified(
                request, body, keys={department.terms.key_id: department.public_key}, now=now,
                required=("@method", "@target-uri", "content-digest", department.intent_header.lower()),
            )
        except SignatureRefused:
            raise refused("ANSWER_UNSIGNED") from None
        if not 16 <= len(nonce) <= 200:
            raise refused("ANSWER_UNSIGNED")
        expires = now + timedelta(seconds=2 * CLOCK_SKEW)
        if not await self.used.first(f"department:{department.department}:{kid}", nonce, expires_at=expires, now=now):
            raise refused("MESSAGE_REPLAYED")

    async def _entered(self, department: DeferredConnector, code: str) -> None:
        await self.log.append(refusal(
            at=self.clock(), code=code, organisation=f"{self.region}-{department.department}", about={"department": department.department},
        ))


async def _body(http: HttpRequest, largest: int) -> bytes:
    try:
        return await arrived(http, largest=largest, seconds=BODY_SECONDS)
    except BodyTooLarge:
        raise refused("ANSWER_TOO_LARGE") from None
    except BodyCutOff:
        raise refused("ANSWER_UNREADABLE") from None

