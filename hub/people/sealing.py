"""Envelope encryption: a fresh data key for every record, wrapped by a versioned key that never touches the database.

Layout: 0x01 (suite AES-256-GCM) | version, 4 bytes | nonce, 12 | wrapped data key, 32 + 16 | nonce, 12 | text + 16. The associated
data of both layers is the header and the caller's context: a sealed value moved to another row or column does not open.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.keys import KeyRing, Random, Use

_SUITE = b"\x01"
_HEADER, _NONCE, _WRAPPED = 5, 12, 48


class CannotOpen(Exception):
    """A sealed value was changed, moved, or sealed under a key of another ring. Says nothing of what it holds."""


class Sealer:
    """Seals and opens under one use of a ring."""

    def __init__(self, keys: KeyRing, use: Use, random: Random) -> None:
        """Versions are looked up when needed, so a rotated ring is seen at once."""
        self._keys = keys
        self._use = use
        self._random = random

    @property
    def version(self) -> int:
        """The version new values are sealed under."""
        return self._keys.current(self._use).version

    def seal(self, context: bytes, text: bytes) -> bytes:
        """`context` names the row and column; it is needed again to open, and is not stored."""
        key = self._keys.current(self._use)
        header = _SUITE + key.version.to_bytes(4, "big")
        data_key, outer, inner = self._random(32), self._random(_NONCE), self._random(_NONCE)
        wrapped = AESGCM(key.secret).encrypt(outer, data_key, b"key" + header + context)
        return header + outer + wrapped + inner + AESGCM(data_key).encrypt(inner, text, b"text" + header + context)

    def open(self, context: bytes, sealed: bytes) -> bytes:
        """Raises CannotOpen, or KeyRingError where the ring lacks the version."""
        header, rest = sealed[:_HEADER], sealed[_HEADER:]
        if header[:1] != _SUITE or len(rest) < _NONCE + _WRAPPED + _NONCE + 16:
            raise CannotOpen("not a sealed value")
        key = self._keys.get(self._use, version_of(sealed))
        outer, wrapped, rest = rest[:_NONCE], rest[_NONCE : _NONCE + _WRAPPED], rest[_NONCE + _WRAPPED :]
        try:
            data_key = AESGCM(key.secret).decrypt(outer, wrapped, b"key" + header + context)
            return AESGCM(data_key).decrypt(rest[:_NONCE], rest[_NONCE:], b"text" + header + context)
        except InvalidTag:
            raise CannotOpen("a sealed value does not belong here, or was changed") from None


def version_of(sealed: bytes) -> int:
    """The key version a value was sealed under, from its header."""
    return int.from_bytes(sealed[1:_HEADER], "big")
