"""A receipt verifies offline, says nothing it should not, and no other receipt verifies."""

from __future__ import annotations

import base64

import orjson
import pytest

from hub.access_log.merkle import leaf_hash, root_from_inclusion
from hub.access_log.note import Checkpoint, Signer
from hub.access_log.receipt import BadReceipt, Receipt, salted_digest, verify_receipt
from hub.access_log.writer import AccessLog
from tests.hub.access_log.conftest import asked, told

ANSWER = b'{"data":{"person":null}}'
SALT = bytes(range(16))


@pytest.fixture
async def written(log: AccessLog) -> dict:
    for number in range(70):
        await log.append(asked(number))
    intent = await log.append(asked())
    outcome = await log.append(told(intent.id, 1, answer=salted_digest(SALT, ANSWER)))
    # Through the wire and back.
    return orjson.loads(orjson.dumps(log.receipt(outcome, salt=SALT).as_json()))


def test_a_receipt_proves_the_entry_and_the_answer(written, log) -> None:
    head = verify_receipt(written, log.verifiers, ANSWER)
    assert (head["kind"], head["organisation"]) == ("OUTCOME", "mz-hd-500152")
    assert "subjects" not in written["entry"]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"index": 3}, "not in the tree"),
        ({"index": -1}, "not in the tree"),
        ({"proof": []}, "not in the tree"),
        ({"checkpoint": ""}, "checkpoint: "),
        ({"format": "other"}, "not a receipt of this format"),
        ({"proof": ["!"]}, "not base64"),
        ({"proof": 7}, "not a receipt"),
        ({"id": "log_other"}, "another entry"),
        ({"salt": base64.b64encode(bytes(16)).decode()}, "another answer"),
        ({"salt": ""}, "without its salt"),
    ],
)
def test_a_receipt_changed_anywhere_is_refused(written, log, change: dict, text: str) -> None:
    with pytest.raises(BadReceipt, match=text):
        verify_receipt(written | change, log.verifiers, ANSWER)


def test_a_changed_entry_another_answer_and_another_log_s_key_are_refused(written, log) -> None:
    with pytest.raises(BadReceipt, match="not in the tree"):
        verify_receipt(written | {"entry": written["entry"].replace("ALLOW", "DENY")}, log.verifiers)
    with pytest.raises(BadReceipt, match="another answer"):
        verify_receipt(written, log.verifiers, ANSWER + b" ")
    with pytest.raises(BadReceipt, match="no known key"):
        verify_receipt(written, [Signer("hub.test/log", bytes(32)).verifier])


async def test_a_receipt_asked_for_later_proves_the_same_entry_against_a_newer_checkpoint(log: AccessLog, written) -> None:
    for number in range(600):
        if number % 100 == 0:
            await log.append(asked(number))
    later = await log.receipt_of(written["id"])
    assert verify_receipt(later, log.verifiers) == verify_receipt(written, log.verifiers)
    assert later.salt == b""
    assert "salt" not in later.as_json()
    assert int(later.checkpoint.split("\n")[1]) > int(written["checkpoint"].split("\n")[1])
    assert await log.receipt_of("log_none") is None


async def test_the_tlog_proof_form_is_read_by_the_specification_alone(log: AccessLog, written) -> None:
    text = (await log.receipt_of(written["id"])).as_tlog_proof()
    proof, _, checkpoint = text.partition("\n\n")
    first, extra, index, *hashes = proof.split("\n")
    assert first == "c2sp.org/tlog-proof@v1"
    data = base64.b64decode(extra.removeprefix("extra "))
    size, root = checkpoint.split("\n")[1:3]
    path = [base64.b64decode(line) for line in hashes]
    assert root_from_inclusion(leaf_hash(data), int(index.removeprefix("index ")), int(size), path) == base64.b64decode(root)


@pytest.mark.parametrize("entry", ["no JSON", "[]"])
def test_a_log_that_signs_what_is_no_entry_proves_nothing(entry: str) -> None:
    signer = Signer("hub.test/log", bytes(32))
    note = Checkpoint("hub.test/log", 1, leaf_hash(entry.encode())).sign(signer)
    with pytest.raises(BadReceipt, match="the entry is not"):
        verify_receipt(Receipt("log_1", 0, entry.encode(), (), note), [signer.verifier])
