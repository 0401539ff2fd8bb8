"""The suites a letter may be signed with: Ed25519, ES256 (FIPS 186-5), and SM2 with SM3 (GB/T 32918.2, 32905) where its extra is installed.

- An installation's allow-list says which count, a platform's may say fewer; a message never widens it.
- One encoding each: 64 bytes, r‖s or R‖S. Who has SM2Signature in DER (GM/T 0009 §7.3) unpacks it; two spellings of one signature are none.
- SM2's signer id is the default of GB/T 35276 and GM/T 0009 §10, "1234567812345678". An SM2 key is a JWK of kty "EC", crv "SM2": our own
  profile, for no registered one exists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from hub.canonical import canonical
from hub.signatures import (
    ALGORITHMS,
    BadSignature,
    Keys,
    PublicKey,
    base64url,
    public_key,
    sha256,
    signature_holds,
    unbase64url,
)

try:
    import gmssl_pyx
except ImportError:  # the extra `sm`
    gmssl_pyx = None

SM2 = "SM2-SM3"
SUITES = (*ALGORITHMS, SM2)
SM2_ID = b"1234567812345678"


class SuiteMissing(BadSignature):
    """The suite is known and allowed, and what verifies it is not installed here."""


@dataclass(frozen=True, slots=True)
class SignerKey:
    """A signer's public key for one algorithm. `certifiable` is None where `cryptography` knows no such key (SM2)."""

    alg: str
    thumbprint: str  # RFC 7638
    certifiable: PublicKey | None
    _point: bytes = field(default=b"", repr=False)  # SM2: x‖y

    def holds(self, signature: bytes, message: bytes) -> bool:
        """Whether a signature over `message` holds; False for another length or algorithm too."""
        if self.certifiable is not None:
            return signature_holds(self.certifiable, self.alg, signature, message)
        if len(signature) != 64:
            return False
        der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
        try:
            return bool(gmssl_pyx.sm2_verify(self._point, message, der, SM2_ID))
        except gmssl_pyx.GmsslInnerError:
            return False


def signer_key(jwk: object, alg: str) -> SignerKey:
    """A key from its JWK, for one of `SUITES`. Raises `BadSignature`, `SuiteMissing`."""
    if alg != SM2:
        key = public_key(jwk)
        return SignerKey(alg, key.thumbprint(), key)
    if gmssl_pyx is None:
        raise SuiteMissing("SM2 with SM3 is not installed on this hub")
    members = jwk if isinstance(jwk, dict) else {}
    x, y = members.get("x"), members.get("y")
    if (members.get("kty"), members.get("crv")) != ("EC", "SM2") or not isinstance(x, str) or not isinstance(y, str):
        raise BadSignature("a key is no SM2 key")
    point = unbase64url(x) + unbase64url(y)
    try:
        gmssl_pyx.normalize_sm2_public_key(point)  # of 64 bytes, and on the curve
    except gmssl_pyx.GmsslInnerError as error:
        raise BadSignature("an SM2 key cannot be read") from error
    return SignerKey(alg, sm2_thumbprint(x, y), None, point)


def is_sm2(jwk: object) -> bool:
    """Whether a key says that it is of SM2."""
    return isinstance(jwk, dict) and jwk.get("crv") == "SM2"


def enrolled_key(jwk: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """A platform's public key as it is kept, with its kid (RFC 7638's where it has none), and its thumbprint. Raises `BadSignature`, `SuiteMissing`."""
    if not is_sm2(jwk):
        plain = public_key(jwk)
        plain.ensure_kid()
        return dict(plain.as_dict(private=False)), plain.thumbprint()
    digest, kid = signer_key(jwk, SM2).thumbprint, jwk.get("kid")
    return {"kty": "EC", "crv": "SM2", "x": jwk["x"], "y": jwk["y"], "kid": kid if isinstance(kid, str) and kid else digest}, digest


def platform_keys(jwks: Sequence[Mapping[str, Any]], kid: object) -> Keys:
    """A platform's keys to verify a message of `kid` with: those of SM2 only where it is one, so that the other suites need nothing installed."""
    others = {str(kid): signer_key(jwk, SM2) for jwk in jwks if is_sm2(jwk) and jwk.get("kid") == kid}
    return Keys([public_key(jwk) for jwk in jwks if not is_sm2(jwk)], others)


def sm2_thumbprint(x: str, y: str) -> str:
    """RFC 7638 over the members of our profile."""
    return base64url(sha256(canonical({"crv": "SM2", "kty": "EC", "x": x, "y": y})))


def sm2_sign(secret: bytes, point: bytes, message: bytes) -> bytes:
    """A signature as a signer's own device makes it, R‖S; the hub holds no such key."""
    r, s = decode_dss_signature(gmssl_pyx.sm2_sign(secret, point, message, SM2_ID))
    return r.to_bytes(32) + s.to_bytes(32)


def allow_list(text: str) -> frozenset[str]:
    """An installation's algorithms, between commas. Raises ValueError for a name that is no suite of ours, and for none."""
    named = frozenset(text.split(","))
    if not named <= set(SUITES):
        raise ValueError(f"the algorithms of letters are some of {', '.join(SUITES)}")
    return named


def document_digest(document: bytes, alg: str) -> bytes:
    """32 bytes: SM3 where SM2 signs, so that the national suite rests on nothing else (GB/T 39786 §8); SHA-256 elsewhere."""
    if alg != SM2:
        return sha256(document)
    digest = hashes.Hash(hashes.SM3())
    digest.update(document)
    return digest.finalize()
