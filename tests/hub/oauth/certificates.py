"""Certificates clients show, made for a test, and the two ways a proxy writes one into a header."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub.signatures import base64url, sha256


class ClientCertificate:
    """A self-signed certificate with its key."""

    def __init__(self, name: str, at: datetime) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(self.key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(at - timedelta(days=1)).not_valid_after(at + timedelta(days=30))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .sign(self.key, hashes.SHA256())
        )  # fmt: skip

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
