"""The hub's keys a person's ID number is encrypted to: X25519, by `kid`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from joserfc.jwk import OKPKey

from hub.keys import KeyRing, Use


def sealing_keys(keys: KeyRing) -> Mapping[str, OKPKey]:
    """Every version that is held, newest first: what was encrypted a moment before a rotation still opens."""
    return {f"citizen-{key.version}": OKPKey.import_key(X25519PrivateKey.from_private_bytes(key.secret)) for key in keys.versions(Use.CITIZEN)}


def published(keys: KeyRing) -> list[dict[str, Any]]:
    """The newest one's public half as a JWK (RFC 7517)."""
    kid, key = next(iter(sealing_keys(keys).items()))
    return [{**key.as_dict(private=False), "kid": kid, "use": "enc", "alg": "ECDH-ES+A256KW"}]
