"""A backup made and brought back by the commands, with a passphrase and without."""

from __future__ import annotations

import pytest

from hub.keys import KeyRing, Use
from tests.hub.cli.conftest import Desk

PASSPHRASE = "一个很长的口令 with spaces"


@pytest.fixture
def elsewhere(empty_database_url, tmp_path) -> dict[str, str]:
    """Another machine: an empty database, a directory without keys."""
    return {"HUB_DATABASE_URL": empty_database_url, "HUB_DIRECTORY": str(tmp_path / "elsewhere")}


def test_a_backup_comes_back_with_records_and_keys(office: Desk, elsewhere, tmp_path) -> None:
    file, secret = str(tmp_path / "hub.backup"), office.file("passphrase", PASSPHRASE + "\n")
    said = office.run("backup", file, "--passphrase-file", secret)
    assert "saved: schema" in said
    assert PASSPHRASE not in said
    assert "restored: schema" in office.run("restore", file, input=PASSPHRASE + "\n", env=elsewhere)
    assert "mz-1" in office.run("client", "list", env=elsewhere)
    ring = KeyRing.load(tmp_path / "elsewhere" / "keys")
    assert all(ring.current(use).secret == office.keys.current(use).secret for use in Use)


def test_a_wrong_passphrase_a_full_database_and_a_file_in_the_way_are_refused(office: Desk, elsewhere, tmp_path) -> None:
    file, secret = str(tmp_path / "hub.backup"), office.file("passphrase", PASSPHRASE)
    office.run("backup", file, "--passphrase-file", secret)
    office.run("restore", file, input="wrong\n", env=elsewhere, code=1)
    assert "not empty" in office.run("restore", file, "--passphrase-file", secret, code=1)
    assert "exists" in office.run("backup", file, "--plain", code=1)
    assert "is empty" in office.run("backup", f"{file}2", "--passphrase-file", office.file("none", "\n"), code=1)


def test_a_backup_without_passphrase_says_what_that_means(office: Desk, tmp_path) -> None:
    assert "keys in the clear" in office.run("backup", str(tmp_path / "plain.backup"), "--plain")
