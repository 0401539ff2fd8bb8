"""C2SP signed notes and checkpoints (c2sp.org/signed-note, c2sp.org/tlog-checkpoint) with Ed25519.

A note is text that ends in a line feed, an empty line, and signature lines `— name base64(key id || signature)`. A checkpoint is
a note of three lines: the log's origin, its size, its root. The key's name is the log's origin.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
_DASH = "\u2014 "
_LARGEST = 65_536  # bytes of a note worth reading
_SIGNATURES = 64
_DIGITS = 18  # of a size: no log of ours or a neighbour's grows past what a database counts to


class BadNote(ValueError):
    """A note that cannot be read, or that no known key signed."""


@dataclass(frozen=True)
class Verifier:
    """A public key under a name; `vkey` is its text form `name+hex id+base64`."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not self.name.isprintable() or "+" in self.name or self.name.split() != [self.name]:
            raise BadNote("a key's name is printable, without spaces and plus signs")
        if len(self.public) != 32:
            raise BadNote("an Ed25519 public key has 32 bytes")

    @cached_property
    def key_id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    @cached_property
    def _key(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(self.public)

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_text(ED25519 + self.public)}"

    @classmethod
    def parse(cls, vkey: str) -> Verifier:
        """From `name+hex id+base64`; the id must be the key's own."""
        pieces = vkey.strip().split("+", 2)
        if len(pieces) != 3:
            raise BadNote("not a verifier key")
        name, key_id, encoded = pieces
        data = _bytes(encoded)
        if data[:1] != ED25519:
            raise BadNote("not an Ed25519 verifier key")
        verifier = cls(name, data[1:])
        if verifier.key_id.hex() != key_id:
            raise BadNote("the verifier key's id is not its own")
        return verifier

    def accepts(self, text: str, signature: bytes) -> bool:
        try:
            self._key.verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


class Signer:
    """A private key under a name."""

    def __init__(self, name: str, secret: bytes) -> None:
        """`secret` are the 32 raw bytes of an Ed25519 private key."""
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self.verifier = Verifier(name, self._key.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """The signed note over `text`, which ends in a line feed."""
        signature = self._key.sign(text.encode())
        return f"{text}\n{_DASH}{self.verifier.name} {_text(self.verifier.key_id + signature)}\n"


def open_note(note: str, verifiers: Iterable[Verifier]) -> str:
    """The text of a note that at least one of `verifiers` signed; one bad signature of a known key spoils the note."""
    text, signatures = divide(note)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    good = False
    for name, data in signatures:
        verifier = known.get((name, data[:4]))
        if verifier is None:
            continue
        if not verifier.accepts(text, data[4:]):
            raise BadNote("a known key's signature does not fit the note")
        good = True
    if not good:
        raise BadNote("no known key signed the note")
    return text


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The size and root a log had, said by the log named `origin`."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{_text(self.root)}\n"

    def sign(self, signer: Signer) -> str:
        """The checkpoint as a signed note."""
        return signer.sign(self.text())

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """From the text of a note; extension lines are left alone."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
            raise BadNote("not a checkpoint")
        origin, size, root = lines[:3]
        if not (size.isascii() and size.isdigit()) or (size != "0" and size.startswith("0")) or len(size) > _DIGITS:
            raise BadNote(f"a checkpoint's size is a decimal number of at most {_DIGITS} digits")
        decoded = _bytes(root)
        if len(decoded) != 32:
            raise BadNote("a checkpoint's root has 32 bytes")
        return cls(origin, int(size), decoded)

    @classmethod
    def open(cls, note: str, verifiers: Iterable[Verifier]) -> Checkpoint:
        """The checkpoint of a note one of `verifiers` signed; its origin must be a signing key's name."""
        keys = tuple(verifiers)
        checkpoint = cls.parse(open_note(note, keys))
        if checkpoint.origin not in {key.name for key in keys}:
            raise BadNote("a checkpoint of another log")
        return checkpoint


def divide(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text of a note, and its signatures by name: key id and what follows it. Raises `BadNote`."""
    if len(note) > _LARGEST or any(character < " " and character != "\n" for character in note):
        raise BadNote("not a note")
    text, empty, tail = note.rpartition("\n\n")
    lines = tail.split("\n")
    if not empty or lines.pop() != "" or not 0 < len(lines) <= _SIGNATURES:
        raise BadNote("a note without signatures")
    signatures = []
    for line in lines:
        name, space, encoded = line.removeprefix(_DASH).partition(" ")
        data = _bytes(encoded)
        if not line.startswith(_DASH) or not name or not space or "+" in name or len(data) < 5:
            raise BadNote("a signature line that cannot be read")
        signatures.append((name, data))
    return text + "\n", signatures


def signed_also(note: str, name: str, data: bytes, known: Iterable[Verifier]) -> str:
    """The note with one more signature line, last; an older one of the same key goes.

    Where that is more than a reader takes, lines go as well, the last first and those of `known` keys after all others: what nobody here can
    verify is ignored anyway (c2sp.org/signed-note), and a note that its reader refuses is worth nothing. Raises `BadNote` where no line of
    another would be left.
    """
    text, signatures = divide(note)
    others = [one for one in signatures if (one[0], one[1][:4]) != (name, data[:4])]
    keys = {(verifier.name, verifier.key_id) for verifier in known}
    by_worth = sorted(range(len(others)), key=lambda place: ((others[place][0], others[place][1][:4]) not in keys, place))
    while by_worth:
        kept = [*(others[place] for place in sorted(by_worth)), (name, data)]
        made = "\n".join([text, *(f"{_DASH}{signer} {_text(signature)}" for signer, signature in kept), ""])
        if len(kept) <= _SIGNATURES and len(made) <= _LARGEST:
            return made
        by_worth.pop()
    raise BadNote("a note without room for one more signature")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote("not base64") from None
