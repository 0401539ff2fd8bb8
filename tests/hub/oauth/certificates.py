"""Certificates clients show, made for a test, and the two ways a proxy writes one into a header."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub.signatures import base64url, sha256


class ClientCertificate:
    """A certificate with its key, self-signed or `by` another."""

    def __init__(
        self, name: str, at: datetime, *, by: ClientCertificate | None = None, names: Sequence[x509.GeneralName] = (x509.DNSName("localhost"),),
        more: Sequence[tuple[x509.ExtensionType, bool]] = (),
    ) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = by or self
        made = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(by.certificate.subject if by else subject).public_key(self.key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(at - timedelta(days=1)).not_valid_after(at + timedelta(days=30))
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
        )  # fmt: skip
        for extension, critical in ((x509.SubjectAlternativeName(names), False), *more) if names else more:
            made = made.add_extension(extension, critical=critical)
        self.certificate = made.sign(issuer.key, hashes.SHA256())

    @classmethod
    def authority(cls, name: str, at: datetime) -> ClientCertificate:
        """One that may issue others."""
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        return cls(name, at, names=(), more=((x509.BasicConstraints(ca=True, path_length=0), True), (usage, True)))

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def thumbprint(self) -> str:
        return base64url(sha256(self.der))

    @property
    def percent(self) -> str:
        """As nginx writes `$ssl_client_escaped_cert`."""
        return quote(self.pem.decode(), safe="")

    @property
    def sequence(self) -> str:
        """As RFC 9440 has it."""
        return f":{b64encode(self.der).decode()}:"

    def written(self, directory: Path, name: str) -> tuple[Path, Path]:
        """Certificate and key as files."""
        files = directory / f"{name}.pem", directory / f"{name}.key"
        files[0].write_bytes(self.pem)
        files[1].touch(mode=0o600)
        files[1].write_bytes(self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption(),
        ))  # fmt: skip
        return files
