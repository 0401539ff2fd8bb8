"""SM2 证书: certificates whose keys and signatures are SM2 with SM3 (GB/T 20518, GM/T 0015), and their path to an anchor (RFC 5280 §6.1).

`cryptography` reads such certificates and verifies none, so the path is walked here. Strictly: what RFC 5280 lets a verifier leave out is
refused where a certificate makes use of it.
- x5c in its order, each certificate issued by the next (RFC 7515 §4.1.6); whether the anchor is brought along or not.
- One suite from leaf to anchor, signer id the default of GM/T 0009 §10: an SM2 signature over another curve's key is none.
- Each valid at the moment of signing, of version 3, no subject twice; each issuer an authority within its path length that may sign certificates.
- Critical extensions other than those two are not processed, so they refuse (§4.2): name constraints and policies among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Annotated

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from hub.signatures import BadSignature, base64url
from hub.suites import SM2, SignerKey, signer_key

_SIGNATURE = x509.ObjectIdentifier("1.2.156.10197.1.501")  # SM2 with SM3 (GM/T 0006)
_EC_KEY = x509.ObjectIdentifier("1.2.840.10045.2.1")
_CURVE = x509.ObjectIdentifier("1.2.156.10197.1.301")
IDENTIFY_CODE = x509.ObjectIdentifier("1.2.156.10260.4.1.1")
"""个人身份标识码 (GM/T 0015, identifyCode): whose certificate it is, by the number of their document."""
_PROCESSED = frozenset({x509.BasicConstraints.oid, x509.KeyUsage.oid, IDENTIFY_CODE})
_UNREADABLE = (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)
_RESIDENT = (b"\xa0", b"\x80")
"""residenterCardNumber [0]: the standard says of neither tagging that it is not meant, and services write both."""


@asn1.sequence
class _KeyAlgorithm:
    algorithm: x509.ObjectIdentifier
    curve: x509.ObjectIdentifier


@asn1.sequence
class _Key:
    algorithm: _KeyAlgorithm
    point: asn1.BitString


@asn1.sequence
class _SignatureAlgorithm:
    algorithm: x509.ObjectIdentifier
    parameters: asn1.Null | None


@asn1.sequence
class _Tbs:
    """TBSCertificate as far as `cryptography` shows nothing of it for a curve it does not know; without the unique ids nobody issues any more."""

    version: Annotated[int, asn1.Explicit(0)]
    serial: int
    signature: _SignatureAlgorithm
    issuer: asn1.TLV
    validity: asn1.TLV
    subject: asn1.TLV
    key: _Key
    extensions: Annotated[asn1.TLV, asn1.Explicit(3)]


def sm2_key(certificate: x509.Certificate) -> SignerKey:
    """The SM2 key a certificate is of. Raises `BadSignature` for any other, and for a certificate that is no SM2 certificate itself."""
    try:
        told = asn1.decode_der(_Tbs, certificate.tbs_certificate_bytes)
    except ValueError:
        raise BadSignature("a certificate is no SM2 certificate of version 3") from None
    if told.version != 2 or {told.signature.algorithm, certificate.signature_algorithm_oid} != {_SIGNATURE}:
        raise BadSignature("a certificate is no SM2 certificate of version 3")
    point = told.key.point.as_bytes()
    if (told.key.algorithm.algorithm, told.key.algorithm.curve) != (_EC_KEY, _CURVE) or len(point) != 65 or point[0] != 4:
        raise BadSignature("a certificate's key is no SM2 key")
    return signer_key({"kty": "EC", "crv": "SM2", "x": base64url(point[1:33]), "y": base64url(point[33:])}, SM2)


def sm2_path(
    leaf: x509.Certificate, others: Sequence[x509.Certificate], anchor: x509.Certificate, *, at: datetime, longest: int,
) -> tuple[x509.Certificate, ...]:
    """Leaf to anchor, where it holds at a moment with at most `longest` authorities between. Raises `BadSignature`, saying why.

    What the leaf may be used for is for the caller to say.
    """
    between = others[:-1] if others and others[-1] == anchor else others
    path = (leaf, *between, anchor)
    if len(between) > longest:
        raise BadSignature("the chain is too long")
    if len({one.subject for one in path}) != len(path):
        raise BadSignature("the chain comes back to a subject")
    try:
        for certificate in path:
            _good_by_itself(certificate, at)
        for below, (certificate, issuer) in enumerate(pairwise(path)):
            _issued(certificate, issuer, below)
    except _UNREADABLE:
        raise BadSignature("a certificate cannot be read") from None
    return path


def sm2_list_holds(listed: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    """Whether a revocation list is signed by its issuer's SM2 key."""
    return listed.signature_algorithm_oid == _SIGNATURE and _holds(sm2_key(issuer), listed.signature, listed.tbs_certlist_bytes)


def identify_code(certificate: x509.Certificate) -> str | None:
    """The ID number in a certificate's 个人身份标识码, "" where it is of another document or unreadable; None without the extension."""
    try:
        told = certificate.extensions.get_extension_for_oid(IDENTIFY_CODE).value
        if not isinstance(told, x509.UnrecognizedExtension):
            return ""
        choice = asn1.decode_der(asn1.TLV, told.value)
        if choice.tag_bytes == _RESIDENT[0]:
            return asn1.decode_der(asn1.PrintableString, bytes(choice.data)).as_str()
        return bytes(choice.data).decode("ascii") if choice.tag_bytes == _RESIDENT[1] else ""
    except x509.ExtensionNotFound:
        return None
    except _UNREADABLE:
        return ""


def _good_by_itself(certificate: x509.Certificate, at: datetime) -> None:
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise BadSignature("a certificate was not valid on the day of signing")
    if any(one.critical and one.oid not in _PROCESSED for one in certificate.extensions):
        raise BadSignature("a certificate has a critical extension that is not processed")


def _issued(certificate: x509.Certificate, issuer: x509.Certificate, below: int) -> None:
    """`below`: how many authorities lie between the issuer and the leaf."""
    if certificate.issuer != issuer.subject or not issuer.subject.rdns:
        raise BadSignature("a certificate names another issuer")
    try:
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        raise BadSignature("an issuer does not say that it is an authority") from None
    if not (constraints.ca and usage.key_cert_sign):
        raise BadSignature("an issuer is no authority")
    if constraints.path_length is not None and constraints.path_length < below:
        raise BadSignature("an authority stands further from the leaf than its issuer lets it")
    if not _holds(sm2_key(issuer), certificate.signature, certificate.tbs_certificate_bytes):
        raise BadSignature("a certificate is not signed by its issuer")


def _holds(key: SignerKey, signature: bytes, message: bytes) -> bool:
    """A signature in DER (GM/T 0009 §7.3), in the one spelling there is."""
    try:
        r, s = decode_dss_signature(signature)
        return key.holds(r.to_bytes(32) + s.to_bytes(32), message)
    except (ValueError, OverflowError):
        return False
