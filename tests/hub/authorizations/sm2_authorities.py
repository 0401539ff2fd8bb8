"""Authorities of SM2 for the tests, without openssl: `cryptography` builds a certificate of P-256, which is then turned into one of SM2.

In DER both curves, and both signature algorithms, are named in as many bytes: names and point are replaced where they stand, and the result
is signed anew. What openssl makes of its own is in openssl_service.py.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import gmssl_pyx
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hub.authorizations.signing import Sm2Key
from hub.suites import SM2_ID
from tests.hub.authorizations.authorities import Authority, SigningService, named

P256, CURVE = bytes.fromhex("06082a8648ce3d030107"), bytes.fromhex("06082a811ccf5501822d")
ECDSA, SIGNATURE = bytes.fromhex("06082a8648ce3d040302"), bytes.fromhex("06082a811ccf55018375")
ALGORITHM = x509.ObjectIdentifier("1.2.156.10197.1.501")


@asn1.sequence
class Algorithm:
    algorithm: x509.ObjectIdentifier


@asn1.sequence
class Signed:
    told: asn1.TLV
    algorithm: Algorithm
    signature: asn1.BitString


def sm2_key() -> Sm2Key:
    return Sm2Key(*gmssl_pyx.sm2_key_generate())


def signed(told: bytes, key: Sm2Key, *, distid: bytes = SM2_ID) -> bytes:
    """What a certificate or list says, with its signature."""
    signature = gmssl_pyx.sm2_sign(key.secret, key.point, told, distid)
    tlv = asn1.decode_der(asn1.TLV, told)
    return asn1.encode_der(Signed(told=tlv, algorithm=Algorithm(algorithm=ALGORITHM), signature=asn1.BitString(signature, 0)))


class Sm2Authority(Authority):
    """One issuer of SM2."""

    def __init__(self, name: str, now: datetime, by: Sm2Authority | None = None, **how: Any) -> None:
        self.name, self.now, self.by = name, now, by
        self.own, self.key = sm2_key(), ec.generate_private_key(ec.SECP256R1())
        self.certificate = (by or self).certify(named(name), self.own, ca=True, **how)

    def certify(self, subject: x509.Name, key: Any, *, distid: bytes = SM2_ID, change: Any = None, extra: Any = (), **how: Any) -> x509.Certificate:
        """As the other authority; of an `Sm2Key`, or of another key, which a certificate signed by SM2 may not be. `change` of what is signed."""
        stand_in = ec.generate_private_key(ec.SECP256R1()).public_key() if isinstance(key, Sm2Key) else key
        told = super().certify(subject, stand_in, extra=extra, **how).tbs_certificate_bytes.replace(ECDSA, SIGNATURE)
        if isinstance(key, Sm2Key):
            point = stand_in.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
            told = told.replace(P256, CURVE).replace(point, b"\x04" + key.point)
        return x509.load_der_x509_certificate(signed(change(told) if change else told, self.own, distid=distid))

    def revocations(self, *revoked: x509.Certificate, key: Any = None, **how: Any) -> bytes:
        told = x509.load_pem_x509_crl(super().revocations(*revoked, **how)).tbs_certlist_bytes.replace(ECDSA, SIGNATURE)
        return x509.load_der_x509_crl(signed(told, key or self.own)).public_bytes(Encoding.PEM)


class Sm2Service(SigningService):
    """A trusted service of SM2, and the operator's directory."""

    def __post_init__(self) -> None:
        self.anchor = Sm2Authority("SM2 示例根", self.now)
        self.issuing = Sm2Authority("SM2 示例签发", self.now, by=self.anchor)
        self.trust()
