"""Signed notes and checkpoints as C2SP writes them; anything else is refused with its reason."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hub.access_log.note import BadNote, Checkpoint, Signer, Verifier, open_note

SIGNER = Signer("hub.example/log", bytes(range(32)))
OTHER = Signer("hub.example/log", bytes(range(1, 33)))
CHECKPOINT = Checkpoint("hub.example/log", 42, hashlib.sha256(b"root").digest())
NOTE = CHECKPOINT.sign(SIGNER)


def test_a_note_opens_with_tools_that_know_only_the_format() -> None:
    text, _, signature = NOTE.partition("\n\n")
    dash, name, encoded = signature.rstrip("\n").split(" ")
    data = base64.b64decode(encoded)
    public = base64.b64decode(SIGNER.verifier.vkey.split("+", 2)[2])[1:]
    assert (dash, name) == ("—", "hub.example/log")
    assert data[:4] == hashlib.sha256(b"hub.example/log\n\x01" + public).digest()[:4]
    Ed25519PublicKey.from_public_bytes(public).verify(data[4:], text.encode() + b"\n")
    assert text.split("\n") == ["hub.example/log", "42", base64.b64encode(CHECKPOINT.root).decode()]


def test_the_specification_s_own_example_key_parses_and_names_itself() -> None:
    # c2sp.org/signed-note and golang.org/x/mod/sumdb/note share this form; sum.golang.org publishes this key.
    vkey = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    assert Verifier.parse(vkey).vkey == vkey


def test_a_checkpoint_opens_with_its_key_and_no_other() -> None:
    assert Checkpoint.open(NOTE, [OTHER.verifier, SIGNER.verifier]) == CHECKPOINT
    assert Checkpoint.open(NOTE, [Verifier.parse(SIGNER.verifier.vkey)]) == CHECKPOINT
    with pytest.raises(BadNote, match="no known key signed"):
        Checkpoint.open(NOTE, [OTHER.verifier])


def test_a_witness_may_sign_beside_the_log() -> None:
    witness = Signer("witness.example", bytes(32))
    both = NOTE + witness.sign(CHECKPOINT.text()).partition("\n\n")[2]
    assert Checkpoint.open(both, [SIGNER.verifier]) == CHECKPOINT
    assert open_note(both, [witness.verifier]) == CHECKPOINT.text()
    with pytest.raises(BadNote, match="a checkpoint of another log"):
        Checkpoint.open(both, [witness.verifier])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda note: note.replace("42", "43"),
        lambda note: note.replace("\n\n", "\nextension\n\n"),
        lambda note: note[:-3] + "A=\n" if note[-4] != "A" else note[:-3] + "B=\n",
        lambda note: note.partition("\n\n")[0] + "\n",
        lambda note: note[:-1],
        lambda note: note.replace("— ", "- "),
        lambda note: note.replace("\n", "\r\n"),
        lambda note: "",
        lambda note: note + "— x\n",
        lambda note: note * 2000,
    ],
)
def test_a_spoilt_note_is_refused(spoil) -> None:
    with pytest.raises(BadNote):
        Checkpoint.open(spoil(NOTE), [SIGNER.verifier])


def test_one_bad_signature_of_a_known_key_spoils_the_note() -> None:
    wrong = OTHER.sign("other text\n").partition("\n\n")[2]
    with pytest.raises(BadNote, match="does not fit"):
        open_note(NOTE + wrong, [SIGNER.verifier, OTHER.verifier])


@pytest.mark.parametrize("text", ["a\n1\n", "a\n01\nAAAA\n", "a\n-1\nAAAA\n", "a\n1\nAAAA\n", "a\n1\n!\n", "a\n\nx\ny\n", "a\n1\nAAAA"])
def test_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        Checkpoint.parse(text)


@pytest.mark.parametrize("vkey", ["", "a+b", "a+00000000+AAAA", SIGNER.verifier.vkey.replace("log+", "log2+"), "a b+0+AQ=="])
def test_a_verifier_key_that_is_not_its_own_is_refused(vkey: str) -> None:
    with pytest.raises(BadNote):
        Verifier.parse(vkey)
