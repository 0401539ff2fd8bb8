"""An electronic-signature service of the tests' own: anchor, issuing authority, signers' certificates, revocation lists, trust.toml."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID


def named(name: str, number: str = "") -> x509.Name:
    told = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    return x509.Name(told + ([x509.NameAttribute(NameOID.SERIAL_NUMBER, number)] if number else []))


@dataclass
class Authority:
    """One issuer; `by` None is an anchor."""

    name: str
    now: datetime
    by: Authority | None = None
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def __post_init__(self) -> None:
        self.certificate = (self.by or self).certify(named(self.name), self.key.public_key(), ca=True)

    def certify(
        self, subject: x509.Name, key: Any, *, ca: bool = False, days: tuple[int, int] = (-400, 400), signs: bool = True,
        path_length: int | None = None, extra: Sequence[tuple[x509.ExtensionType, bool]] = (),
    ) -> x509.Certificate:
        """A certificate from `days[0]` to `days[1]` from now."""
        start, end = (self.now + timedelta(days=day) for day in days)
        usage = x509.KeyUsage(signs and not ca, False, not signs, False, False, ca, ca, False, False)
        made = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(named(self.name)).public_key(key)
            .serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        for extension, critical in extra:
            made = made.add_extension(extension, critical=critical)
        return made.sign(self.key, hashes.SHA256())

    def revocations(self, *revoked: x509.Certificate, days: tuple[int, int] = (-1, 7), key: Any = None, part: bool = False) -> bytes:
        """Its revocation list, PEM."""
        start, end = (self.now + timedelta(days=day) for day in days)
        made = x509.CertificateRevocationListBuilder().issuer_name(named(self.name)).last_update(start).next_update(end)
        if part:  # of its certificates for people alone (RFC 5280 §5.2.5)
            made = made.add_extension(x509.IssuingDistributionPoint(None, None, True, False, None, False, False), critical=True)
        for one in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(one.serial_number).revocation_date(self.now).build()
            made = made.add_revoked_certificate(entry)
        return made.sign(key or self.key, hashes.SHA256()).public_bytes(Encoding.PEM)


@dataclass
class SigningService:
    """An anchor with one issuing authority, and the operator's directory that trusts it."""

    directory: Path
    now: datetime

    def __post_init__(self) -> None:
        self.anchor = Authority("示例根", self.now)
        self.issuing = Authority("示例签发", self.now, by=self.anchor)
        self.trust()

    def trust(
        self, *, required_of: Sequence[str] = (), years: tuple[int, int] = (2026, 2029), anchor: Authority | None = None,
        lists: Sequence[bytes] | None = None,
    ) -> None:
        """Write trust.toml and its files, as the operator would."""
        given = [self.anchor.revocations(), self.issuing.revocations()] if lists is None else lists
        names = [f"{n}.crl" for n in range(len(given))]
        for name, data in zip(names, given, strict=True):
            (self.directory / name).write_bytes(data)
        (self.directory / "anchor.pem").write_bytes((anchor or self.anchor).certificate.public_bytes(Encoding.PEM))
        (self.directory / "trust.toml").write_text(
            f"required_of = {list(required_of)}\n[[service]]\nname = '示例'\ncertificate = 'anchor.pem'\n"
            f"trusted_from = {years[0]}-01-01\ntrusted_to = {years[1]}-12-31\nrevocation_lists = {names}\n", encoding="utf-8",
        )

    def chain(self, *certificates: x509.Certificate) -> tuple[str, ...]:
        """x5c."""
        return tuple(base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in (*certificates, self.issuing.certificate))
