"""The vault: what goes in comes out, only in its own row, only with the ring; the rest learns nothing."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from hub.keys import KeyRing, KeyRingError, Use
from hub.people.sealing import CannotOpen
from hub.people.vault import Identity, Vault, letter_context

ANNA = Identity("509901199003071234", "王小明", "1", date(1990, 3, 7))
ONE, TWO = UUID(int=1), UUID(int=2)


@pytest.fixture
def vault(keys, random) -> Vault:
    return Vault(keys, random)


def test_an_identity_comes_out_as_it_went_in(vault) -> None:
    for identity in (ANNA, Identity("509901199003071234", "王小明", "1", None)):
        sealed, version = vault.seal(ONE, identity)
        assert (vault.open(ONE, sealed, version), version) == (identity, 1)


def test_nothing_of_the_identity_stands_in_what_is_stored(vault) -> None:
    sealed, _ = vault.seal(ONE, ANNA)
    for part in (ANNA.id_number.encode(), ANNA.name.encode(), b"1990"):
        assert part not in sealed + vault.blind_index(ANNA.id_number)
    assert "王" not in repr(ANNA)
    assert "5099" not in repr(ANNA)


def test_the_same_identity_sealed_twice_looks_different_each_time(vault) -> None:
    assert vault.seal(ONE, ANNA) != vault.seal(ONE, ANNA)


def test_a_value_moved_to_another_row_or_another_column_does_not_open(vault) -> None:
    sealed, version = vault.seal(ONE, ANNA)
    with pytest.raises(CannotOpen):
        vault.open(TWO, sealed, version)
    with pytest.raises(CannotOpen):
        vault.log_subject(ONE, sealed)
    log_key = vault.new_log_key(ONE)
    with pytest.raises(CannotOpen):
        vault.log_subject(TWO, log_key)
    letter, version = vault.seal_bytes(letter_context("l1"), b"letter")
    with pytest.raises(CannotOpen):
        vault.open_bytes(letter_context("l2"), letter, version)


def test_every_changed_byte_is_found(vault) -> None:
    sealed, version = vault.seal(ONE, ANNA)
    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises((CannotOpen, KeyRingError)):
            vault.open(ONE, bytes(changed), version)
    for length in (0, 1, 5, 60, len(sealed) - 1):
        with pytest.raises((CannotOpen, KeyRingError)):
            vault.open(ONE, sealed[:length], version)


def test_a_row_whose_version_column_lies_is_refused(vault, keys, random, clock) -> None:
    sealed, _ = vault.seal(ONE, ANNA)
    keys.rotate(Use.VAULT, random=random, at=clock())
    with pytest.raises(CannotOpen):
        vault.open(ONE, sealed, 2)


def test_another_ring_opens_nothing_and_finds_nothing(vault, random, clock, tmp_path) -> None:
    other = Vault(KeyRing.create(tmp_path / "other", random=random, at=clock()), random)
    sealed, version = vault.seal(ONE, ANNA)
    with pytest.raises(CannotOpen):
        other.open(ONE, sealed, version)
    assert other.blind_index(ANNA.id_number) != vault.blind_index(ANNA.id_number)


def test_after_rotation_old_values_open_and_new_ones_bear_the_new_version(vault, keys, random, clock) -> None:
    sealed, version = vault.seal(ONE, ANNA)
    keys.rotate(Use.VAULT, random=random, at=clock())
    assert vault.open(ONE, sealed, version) == ANNA
    assert vault.seal(ONE, ANNA)[1] == 2


def test_the_blind_index_is_equal_for_equal_numbers_and_newest_first_after_rotation(vault, keys, random, clock) -> None:
    old = vault.blind_index(ANNA.id_number)
    assert old == vault.blind_index(ANNA.id_number)
    keys.rotate(Use.BLIND, random=random, at=clock())
    assert vault.blind_indexes(ANNA.id_number) == (vault.blind_index(ANNA.id_number), old)
    assert vault.blind_index(ANNA.id_number) != old


def test_a_log_pseudonym_is_stable_for_its_key_through_rotation_and_tells_nothing_across_keys(
    vault, keys, random, clock
) -> None:
    log_key = vault.new_log_key(ONE)
    subject = vault.log_subject(ONE, log_key)
    assert len(bytes.fromhex(subject)) == 32
    keys.rotate(Use.VAULT, random=random, at=clock())
    again = vault.reseal_log_key(ONE, log_key)
    assert again != log_key
    assert vault.log_subject(ONE, again) == subject
    assert vault.log_subject(ONE, vault.new_log_key(ONE)) != subject


def test_a_letter_comes_out_byte_for_byte(vault) -> None:
    document = bytes(range(256)) * 400
    sealed, version = vault.seal_bytes(letter_context("l1"), document)
    assert vault.open_bytes(letter_context("l1"), sealed, version) == document
