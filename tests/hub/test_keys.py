"""The key ring: made once, kept safe, rotated without losing what was."""

from __future__ import annotations

import json

import pytest

from hub.keys import KeyRing, KeyRingError, Use


def test_a_new_ring_has_one_key_a_use_and_loads_as_it_was_made(keys) -> None:
    loaded = KeyRing.load(keys.directory)
    for use in Use:
        assert loaded.current(use) == keys.current(use)
        assert loaded.current(use).version == 1
    secrets = {loaded.current(use).secret for use in Use}
    assert len(secrets) == len(Use)
    assert {len(secret) for secret in secrets} == {32, 64}


def test_nobody_but_the_owner_can_read_any_file_of_the_ring(keys) -> None:
    modes = {path.is_dir(): path.stat().st_mode & 0o777 for path in keys.directory.rglob("*")}
    assert modes == {True: 0o700, False: 0o600}
    assert keys.directory.stat().st_mode & 0o777 == 0o700


def test_rotation_adds_a_version_and_keeps_the_old_one(keys, random, clock) -> None:
    old = keys.current(Use.VAULT)
    new = keys.rotate(Use.VAULT, random=random, at=clock())
    loaded = KeyRing.load(keys.directory)
    assert (new.version, loaded.current(Use.VAULT), loaded.get(Use.VAULT, 1)) == (2, new, old)
    assert loaded.versions(Use.VAULT) == (new, old)
    assert loaded.current(Use.BLIND).version == 1


def test_two_that_rotate_at_once_do_not_both_make_the_same_version(keys, random, clock) -> None:
    other = KeyRing.load(keys.directory)
    made = keys.rotate(Use.LOG, random=random, at=clock())
    with pytest.raises(KeyRingError, match="load the ring again"):
        other.rotate(Use.LOG, random=random, at=clock())
    assert KeyRing.load(keys.directory).current(Use.LOG) == made


def test_keys_are_never_made_over_what_is_there(keys, random, clock) -> None:
    with pytest.raises(KeyRingError, match="not empty"):
        KeyRing.create(keys.directory, random=random, at=clock())


def test_no_secret_shows_in_a_representation(keys) -> None:
    key = keys.current(Use.TOKEN)
    assert repr(key.secret) not in repr(key)
    assert "secret" not in repr(key)
    assert repr(keys).startswith("<hub.keys.KeyRing object")


@pytest.mark.parametrize("path", ["", "vault", "vault/1.json"])
def test_a_ring_that_others_can_read_is_refused(keys, path) -> None:
    (keys.directory / path).chmod(0o755 if path != "vault/1.json" else 0o640)
    with pytest.raises(KeyRingError, match="read by others"):
        KeyRing.load(keys.directory)


def test_a_missing_ring_a_missing_use_and_a_missing_version_are_told(keys, tmp_path) -> None:
    with pytest.raises(KeyRingError, match="no keys"):
        KeyRing.load(tmp_path / "nowhere")
    with pytest.raises(KeyRingError, match="no version 7 of the vault key"):
        keys.get(Use.VAULT, 7)
    (keys.directory / "blind" / "1.json").unlink()
    with pytest.raises(KeyRingError, match="no key for blind"):
        KeyRing.load(keys.directory)


@pytest.mark.parametrize("damage", ["", "{}", "[]", '{"use": "vault", "version": 1, "made": "x", "secret": "?"}'])
def test_a_damaged_file_is_told_by_its_path_and_nothing_of_it(keys, damage) -> None:
    path = keys.directory / "vault" / "1.json"
    path.write_text(damage)
    with pytest.raises(KeyRingError, match="is not a key file") as told:
        KeyRing.load(keys.directory)
    assert str(path) in str(told.value)


def test_a_key_put_in_anothers_place_is_refused(keys) -> None:
    blind, vault = (keys.directory / use / "1.json" for use in ("blind", "vault"))
    blind.write_text(vault.read_text())
    with pytest.raises(KeyRingError, match="another key than its name says"):
        KeyRing.load(keys.directory)
    told = json.loads(vault.read_text()) | {"secret": "AAAA"}
    vault.write_text(json.dumps(told))
    with pytest.raises(KeyRingError):
        KeyRing.load(keys.directory)


def test_what_a_dying_hub_left_half_written_is_no_key_and_no_hindrance(keys, random, clock) -> None:
    (keys.directory / "vault" / "2.new").write_text('{"use"')
    (keys.directory / "vault" / "2.new").chmod(0o600)
    assert KeyRing.load(keys.directory).current(Use.VAULT).version == 1
    assert keys.rotate(Use.VAULT, random=random, at=clock()).version == 2
    assert KeyRing.load(keys.directory).current(Use.VAULT).version == 2


def test_a_use_that_is_newer_than_the_ring_is_added_and_a_key_that_was_lost_is_not_made_up(keys, random, clock) -> None:
    (keys.directory / "deferred" / "1.json").unlink()
    with pytest.raises(KeyRingError, match="no key for deferred"):
        KeyRing.load(keys.directory)
    KeyRing.complete(keys.directory, random=random, at=clock())
    loaded = KeyRing.load(keys.directory)
    assert loaded.current(Use.VAULT) == keys.current(Use.VAULT)
    assert loaded.current(Use.DEFERRED) != keys.current(Use.DEFERRED)
    made = loaded.current(Use.DEFERRED)
    KeyRing.complete(keys.directory, random=random, at=clock())
    assert KeyRing.load(keys.directory).current(Use.DEFERRED) == made
    (keys.directory / "vault" / "1.json").unlink()
    KeyRing.complete(keys.directory, random=random, at=clock())
    with pytest.raises(KeyRingError, match="no key for vault"):
        KeyRing.load(keys.directory)
