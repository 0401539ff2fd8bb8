"""Checks an exported log without hub, network or database: re-derives the tree and names what was altered, dropped or moved.

What the signatures say is the measure. The export's list of leaf hashes counts only if the signed checkpoints confirm it; then
every entry is held against its own hash and a fault is named by index. Where the list was changed too, the checkpoints bound
the fault to the entries of one batch, and two exchanged entries of a batch are found by trying.
"""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations
from pathlib import Path
from typing import Any

import orjson

from hub.access_log.leaf import parts
from hub.access_log.merkle import Head, Leaves, grow, leaf_hash
from hub.access_log.note import BadNote, Checkpoint, Verifier


class FaultKind(StrEnum):
    """What is wrong."""

    ALTERED = "ALTERED"
    MISSING = "MISSING"
    MOVED = "MOVED"
    ADDED = "ADDED"
    UNREADABLE = "UNREADABLE"
    CHECKPOINT = "CHECKPOINT"
    HASHES = "HASHES"
    UNSIGNED = "UNSIGNED"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, with the leaf indexes it concerns, first to last."""

    kind: FaultKind
    first: int | None
    last: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """The result: sound only without faults. `open_intents` are intents no outcome closes (the newest may still be running)."""

    origin: str
    size: int
    checkpoints: int
    faults: tuple[Fault, ...]
    open_intents: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.faults


@dataclass(slots=True)
class _Export:
    origin: str = ""
    entries: list[tuple[int, bytes]] = field(default_factory=list)  # as the file orders them: claimed index, leaf hash
    hashes: list[bytes] = field(default_factory=list)
    checkpoints: list[Checkpoint] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    intents: dict[str, None] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)


def verify_log(file: Path, keys: Iterable[str | Verifier], *, witnessed: Iterable[str] = ()) -> Report:
    """Check an export against the log's public `keys` (vkeys). The keys named in the file itself are never trusted. `witnessed`
    are checkpoints held elsewhere (a receipt's, a neighbour's, the kept file's): without one, an export cut off at its end
    together with its last checkpoints is a smaller sound log. Raises `BadNote` for keys or witnessed notes that cannot be read.
    """
    verifiers = [key if isinstance(key, Verifier) else Verifier.parse(key) for key in keys]
    export = _Export()
    with file.open("rb") as lines:
        for number, line in enumerate(_objects(lines), start=1):
            _read(export, number, line, verifiers)
    export.checkpoints += [Checkpoint.open(note, verifiers) for note in witnessed]
    export.checkpoints.sort(key=lambda checkpoint: checkpoint.size)
    faults = export.faults
    if not export.checkpoints:
        faults.append(Fault(FaultKind.UNSIGNED, None, None, "no checkpoint in the file is signed by the keys given"))
        return Report(export.origin, 0, 0, tuple(faults))
    size = export.checkpoints[-1].size
    if _first_broken(export.hashes, export.checkpoints) is None and len(export.hashes) == size:
        faults += _compare(export.entries, export.hashes)
    else:
        faults += _bound([hash_ for _, hash_ in export.entries], export.checkpoints)
        if not faults:
            faults.append(Fault(FaultKind.HASHES, None, None, "the entries are sound, the list of leaf hashes is not theirs"))
    open_intents = tuple(name for name in export.intents if name not in export.closed)
    named = {(fault.kind, fault.first, fault.last, fault.first is None and fault.text): fault for fault in reversed(faults)}
    return Report(export.origin, size, len(export.checkpoints), tuple(reversed(named.values())), open_intents)


def _objects(lines: Iterable[bytes]) -> Iterator[Mapping[str, Any]]:
    for line in lines:
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            value = None
        yield value if isinstance(value, dict) else {}


def _read(export: _Export, number: int, line: Mapping[str, Any], verifiers: Sequence[Verifier]) -> None:
    try:
        match line:
            case {"export": "household-facts-log/1", "origin": str(origin)}:
                export.origin = origin
            case {"index": int(index), "body": str(body)}:
                _read_entry(export, index, base64.b64decode(body, validate=True))
            case {"tile": int(), "hashes": str(text)}:
                data = base64.b64decode(text, validate=True)
                export.hashes += [data[at : at + 32] for at in range(0, len(data), 32)]
            case {"checkpoint": str(note)}:
                export.checkpoints.append(Checkpoint.open(note, verifiers))
            case _:
                export.faults.append(Fault(FaultKind.UNREADABLE, None, None, f"line {number} cannot be read"))
    except BadNote as bad:
        export.faults.append(Fault(FaultKind.CHECKPOINT, None, None, f"line {number}: {bad}"))
    except binascii.Error:
        export.faults.append(Fault(FaultKind.UNREADABLE, None, None, f"line {number} cannot be read"))


def _read_entry(export: _Export, index: int, body: bytes) -> None:
    export.entries.append((index, leaf_hash(body.partition(b"\n")[0])))
    try:
        head, _ = parts(body)
    except ValueError as unreadable:
        export.faults.append(Fault(FaultKind.ALTERED, index, index, f"entry {index} was altered: {unreadable}"))
        return
    if head.get("kind") == "INTENT":
        export.intents[str(head.get("id"))] = None
    elif head.get("question"):
        export.closed.add(str(head["question"]))


def _first_broken(hashes: Sequence[bytes], checkpoints: Sequence[Checkpoint]) -> int | None:
    """The position of the first checkpoint the tree over `hashes` does not have, None when it has them all."""
    tree = Leaves(hashes)
    for position, checkpoint in enumerate(checkpoints):
        if checkpoint.size > len(hashes) or tree.root(checkpoint.size) != checkpoint.root:
            return position
    return None


def _compare(entries: Sequence[tuple[int, bytes]], hashes: Sequence[bytes]) -> Iterator[Fault]:
    """Faults of entries against leaf hashes the checkpoints confirmed."""
    place = {hash_: index for index, hash_ in enumerate(hashes)}
    found = [(index, place.get(hash_)) for index, hash_ in entries]
    known = [at for _, at in found if at is not None]
    in_order = _longest_rise(known)
    present = set(known)
    altered = set()
    for index, at in found:
        if at is None and index not in present and index not in altered and 0 <= index < len(hashes):
            altered.add(index)
            yield Fault(FaultKind.ALTERED, index, index, f"entry {index} was altered: it is not what was signed")
        elif at is None:
            yield Fault(FaultKind.ADDED, index, index, f"an entry numbered {index} was added: nothing signed holds it")
    seen: set[int] = set()
    for at in known:
        if at in seen:
            yield Fault(FaultKind.ADDED, at, at, f"entry {at} stands in the file twice")
        elif at not in in_order:
            yield Fault(FaultKind.MOVED, at, at, f"entry {at} was moved out of its order")
        seen.add(at)
    missing = [index for index in range(len(hashes)) if index not in present and index not in altered]
    for index in missing:
        yield Fault(FaultKind.MISSING, index, index, f"entry {index} was dropped")
    renumbered = next((at for index, at in found if at is not None and at != index and at in in_order), None)
    if renumbered is not None:
        yield Fault(FaultKind.MOVED, renumbered, renumbered, f"from entry {renumbered} on, entries carry another number than theirs")


def _bound(hashes: Sequence[bytes], checkpoints: Sequence[Checkpoint]) -> Iterator[Fault]:
    """Faults of entries where no list of leaf hashes can be trusted: the first batch a checkpoint does not confirm."""
    broken = _first_broken(hashes, checkpoints)
    if broken is None:
        if len(hashes) > checkpoints[-1].size:
            yield Fault(FaultKind.ADDED, checkpoints[-1].size, len(hashes) - 1, "entries after the last signed checkpoint")
        return
    first = checkpoints[broken - 1].size if broken else 0
    signed = checkpoints[broken]
    if signed.size > len(hashes):
        text = f"at least {signed.size - len(hashes)} of entries {first} to {signed.size - 1} were dropped"
        yield Fault(FaultKind.MISSING, first, signed.size - 1, text)
        return
    exchanged = _exchanged(hashes[:first], hashes[first : signed.size], signed.root)
    if exchanged:
        one, other = (first + position for position in exchanged)
        yield Fault(FaultKind.MOVED, one, other, f"entries {one} and {other} were exchanged")
    else:
        text = f"something among entries {first} to {signed.size - 1} was altered, dropped or moved"
        yield Fault(FaultKind.ALTERED, first, signed.size - 1, text)


def _exchanged(before: Sequence[bytes], batch: Sequence[bytes], root: bytes) -> tuple[int, int] | None:
    """The two positions of `batch` whose exchange gives `root`; batches too large to try are left alone."""
    if len(batch) > 128:
        return None
    head, _ = grow(Head.empty(), before)
    for one, other in combinations(range(len(batch)), 2):
        tried = list(batch)
        tried[one], tried[other] = tried[other], tried[one]
        if grow(head, tried)[0].root == root:
            return one, other
    return None


def _longest_rise(numbers: Sequence[int]) -> set[int]:
    """The longest strictly rising subsequence: what still stands in order, so that the fewest entries are called moved."""
    tails: list[int] = []
    ends: list[int] = []
    previous: list[int] = []
    for position, number in enumerate(numbers):
        rank = bisect_left(tails, number)
        previous.append(ends[rank - 1] if rank else -1)
        if rank == len(tails):
            tails.append(number)
            ends.append(position)
        else:
            tails[rank], ends[rank] = number, position
    rising: set[int] = set()
    position = ends[-1] if ends else -1
    while position >= 0:
        rising.add(numbers[position])
        position = previous[position]
    return rising
