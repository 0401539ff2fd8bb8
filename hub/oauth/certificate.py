"""Mutual TLS behind a proxy that ends it (RFC 8705): which certificate the other side showed, told by the proxy in a header.

uvicorn shows no peer certificate, so the proxy's word is all there is: it counts only from the addresses the proxy speaks from, and only
once a request. Two copies, one that is no certificate, one too long, or one from elsewhere is somebody's attempt, or a proxy that does
not strip what comes in: the request is refused, never answered as if nothing had been said.

The proxy sees to it that the other side holds the certificate's key (the handshake). A token is bound to the certificate itself, so who issued it
adds nothing there (RFC 8705 §2.2, §3). Where a client proves itself by its certificate (§2.1, tls_client_auth.py) the proxy also says what it
found of the issuer, in a header of the same name and "-Verified", which counts as the first does and is refused as it.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import unquote_to_bytes

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hub.signatures import BadSignature, base64url, sha256

LONGEST = 16_384
"""Characters of the header: a certificate with a 4096-bit key and many names is 3 kB, percent-encoded twice that."""

SUCCESS = b"SUCCESS"
"""What nginx says (`$ssl_client_verify`) of a certificate whose chain it verified."""


class Certificates:
    """Reads the header a proxy sets. Without a name for it there are none, and whatever a request says of one is not read."""

    def __init__(self, header: str, proxies: str) -> None:
        """`header` in any case, "" for none; `proxies`: addresses or networks, by commas. Raises ValueError for one that is none."""
        self._header = header.lower().encode("ascii")
        self._verified = self._header + b"-verified"
        self._proxies: tuple[IPv4Network | IPv6Network, ...] = tuple(ip_network(one.strip()) for one in proxies.split(",") if one.strip())

    @property
    def known(self) -> bool:
        """Whether a proxy is named at all."""
        return bool(self._header)

    def shown(self, scope: Mapping[str, Any]) -> str:
        """The certificate's SHA-256 thumbprint as `x5t#S256` has it (RFC 8705 §3.1), "" where none was shown. Raises `BadSignature`."""
        value = self._said(scope, self._header) if self._header else b""
        return base64url(sha256(_certificate(value).public_bytes(Encoding.DER))) if value else ""

    def verified(self, scope: Mapping[str, Any]) -> x509.Certificate:
        """The certificate shown, of which the proxy says that an authority it knows issued it. Raises `BadSignature`."""
        value = self._said(scope, self._header)
        if not value:
            raise BadSignature("CERTIFICATE_MISSING")
        if self._said(scope, self._verified) != SUCCESS:
            raise BadSignature("CERTIFICATE_NOT_VERIFIED: the proxy does not say that it was")
        return _certificate(value)

    def _said(self, scope: Mapping[str, Any], header: bytes) -> bytes:
        copies = [value for name, value in scope["headers"] if name == header]
        if not copies:
            return b""
        if not self._is_proxy(scope.get("client")):
            raise BadSignature("a client certificate is named by somebody who is not the proxy")
        if len(copies) > 1:
            raise BadSignature("two client certificates: the proxy lets a sender's own header through")
        return bytes(copies[0])

    def _is_proxy(self, client: object) -> bool:
        try:
            address = ip_address(client[0]) if isinstance(client, list | tuple) else None
        except (ValueError, IndexError):
            return False
        return address is not None and any(address in network for network in self._proxies)


def _certificate(value: bytes) -> x509.Certificate:
    """`:base64 of DER:` (RFC 9440) as HAProxy can write it, or PEM percent-encoded, which is what nginx can write."""
    if len(value) > LONGEST:
        raise BadSignature("the client certificate is too long")
    try:
        if value.startswith(b":"):
            if len(value) < 2 or not value.endswith(b":"):
                raise BadSignature("the client certificate is no byte sequence")
            return x509.load_der_x509_certificate(b64decode(value[1:-1], validate=True))
        return x509.load_pem_x509_certificate(unquote_to_bytes(value))
    except (ValueError, binascii.Error, x509.InvalidVersion) as error:
        raise BadSignature("the client certificate cannot be read") from error
