"""JSON objects encrypted to one key of ours or of another hub: compact JWE, ECDH-ES+A256KW with A256GCM (RFC 7516, 7518), and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from hub.signatures import BadSignature, unbase64url

_JWE = jwe.JWERegistry(algorithms=["ECDH-ES+A256KW", "A256GCM"])


class NotSealed(ValueError):
    """Not sealed to this key, or changed since; nothing of it is repeated."""


def seal(content: Mapping[str, Any], *, recipient: OKPKey | ECKey, kid: str) -> bytes:
    """Encrypt an object to one key."""
    header = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM", "kid": kid}
    return jwe.encrypt_compact(header, orjson.dumps(content), recipient, registry=_JWE).encode()


def unseal(body: bytes, key: OKPKey | ECKey) -> dict[str, Any]:
    """Decrypt what was sealed to us. Raises `NotSealed`."""
    try:
        content = orjson.loads(jwe.decrypt_compact(body, key, registry=_JWE).plaintext or b"")
    except (JoseError, ValueError, TypeError) as error:
        raise NotSealed("not sealed to this key") from error
    if not isinstance(content, dict):
        raise NotSealed("what was sealed is no object")
    return content


def kid_of(compact: str) -> str:
    """The `kid` a JWE's or JWS's header names, unverified: good for nothing but finding the key. Raises `NotSealed`."""
    try:
        header = orjson.loads(unbase64url(compact.partition(".")[0]))
    except (BadSignature, orjson.JSONDecodeError):
        raise NotSealed("the header cannot be read") from None
    kid = header.get("kid") if isinstance(header, dict) else None
    return kid if isinstance(kid, str) else ""
