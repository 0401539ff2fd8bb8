"""Signatures the hub accepts: compact JWS by Ed25519 or ES256, under a key somebody registered; its claims are for `hub/claims.py`. A platform may
be enrolled with a key of another suite (`Keys`), which then signs its messages and nothing else here.

Nothing here picks an algorithm by what a message says: the allow-list is fixed, the key decides what its signature may be, and
`alg: none` or an HMAC under a public key never reaches a key (RFC 8725 §3.1). "EdDSA" is not listed: RFC 9864 replaced it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Protocol

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey

PublicKey = ECKey | OKPKey
ALGORITHMS: Mapping[str, tuple[str, str]] = {"Ed25519": ("OKP", "Ed25519"), "ES256": ("EC", "P-256")}
LONGEST_TOKEN = 8192  # characters of a token, assertion or proof
LONGEST_REGISTRATION = 128_000
LEEWAY = 5  # seconds a neighbour's clock may run ahead
LONGEST_HEADER = 2048  # characters: a DPoP proof's key and a long kid fit; a chain of certificates does not
_REFUSED = {
    "crit": "critical header parameters are not understood", "b64": "critical header parameters are not understood",
    "jku": "the header brings a key along", "jwk": "the header brings a key along",
    "x5u": "the header brings a key along", "x5c": "the header brings a key along",
    "cty": "a message within the message", "zip": "a message within the message", "enc": "a message within the message",
}  # fmt: skip
"""Header parameters that name another key or another reading of the message (RFC 8725 §3.8–3.10). A proof alone shows its key (RFC 9449)."""
_SMALL_ORDER = frozenset(
    bytes.fromhex(point) for point in (
        "00" * 32, "01" + "00" * 31, "ec" + "ff" * 30 + "7f", "ed" + "ff" * 30 + "7f", "ee" + "ff" * 30 + "7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    )
)  # fmt: skip
"""Ed25519 points of order up to 8, sign bit aside, with their second spellings (RFC 8032 §5.1.7): one signature holds for every message."""
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*\Z")
_COORDINATE = 32  # bytes, on either curve (RFC 7518 §6.2.1.2, RFC 8037 §2)
_PUBLIC_MEMBERS = {"OKP": ("kty", "crv", "x"), "EC": ("kty", "crv", "x", "y")}


class BadSignature(Exception):
    """A signed thing is refused; the text says why and is for the log, never for the sender."""


class OtherKey(Protocol):
    """A public key of a suite JOSE has no registered name for (`hub/suites.py`)."""

    @property
    def alg(self) -> str:
        """As it stands in a message's header."""

    def holds(self, signature: bytes, message: bytes) -> bool:
        """Whether a signature over `message` holds."""


class Keys(KeySet):
    """A platform's keys; `others` by kid are of another suite, and no kid is in both."""

    def __init__(self, keys: list[PublicKey], others: Mapping[str, OtherKey]) -> None:
        """`keys` each with a kid."""
        super().__init__(list(keys))
        self.others = others


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
    if kind == "OKP" and "x" in members and _without_sign(unbase64url(members["x"])) in _SMALL_ORDER:
        raise BadSignature("a key of small order")
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
    header = token.partition(".")[0]
    if len(header) > LONGEST_HEADER:
        raise BadSignature("the header is too long")
    return _object(unbase64url(header), "header")


def claims_unverified(token: str, *, longest: int = LONGEST_TOKEN) -> Mapping[str, object]:
    """The claims of a compact JWS, unverified: good for nothing but finding whose key to try."""
    header_of(token, longest=longest)
    return _object(unbase64url(token.split(".")[1]), "payload")


def open_jws(token: str, keys: KeySet | PublicKey, *, typ: tuple[str, ...], longest: int = LONGEST_TOKEN) -> Mapping[str, object]:
    """Verified claims of a compact JWS. `typ` is compared without "application/" and case (RFC 8725 §3.11).

    `keys` as a set demands a known `kid` (D-C4 check 1); as one key it is the key the caller bound beforehand.
    """
    header = header_of(token, longest=longest)
    head, payload, signature = (unbase64url(part) for part in token.split("."))
    _once(head, "header")
    alg, other = header.get("alg"), _other(header, keys)
    if not isinstance(alg, str) or alg not in (ALGORITHMS if other is None else {other.alg}):
        raise BadSignature("algorithm is not allow-listed")
    if str(header.get("typ", "")).lower().removeprefix("application/") not in typ:
        raise BadSignature("wrong typ")
    for name in header.keys() & _REFUSED.keys():
        if name != "jwk" or isinstance(keys, KeySet):
            raise BadSignature(_REFUSED[name])
    _once(payload, "payload")
    if other is None:
        _verified(token, header, keys, alg)
    elif not other.holds(signature, token.rpartition(".")[0].encode("ascii")):
        raise BadSignature("signature refused: it does not hold")
    return _object(payload, "payload")


def _other(header: Mapping[str, object], keys: KeySet | PublicKey) -> OtherKey | None:
    kid = header.get("kid")
    return keys.others.get(kid) if isinstance(keys, Keys) and isinstance(kid, str) else None


def _verified(token: str, header: Mapping[str, object], keys: KeySet | PublicKey, alg: str) -> None:
    try:
        key = keys.get_by_kid(_kid(header)) if isinstance(keys, KeySet) else keys
        if (key.key_type, key.curve_name) != ALGORITHMS[alg]:  # type: ignore[union-attr]
            raise BadSignature("algorithm does not fit the key")
        jws.deserialize_compact(token, key, algorithms=list(ALGORITHMS))
    except JoseError as error:
        raise BadSignature(f"signature refused: {type(error).__name__}") from error
    except (ValueError, TypeError, KeyError, binascii.Error) as error:
        raise BadSignature("not a JWS") from error


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


def _without_sign(point: bytes) -> bytes:
    return point[:-1] + bytes([point[-1] & 0x7F])


def _once(data: bytes, what: str) -> None:
    """No member twice: another reader would take the other one (RFC 8725 §2.6, 7519 §4)."""

    def members(pairs: list[tuple[str, object]]) -> dict[str, object]:
        read = dict(pairs)
        if len(read) != len(pairs):
            raise BadSignature(f"{what} has a member twice")
        return read

    try:
        json.loads(data, object_pairs_hook=members)
    except RecursionError:
        raise BadSignature(f"{what} is nested too deep") from None
    except ValueError as error:
        raise BadSignature(f"{what} is not JSON") from error


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
