"""One exchange between two hubs: the body encrypted to the other region, the message signed per RFC 9421. Pure.

Rules of this file:
- An ID number travels only inside the encrypted body (JWE, ECDH-ES+A256KW, A256GCM); URL and headers name no person.
- A request signature covers method, target, content type and digest; a response signature covers the request's own
  signature too (`;req`), so that an answer cannot be laid beside another question.
- `created` must lie within 60 seconds of now; the nonce is single-use, which the caller of `verify_request` must check.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver, algorithms
from joserfc.jwk import ECKey, OKPKey

from hub import sealed_bodies
from hub.http_signatures import Request, Response, SignatureRefused, verified

TAG = "hub-exchange"
_REQUEST = ("@method", "@target-uri", "content-type", "content-digest")
_RESPONSE = ("@status", "content-type", "content-digest", '"signature";req', '"@target-uri";req')


class ExchangeRefused(ValueError):
    """The message is not what the other region sent, or not to us, or not now; nothing of it is repeated."""


def unseal(body: bytes, key: OKPKey | ECKey) -> dict[str, Any]:
    """Decrypt a body that was sealed to us."""
    try:
        return sealed_bodies.unseal(body, key)
    except sealed_bodies.NotSealed as error:
        raise ExchangeRefused("the body is not sealed to this region") from error


def sign_request(request: Request, body: bytes, *, kid: str, key: Ed25519PrivateKey, at: datetime, nonce: str) -> None:
    """Put Content-Digest, Signature-Input and Signature on a request."""
    _signer(kid, key).sign(
        request, key_id=kid, created=at, nonce=nonce, label="hub", tag=TAG, covered_component_ids=_REQUEST[:3], body=body,
    )


def verify_request(request: Request, body: bytes, *, keys: Mapping[str, Ed25519PublicKey], now: datetime) -> tuple[str, str]:
    """(key id, nonce) of a request signed by one of `keys`, made within the last minute."""
    return _verify(request, body, keys=keys, now=now, required=_REQUEST)


def sign_response(response: Response, body: bytes, *, kid: str, key: Ed25519PrivateKey, at: datetime, nonce: str) -> None:
    """Sign an answer bound to its request."""
    covered = tuple(name for name in _RESPONSE if name != "content-digest")
    _signer(kid, key).sign(
        response, key_id=kid, created=at, nonce=nonce, label="hub", tag=TAG, covered_component_ids=covered, body=body,
    )


def verify_response(response: Response, body: bytes, *, keys: Mapping[str, Ed25519PublicKey], now: datetime) -> str:
    """Key id of an answer to exactly this request."""
    return _verify(response, body, keys=keys, now=now, required=_RESPONSE)[0]


def _signer(kid: str, key: Ed25519PrivateKey) -> HTTPMessageSigner:
    return HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=MappingKeyResolver(public_keys={}, private_keys={kid: key}))


def _verify(
    message: Request | Response, body: bytes, *, keys: Mapping[str, Ed25519PublicKey], now: datetime, required: tuple[str, ...],
) -> tuple[str, str]:
    try:
        return verified(message, body, keys=keys, now=now, required=required, tag=TAG)
    except SignatureRefused as error:
        raise ExchangeRefused(str(error)) from error
