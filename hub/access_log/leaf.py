"""An entry sealed into the bytes the tree commits to, and read back.

Stored is `head LF rest`, both canonical JSON (canonical JSON holds no line feed). The Merkle leaf is the head alone; the head
names the SHA-256 of the rest, so a receipt can show the head and keep the rest shut. Both parts carry a random 128-bit nonce
of their own: published hashes tell nothing, not even to someone who guesses every other byte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from operator import attrgetter

import orjson

from connectors.value import value
from hub.access_log.entry import HEAD, REST, Entry
from hub.access_log.merkle import leaf_hash
from hub.canonical import canonical
from hub.ulid import new_id

VERSION = 1
LARGEST = 65_535  # bytes of a head: an entry bundle counts them in 16 bits (C2SP tlog-tiles)
LARGEST_REST = 1_048_576
_LONGEST = 256  # characters of a name that stands in a column of its own

_head_of = attrgetter(*HEAD)
_rest_of = attrgetter(*REST)


class Unreadable(ValueError):
    """Stored bytes are not an entry this version wrote."""


@value
class Sealed:
    """An entry ready for the tree: its id, the stored bytes, the leaf's hash, its time (RFC 3339), and the entry for the filter columns."""

    id: str
    body: bytes
    leaf_hash: bytes
    at: str
    entry: Entry


def seal(entry: Entry, *, random: Callable[[int], bytes]) -> Sealed:
    """Give an entry its id and nonces and its final bytes; raises `NotCanonical` or `Unreadable` when it cannot be written."""
    _fit_columns(entry)
    chance = random(42)
    at = entry.at.astimezone(UTC)
    written = at.isoformat(timespec="milliseconds")[:-6] + "Z"
    rest = canonical(_written(REST, _rest_of(entry)) | {"nonce": chance[:16].hex()})
    identifier = new_id("log", at, chance[32:])
    head = canonical(
        _written(HEAD, _head_of(entry))
        | {
            "v": VERSION,
            "id": identifier,
            "kind": entry.kind,
            "at": written,
            "nonce": chance[16:32].hex(),
            "rest": hashlib.sha256(rest).hexdigest(),
        }
    )
    if len(head) > LARGEST or len(rest) > LARGEST_REST:
        raise Unreadable("an entry is too large to be written")
    return Sealed(identifier, head + b"\n" + rest, leaf_hash(head), written, entry)


def split(body: bytes) -> tuple[bytes, bytes]:
    """The head and the rest of stored bytes."""
    head, feed, rest = body.partition(b"\n")
    if not feed:
        raise Unreadable("stored bytes have no two parts")
    return head, rest


def parts(body: bytes) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """Head and rest as values, checked: canonical, of this version, and the head names this rest."""
    head_bytes, rest_bytes = split(body)
    head, rest = _object(head_bytes), _object(rest_bytes)
    if head.get("v") != VERSION:
        raise Unreadable("an entry of another version")
    if head.get("rest") != hashlib.sha256(rest_bytes).hexdigest():
        raise Unreadable("the rest is not the one its head names")
    return head, rest


def instant(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds and Z: one way to write one instant."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fit_columns(entry: Entry) -> None:
    """Refuse text a column or its index could not hold: in one transaction one bad entry would fail its 63 neighbours."""
    words = (*entry.letters, *entry.subjects, *entry.cases)
    listed = " ".join(words)
    if len(listed.split()) != len(words):
        raise Unreadable("ids of letters, people and cases hold no spaces")
    names = (entry.organisation, entry.purpose, entry.question, entry.case, *words)
    joined = "".join(names)
    if max(map(len, names)) > _LONGEST or "\0" in joined or "\x1f" in joined:
        raise Unreadable("a name in an entry is too long or holds a control character")


def _written(names: tuple[str, ...], values: tuple[object, ...]) -> dict[str, object]:
    """What an entry says: empty parts are left out, a zero is said."""
    return {name: value for name, value in zip(names, values, strict=True) if value or type(value) is int}


def _object(data: bytes) -> dict[str, object]:
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise Unreadable("stored bytes are not JSON") from None
    if not isinstance(value, dict) or canonical(value) != data:
        raise Unreadable("stored bytes are not a canonical JSON object")
    return value
