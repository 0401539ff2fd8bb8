"""Cosignatures: a witness's line verifies under its own key, at its own time, and under no other."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from hub.access_log.cosignature import Cosigner, cosigned_at
from hub.access_log.note import BadNote, Checkpoint, Signer, Verifier

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
LOG = Signer("log.example/log", bytes([1]) * 32)
WITNESS = Cosigner("witness.example/w", bytes([2]) * 32)
NOTE = Checkpoint("log.example/log", 7, bytes(32)).sign(LOG)


def test_a_cosigned_note_is_still_the_logs_own_and_says_when_it_was_seen() -> None:
    cosigned = WITNESS.cosign(NOTE, AT)
    assert cosigned.startswith(NOTE)
    assert Checkpoint.open(cosigned, [LOG.verifier]).size == 7
    assert cosigned_at(cosigned, WITNESS.vkey) == AT
    line = cosigned.removeprefix(NOTE).split(" ")
    data = base64.b64decode(line[2])
    assert (line[1], len(data), int.from_bytes(data[4:12], "big")) == ("witness.example/w", 76, int(AT.timestamp()))


def test_another_key_name_time_or_text_is_not_the_witnesss_word() -> None:
    cosigned = WITNESS.cosign(NOTE, AT)
    line = cosigned.removeprefix(NOTE).split(" ")
    data = bytearray(base64.b64decode(line[2]))
    data[11] ^= 1
    later = f"{NOTE}{line[0]} {line[1]} {base64.b64encode(data).decode()}\n"
    for note, vkey, said in (
        (NOTE, WITNESS.vkey, "did not cosign"), (cosigned, Cosigner("witness.example/w", bytes([3]) * 32).vkey, "did not cosign"),
        (cosigned, Cosigner("other.example/w", bytes([2]) * 32).vkey, "did not cosign"), (later, WITNESS.vkey, "does not fit"),
        (cosigned.replace("\n7\n", "\n8\n"), WITNESS.vkey, "does not fit"), (cosigned, LOG.verifier.vkey, "not a witness's"),
    ):
        with pytest.raises(BadNote, match=said):
            cosigned_at(note, vkey)


def test_a_witnesss_key_is_no_logs_key() -> None:
    with pytest.raises(BadNote, match="not an Ed25519 verifier key"):
        Verifier.parse(WITNESS.vkey)
