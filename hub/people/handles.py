"""Handles: a person's or household's id as one organisation sees it in one case.

`per_…` or `hh_…`, then key version and AES-SIV (RFC 5297) of the internal id with kind, organisation and case as associated data. The
same id gives the same handle within a case, another one to everybody else; who holds handles can neither join nor make them.
"""

from __future__ import annotations

import base64
import binascii
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from hub.keys import KeyRing, Use

_KINDS = ("per", "hh")
_LENGTH = 1 + 16 + 16  # key version, SIV tag, UUID


class Handles:
    """Encodes and decodes; a handle that does not decode says nothing about why."""

    def __init__(self, keys: KeyRing) -> None:
        """Handles made before a rotation stay good; new ones differ from them."""
        self._keys = keys
        self._ciphers: dict[int, AESSIV] = {}

    def encode(self, kind: str, internal: UUID, *, organisation: str, case: str) -> str:
        """`kind` is "per" or "hh"."""
        return self._encoded(self._keys.current(Use.HANDLE).version, kind, internal, organisation, case)

    def known_as(self, kind: str, internal: UUID, *, organisation: str, case: str) -> tuple[str, ...]:
        """Every handle that decodes to an internal id: one for each version of the key."""
        return tuple([self._encoded(key.version, kind, internal, organisation, case) for key in self._keys.versions(Use.HANDLE)])

    def _encoded(self, version: int, kind: str, internal: UUID, organisation: str, case: str) -> str:
        if kind not in _KINDS:
            raise ValueError("a handle is of a person or of a household")
        sealed = self._cipher(version).encrypt(internal.bytes, _associated(kind, version, organisation, case))
        return f"{kind}_{base64.urlsafe_b64encode(bytes([version]) + sealed).decode()}"

    def decode(self, handle: str, *, kind: str, organisation: str, case: str) -> UUID | None:
        """The internal id; None for anything but a handle of this kind made for this organisation in this case."""
        prefix, _, text = handle.partition("_")
        if prefix != kind:
            return None
        try:
            raw = base64.b64decode(text, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        versions = {key.version for key in self._keys.versions(Use.HANDLE)}
        if len(raw) != _LENGTH or raw[0] not in versions:
            return None
        try:
            return UUID(bytes=self._cipher(raw[0]).decrypt(raw[1:], _associated(kind, raw[0], organisation, case)))
        except InvalidTag:
            return None

    def _cipher(self, version: int) -> AESSIV:
        if version not in self._ciphers:
            self._ciphers[version] = AESSIV(self._keys.get(Use.HANDLE, version).secret)
        return self._ciphers[version]


def _associated(kind: str, version: int, organisation: str, case: str) -> list[bytes]:
    # A vector, not one string: SIV authenticates each component apart, so "ab"+"c" is not "a"+"bc".
    return [kind.encode(), bytes([version]), b"o" + organisation.encode(), b"c" + case.encode()]
