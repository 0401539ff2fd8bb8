"""Which issued results still stand: a Token Status List, one bit a result, signed and published. Pure.

The published token is a JWT of typ `statuslist+jwt` whose `status_list` is {bits: 1, lst: base64url(zlib(bits))}.
Bit 0 says valid, bit 1 withdrawn. It tells nothing about anybody: an index means something only beside its credential.
"""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection
from datetime import datetime

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey

from hub.regions.agreement import ALGORITHMS
from hub.regions.credential import CredentialRefused

_MAX_BYTES = 1 << 20  # a list of eight million results; more is a decompression bomb


def publish(
    withdrawn: Collection[int], *, size: int, uri: str, kid: str, key: OKPKey | ECKey, at: datetime, lifetime: int,
) -> str:
    """The signed list; `lifetime` in seconds is how long a verifier may keep it."""
    bits = bytearray((size + 7) // 8)
    for index in withdrawn:
        bits[index // 8] |= 1 << index % 8
    lst = urlsafe_b64encode(zlib.compress(bytes(bits), 9)).rstrip(b"=").decode()
    issued = int(at.timestamp())
    payload = {"sub": uri, "iat": issued, "exp": issued + lifetime, "ttl": lifetime, "status_list": {"bits": 1, "lst": lst}}
    alg = "Ed25519" if isinstance(key, OKPKey) else "ES256"
    header = {"alg": alg, "kid": kid, "typ": "statuslist+jwt"}
    return jws.serialize_compact(header, orjson.dumps(payload), key, algorithms=ALGORITHMS)


def standing(token: str, index: int, *, uri: str, keys: KeySet, now: datetime) -> bool:
    """Whether the result at `index` still stands. Raises CredentialRefused for a list that does not verify or is too old."""
    try:
        signed = jws.deserialize_compact(token, keys, algorithms=ALGORITHMS)
        payload = orjson.loads(signed.payload)
        if signed.headers().get("typ") != "statuslist+jwt" or payload["sub"] != uri or payload["status_list"]["bits"] != 1:
            raise CredentialRefused("not the status list the credential names")
        if not payload["iat"] - 60 <= now.timestamp() < payload["exp"]:
            raise CredentialRefused("the status list is too old")
        text = payload["status_list"]["lst"]
        inflate = zlib.decompressobj()
        bits = inflate.decompress(urlsafe_b64decode(text + "=" * (-len(text) % 4)), _MAX_BYTES)
        return not bits[index // 8] >> index % 8 & 1
    except (JoseError, KeyError, TypeError, ValueError, IndexError, zlib.error) as error:
        if isinstance(error, CredentialRefused):
            raise
        raise CredentialRefused("the status list cannot be read") from error
