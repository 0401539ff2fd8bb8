"""Whether the stored tree may be continued: asked once at start, answered with a refusal when in doubt."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from hub.access_log.keeper import KeptFile
from hub.access_log.merkle import Head
from hub.access_log.note import BadNote, Checkpoint, Verifier
from hub.access_log.store import LogStore
from hub.access_log.tiles import NoSuchTile, Tiles
from hub.access_log.tree import Tree, TreeBroken


class LogUnsound(Exception):
    """The stored tree is behind or beside what was signed; the message says how. The hub must not start."""


async def check_sound(tree: Tree, store: LogStore, tiles: Tiles, file: KeptFile, verifiers: Iterable[Verifier]) -> Head:
    """The head, once it is known: entries without gaps up to the head, the head's root theirs, and every newest signed checkpoint a prefix of it.

    A database rolled back to an older state fails here: going on would give new entries the indexes of old receipts. What was
    signed is read before the head, because other processes may be appending.
    """
    signed = await _signed(store, file, tuple(verifiers))
    try:
        head = await tree.read()
    except TreeBroken as broken:
        raise LogUnsound(str(broken)) from None
    many, past = await store.extent()
    now = await store.head()
    if not head.size <= many == past <= now.size:
        raise LogUnsound(f"the head says {head.size} entries, the table holds {many} up to index {past - 1}")
    await _agrees(Checkpoint("", head.size, head.root), head, tiles, "the stored head")
    for name, checkpoint in signed.items():
        await _agrees(checkpoint, head, tiles, name)
    return head


async def _signed(store: LogStore, file: KeptFile, verifiers: tuple[Verifier, ...]) -> dict[str, Checkpoint]:
    signed = {}
    name = "the checkpoint kept outside the database"
    try:
        kept = await asyncio.to_thread(file.read, verifiers)
        if kept is not None:
            signed[name] = kept
        name = "the newest stored checkpoint"
        stored = await store.newest_checkpoint()
        if stored is not None:
            signed[name] = Checkpoint.open(stored.note, verifiers)
    except BadNote as bad:
        raise LogUnsound(f"{name} cannot be trusted: {bad}") from None
    return signed


async def _agrees(signed: Checkpoint, head: Head, tiles: Tiles, name: str) -> None:
    if signed.size > head.size:
        raise LogUnsound(f"the tree is behind: it holds {head.size} entries, {name} says {signed.size}")
    try:
        root = await tiles.root(signed.size)
        if root != signed.root:
            await tiles.forget()  # perhaps only a cached tile is spoilt: look at the leaves themselves
            root = await tiles.root(signed.size)
    except NoSuchTile:
        raise LogUnsound(f"entries of the tree {name} speaks of are missing") from None
    if root != signed.root:
        raise LogUnsound(f"the first {signed.size} entries are not those {name} signed")
