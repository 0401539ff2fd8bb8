"""The Merkle tree of RFC 6962: hashes, growing by a frontier, which nodes a proof needs, and checking proofs.

A node is named (level, index): level 0 are leaves, node (l, i) is the root of leaves [i·2^l, (i+1)·2^l). The frontier of a tree
are the roots of its largest perfect subtrees, left to right, one for each 1 bit of its size: all that growing needs.
Checking follows RFC 9162 §2.1.3.2 and §2.1.4.2 and shares no code with making.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

Node = tuple[int, int]
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """RFC 6962 §2.1: SHA-256(0x00 || data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962 §2.1: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def fold(roots: Sequence[bytes]) -> bytes:
    """The root over neighbouring perfect subtrees, largest first."""
    if not roots:
        return EMPTY_ROOT
    folded = roots[-1]
    for left in reversed(roots[:-1]):
        folded = node_hash(left, folded)
    return folded


@dataclass(frozen=True, slots=True)
class Head:
    """How large a tree is, its frontier and its root."""

    size: int
    frontier: tuple[bytes, ...]
    root: bytes

    @classmethod
    def empty(cls) -> Head:
        return cls(0, (), EMPTY_ROOT)

    def sound(self) -> bool:
        """Whether size, frontier and root belong together."""
        return len(self.frontier) == self.size.bit_count() and fold(self.frontier) == self.root


def grow(head: Head, leaves: Iterable[bytes]) -> tuple[Head, dict[Node, bytes]]:
    """The tree with leaf hashes appended, and every node that became perfect on the way."""
    size, frontier, made = head.size, list(head.frontier), {}
    for leaf in leaves:
        level, index, value = 0, size, leaf
        made[level, index] = value
        while index & 1:
            value = node_hash(frontier.pop(), value)
            level, index = level + 1, index >> 1
            made[level, index] = value
        frontier.append(value)
        size += 1
    return Head(size, tuple(frontier), fold(frontier)), made


def perfect(start: int, end: int) -> list[Node]:
    """The largest perfect subtrees that make up leaves [start, end), left to right; `start` as RFC 6962 splits."""
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def frontier_nodes(head: Head) -> dict[Node, bytes]:
    """The frontier by the names of its nodes."""
    return dict(zip(perfect(0, head.size), head.frontier, strict=True))


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """The leaf ranges whose roots prove that leaf `index` is in the tree of `size`, from the leaf up (PATH of RFC 6962)."""
    if not 0 <= index < size:
        raise ValueError("no such leaf in a tree of this size")
    ranges, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[tuple[int, int]]:
    """The leaf ranges whose roots prove that the tree of `new` extends that of `old` (PROOF of RFC 6962)."""
    if not 0 < old <= new:
        raise ValueError("no consistency proof between these sizes")
    ranges, start, end, whole = [], 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start, whole = middle, False
    if not whole:
        ranges.append((start, end))
    return ranges[::-1]


def prove(ranges: Iterable[tuple[int, int]], node: Callable[[Node], bytes]) -> tuple[bytes, ...]:
    """The hashes of `ranges`, each folded from the perfect nodes `node` gives."""
    return tuple([_root(start, end, node) for start, end in ranges])


def _root(start: int, end: int, node: Callable[[Node], bytes]) -> bytes:
    length = end - start
    if length & (length - 1) == 0:  # one perfect node, as every range of a proof but the last: RFC 6962 splits where that holds
        level = length.bit_length() - 1
        return node((level, start >> level))
    return fold([node(name) for name in perfect(start, end)])


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root an inclusion proof leads to (RFC 9162 §2.1.3.2), or None when its length cannot be right."""
    if not 0 <= index < size:
        return None
    first, last, value = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return None
        if first & 1 or first == last:
            value = node_hash(sibling, value)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            value = node_hash(value, sibling)
        first, last = first >> 1, last >> 1
    return value if last == 0 else None


def is_consistent(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree (new, new_root) extends (old, old_root) (RFC 9162 §2.1.4.2); every tree extends the empty one."""
    if old == 0:
        return old_root == EMPTY_ROOT and not proof
    if old >= new:
        return old == new and old_root == new_root and not proof
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    low = high = path[0]
    for value in path[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            low, high = node_hash(value, low), node_hash(value, high)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            high = node_hash(high, value)
        first, last = first >> 1, last >> 1
    return low == old_root and high == new_root and last == 0


class Leaves:
    """A whole tree in memory, for whoever holds every leaf hash: the offline verifier, tests."""

    def __init__(self, hashes: Iterable[bytes] = ()) -> None:
        """Grows by `hashes` in order."""
        self.head, self._nodes = grow(Head.empty(), hashes)

    @property
    def nodes(self) -> Mapping[Node, bytes]:
        return self._nodes

    def root(self, size: int) -> bytes:
        """The root the tree had at `size`."""
        return fold([self._nodes[name] for name in perfect(0, size)])

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """Proof that leaf `index` is in the tree of `size`."""
        return prove(inclusion_ranges(index, size), self._nodes.__getitem__)

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Proof that the tree of `new` extends that of `old`."""
        return prove(consistency_ranges(old, new), self._nodes.__getitem__)


def _split(length: int) -> int:
    """The largest power of two smaller than `length`."""
    return 1 << (length - 1).bit_length() - 1
