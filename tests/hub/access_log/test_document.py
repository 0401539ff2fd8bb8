"""docs/access-log.md shows bytes; these are the program's, and the shell commands it gives find the same hashes."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path

import orjson

from hub.access_log.entry import Decision, Entry, Kind
from hub.access_log.leaf import Sealed, seal
from hub.access_log.merkle import Leaves
from hub.access_log.note import Checkpoint, Signer
from hub.access_log.receipt import Receipt, salted_digest, verify_receipt

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "access-log.md").read_text(encoding="utf-8")
ORIGIN = "hub.tongnan.example/log"
SALT = bytes(range(16))
ANSWER = b'{"data":{"case":null}}'
SIGNER = Signer(ORIGIN, hashlib.sha256(b"not a secret: the key of a document").digest())


def counted(size: int) -> bytes:
    """Nonces a reader can see through."""
    return bytes(range(size))


def example() -> tuple[Sealed, Sealed]:
    at = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    common = {"organisation": "mz-hd-500152", "purpose": "DIBAO_REVIEW", "case": "case_1", "operation": "9c" * 32}
    intent = Entry(
        kind=Kind.INTENT, at=at, officer="officer-7", basis="letter", letters=("let_1",), subjects=("5e" * 32,), plan="4b" * 32,
        fields=("MEMBER/covered: GA plate_masked, model",), **common,
    )  # fmt: skip
    first = seal(intent, random=counted)
    outcome = Entry(
        kind=Kind.OUTCOME, at=at.replace(microsecond=41000), question=first.id, decision=Decision.ALLOW,
        answer=salted_digest(SALT, ANSWER), subjects=("5e" * 32,), told={"vehicle.model": "FULL"}, statuses={"vehicle": "MATCHED"},
        rows={"GA": 1}, latency_ms=41, **common,
    )  # fmt: skip
    return first, seal(outcome, random=lambda size: bytes(range(64, 64 + size)))


def shown() -> dict[str, str]:
    first, second = example()
    tree = Leaves([first.leaf_hash, second.leaf_hash])
    note = Checkpoint(ORIGIN, 2, tree.head.root).sign(SIGNER)
    receipt = Receipt(second.id, 1, second.body.partition(b"\n")[0], tree.inclusion(1, 2), note, SALT)
    return {
        "entry": first.body.decode(),
        "leaf": first.leaf_hash.hex(),
        "outcome": second.body.decode(),
        "checkpoint": note,
        "vkey": SIGNER.verifier.vkey,
        "receipt": orjson.dumps(receipt.as_json(), option=orjson.OPT_INDENT_2).decode(),
    }


def test_every_byte_the_document_shows_is_the_program_s() -> None:
    blocks = [block.strip("\n") for block in re.findall(r"```\w*\n(.*?)```", DOCUMENT, re.DOTALL)]
    for name, text in shown().items():
        assert text.strip("\n") in blocks, name


def test_the_receipt_in_the_document_verifies_with_the_key_in_the_document() -> None:
    block = next(block for block in re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL) if "household-facts-receipt/1" in block)
    assert verify_receipt(orjson.loads(block), [SIGNER.verifier], ANSWER)["kind"] == "OUTCOME"
