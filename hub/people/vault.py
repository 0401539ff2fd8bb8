"""The vault: identities sealed for storage, found by blind index, named in the access log by pseudonym.

- What is stored of a person is a sealed identity, a blind index, and a sealed random log key; none of them tells who it is without the ring.
- The blind index is an HMAC under a key of its own: equal numbers meet, nothing else can be learned or guessed without the key.
- The log names a subject by an HMAC under that person's log key. The key lies in the person's row, not in the log: put another
  in its place and the log's entries about the person can no longer be tied to them (erasure without touching the log).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from hub.keys import Key, KeyRing, Random, Use
from hub.people.sealing import CannotOpen, Sealer, version_of


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a person is. `id_number` is normalised (18 characters, upper case); `birth_date` None is unknown. `repr` shows nothing.
    When they died is a platform's word for its case, sealed with it.
    """

    id_number: str = field(repr=False)
    name: str = field(repr=False)
    sex: str = field(repr=False)  # GB/T 2261.1
    birth_date: date | None = field(repr=False)
    died_on: date | None = field(default=None, repr=False)


class Vault:
    """Seals and opens; holds no state but the ring."""

    def __init__(self, keys: KeyRing, random: Random) -> None:
        """`random` gives data keys, nonces and log keys."""
        self._keys = keys
        self._random = random
        self._people = Sealer(keys, Use.VAULT, random)
        self._letters = Sealer(keys, Use.LETTER, random)

    def blind_index(self, id_number: str) -> bytes:
        """32 bytes under the newest key, by which a person is found."""
        return _blind(self._keys.current(Use.BLIND), id_number)

    def blind_indexes(self, id_number: str) -> tuple[bytes, ...]:
        """Under every version, newest first: while a rotation is under way rows may stand under an older one."""
        return tuple(_blind(key, id_number) for key in self._keys.versions(Use.BLIND))

    def seal(self, person_id: UUID, identity: Identity, *, household: UUID | None = None) -> tuple[bytes, int]:
        """The sealed identity, bound to the person's row or to that of a member of a declared `household`, and its key version."""
        born = identity.birth_date.isoformat() if identity.birth_date else None
        told: dict[str, Any] = {"id": identity.id_number, "name": identity.name, "sex": identity.sex, "born": born}
        told |= {"died": identity.died_on.isoformat()} if identity.died_on else {}
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
        version = self._people.version
        return self._people.seal(_identity_context(person_id, household), text), version

    def open(self, person_id: UUID, sealed: bytes, version: int, *, household: UUID | None = None) -> Identity:
        """Raises CannotOpen for a value of another row, or a `version` the value does not bear."""
        _same_version(sealed, version)
        told = json.loads(self._people.open(_identity_context(person_id, household), sealed))
        born = date.fromisoformat(told["born"]) if told["born"] else None
        died = date.fromisoformat(told["died"]) if "died" in told else None
        return Identity(told["id"], told["name"], told["sex"], born, died)

    def new_log_key(self, person_id: UUID) -> bytes:
        """A random key for the person's pseudonym in the log, sealed."""
        return self._people.seal(b"log key" + person_id.bytes, self._random(32))

    def reseal_log_key(self, person_id: UUID, sealed: bytes) -> bytes:
        """The same log key under the newest vault key: the pseudonym does not change."""
        return self._people.seal(b"log key" + person_id.bytes, self._people.open(b"log key" + person_id.bytes, sealed))

    def log_subject(self, person_id: UUID, sealed_log_key: bytes) -> str:
        """The person's pseudonym in the access log: 64 hexadecimal digits."""
        key = self._people.open(b"log key" + person_id.bytes, sealed_log_key)
        return hmac.new(key, b"log subject" + person_id.bytes, hashlib.sha256).hexdigest()

    def seal_bytes(self, context: bytes, text: bytes) -> tuple[bytes, int]:
        """Seal a document (a letter, a report, a message's contents) under the LETTER key; `context` names its row."""
        version = self._letters.version
        return self._letters.seal(context, text), version

    def open_bytes(self, context: bytes, sealed: bytes, version: int) -> bytes:
        """Raises CannotOpen."""
        _same_version(sealed, version)
        return self._letters.open(context, sealed)


def letter_context(letter_id: str) -> bytes:
    """What a letter's sealed document is bound to: the `context` wherever a letter is sealed or opened."""
    return b"letter" + letter_id.encode()


def signers_context(letter_id: str) -> bytes:
    """What the sealed entries of a letter's signers are bound to: their keys and certificates, which name them."""
    return b"letter signers" + letter_id.encode()


def _identity_context(person_id: UUID, household: UUID | None) -> bytes:
    return b"identity" + person_id.bytes if household is None else b"declared" + household.bytes + person_id.bytes


def report_context(check: str) -> bytes:
    """What a sealed check report is bound to."""
    return b"check report" + check.encode()


def message_context(platform: str, message_id: str) -> bytes:
    """What a message's sealed contents are bound to."""
    return b"message" + platform.encode() + b"\0" + message_id.encode()


def _blind(key: Key, id_number: str) -> bytes:
    return hmac.new(key.secret, b"blind index" + id_number.encode(), hashlib.sha256).digest()


def _same_version(sealed: bytes, version: int) -> None:
    # The column is for finding what to rotate; a row whose column lies was not written by the hub.
    if version_of(sealed) != version:
        raise CannotOpen("a sealed value bears another key version than its row")
