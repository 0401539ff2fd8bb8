"""Where PostgreSQL is looked for, and in which order."""

from __future__ import annotations

import pytest

from hub.postgres.binaries import SUPPORTED, find, search
from hub.postgres.errors import NoBinaries


def test_the_wheel_comes_before_the_systems_packages_newest_first() -> None:
    found = list(search({}))
    wheel = [path for path in found if "site-packages" in path.parts]
    assert found[: len(wheel)] == wheel
    assert find({}).directory == found[0]
    assert find({}).major == 18


def test_hub_pg_bin_is_the_only_place_where_it_is_set(tmp_path) -> None:
    assert list(search({"HUB_PG_BIN": str(tmp_path)})) == [tmp_path]
    with pytest.raises(NoBinaries, match=r"HUB_PG_BIN.*HUB_DATABASE_URL"):
        find({"HUB_PG_BIN": str(tmp_path)})
    chosen = find({"HUB_PG_BIN": str(find({}).directory)})
    assert chosen.major in SUPPORTED


def test_existing_data_gets_the_major_it_was_made_with_or_a_clear_refusal() -> None:
    for directory in search({}):
        major = find({"HUB_PG_BIN": str(directory)}).major
        assert find({}, major=major).major == major
    with pytest.raises(NoBinaries, match="PostgreSQL 14 not found"):
        find({}, major=14)
