"""Signatures the hub accepts: compact JWS by Ed25519 or ES256, under a key somebody registered, and claims checked in time.

Nothing here picks an algorithm by what a message says: the allow-list is fixed, the key decides what its signature may be, and
`alg: none` or an HMAC under a public key never reaches a key (RFC 8725 §3.1). "EdDSA" is not listed: RFC 9864 replaced it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from joserfc import jws
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey
from joserfc.jwt import JWTClaimsRegistry

PublicKey = ECKey | OKPKey
ALGORITHMS: Mapping[str, tuple[str, str]] = {"Ed25519": ("OKP", "Ed25519"), "ES256": ("EC", "P-256")}
LONGEST_TOKEN = 8192  # characters of a token, assertion or proof
LONGEST_REGISTRATION = 128_000
LEEWAY = 5  # seconds a neighbour's clock may run ahead
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*\Z")
_COORDINATE = 32  # bytes, on either curve (RFC 7518 §6.2.1.2, RFC 8037 §2)
_PUBLIC_MEMBERS = {"OKP": ("kty", "crv", "x"), "EC": ("kty", "crv", "x", "y")}


class BadSignature(Exception):
    """A signed thing is refused; the text says why and is for the log, never for the sender."""


class OutOfTime(BadSignature):
    """Signed well, and expired or not yet valid."""


def public_key(jwk: object) -> PublicKey:
    """One allow-listed public key from its JWK; private members are dropped unread. Raises `BadSignature`."""
    if not isinstance(jwk, dict):
        raise BadSignature("a key is not a JWK")
    kind = next((kind for kind, curve in ALGORITHMS.values() if (jwk.get("kty"), jwk.get("crv")) == (kind, curve)), None)
    if kind is None:
        raise BadSignature("a key is neither Ed25519 nor P-256")
    members = {name: jwk[name] for name in (*_PUBLIC_MEMBERS[kind], "kid") if isinstance(jwk.get(name), str)}
    # One spelling of a key: its thumbprint is who it is, and stray bits would make two of one.
    if any(len(unbase64url(members[name])) != _COORDINATE for name in ("x", "y") if name in members):
        raise BadSignature("a key's coordinate is not 32 bytes")
    try:
        key: PublicKey = OKPKey.import_key(members) if kind == "OKP" else ECKey.import_key(members)
        _ = key.public_key  # a point off its curve is found here, not at the first signature
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise BadSignature("a key cannot be read") from error
    return key


def key_set(jwks: Mapping[str, object]) -> KeySet:
    """Public keys of a client or platform by `kid`; a key without one gets its RFC 7638 thumbprint."""
    keys = jwks.get("keys")
    if not isinstance(keys, list) or not keys:
        raise BadSignature("a key set is empty")
    return KeySet([public_key(jwk) for jwk in keys])


def thumbprint(key: PublicKey) -> str:
    """RFC 7638 SHA-256 thumbprint."""
    return key.thumbprint()


def header_of(token: str, *, longest: int = LONGEST_TOKEN) -> Mapping[str, object]:
    """The header of a compact JWS, unverified: good for nothing but finding the key."""
    if len(token) > longest or token.count(".") != 2 or not token.isascii():
        raise BadSignature("not a compact JWS of a size we read")
    return _object(unbase64url(token.partition(".")[0]), "header")


def claims_unverified(token: str, *, longest: int = LONGEST_TOKEN) -> Mapping[str, object]:
    """The claims of a compact JWS, unverified: good for nothing but finding whose key to try."""
    header_of(token, longest=longest)
    return _object(unbase64url(token.split(".")[1]), "payload")


def open_jws(token: str, keys: KeySet | PublicKey, *, typ: tuple[str, ...], longest: int = LONGEST_TOKEN) -> Mapping[str, object]:
    """Verified claims of a compact JWS. `typ` is compared without "application/" and case (RFC 8725 §3.11).

    `keys` as a set demands a known `kid` (D-C4 check 1); as one key it is the key the caller bound beforehand.
    """
    header = header_of(token, longest=longest)
    alg = header.get("alg")
    if not isinstance(alg, str) or alg not in ALGORITHMS:
        raise BadSignature("algorithm is not allow-listed")
    if str(header.get("typ", "")).lower().removeprefix("application/") not in typ:
        raise BadSignature("wrong typ")
    if "crit" in header or "b64" in header:
        raise BadSignature("critical header parameters are not understood")
    try:
        key = keys.get_by_kid(_kid(header)) if isinstance(keys, KeySet) else keys
        if (key.key_type, key.curve_name) != ALGORITHMS[alg]:  # type: ignore[union-attr]
            raise BadSignature("algorithm does not fit the key")
        signed = jws.deserialize_compact(token, key, algorithms=list(ALGORITHMS))
    except JoseError as error:
        raise BadSignature(f"signature refused: {type(error).__name__}") from error
    except (ValueError, TypeError, KeyError, binascii.Error) as error:
        raise BadSignature("not a JWS") from error
    return _object(signed.payload, "payload")


def check_claims(claims: Mapping[str, object], *, now: datetime, issuer: str, audience: tuple[str, ...], longest: timedelta) -> None:
    """`iss`, `aud`, `jti`, `iat` and, within `longest` of `iat`, `exp`; raises `OutOfTime` or `BadSignature`."""
    at = int(now.timestamp())
    registry = JWTClaimsRegistry(
        now=at,
        leeway=LEEWAY,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "values": list(audience)},
        jti={"essential": True},
        iat={"essential": True},
        exp={"essential": True},
    )
    try:
        registry.validate(dict(claims))
    except ExpiredTokenError as error:
        raise OutOfTime("expired") from error
    except JoseError as error:
        raise BadSignature(f"claims refused: {error.description or type(error).__name__}") from error
    issued, expires = claims["iat"], claims["exp"]
    if not isinstance(issued, int | float) or not isinstance(expires, int | float):
        raise BadSignature("claims refused: not a number")
    if expires - issued > longest.total_seconds() or expires - at > longest.total_seconds() + LEEWAY:
        raise BadSignature("lives longer than allowed")
    if len(str(claims["jti"])) > 200:
        raise BadSignature("claims refused: 'jti' is too long")


def signature_holds(key: PublicKey, alg: str, signature: bytes, message: bytes) -> bool:
    """Whether a raw (JWS form) signature over `message` holds; False for any other algorithm, key or length."""
    public = key.public_key
    try:
        if alg == "Ed25519" and isinstance(public, Ed25519PublicKey):
            public.verify(signature, message)
            return True
        if alg == "ES256" and isinstance(public, ec.EllipticCurvePublicKey) and len(signature) == 64:
            der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
            public.verify(der, message, ec.ECDSA(hashes.SHA256()))
            return True
    except InvalidSignature:
        return False
    return False


def sha256(data: bytes) -> bytes:
    """SHA-256 digest."""
    return hashlib.sha256(data).digest()


def base64url(data: bytes) -> str:
    """RFC 4648 §5 without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unbase64url(text: str) -> bytes:
    """The one spelling only: padding, other alphabets and stray bits are refused, so that a hash has one pre-image text."""
    if not _BASE64URL.match(text):
        raise BadSignature("not base64url")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise BadSignature("not base64url") from error
    if base64url(data) != text:
        raise BadSignature("not canonical base64url")
    return data


def _kid(header: Mapping[str, object]) -> str:
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise BadSignature("no kid")
    return kid


def _object(data: bytes, what: str) -> Mapping[str, object]:
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BadSignature(f"{what} is not JSON") from error
    if not isinstance(value, dict):
        raise BadSignature(f"{what} is not an object")
    return value
