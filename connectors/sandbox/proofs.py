"""How sandbox departments check who asks: bearer token, keyed hash, RFC 9421 signature, WS-Security digest; one class a scheme.

Rules of this file:
- Every secret is derived from the population's public seed, for one department and one use: good for nothing else.
- `settings` is what a connector is given; `check` raises Refusal and says no more than that it did not hold.
- Stale and repeated requests are refused, the bearer's excepted, who proves nothing about a request.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import HTTPMessageSignaturesException, HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms
from lxml import etree

from connectors.sandbox.dialect import Scheme
from connectors.sandbox.population import Population
from connectors.sandbox.replay import Clock, ReplayGuard
from connectors.sandbox.server import Refusal

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
WSSE = f"{{{_OASIS}-wssecurity-secext-1.0.xsd}}"
_WSU = f"{{{_OASIS}-wssecurity-utility-1.0.xsd}}"
_DIGEST = f"{_OASIS}-username-token-profile-1.0#PasswordDigest"


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it is proven."""

    method: str
    url: str
    path: str
    headers: Any
    body: bytes


class Proof(Protocol):
    """One department's check of its one caller, the region's hub."""

    @property
    def settings(self) -> Mapping[str, str]:
        """What the caller needs to be let in."""
        ...

    def check(self, call: Call) -> None:
        """Raises Refusal."""
        ...


class BearerToken:
    """RFC 6750."""

    def __init__(self, token: str) -> None:
        self.settings = {"bearer": token}
        self._expected = f"Bearer {token}".encode()

    def check(self, call: Call) -> None:
        if not hmac.compare_digest(call.headers.get("Authorization", "").encode(), self._expected):
            raise Refusal(401, "", "令牌无效")


class KeyedHash:
    """HMAC-SHA256 over method, path, milliseconds, nonce and body digest."""

    def __init__(self, app_key: str, secret: str, guard: ReplayGuard) -> None:
        self.settings = {"app_key": app_key, "secret": secret}
        self._app_key, self._secret, self._guard = app_key, secret.encode(), guard

    def check(self, call: Call) -> None:
        stamp, nonce, given = (call.headers.get(f"X-{name}", "") for name in ("Timestamp", "Nonce", "Signature"))
        signed = f"POST\n{call.path}\n{stamp}\n{nonce}\n{hashlib.sha256(call.body).hexdigest()}"
        expected = hmac.new(self._secret, signed.encode(), hashlib.sha256).hexdigest()
        known = hmac.compare_digest(call.headers.get("X-App-Key", "").encode(), self._app_key.encode())
        if not known or not hmac.compare_digest(expected.encode(), given.encode()):
            raise Refusal(401, "", "应用密钥或签名无效")
        fresh = stamp.isdigit() and len(stamp) < 16 and self._guard.fresh(int(stamp) / 1000)
        if not fresh or not 16 <= len(nonce) <= 64 or not self._guard.first_use(self._app_key, nonce):
            raise Refusal(401, "", "请求过期或重复")


class _OneKey(HTTPSignatureKeyResolver):
    def __init__(self, key_id: str, key: Ed25519PublicKey) -> None:
        self._keys = {key_id: key}

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey | None:
        return self._keys.get(key_id)


class MessageSignature:
    """RFC 9421, Ed25519, over method, target, body digest and the header of references."""

    def __init__(self, key_id: str, key: Ed25519PrivateKey, guard: ReplayGuard, intent_header: str) -> None:
        self.settings = {"key_id": key_id, "private_key": _base64url(key.private_bytes_raw())}
        self._guard = guard
        self._covered = ("@method", "@target-uri", "content-digest", intent_header.lower())

        class Verifier(HTTPMessageVerifier):  # the library reads the wall clock; the department has its own
            def validate_created_and_expires(self, sig_input: Any, max_age: timedelta | None = None) -> None:
                del max_age
                created = sig_input.params.get("created")
                if type(created) is not int or not guard.fresh(created):
                    raise Refusal(401, "", "签名时间无效")

        self._verifier = Verifier(signature_algorithm=algorithms.ED25519, key_resolver=_OneKey(key_id, key.public_key()))

    def check(self, call: Call) -> None:
        try:
            [result] = self._verifier.verify(call, max_age=None, require_components=self._covered, body=call.body)
        except Refusal:
            raise
        except (HTTPMessageSignaturesException, ValueError) as error:
            raise Refusal(401, "", "签名验证失败") from error
        nonce = str(result.nonce or "")
        if len(nonce) < 16 or not self._guard.first_use(str(result.parameters.get("keyid")), nonce):
            raise Refusal(401, "", "重放请求")


class PasswordDigest:
    """A UsernameToken of WS-Security 1.0 in the envelope's header: SHA-1 over nonce, moment and password, as the profile fixes it."""

    def __init__(self, username: str, password: str, guard: ReplayGuard) -> None:
        self.settings = {"username": username, "password": password}
        self._username, self._password, self._guard = username, password, guard

    def check(self, envelope: etree._Element) -> None:
        """Raises Refusal with the profile's fault code."""
        token = envelope.find(f"{SOAP}Header/{WSSE}Security/{WSSE}UsernameToken")
        failed = Refusal(500, "wsse:FailedAuthentication", "4010 身份验证失败")
        if token is None:
            raise failed
        password = token.find(f"{WSSE}Password")
        nonce, created = token.findtext(f"{WSSE}Nonce") or "", token.findtext(f"{_WSU}Created") or ""
        if password is None or password.get("Type") != _DIGEST or not nonce:
            raise failed
        try:
            secret = base64.b64decode(nonce, validate=True) + created.encode() + self._password.encode()
            stamp = datetime.fromisoformat(created)
        except (binascii.Error, ValueError) as error:
            raise failed from error
        digest = base64.b64encode(hashlib.sha1(secret, usedforsecurity=False).digest())
        if token.findtext(f"{WSSE}Username") != self._username or not hmac.compare_digest(digest, (password.text or "").encode()):
            raise failed
        if stamp.tzinfo is None or not self._guard.fresh(stamp.timestamp()) or not self._guard.first_use(self._username, nonce):
            raise Refusal(500, "wsse:MessageExpired", "4011 报文过期或重复")


def proof(scheme: Scheme, department: str, population: Population, clock: Clock, intent_header: str = "") -> Proof:
    """The proof of an HTTP department, its secrets derived for it."""
    guard = ReplayGuard(clock)
    match scheme:
        case "bearer":
            return BearerToken(word(population, department))
        case "api-key-hmac":
            return KeyedHash(word(population, f"{department} key"), word(population, department), guard)
        case "http-signature":
            key = Ed25519PrivateKey.from_private_bytes(population.secret(f"hub at {department}"))
            return MessageSignature(hub_name(population), key, guard, intent_header)
    raise KeyError(scheme)


def hub_name(population: Population) -> str:
    """What the region's hub is called at its departments."""
    return f"hub-{population.region}"


def word(population: Population, use: str) -> str:
    """A password or token of one use, as text."""
    return _base64url(population.secret(use))


def _base64url(secret: bytes) -> str:
    return base64.urlsafe_b64encode(secret).decode().rstrip("=")
