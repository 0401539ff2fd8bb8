"""A receipt: proof that one entry is in the log, and the check of it that needs no hub, no network and no database.

The receipt carries the entry's head (`leaf.py`), never the rest; the salt of the answer's digest stands nowhere but here.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from hub.access_log.merkle import leaf_hash, root_from_inclusion
from hub.access_log.note import BadNote, Checkpoint, Verifier

FORMAT = "household-facts-receipt/1"


class BadReceipt(ValueError):
    """The receipt does not prove what it says; the message names the step that failed."""


def salted_digest(salt: bytes, answer: bytes) -> str:
    """Hex HMAC-SHA-256 of the answer's bytes under the receipt's salt (16 bytes): what the log keeps of an answer."""
    return hmac.digest(salt, answer, "sha256").hex()


@dataclass(frozen=True, slots=True)
class Receipt:
    """Entry `id` is leaf `index` of the tree its signed `checkpoint` names, by `proof` (hashes from the leaf up)."""

    id: str
    index: int
    head: bytes
    proof: tuple[bytes, ...]
    checkpoint: str
    salt: bytes = b""

    def as_json(self) -> dict[str, Any]:
        """The receipt as it travels: text, integers, lists."""
        written: dict[str, Any] = {
            "format": FORMAT,
            "id": self.id,
            "index": self.index,
            "entry": self.head.decode(),
            "proof": [_text(value) for value in self.proof],
            "checkpoint": self.checkpoint,
        }
        if self.salt:
            written["salt"] = _text(self.salt)
        return written

    def as_tlog_proof(self) -> str:
        """The same as a C2SP tlog-proof: the extra data is the entry, to hash as leaf data."""
        lines = ["c2sp.org/tlog-proof@v1", f"extra {_text(self.head)}", f"index {self.index}", *map(_text, self.proof)]
        return "\n".join(lines) + "\n\n" + self.checkpoint

    @classmethod
    def parse(cls, written: Mapping[str, Any]) -> Receipt:
        """From `as_json`; raises `BadReceipt` for anything else."""
        try:
            if written["format"] != FORMAT:
                raise BadReceipt("not a receipt of this format")
            return cls(
                str(written["id"]),
                int(written["index"]),
                str(written["entry"]).encode(),
                tuple(_bytes(value) for value in written["proof"]),
                str(written["checkpoint"]),
                _bytes(written.get("salt", "")),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as unreadable:
            if isinstance(unreadable, BadReceipt):
                raise
            raise BadReceipt("not a receipt") from None


def verify_receipt(receipt: Receipt | Mapping[str, Any], keys: Iterable[Verifier], answer: bytes | None = None) -> dict[str, Any]:
    """The entry's head, proven to be in the log whose `keys` these are; with `answer`, also that it is this very answer.
    Raises `BadReceipt`.
    """
    held = receipt if isinstance(receipt, Receipt) else Receipt.parse(receipt)
    try:
        checkpoint = Checkpoint.open(held.checkpoint, keys)
    except BadNote as bad:
        raise BadReceipt(f"checkpoint: {bad}") from None
    root = root_from_inclusion(leaf_hash(held.head), held.index, checkpoint.size, held.proof)
    if root is None or not hmac.compare_digest(root, checkpoint.root):
        raise BadReceipt("the entry is not in the tree the checkpoint signs")
    head = _head(held.head)
    if head.get("id") != held.id:
        raise BadReceipt("the receipt names another entry")
    if answer is not None:
        if not held.salt:
            raise BadReceipt("without its salt a receipt says nothing of the answer")
        if not hmac.compare_digest(str(head.get("answer", "")), salted_digest(held.salt, answer)):
            raise BadReceipt("the entry was made for another answer")
    return head


def _head(data: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise BadReceipt("the entry is not JSON") from None
    if not isinstance(value, dict):
        raise BadReceipt("the entry is not an object")
    return value


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError):
        raise BadReceipt("not base64") from None
