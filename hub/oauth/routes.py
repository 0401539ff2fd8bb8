"""The authorization server over HTTP: token, introspection, revocation, keys, metadata, and the schemas a client builds against."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub import metrics
from hub.arriving import BodyCutOff, BodyTooLarge, arrived
from hub.errors import Overloaded, TooMany
from hub.oauth.details import TYPE
from hub.oauth.refusals import OAuthRefused, malformed, not_authenticated
from hub.oauth.server import AuthorizationServer, Parts
from hub.operations.quotas import ClientQuota, InFlight
from hub.shapes import PUBLISHED
from hub.signatures import ALGORITHMS

LARGEST_FORM = 64 * 1024
FORM_SECONDS = 5.0
"""How long a form may take to arrive: a place is held meanwhile, by somebody nobody knows yet."""
_PRIVATE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_PUBLIC = {"Cache-Control": "public, max-age=300"}
_log = structlog.stdlib.get_logger("hub.oauth")

Note = Callable[[str], None]
Answer = Callable[[Request, Mapping[str, str]], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Admission:
    """`places` for requests at once, before anything of one is read: a signature is verified for anybody who names a client.
    `quota` for each client once it proved itself.
    """

    places: InFlight
    quota: ClientQuota | None = None


def routes(parts: Parts, note: Note | None = None, admission: Admission | None = None) -> list[Route]:
    """Everything under /oauth, the metadata document and /schemas. `note` counts what an unknown sender was refused for."""
    admission = admission or Admission(InFlight(64))
    server = AuthorizationServer(parts, admission.quota)

    async def token(request: Request, form: Mapping[str, str]) -> Response:
        proofs = request.headers.getlist("dpop")
        if len(proofs) > 1:
            raise OAuthRefused("invalid_dpop_proof", "more than one DPoP proof")
        return JSONResponse(await server.token(form, proofs[0] if proofs else None), headers=_PRIVATE)

    async def introspect(_: Request, form: Mapping[str, str]) -> Response:
        return JSONResponse(await server.introspect(form), headers=_PRIVATE)

    async def revoke(_: Request, form: Mapping[str, str]) -> Response:
        await server.revoke(form)
        return Response(status_code=200, headers=_PRIVATE)

    async def keys(_: Request) -> Response:
        return JSONResponse(parts.tokens.jwks(), headers=_PUBLIC)

    async def described(_: Request) -> Response:
        return JSONResponse(metadata(parts.issuer, require_dpop=parts.require_dpop), headers=_PUBLIC)

    return [
        Route("/oauth/token", _posted(token, note, admission.places), methods=["POST"]),
        Route("/oauth/introspect", _posted(introspect, note, admission.places), methods=["POST"]),
        Route("/oauth/revoke", _posted(revoke, note, admission.places), methods=["POST"]),
        Route("/oauth/jwks", keys),
        Route("/.well-known/oauth-authorization-server", described),
        Route("/schemas/{name}.json", _schema),
    ]


def metadata(issuer: str, *, require_dpop: bool) -> Mapping[str, Any]:
    """RFC 8414, with RFC 9396 §10 and RFC 9449 §5.1."""
    algorithms = list(ALGORITHMS)
    methods = {
        f"{name}_endpoint_auth_{what}": value
        for name in ("token", "introspection", "revocation")
        for what, value in (("methods_supported", ["private_key_jwt"]), ("signing_alg_values_supported", algorithms))
    }
    return {
        "issuer": issuer,
        "token_endpoint": f"{issuer}/oauth/token",
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "jwks_uri": f"{issuer}/oauth/jwks",
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        **methods,
        "authorization_details_types_supported": [TYPE],
        "dpop_signing_alg_values_supported": algorithms,
        "dpop_bound_access_tokens_required": require_dpop,
        "service_documentation": f"{issuer}/schemas/household_facts.json",
    }


def _posted(answer: Answer, note: Note | None, places: InFlight) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            with places:
                return await answer(request, await _form(request))
        except OAuthRefused as refusal:
            # `detail` says exactly why; the sender learns no more than the RFC's code and a fixed text.
            if note is not None and not refusal.client:
                note(f"OAUTH_{refusal.error.upper()}")
            _log.info("refused", error=refusal.error, detail=refusal.detail, client=refusal.client)
            body = {"error": refusal.error, "error_description": refusal.description}
            return JSONResponse(body, status_code=refusal.status, headers=_PRIVATE)
        except TooMany as refusal:
            return _later(429, refusal.code, refusal.message, refusal.retry_after, note)
        except Overloaded as refusal:
            return _later(503, "OVERLOADED", str(refusal), refusal.retry_after, note)

    return endpoint


def _later(status: int, code: str, description: str, seconds: int, note: Note | None) -> Response:
    """A flood is counted, never written down one by one."""
    metrics.REFUSALS.labels(code).inc()
    if note is not None:
        note(f"OAUTH_{code}")
    body = {"error": "temporarily_unavailable", "error_description": description}
    return JSONResponse(body, status_code=status, headers=_PRIVATE | {"Retry-After": str(seconds)})


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


async def _schema(request: Request) -> Response:
    text = PUBLISHED.get(request.path_params["name"])
    if text is None:
        return JSONResponse({"error": "not_found"}, status_code=404)
    return Response(text, media_type="application/schema+json", headers=_PUBLIC)
