"""How the hub proves itself to departments: RFC 9421 signatures, keyed hashes, WS-Security digests, bearer tokens.

Rules of this file:
- A `Signer` is made once a department and gives the headers of one request; time and randomness come in as arguments.
- Every request has its own nonce and moment, a repeated attempt included: departments refuse what they have seen.
- The signature base is composed here and nowhere else, in the order RFC 9421 §2.5 gives; interoperation with an
  implementation not ours is tested.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Clock = Callable[[], datetime]
"""The moment, aware."""

Random = Callable[[int], bytes]
"""So many random bytes."""


class Signer(Protocol):
    """Headers that prove one request; `intents` are the log entries its subjects stand under."""

    def __call__(self, url: str, path: str, body: bytes, intents: str) -> Mapping[str, str]: ...


def message_signer(*, key: str, key_id: str, intent_header: str, clock: Clock, random: Random) -> Signer:
    """RFC 9421 with Ed25519 over method, target, body digest and intents. `key` is the base64url 32-byte seed."""
    private = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)))
    name = intent_header.lower()
    covered = f'("@method" "@target-uri" "content-digest" "{name}")'

    def sign(url: str, path: str, body: bytes, intents: str) -> Mapping[str, str]:  # noqa: ARG001 - the target covers the path
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
        nonce = base64.urlsafe_b64encode(random(18)).decode()
        parameters = f'{covered};created={int(clock().timestamp())};keyid="{key_id}";alg="ed25519";nonce="{nonce}"'
        signature = private.sign((
            f'"@method": POST\n"@target-uri": {url}\n"content-digest": {digest}\n"{name}": {intents}\n'
            f'"@signature-params": {parameters}'
        ).encode())
        return {
            "Content-Digest": digest, intent_header: intents, "Signature-Input": f"sig1={parameters}",
            "Signature": f"sig1=:{base64.b64encode(signature).decode()}:",
        }

    return sign


def keyed_hash_signer(*, api_key: str, secret: str, clock: Clock, random: Random) -> Signer:
    """HMAC-SHA256 over method, path, milliseconds, nonce and body digest, beside the application's key."""
    key = secret.encode()

    def sign(url: str, path: str, body: bytes, intents: str) -> Mapping[str, str]:  # noqa: ARG001 - this scheme covers the path
        moment, nonce = str(int(clock().timestamp() * 1000)), random(16).hex()
        base = f"POST\n{path}\n{moment}\n{nonce}\n{hashlib.sha256(body).hexdigest()}".encode()
        return {
            "X-App-Key": api_key, "X-Timestamp": moment, "X-Nonce": nonce,
            "X-Signature": hmac.digest(key, base, "sha256").hex(),
        }

    return sign


def bearer_signer(*, token: str) -> Signer:
    """A bearer token, RFC 6750."""
    headers = {"Authorization": f"Bearer {token}"}
    return lambda url, path, body, intents: headers  # noqa: ARG005 - a bearer token covers nothing


def no_signer() -> Signer:
    """A department that asks for no proof."""
    return lambda url, path, body, intents: {}  # noqa: ARG005 - nothing is proven


def signer(scheme: str, credentials: Mapping[str, str], *, intent_header: str, clock: Clock, random: Random) -> Signer:
    """The signer of a manifest's scheme. Raises ValueError for a key that is none, and KeyError for a scheme not of HTTP."""
    match scheme:
        case "http-signature":
            return message_signer(
                key=credentials["key"], key_id=credentials["key_id"], intent_header=intent_header, clock=clock, random=random,
            )
        case "api-key-hmac":
            return keyed_hash_signer(api_key=credentials["api_key"], secret=credentials["secret"], clock=clock, random=random)
        case "bearer":
            return bearer_signer(token=credentials["token"])
        case "none":
            return no_signer()
    raise KeyError(scheme)


def password_digest(password: bytes, *, clock: Clock, random: Random) -> tuple[str, str, str]:
    """Digest, nonce and moment of a WS-Security UsernameToken: SHA-1 over nonce, moment and password, as OASIS 1.0 fixes it."""
    nonce, created = random(16), clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hashlib.sha1(nonce + created.encode() + password).digest()  # noqa: S324 - the profile knows no other hash
    return base64.b64encode(digest).decode(), base64.b64encode(nonce).decode(), created
