"""C2SP cosignatures (c2sp.org/tlog-cosignature, type 0x04): a witness's word that a checkpoint continues the tree it saw before.

What is signed is `cosignature/v1`, a line with the time in seconds, and the checkpoint as its log signed it; the signature line holds the
time before the 64 bytes of Ed25519. The key signs nothing else, and its id names another type than a log's key: neither passes for the other.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hub.access_log.note import BadNote, Verifier, divide, signed_also

COSIGNATURE = b"\x04"


class Cosigner:
    """A witness's private key under its name."""

    def __init__(self, name: str, secret: bytes) -> None:
        """`secret` are the 32 raw bytes of an Ed25519 private key."""
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self.name = name
        self._public = self._key.public_key().public_bytes_raw()

    @property
    def vkey(self) -> str:
        """The verifier key: `name+hex id+base64`."""
        return f"{self.name}+{key_id(self.name, self._public).hex()}+{base64.b64encode(COSIGNATURE + self._public).decode()}"

    def cosign(self, note: str, at: datetime, log: Iterable[Verifier]) -> str:
        """The note with this witness's line after those of its `log`'s keys, no longer than a reader takes. Raises `BadNote` for what is none."""
        text, _ = divide(note)
        seconds = int(at.timestamp())
        data = key_id(self.name, self._public) + seconds.to_bytes(8, "big") + self._key.sign(_message(text, seconds))
        return signed_also(note, self.name, data, log)


def cosigned_at(note: str, vkey: str) -> datetime:
    """When the witness of `vkey` cosigned a note. Raises `BadNote` where it did not, or the line does not fit."""
    name, _, rest = vkey.strip().partition("+")
    data = base64.b64decode(rest.partition("+")[2])
    if data[:1] != COSIGNATURE or len(data) != 33 or key_id(name, data[1:]).hex() != rest.partition("+")[0]:
        raise BadNote("not a witness's verifier key")
    text, signatures = divide(note)
    for signer, found in signatures:
        if signer != name or found[:4] != key_id(name, data[1:]) or len(found) != 76:
            continue
        seconds = int.from_bytes(found[4:12], "big")
        try:
            Ed25519PublicKey.from_public_bytes(data[1:]).verify(found[12:], _message(text, seconds))
        except InvalidSignature:
            raise BadNote("the witness's signature does not fit the note") from None
        return datetime.fromtimestamp(seconds, UTC)
    raise BadNote("this witness did not cosign the note")


def key_id(name: str, public: bytes) -> bytes:
    """Four bytes that tell keys apart."""
    return hashlib.sha256(name.encode() + b"\n" + COSIGNATURE + public).digest()[:4]


def _message(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()
