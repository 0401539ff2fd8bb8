"""Cosignatures: a witness's line verifies under its own key, at its own time, and under no other."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from hub.access_log.cosignature import Cosigner, cosigned_at
from hub.access_log.note import BadNote, Checkpoint, Signer, Verifier, divide

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
LOG = Signer("log.example/log", bytes([1]) * 32)
WITNESS = Cosigner("witness.example/w", bytes([2]) * 32)
NOTE = Checkpoint("log.example/log", 7, bytes(32)).sign(LOG)


def test_a_cosigned_note_is_still_the_logs_own_and_says_when_it_was_seen() -> None:
    cosigned = WITNESS.cosign(NOTE, AT, [LOG.verifier])
    assert cosigned.startswith(NOTE)
    assert Checkpoint.open(cosigned, [LOG.verifier]).size == 7
    assert cosigned_at(cosigned, WITNESS.vkey) == AT
    line = cosigned.removeprefix(NOTE).split(" ")
    data = base64.b64decode(line[2])
    assert (line[1], len(data), int.from_bytes(data[4:12], "big")) == ("witness.example/w", 76, int(AT.timestamp()))


def test_another_key_name_time_or_text_is_not_the_witnesss_word() -> None:
    cosigned = WITNESS.cosign(NOTE, AT, [LOG.verifier])
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


def _with_lines(note: str, many: int) -> str:
    return note + "".join(f"\u2014 other-{number}.example/w {base64.b64encode(bytes([number]) * 76).decode()}\n" for number in range(many))


def test_a_note_full_of_signatures_is_cosigned_in_place_of_the_last_one_nobody_here_can_verify() -> None:
    full = _with_lines(NOTE, 63)
    cosigned = WITNESS.cosign(full, AT, [LOG.verifier])
    assert cosigned_at(cosigned, WITNESS.vkey) == AT
    assert Checkpoint.open(cosigned, [LOG.verifier]).size == 7
    names = [name for name, _ in divide(cosigned)[1]]
    assert names == ["log.example/log", *(f"other-{number}.example/w" for number in range(62)), "witness.example/w"]
    text, _, lines = NOTE.partition("\n\n")
    last = f"{text}\n\n{_with_lines('', 63)}{lines}"  # the log's own line is the last of the 64, and stays
    assert Checkpoint.open(WITNESS.cosign(last, AT, [LOG.verifier]), [LOG.verifier]).size == 7


def test_an_older_line_of_the_same_witness_goes_when_it_cosigns_anew() -> None:
    later = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    cosigned = WITNESS.cosign(WITNESS.cosign(NOTE, AT, [LOG.verifier]), later, [LOG.verifier])
    assert cosigned_at(cosigned, WITNESS.vkey) == later
    assert len(divide(cosigned)[1]) == 2


def test_a_note_whose_text_leaves_no_room_is_not_cosigned() -> None:
    long = LOG.sign(Checkpoint("log.example/log", 7, bytes(32)).text() + "x" * 65_300 + "\n")
    assert Checkpoint.open(long, [LOG.verifier]).size == 7
    with pytest.raises(BadNote, match="without room"):
        WITNESS.cosign(long, AT, [LOG.verifier])
