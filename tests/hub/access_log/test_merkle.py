"""The tree against pymerkle's and RFC 6962's own recursive definition; proofs hold, and no other proof does."""

from __future__ import annotations

import hashlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from hub.access_log.merkle import (
    EMPTY_ROOT,
    Head,
    Leaves,
    fold,
    frontier_nodes,
    grow,
    inclusion_ranges,
    is_consistent,
    leaf_hash,
    node_hash,
    prove,
    root_from_inclusion,
)


def hashes(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


def defined_root(leaves: list[bytes]) -> bytes:
    """MTH as RFC 6962 §2.1 writes it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return node_hash(defined_root(leaves[:half]), defined_root(leaves[half:]))


def test_roots_equal_pymerkle_at_every_size_and_at_thousands() -> None:
    theirs = InmemoryTree(algorithm="sha256")
    ours = Head.empty()
    for number in range(3000):
        data = str(number).encode()
        theirs.append_entry(data)
        ours, _ = grow(ours, [leaf_hash(data)])
        if number < 300 or number % 97 == 0:
            assert ours.root == theirs.get_root()
    assert ours.root == theirs.get_root()
    assert Leaves(hashes(3000)).root(1234) == theirs.get_root(1234)


def test_the_roots_of_rfc_6962_test_vectors() -> None:
    data = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    tree = Leaves(leaf_hash(bytes.fromhex(text)) for text in data)
    assert tree.root(0) == EMPTY_ROOT
    assert tree.root(1).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert tree.root(2).hex() == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
    assert tree.root(8).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@given(st.integers(0, 200), st.lists(st.integers(0, 40), max_size=6))
@settings(deadline=None)
def test_growing_in_any_batches_gives_the_same_tree(first: int, batches: list[int]) -> None:
    leaves = hashes(first + sum(batches))
    head, _ = grow(Head.empty(), leaves[:first])
    at = first
    for batch in batches:
        head, _ = grow(head, leaves[at : at + batch])
        at += batch
    assert head.root == defined_root(leaves)
    assert head.sound()
    assert fold(head.frontier) == head.root


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 100])
def test_every_leaf_of_every_small_tree_is_proven_and_pymerkle_agrees(size: int) -> None:
    tree, theirs = Leaves(hashes(size)), InmemoryTree(algorithm="sha256")
    for number in range(size):
        theirs.append_entry(str(number).encode())
    for index in range(size):
        proof = tree.inclusion(index, size)
        assert root_from_inclusion(hashes(size)[index], index, size, proof) == tree.root(size)
        # Pymerkle's path begins with the leaf itself.
        assert list(proof) == theirs.prove_inclusion(index + 1, size).path[1:]


@given(st.integers(1, 3000), st.data())
@settings(max_examples=200, deadline=None)
def test_inclusion_holds_for_its_leaf_and_place_only(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = hashes(size)
    tree = Leaves(leaves)
    proof = tree.inclusion(index, size)
    root = tree.root(size)
    assert root_from_inclusion(leaves[index], index, size, proof) == root
    other = data.draw(st.integers(0, size - 1))
    if other != index:
        assert root_from_inclusion(leaves[index], other, size, proof) != root
        assert root_from_inclusion(leaves[other], index, size, proof) != root
    assert root_from_inclusion(leaves[index], index, size, [*proof, leaves[0]]) != root
    if proof:
        assert root_from_inclusion(leaves[index], index, size, proof[:-1]) != root
        spoilt = list(proof)
        at = data.draw(st.integers(0, len(proof) - 1))
        spoilt[at] = bytes([spoilt[at][0] ^ 1]) + spoilt[at][1:]
        assert root_from_inclusion(leaves[index], index, size, spoilt) != root
    assert root_from_inclusion(leaves[index], size, size, proof) is None


@given(st.integers(1, 3000), st.data())
@settings(max_examples=200, deadline=None)
def test_consistency_holds_between_prefixes_only(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    tree = Leaves(hashes(new))
    proof = tree.consistency(old, new)
    assert is_consistent(old, tree.root(old), new, tree.root(new), proof)
    if old != new:
        changed = Leaves([leaf_hash(b"changed"), *hashes(new)[1:]])
        assert not is_consistent(old, changed.root(old), new, tree.root(new), proof)
        assert not is_consistent(old, tree.root(old), new, changed.root(new), changed.consistency(old, new))
        assert not is_consistent(old, tree.root(old), new, tree.root(new), [*proof, EMPTY_ROOT])
        assert not is_consistent(new, tree.root(new), old, tree.root(old), proof)
    assert is_consistent(0, EMPTY_ROOT, new, tree.root(new), ())
    assert not is_consistent(0, tree.root(new), new, tree.root(new), ())


@given(st.integers(0, 700), st.integers(1, 64))
@settings(max_examples=100, deadline=None)
def test_a_batch_proves_its_own_leaves_from_the_frontier_before_it(before: int, batch: int) -> None:
    leaves = hashes(before + batch)
    old, _ = grow(Head.empty(), leaves[:before])
    new, made = grow(old, leaves[before:])
    nodes = {**frontier_nodes(old), **made}
    whole = Leaves(leaves)
    for index in {before, before + batch // 2, before + batch - 1}:
        proof = prove(inclusion_ranges(index, new.size), nodes.__getitem__)
        assert proof == whole.inclusion(index, new.size)


def test_proofs_between_impossible_sizes_are_refused() -> None:
    tree = Leaves(hashes(5))
    for index, size in [(5, 5), (-1, 5), (0, 0)]:
        with pytest.raises(ValueError, match="no such leaf"):
            tree.inclusion(index, size)
    for old, new in [(0, 5), (6, 5)]:
        with pytest.raises(ValueError, match="no consistency proof"):
            tree.consistency(old, new)


def test_a_head_that_contradicts_itself_is_not_sound() -> None:
    head, _ = grow(Head.empty(), hashes(random.Random(1).randrange(3, 99)))
    assert head.sound()
    assert not Head(head.size + 1, head.frontier, head.root).sound()
    assert not Head(head.size, head.frontier, EMPTY_ROOT).sound()
