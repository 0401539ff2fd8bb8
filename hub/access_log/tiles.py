"""Hash tiles of the tree (c2sp.org/tlog-tiles), and proofs and roots of any stored size out of them.

A tile is 256 neighbouring hashes; level 0 are leaf hashes, a hash of level l + 1 is the root of a full tile of level l. Leaf
tiles are read from the database; full tiles above them never change and are kept as files, so a restart reads at most 65,536
leaf hashes. The files are a cache: whoever changes one makes proofs fail, and `forget` rebuilds them.
"""

from __future__ import annotations

import asyncio
import shutil
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from hub.access_log.merkle import Head, Node, consistency_ranges, fold, grow, inclusion_ranges, perfect, prove

WIDTH = 256
_HEIGHT = 8
_HELD = 256  # tiles above level 0 in memory, 16 kB each
_AT_ONCE = 32  # leaf tiles read in one statement while building

Read = Callable[[int, int], Awaitable[Sequence[bytes]]]


class NoSuchTile(LookupError):
    """The tree is not that large."""


class Nodes:
    """Proofs and roots out of tiles, wherever those come from."""

    async def root(self, size: int) -> bytes:
        """The root the tree had at `size`."""
        return fold([await self._node(name) for name in perfect(0, size)])

    async def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """Proof that leaf `index` is in the tree of `size`, from the leaf up."""
        return await self._prove(inclusion_ranges(index, size))

    async def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Proof that the tree of `new` extends that of `old`."""
        return await self._prove(consistency_ranges(old, new))

    async def _prove(self, ranges: list[tuple[int, int]]) -> tuple[bytes, ...]:
        names = {name for start, end in ranges for name in perfect(start, end)}
        nodes = {name: await self._node(name) for name in sorted(names)}
        return prove(ranges, nodes.__getitem__)

    async def _node(self, name: Node) -> bytes:
        level, index = name
        tall = level % _HEIGHT
        first = index << tall
        hashes = await self._hashes(level // _HEIGHT, first // WIDTH, first % WIDTH + (1 << tall))
        return _root(hashes[first % WIDTH :])

    async def _hashes(self, level: int, index: int, width: int) -> Sequence[bytes]:
        """The first `width` hashes of a tile. Raises `NoSuchTile`."""
        raise NotImplementedError


class Tiles(Nodes):
    """Tiles and proofs of the stored tree. `read` gives the leaf hashes of [start, end); `directory` keeps full tiles."""

    def __init__(self, read: Read, directory: Path) -> None:
        self._read = read
        self._directory = directory
        self._held: OrderedDict[tuple[int, int], list[bytes]] = OrderedDict()
        self._turn = asyncio.Lock()

    async def tile(self, level: int, index: int, width: int = WIDTH) -> bytes:
        """The first `width` hashes of a tile, concatenated; raises `NoSuchTile` when the tree does not reach so far."""
        return b"".join(await self._hashes(level, index, width))

    async def forget(self) -> None:
        """Drop every cached tile."""
        async with self._turn:
            self._held.clear()
            await asyncio.to_thread(shutil.rmtree, self._directory, ignore_errors=True)

    async def _hashes(self, level: int, index: int, width: int) -> Sequence[bytes]:
        if level == 0:
            hashes = await self._read(index * WIDTH, index * WIDTH + width)
            if len(hashes) != width:
                raise NoSuchTile("the tree is not that large")
            return hashes
        async with self._turn:
            return (await self._upper(level, index, width))[:width]

    async def _upper(self, level: int, index: int, width: int) -> list[bytes]:
        held = self._held.get((level, index))
        if held is None:
            held = await asyncio.to_thread(_from_file, self._file(level, index))
            self._held[level, index] = held
        self._held.move_to_end((level, index))
        if len(held) < width:
            await self._build(level, index, width, held)
            if len(held) == WIDTH:
                await asyncio.to_thread(_to_file, self._file(level, index), b"".join(held))
        while len(self._held) > _HELD:
            self._held.popitem(last=False)
        return held

    async def _build(self, level: int, index: int, width: int, held: list[bytes]) -> None:
        while len(held) < width:
            first = index * WIDTH + len(held)
            if level > 1:
                held.append(_root(await self._upper(level - 1, first, WIDTH)))
                continue
            many = min(_AT_ONCE, width - len(held))
            leaves = await self._read(first * WIDTH, (first + many) * WIDTH)
            if len(leaves) != many * WIDTH:
                raise NoSuchTile("the tree is not that large")
            held.extend(_root(leaves[at : at + WIDTH]) for at in range(0, len(leaves), WIDTH))
            await asyncio.sleep(0)

    def _file(self, level: int, index: int) -> Path:
        return self._directory / str(level) / tile_path(index)


def tile_path(index: int) -> str:
    """The index as path elements of three digits, all but the last marked x: 1234067 is x001/x234/067."""
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03}")
    return "/".join(reversed(groups))


def tile_index(path: str) -> int:
    """The index of such a path; raises `ValueError` for any other spelling."""
    groups = path.split("/")
    digits = "".join(group.removeprefix("x") for group in groups)
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18 or tile_path(int(digits)) != path:
        raise ValueError("not a tile path")
    return int(digits)


def _root(hashes: Sequence[bytes]) -> bytes:
    return hashes[0] if len(hashes) == 1 else grow(Head.empty(), hashes)[0].root


def _from_file(path: Path) -> list[bytes]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    return [data[at : at + 32] for at in range(0, len(data), 32)] if len(data) == WIDTH * 32 else []


def _to_file(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(data)
    fresh.replace(path)
