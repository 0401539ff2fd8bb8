"""The backup's file: what goes in comes out; nothing changed, cut or reordered does."""

from __future__ import annotations

import io
import os

import pytest

from hub.backup import archive


def made(path, *, passphrase, size=300_000) -> None:
    with path.open("wb") as file, archive.writing(file, passphrase=passphrase, random=os.urandom) as tar:
        archive.add(tar, "one", b"first")
        archive.add(tar, "two", os.urandom(size))


def read(path, passphrase) -> list[tuple[str, int]]:
    with archive.reading(path, passphrase=passphrase) as members:
        return [(name, len(content.read())) for name, content in members]


@pytest.mark.parametrize("passphrase", [None, "a passphrase of some length"])
@pytest.mark.parametrize("size", [0, 10, 65_536, 300_000])
def test_what_goes_in_comes_out(tmp_path, passphrase, size) -> None:
    made(tmp_path / "b", passphrase=passphrase, size=size)
    assert read(tmp_path / "b", passphrase) == [("one", 5), ("two", size)]


def test_an_encrypted_backup_needs_its_passphrase_and_shows_nothing(tmp_path) -> None:
    made(tmp_path / "b", passphrase="right", size=10)
    with pytest.raises(archive.BadArchive, match="give its passphrase"):
        read(tmp_path / "b", None)
    with pytest.raises(archive.BadArchive, match="wrong passphrase"):
        read(tmp_path / "b", "wrong")
    assert b"first" not in (tmp_path / "b").read_bytes()
    assert (tmp_path / "b").read_bytes()[13:15] != b"\x1f\x8b"


@pytest.mark.parametrize("at", [14, 35, 41, 500, 70_000, -1, -20])
def test_a_changed_byte_anywhere_is_found(tmp_path, at) -> None:
    made(tmp_path / "b", passphrase="p")
    raw = bytearray((tmp_path / "b").read_bytes())
    raw[at] ^= 1
    (tmp_path / "b").write_bytes(raw)
    with pytest.raises(archive.BadArchive):
        read(tmp_path / "b", "p")


def frames(raw: bytes) -> tuple[bytes, list[bytes]]:
    file = io.BytesIO(raw)
    head, found = file.read(36), []
    while length := file.read(4):
        found.append(length + file.read(int.from_bytes(length, "big")))
    return head, found


@pytest.mark.parametrize("disorder", ["drop last", "drop middle", "swap", "repeat", "cut inside", "append"])
def test_frames_dropped_swapped_repeated_or_added_are_found(tmp_path, disorder) -> None:
    made(tmp_path / "b", passphrase="p")
    head, found = frames((tmp_path / "b").read_bytes())
    assert len(found) >= 4
    if disorder == "drop last":
        found.pop()
    elif disorder == "drop middle":
        del found[1]
    elif disorder == "swap":
        found[1], found[2] = found[2], found[1]
    elif disorder == "repeat":
        found.insert(1, found[1])
    elif disorder == "cut inside":
        found[-1] = found[-1][:-3]
    else:
        found.append(b"\0\0\0\5extra")
    (tmp_path / "b").write_bytes(head + b"".join(found))
    with pytest.raises(archive.BadArchive):
        read(tmp_path / "b", "p")


@pytest.mark.parametrize("content", [b"", b"\0" * 1000, b"HUB BACKUP 1\n", b"HUB BACKUP 1\nshort", b"\x1f\x8b" + b"\1" * 500])
def test_something_else_is_no_backup(tmp_path, content) -> None:
    (tmp_path / "b").write_bytes(content)
    with pytest.raises(archive.BadArchive):
        read(tmp_path / "b", "p")
