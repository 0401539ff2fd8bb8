"""tls_client_auth (RFC 8705 §2.1): a client proves itself by a certificate that an authority of the operator's list issued, in place of an assertion.

Rules of this file:
- Two looks, and both must hold: the proxy's, who saw the handshake and says SUCCESS, and the hub's own, at the certificate passed along: issued by
  a listed authority, valid now, for clients. A proxy set up to verify nothing proves nobody so.
- A client is enrolled with exactly one name (§2.1.2), and it is compared as it stands: a subject attribute by attribute, a host name without
  wildcards, a URI as text. Who holds a certificate of the same authority with another name is somebody else.
- A certificate carries several names, and each may be another client's: one that names two active clients proves neither of them. Which it is would
  be the sender's to choose, by the `client_id` it states, and two systems would have one key (RFC 8705 §2.1.2 wants the one name to say who it is).
- The list is read anew for each client, so that an authority struck off it counts from the next token on; one that cannot be read proves nobody.
- A certificate names no officer: officers of such a client prove themselves (RFC 8693).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

from hub.oauth.assertion import Assertions, Authenticated
from hub.oauth.certificate import Certificates
from hub.oauth.clients import Clients
from hub.oauth.refusals import not_authenticated
from hub.signatures import BadSignature

SUBJECT_DN, SAN_DNS, SAN_URI = "tls_client_auth_subject_dn", "tls_client_auth_san_dns", "tls_client_auth_san_uri"
NAMES = (SUBJECT_DN, SAN_DNS, SAN_URI)
"""The metadata a client is enrolled with, one of them (RFC 8705 §2.1.2)."""
METHOD = "tls_client_auth"
_BETWEEN = 2  # authorities between a client's certificate and one that is trusted
NOTHING: Mapping[str, Any] = {"headers": (), "client": None}
"""A request that shows no certificate."""


class NameRefused(ValueError):
    """The names a client is to be enrolled with are not exactly one that a certificate can have."""


def expected_name(given: Mapping[str, str | None]) -> dict[str, str]:
    """The one name of a client's metadata, in the one way of writing it that is kept. Raises `NameRefused` for none, for two, and for one that
    is none.
    """
    stated = {kind: name for kind, name in given.items() if name is not None}
    if len(stated) != 1 or not stated.keys() <= set(NAMES):
        raise NameRefused(f"exactly one of {', '.join(NAMES)}")
    [(kind, name)] = stated.items()
    if not name.isprintable() or not 1 <= len(name) <= 400 or "*" in name:
        raise NameRefused(f"{kind} must be printable, of at most 400 characters, and no pattern")
    if kind == SUBJECT_DN:
        return {kind: _distinguished(name).rfc4514_string()}
    return {kind: name.lower()} if kind == SAN_DNS else {kind: name}


class ClientCertificates:
    """Whose certificate was shown, where a list of authorities says who issues them."""

    def __init__(self, certificates: Certificates, authorities: Path | None) -> None:
        """`authorities`: a PEM file; None where no client proves itself so."""
        self._certificates = certificates
        self._authorities = authorities

    @property
    def known(self) -> bool:
        """Whether a client may prove itself so at all."""
        return self._authorities is not None and self._certificates.known

    async def prove(self, expected: Mapping[str, str], scope: Mapping[str, Any], now: datetime) -> x509.Certificate:
        """The certificate of this name that the request shows. Raises `BadSignature`, whose text begins with a code for the log."""
        certificate = self._certificates.verified(scope)
        try:
            issuers = await asyncio.to_thread(read_authorities, self._authorities)
        except (OSError, ValueError):
            raise BadSignature("CERTIFICATE_AUTHORITIES_UNREADABLE") from None
        try:
            _verifier(issuers, now).verify(certificate, [])
            if not any(_named(certificate, kind, name) for kind, name in expected.items()):
                raise BadSignature("CERTIFICATE_OF_ANOTHER_NAME")
        except (VerificationError, UnsupportedAlgorithm, ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
            raise BadSignature("CERTIFICATE_NOT_TRUSTED: of no listed authority, not valid now, or not for clients") from None
        return certificate


class Authentication:
    """A client proves itself by the one way it is enrolled for: an assertion, or a certificate."""

    def __init__(self, assertions: Assertions, clients: Clients, certificates: ClientCertificates) -> None:
        """One worker's."""
        self._assertions = assertions
        self._clients = clients
        self._certificates = certificates

    @property
    def methods(self) -> tuple[str, ...]:
        """As the metadata document names them (RFC 8414 §2)."""
        return ("private_key_jwt", METHOD) if self._certificates.known else ("private_key_jwt",)

    async def authenticate(self, form: Mapping[str, str], now: datetime, scope: Mapping[str, Any] = NOTHING) -> Authenticated:
        """Raises `OAuthRefused`, outward one answer; the reason is in its `detail` alone. `scope` is the request's, as ASGI has it."""
        if "client_assertion" in form or "client_assertion_type" in form or not self._certificates.known:
            return await self._assertions.authenticate(form, now)
        identifier = form.get("client_id", "")  # without an assertion nothing else says who it is (RFC 8705 §2)
        client = await self._clients.load(identifier) if identifier and "\0" not in identifier else None
        if client is None or not client.requester.active or client.certificate is None:
            raise not_authenticated("unknown or inactive client, or one that brings an assertion")
        try:
            certificate = await self._certificates.prove(client.certificate, scope, now)
            await self._names_one(certificate, identifier)
        except BadSignature as error:
            raise not_authenticated(str(error)) from None
        return Authenticated(client, "")

    async def _names_one(self, certificate: x509.Certificate, identifier: str) -> None:
        """Raises `BadSignature` where the certificate names another active client beside this one."""
        others = [one for one, names in (await self._clients.certified()).items() if one != identifier and _names(certificate, names)]
        if others:
            raise BadSignature(f"CERTIFICATE_OF_TWO_CLIENTS: {', '.join([identifier, *others])}")


def read_authorities(file: Path | None) -> Sequence[x509.Certificate]:
    """Every certificate of a PEM file: each is trusted to issue clients' certificates. Blocks. Raises OSError, ValueError."""
    if file is None:
        raise ValueError("no authorities are listed")
    return x509.load_pem_x509_certificates(file.read_bytes())


def _verifier(issuers: Sequence[x509.Certificate], now: datetime) -> Any:
    return (
        PolicyBuilder().store(Store(list(issuers))).time(now).max_chain_depth(_BETWEEN)
        .extension_policies(ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=_CLIENT).build_client_verifier()
    )


def _names(certificate: x509.Certificate, names: Mapping[str, str]) -> bool:
    """Whether a certificate whose names can be read has one of these; what was enrolled long ago and cannot be read is no certificate's."""
    try:
        return any(_named(certificate, kind, name) for kind, name in names.items())
    except NameRefused:
        return False


def _named(certificate: x509.Certificate, kind: str, name: str) -> bool:
    if kind == SUBJECT_DN:
        return certificate.subject == _distinguished(name)
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    if kind == SAN_DNS:
        return name.lower() in {one.lower() for one in names.get_values_for_type(x509.DNSName)}
    return kind == SAN_URI and name in names.get_values_for_type(x509.UniformResourceIdentifier)


def _distinguished(text: str) -> x509.Name:
    """From RFC 4514's text."""
    try:
        return x509.Name.from_rfc4514_string(text)
    except ValueError:
        raise NameRefused(f"{SUBJECT_DN} must be a distinguished name as RFC 4514 writes it: CN=…,O=…,C=CN") from None


def _no_issuer(_policy: Policy, _certificate: x509.Certificate, constraints: x509.BasicConstraints | None) -> None:
    if constraints is not None and constraints.ca:
        raise ValueError("an authority's own certificate is no client's")


def _signs(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.digital_signature:
        raise ValueError("the certificate's key makes no handshake")


def _for_clients(_policy: Policy, _certificate: x509.Certificate, usages: x509.ExtendedKeyUsage | None) -> None:
    if usages is not None and not {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & set(usages):
        raise ValueError("the certificate is not for clients")


# A system's certificate from an office's own authority often has no host name; what it says of itself beyond that must hold.
_CLIENT = (
    ExtensionPolicy.permit_all()
    .may_be_present(x509.BasicConstraints, Criticality.AGNOSTIC, _no_issuer)
    .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _signs)
    .may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _for_clients)
)
