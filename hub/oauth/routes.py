"""The authorization server over HTTP: token, introspection, revocation, keys, metadata, and the schemas a client builds against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.oauth.binding import Shown
from hub.oauth.details import TYPE
from hub.oauth.grants import CLIENT_CREDENTIALS, TOKEN_EXCHANGE
from hub.oauth.parts import Parts
from hub.oauth.posting import PRIVATE, Note, posted
from hub.oauth.refusals import OAuthRefused
from hub.oauth.rollover import CACHED
from hub.oauth.server import AuthorizationServer
from hub.operations.quotas import ClientQuota, InFlight
from hub.problems import not_found
from hub.shapes import PUBLISHED
from hub.signatures import ALGORITHMS, BadSignature

_PUBLIC = {"Cache-Control": f"public, max-age={CACHED.total_seconds():.0f}"}


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
        try:
            certificate = parts.certificates.shown(request.scope)
        except BadSignature as error:
            raise OAuthRefused("invalid_request", "the client certificate is refused", detail=str(error)) from None
        return JSONResponse(await server.token(form, Shown(proofs[0] if proofs else None, certificate), request.scope), headers=PRIVATE)

    async def introspect(request: Request, form: Mapping[str, str]) -> Response:
        return JSONResponse(await server.introspect(form, request.scope), headers=PRIVATE)

    async def revoke(request: Request, form: Mapping[str, str]) -> Response:
        await server.revoke(form, request.scope)
        return Response(status_code=200, headers=PRIVATE)

    async def keys(_: Request) -> Response:
        return JSONResponse(parts.tokens.jwks(parts.clock()), headers=_PUBLIC)

    async def encryption(_: Request) -> Response:
        return JSONResponse({"keys": parts.encryption()}, headers=_PUBLIC)

    async def described(_: Request) -> Response:
        return JSONResponse(metadata(parts), headers=_PUBLIC)

    return [
        Route("/oauth/token", posted(token, note, admission.places), methods=["POST"]),
        Route("/oauth/introspect", posted(introspect, note, admission.places), methods=["POST"]),
        Route("/oauth/revoke", posted(revoke, note, admission.places), methods=["POST"]),
        Route("/oauth/jwks", keys),
        Route("/oauth/encryption-keys", encryption),
        Route("/.well-known/oauth-authorization-server", described),
        Route("/schemas/{name}.json", _schema),
    ]


def metadata(parts: Parts) -> Mapping[str, Any]:
    """RFC 8414, with RFC 8705 §3.3, RFC 9396 §10 and RFC 9449 §5.1. Where a certificate binds as well, no client must bring a proof."""
    algorithms, issuer, mutual_tls = list(ALGORITHMS), parts.issuer, parts.certificates.known
    authenticating = {
        f"{name}_endpoint_auth_{what}": value
        for name in ("token", "introspection", "revocation")
        for what, value in (("methods_supported", list(parts.authentication.methods)), ("signing_alg_values_supported", algorithms))
    }
    return {
        "issuer": issuer,
        "token_endpoint": f"{issuer}/oauth/token",
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "jwks_uri": f"{issuer}/oauth/jwks",
        "grant_types_supported": [CLIENT_CREDENTIALS, TOKEN_EXCHANGE],
        "response_types_supported": [],
        **authenticating,
        "authorization_details_types_supported": [TYPE],
        "dpop_signing_alg_values_supported": algorithms,
        "dpop_bound_access_tokens_required": parts.require_dpop and not mutual_tls,
        "tls_client_certificate_bound_access_tokens": mutual_tls,
        "service_documentation": f"{issuer}/schemas/household_facts.json",
    }


async def _schema(request: Request) -> Response:
    text = PUBLISHED.get(request.path_params["name"])
    if text is None:
        return not_found(request)
    return Response(text, media_type="application/schema+json", headers=_PUBLIC)
