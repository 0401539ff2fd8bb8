"""信任清单: the electronic-signature services (电子认证服务机构, Electronic Signature Law §16–18) whose certificates name a signer.

A directory of the operator's: `trust.toml`, and the files it names. Read anew for each registration, so that a revocation list put there
counts from the next one on. Rules of this file:
- A certificate names a signer only if its chain ends at a service trusted on the day of signing, every issuer's revocation list is here,
  signed and current, and subject name and number are those of the person the letter says.
- Whatever was revoked is not believed, also of before: when a signature was made is the platform's word.
- What is missing or out of date refuses; nothing is fetched from a network.
"""

from __future__ import annotations

import base64
import binascii
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

from connectors.person_name import same
from hub.errors import CallerError
from hub.signatures import PublicKey

LONGEST_CHAIN = 4
NUMBER = "IDCCN-"
"""Prefix of a national identity card's number in a certificate's serialNumber (ETSI EN 319 412-1 §5.1.3); services leave it out too."""


class TrustListUnreadable(CallerError):
    """The operator's trust list cannot be read: who signed cannot be told, so nothing that depends on it is accepted."""

    def __init__(self) -> None:
        """Says nothing of the list."""
        super().__init__("signers' certificates cannot be verified now", code="TRUST_LIST_UNREADABLE", status=503)


class NotTrusted(ValueError):
    """The certificate does not name this signer; the text says why and names nobody."""


@dataclass(frozen=True, slots=True)
class Service:
    """One trusted service: its anchor, when it was trusted, and its revocation lists by issuer."""

    name: str
    anchor: x509.Certificate
    trusted_from: date
    trusted_to: date
    lists: Mapping[x509.Name, x509.CertificateRevocationList]


@dataclass(frozen=True, slots=True)
class TrustList:
    """Services, and the platforms whose electronic signatures need a certificate."""

    services: tuple[Service, ...]
    required: frozenset[str]

    @classmethod
    def read(cls, directory: Path) -> TrustList:
        """From `trust.toml` in a directory. Raises TrustListUnreadable."""
        try:
            document = tomllib.loads((directory / "trust.toml").read_text(encoding="utf-8"))
            services = tuple(_service(directory, entry) for entry in document["service"])
            return cls(services, frozenset(map(str, document.get("required_of", []))))
        except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise TrustListUnreadable from error

    def verify(
        self, x5c: Sequence[str], key: PublicKey | None, *, name: str, id_number: str, signed_at: datetime, now: datetime,
    ) -> None:
        """Nothing where the chain (RFC 7515 §4.1.6, leaf first) names this person and holds their key. Raises NotTrusted."""
        if key is None:
            raise NotTrusted("no certificate of an SM2 key can be verified here")
        leaf, *others = _chain(x5c)
        if leaf.public_key() != key.public_key:
            raise NotTrusted("the certificate is of another key")
        if not same(_attribute(leaf, NameOID.COMMON_NAME), name):
            raise NotTrusted("the certificate is of another name")
        if _attribute(leaf, NameOID.SERIAL_NUMBER).upper().removeprefix(NUMBER) != id_number:
            raise NotTrusted("the certificate is of another number")
        service, chain = self._path(leaf, others, signed_at)
        for certificate, issuer in pairwise(chain):
            _not_revoked(certificate, issuer, service.lists, now)

    def _path(
        self, leaf: x509.Certificate, others: Sequence[x509.Certificate], at: datetime,
    ) -> tuple[Service, Sequence[x509.Certificate]]:
        for service in self.services:
            if not service.trusted_from <= at.date() <= service.trusted_to:
                continue
            verifier = (
                PolicyBuilder().store(Store([service.anchor])).time(at).max_chain_depth(LONGEST_CHAIN)
                .extension_policies(ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=_SIGNER).build_client_verifier()
            )
            try:
                return service, verifier.verify(leaf, list(others)).chain
            except VerificationError:
                continue
        raise NotTrusted("the chain ends at no service trusted on the day of signing")


def _service(directory: Path, entry: Mapping[str, object]) -> Service:
    anchor = x509.load_pem_x509_certificate(_file(directory, entry["certificate"]))
    files = entry["revocation_lists"]
    lists = [_list(_file(directory, name)) for name in files] if isinstance(files, list) else []
    start, end = entry["trusted_from"], entry["trusted_to"]
    if not isinstance(start, date) or not isinstance(end, date) or not lists:
        raise TypeError
    return Service(str(entry["name"]), anchor, start, end, {one.issuer: one for one in lists})


def _file(directory: Path, name: object) -> bytes:
    path = directory / str(name)
    if path.parent != directory:
        raise ValueError("a file outside the directory")
    return path.read_bytes()


def _list(data: bytes) -> x509.CertificateRevocationList:
    return x509.load_pem_x509_crl(data) if data.startswith(b"-----") else x509.load_der_x509_crl(data)


def _chain(x5c: Sequence[str]) -> list[x509.Certificate]:
    try:
        return [x509.load_der_x509_certificate(base64.b64decode(text, validate=True)) for text in x5c]
    except (ValueError, binascii.Error) as error:
        raise NotTrusted("a certificate cannot be read") from error


def _attribute(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    found = certificate.subject.get_attributes_for_oid(oid)
    return str(found[0].value) if len(found) == 1 else ""


def _not_revoked(
    certificate: x509.Certificate, issuer: x509.Certificate, lists: Mapping[x509.Name, x509.CertificateRevocationList], now: datetime,
) -> None:
    listed = lists.get(issuer.subject)
    if listed is None or listed.next_update_utc is None or not listed.last_update_utc <= now < listed.next_update_utc:
        raise NotTrusted("no current revocation list of an issuer is here")
    if not listed.is_signature_valid(issuer.public_key()):  # type: ignore[arg-type]
        raise NotTrusted("a revocation list is not its issuer's")
    if listed.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None:
        raise NotTrusted("a certificate was revoked")


def _signs(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage) -> None:
    if not (usage.digital_signature or usage.content_commitment):
        raise ValueError("the certificate is not for signatures")


def _no_issuer(_policy: Policy, _certificate: x509.Certificate, constraints: x509.BasicConstraints | None) -> None:
    if constraints is not None and constraints.ca:
        raise ValueError("a service's own certificate signs no letter")


# A signer's certificate is no web client's: it has neither host name nor the web's extended usages.
_SIGNER = (
    ExtensionPolicy.permit_all()
    .require_present(x509.KeyUsage, Criticality.AGNOSTIC, _signs)
    .may_be_present(x509.BasicConstraints, Criticality.AGNOSTIC, _no_issuer)
)
