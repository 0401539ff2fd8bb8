"""信任清单: the electronic-signature services (电子认证服务机构, Electronic Signature Law §16–18) whose certificates name a signer.

A directory of the operator's: `trust.toml`, and the files it names. Read anew for each registration, so that a revocation list put there
counts from the next one on. Rules of this file:
- A certificate names a signer only if its chain ends at a service trusted on the day of signing, every issuer's revocation list is here,
  signed and current, and subject name and number are those of the person the letter says.
- Whatever was revoked is not believed, also of before: when a signature was made is the platform's word.
- A list that says critically what this hub does not process (a part of the issuer's certificates, changes alone) is none (RFC 5280 §5.2).
- A person's number stands in the subject's serialNumber, or as 个人身份标识码 (GM/T 0015), which then counts alone.
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
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

from connectors.person_name import same
from hub.authorizations.sm2_certificates import identify_code, sm2_key, sm2_list_holds, sm2_path
from hub.errors import CallerError
from hub.signatures import BadSignature
from hub.suites import SignerKey

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
        self, x5c: Sequence[str], key: SignerKey, *, name: str, id_number: str, signed_at: datetime, now: datetime,
    ) -> None:
        """Nothing where the chain (RFC 7515 §4.1.6, leaf first) names this person and holds their key. Raises NotTrusted."""
        leaf, *others = _chain(x5c)
        if not _of_key(leaf, key):
            raise NotTrusted("the certificate is of another key")
        if not same(_attribute(leaf, NameOID.COMMON_NAME), name):
            raise NotTrusted("the certificate is of another name")
        if _number(leaf) != id_number:
            raise NotTrusted("the certificate is of another number")
        service, chain = self._path(leaf, others, key, signed_at)
        for certificate, issuer in pairwise(chain):
            _not_revoked(certificate, issuer, service.lists, now)

    def _path(
        self, leaf: x509.Certificate, others: Sequence[x509.Certificate], key: SignerKey, at: datetime,
    ) -> tuple[Service, Sequence[x509.Certificate]]:
        path = _path if key.certifiable is not None else _path_of_sm2
        for service in self.services:
            if not service.trusted_from <= at.date() <= service.trusted_to:
                continue
            try:
                return service, path(leaf, others, service.anchor, at)
            except (VerificationError, BadSignature):
                continue
        raise NotTrusted("the chain ends at no service trusted on the day of signing")


def _path(leaf: x509.Certificate, others: Sequence[x509.Certificate], anchor: x509.Certificate, at: datetime) -> Sequence[x509.Certificate]:
    verifier = (
        PolicyBuilder().store(Store([anchor])).time(at).max_chain_depth(LONGEST_CHAIN)
        .extension_policies(ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=_SIGNER).build_client_verifier()
    )
    return verifier.verify(leaf, list(others)).chain


def _path_of_sm2(leaf: x509.Certificate, others: Sequence[x509.Certificate], anchor: x509.Certificate, at: datetime) -> Sequence[x509.Certificate]:
    """As the other path, for what `cryptography` verifies nothing of."""
    path = sm2_path(leaf, others, anchor, at=at, longest=LONGEST_CHAIN)
    stated = {one.oid: one.value for one in leaf.extensions}
    usage, constraints = stated.get(x509.KeyUsage.oid), stated.get(x509.BasicConstraints.oid)
    if not isinstance(usage, x509.KeyUsage) or not _for_signatures(usage):
        raise BadSignature("the certificate is not for signatures")
    if isinstance(constraints, x509.BasicConstraints) and constraints.ca:
        raise BadSignature("a service's own certificate signs no letter")
    return path


def _of_key(leaf: x509.Certificate, key: SignerKey) -> bool:
    try:
        if key.certifiable is None:
            return sm2_key(leaf).thumbprint == key.thumbprint
        return leaf.public_key() == key.certifiable.public_key
    except (BadSignature, UnsupportedAlgorithm, ValueError):
        return False


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
    except (ValueError, binascii.Error, x509.InvalidVersion) as error:
        raise NotTrusted("a certificate cannot be read") from error


def _number(leaf: x509.Certificate) -> str:
    """As GB/T 20518 and GM/T 0015 have it in an extension, or as services write it into the subject."""
    stated = identify_code(leaf)
    return (_attribute(leaf, NameOID.SERIAL_NUMBER) if stated is None else stated).upper().removeprefix(NUMBER)


def _attribute(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    found = certificate.subject.get_attributes_for_oid(oid)
    return str(found[0].value) if len(found) == 1 else ""


def _not_revoked(
    certificate: x509.Certificate, issuer: x509.Certificate, lists: Mapping[x509.Name, x509.CertificateRevocationList], now: datetime,
) -> None:
    listed = lists.get(issuer.subject)
    if listed is None or listed.next_update_utc is None or not listed.last_update_utc <= now < listed.next_update_utc:
        raise NotTrusted("no current revocation list of an issuer is here")
    if any(extension.critical for extension in listed.extensions):
        raise NotTrusted("a revocation list does not stand for all of its issuer's certificates")
    if not _signed_by(listed, issuer):
        raise NotTrusted("a revocation list is not its issuer's")
    if listed.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None:
        raise NotTrusted("a certificate was revoked")


def _signed_by(listed: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    try:
        key = issuer.public_key()
    except UnsupportedAlgorithm:
        return sm2_list_holds(listed, issuer)
    return listed.is_signature_valid(key)  # type: ignore[arg-type]


def _for_signatures(usage: x509.KeyUsage) -> bool:
    return usage.digital_signature or usage.content_commitment


def _signs(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage) -> None:
    if not _for_signatures(usage):
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
