"""Tiles are those of tlog-tiles, full ones outlive a restart, and every root and proof out of them is the tree's."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.access_log.merkle import Leaves, leaf_hash
from hub.access_log.tiles import NoSuchTile, Tiles, tile_index, tile_path

SIZE = 70_000
HASHES = [leaf_hash(str(number).encode()) for number in range(SIZE)]
TREE = Leaves(HASHES)


class Database:
    """Leaf hashes as the table gives them, and how many were asked for."""

    def __init__(self) -> None:
        self.read_hashes = 0

    async def read(self, start: int, end: int) -> list[bytes]:
        self.read_hashes += end - start
        return HASHES[start:end]


async def test_the_specification_s_example_tree_of_70000_has_the_tiles_it_lists(tmp_path: Path) -> None:
    tiles = Tiles(Database().read, tmp_path)
    assert await tiles.tile(0, 0) == b"".join(HASHES[:256])
    assert await tiles.tile(0, 273, 112) == b"".join(HASHES[69_888:])
    level_one = await tiles.tile(1, 0)
    assert level_one[32:64] == Leaves(HASHES[256:512]).head.root
    assert len(await tiles.tile(1, 1, 17)) == 17 * 32
    assert await tiles.tile(2, 0, 1) == TREE.nodes[16, 0]
    for level, index, width in [(0, 273, 113), (0, 274, 1), (1, 1, 18), (2, 0, 2), (3, 0, 1)]:
        with pytest.raises(NoSuchTile):
            await tiles.tile(level, index, width)


async def test_roots_and_proofs_out_of_tiles_are_the_tree_s(tmp_path: Path) -> None:
    tiles = Tiles(Database().read, tmp_path)
    for size in (0, 1, 255, 256, 257, 4097, 65_535, 65_536, 65_537, SIZE):
        assert await tiles.root(size) == TREE.root(size)
    for index, size in [(0, 1), (0, SIZE), (300, 65_537), (65_535, SIZE), (SIZE - 1, SIZE), (69_000, 69_001)]:
        assert await tiles.inclusion(index, size) == TREE.inclusion(index, size)
    for old, new in [(1, SIZE), (256, 257), (65_000, SIZE), (65_536, SIZE), (SIZE, SIZE)]:
        assert await tiles.consistency(old, new) == TREE.consistency(old, new)


async def test_after_a_restart_full_tiles_come_from_files_and_spoilt_ones_are_forgotten(tmp_path: Path) -> None:
    await Tiles(Database().read, tmp_path).root(SIZE)
    file = tmp_path / "1" / "000"
    assert file.stat().st_size == 8192
    database = Database()
    tiles = Tiles(database.read, tmp_path)
    assert await tiles.root(SIZE) == TREE.root(SIZE)
    assert database.read_hashes < SIZE - 65_536 + 256
    file.write_bytes(bytes(8192))
    tiles = Tiles(database.read, tmp_path)
    assert await tiles.root(SIZE) != TREE.root(SIZE)
    await tiles.forget()
    assert await tiles.root(SIZE) == TREE.root(SIZE)


@pytest.mark.parametrize(("index", "path"), [(0, "000"), (999, "999"), (1000, "x001/000"), (1234067, "x001/x234/067")])
def test_indexes_are_written_as_the_specification_does(index: int, path: str) -> None:
    assert tile_path(index) == path
    assert tile_index(path) == index


@pytest.mark.parametrize("path", ["", "0", "0000", "x001", "001/000", "x000/001", "-01", "x001/x234/67", "../000", "٠٠٠", "x1/000"])
def test_no_other_spelling_names_a_tile(path: str) -> None:
    with pytest.raises(ValueError, match="not a tile path"):
        tile_index(path)
