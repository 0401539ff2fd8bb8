"""HTTP message signatures the hub accepts (RFC 9421, Ed25519): a neighbouring region's, a department's that calls back. Pure.

The library reads the machine's clock; here `created` is checked against the time given. That a nonce is new is the caller's to check.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import HTTPMessageSignaturesException, HTTPMessageVerifier, MappingKeyResolver, algorithms

CLOCK_SKEW = 60  # seconds between `created` and now


class SignatureRefused(ValueError):
    """The message is not what a known key signed, or not now; nothing of it is repeated."""


@dataclass(slots=True)
class Request:
    """A request as RFC 9421 sees it."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Response:
    """A response, with the request it answers."""

    status_code: int
    request: Request
    headers: dict[str, str] = field(default_factory=dict)


class _Verifier(HTTPMessageVerifier):
    """The library's verifier without its reading of the machine's clock."""

    def validate_created_and_expires(self, sig_input: object, max_age: object = None) -> None:
        """No check here; see `verified`. Messages to a hub carry no `expires`."""


def verified(
    message: Request | Response, body: bytes, *, keys: Mapping[str, Ed25519PublicKey], now: datetime, required: tuple[str, ...],
    tag: str | None = None,
) -> tuple[str, str]:
    """(key id, nonce) of a message that one of `keys` signed within the last minute over at least the `required` components."""
    verifier = _Verifier(
        signature_algorithm=algorithms.ED25519, key_resolver=MappingKeyResolver(public_keys=dict(keys), private_keys={}),
    )
    try:
        results = verifier.verify(message, max_age=None, expect_tag=tag, require_components=required, body=body)
        parameters = results[0].parameters
        created = datetime.fromtimestamp(int(parameters["created"]), UTC)
        kid, nonce = str(parameters["keyid"]), str(parameters["nonce"])
    except (HTTPMessageSignaturesException, KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
        raise SignatureRefused("the signature does not verify") from error
    if len(results) != 1 or abs((now - created).total_seconds()) > CLOCK_SKEW:
        raise SignatureRefused("the message was not made now")
    return kid, nonce
