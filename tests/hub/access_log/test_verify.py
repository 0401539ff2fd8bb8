"""An export that was altered, cut, filled up or reordered anywhere is found, and what was done to it is named."""

from __future__ import annotations

import base64
from pathlib import Path

import orjson
import pytest

from hub.access_log.export import export_log
from hub.access_log.leaf import parts, seal
from hub.access_log.merkle import Leaves, leaf_hash
from hub.access_log.note import Checkpoint, Signer
from hub.access_log.verify import FaultKind, Report, verify_log
from hub.access_log.writer import AccessLog
from tests.hub.access_log.conftest import asked, told

Lines = list[dict]
COUNT = 300


@pytest.fixture
async def exported(log: AccessLog, log_pool, tmp_path: Path) -> Path:
    """300 entries in three batches or more, exported."""
    for start in range(0, COUNT, 50):
        for number in range(start, start + 50, 2):
            appended = await log.append(asked(number))
            await log.append(told(appended.id, number + 1))
        await log._keeper.flush()  # else the checkpoints of all batches wait for the keeper's next round
    path = tmp_path / "export.jsonl"
    done = await export_log(log, log_pool, path)
    assert (done.size, done.disagreeing) == (COUNT, ())
    return path


@pytest.fixture
def keys_of(log: AccessLog) -> list[str]:
    return [verifier.vkey for verifier in log.verifiers]


def read(path: Path) -> Lines:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def write(path: Path, lines: Lines) -> Path:
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return path


def place(lines: Lines, index: int) -> int:
    return next(at for at, line in enumerate(lines) if line.get("index") == index)


def altered(lines: Lines, index: int, old: bytes, new: bytes) -> None:
    line = lines[place(lines, index)]
    body = base64.b64decode(line["body"])
    assert old in body
    line["body"] = base64.b64encode(body.replace(old, new)).decode()


def rehashed(lines: Lines) -> None:
    """What a careful forger does: rewrite the list of leaf hashes to fit the entries."""
    bodies = [base64.b64decode(line["body"]) for line in lines if "body" in line]
    hashes = [leaf_hash(body.partition(b"\n")[0]) for body in bodies]
    tiles = [line for line in lines if "tile" in line]
    for number, line in enumerate(tiles):
        line["hashes"] = base64.b64encode(b"".join(hashes[number * 256 : number * 256 + 256])).decode()


def faults(report: Report) -> list[tuple[str, int | None, int | None]]:
    assert not report.ok
    return [(str(fault.kind), fault.first, fault.last) for fault in report.faults]


def test_a_sound_export_is_sound(exported, keys_of) -> None:
    report = verify_log(exported, keys_of)
    assert report.ok, report.faults
    assert (report.origin, report.size, report.open_intents) == ("hub.test/log", COUNT, ())
    assert report.checkpoints > 1


@pytest.mark.parametrize("index", [0, 1, 64, 255, 256, COUNT - 1])
def test_one_altered_entry_is_named(exported, keys_of, index: int) -> None:
    lines = read(exported)
    altered(lines, index, b"mz-hd-500152", b"mz-hd-500153")
    assert faults(verify_log(write(exported, lines), keys_of)) == [("ALTERED", index, index)]


def test_one_altered_byte_of_the_shut_part_is_named(exported, keys_of) -> None:
    lines = read(exported)
    altered(lines, 7, b"ab" * 32, b"ab" * 31 + b"ac")
    assert faults(verify_log(write(exported, lines), keys_of)) == [("ALTERED", 7, 7)]


@pytest.mark.parametrize("renumbered", [False, True])
@pytest.mark.parametrize("index", [0, 130, COUNT - 1])
def test_one_dropped_entry_is_named(exported, keys_of, index: int, renumbered: bool) -> None:
    lines = read(exported)
    del lines[place(lines, index)]
    if renumbered:
        for line in lines:
            if line.get("index", -1) > index:
                line["index"] -= 1
    named = faults(verify_log(write(exported, lines), keys_of))
    assert ("MISSING", index, index) in named
    assert len(named) == (2 if renumbered and index < COUNT - 1 else 1)


def test_a_moved_entry_is_named_and_its_neighbours_are_not(exported, keys_of) -> None:
    lines = read(exported)
    line = lines.pop(place(lines, 20))
    lines.insert(place(lines, 90), line)
    assert faults(verify_log(write(exported, lines), keys_of)) == [("MOVED", 20, 20)]


def test_two_exchanged_entries_are_named(exported, keys_of) -> None:
    lines = read(exported)
    one, other = place(lines, 20), place(lines, 21)
    lines[one]["body"], lines[other]["body"] = lines[other]["body"], lines[one]["body"]
    named = faults(verify_log(write(exported, lines), keys_of))
    assert {kind for kind, _, _ in named} == {"MOVED"}
    assert {first for _, first, _ in named} <= {20, 21}


def test_an_added_or_repeated_entry_is_named(exported, keys_of, random) -> None:
    lines = read(exported)
    forged = seal(asked(5), random=random).body
    lines.insert(place(lines, 50), {"index": 50, "body": base64.b64encode(forged).decode()})
    assert faults(verify_log(write(exported, lines), keys_of)) == [("ADDED", 50, 50)]
    lines[place(lines, 50)] = dict(lines[place(lines, 51)])
    assert ("ADDED", 51, 51) in faults(verify_log(write(exported, lines), keys_of))


def test_a_forger_who_rewrites_the_hash_list_is_held_to_the_batch_the_checkpoints_sign(exported, keys_of) -> None:
    lines = read(exported)
    altered(lines, 77, b"mz-hd-500152", b"mz-hd-500153")
    rehashed(lines)
    (named,) = faults(verify_log(write(exported, lines), keys_of))
    assert named[0] == "ALTERED"
    assert named[1] <= 77 <= named[2] < COUNT


def test_a_forger_who_drops_and_renumbers_everything_is_found(exported, keys_of) -> None:
    lines = read(exported)
    del lines[place(lines, 77)]
    for line in lines:
        if line.get("index", -1) > 77:
            line["index"] -= 1
    rehashed(lines)
    (named,) = faults(verify_log(write(exported, lines), keys_of))
    assert named[1] <= 77 <= named[2]


def test_two_entries_exchanged_within_a_batch_are_named_even_without_the_list(exported, keys_of, log) -> None:
    lines = [line for line in read(exported) if line.get("index", COUNT) < 100]
    tree = Leaves(leaf_hash(base64.b64decode(line["body"]).partition(b"\n")[0]) for line in lines)
    lines[3]["body"], lines[60]["body"] = lines[60]["body"], lines[3]["body"]
    lines.append({"checkpoint": Checkpoint("hub.test/log", 100, tree.head.root).sign(log._signer)})
    assert faults(verify_log(write(exported, lines), keys_of)) == [("MOVED", 3, 60)]


def test_an_export_cut_off_with_its_checkpoints_is_found_by_a_checkpoint_held_elsewhere(exported, keys_of) -> None:
    lines = read(exported)
    newest = lines[-1]["checkpoint"]
    sizes = sorted({int(line["checkpoint"].split("\n")[1]) for line in lines if "checkpoint" in line})
    cut = sizes[-2]
    kept = [line for line in lines if line.get("index", 0) < cut and int(line.get("checkpoint", "\n0").split("\n")[1]) <= cut]
    rehashed(kept)
    assert verify_log(write(exported, kept), keys_of).ok
    assert faults(verify_log(exported, keys_of, witnessed=[newest]))[0][0] == "MISSING"


def test_keys_named_in_the_file_are_not_trusted(exported) -> None:
    stranger = Signer("hub.test/log", bytes(32)).verifier
    assert ("UNSIGNED", None, None) in faults(verify_log(exported, [stranger]))


def test_a_forged_checkpoint_is_found(exported, keys_of, log) -> None:
    lines = read(exported)
    lines[-1]["checkpoint"] = lines[-1]["checkpoint"].replace(f"\n{COUNT}\n", f"\n{COUNT - 1}\n")
    report = verify_log(write(exported, lines), keys_of)
    assert FaultKind.CHECKPOINT in {fault.kind for fault in report.faults}


@pytest.mark.parametrize(
    "line", [b"", b"\xff", b"[]", b"{}", b'{"index":"0","body":""}', b'{"tile":0,"hashes":"!"}', b'{"checkpoint":"x"}', b'{"index":0,"body":"AAAA"}']
)
def test_lines_that_are_nothing_are_faults_and_no_crash(exported, keys_of, line: bytes) -> None:
    exported.write_bytes(exported.read_bytes() + line + b"\n")
    assert not verify_log(exported, keys_of).ok


async def test_an_intent_nobody_closed_is_told_but_is_no_fault(log: AccessLog, log_pool, keys_of, tmp_path) -> None:
    lost = await log.append(asked())
    await export_log(log, log_pool, tmp_path / "export")
    report = verify_log(tmp_path / "export", keys_of)
    assert report.ok
    assert report.open_intents == (lost.id,)


@pytest.mark.parametrize(
    "change",
    [
        "organisation = 'other'",
        "subjects = '{}'",
        "letter = 'let_1'",
        "at = at + interval '1 s'",
        "decision = 'ALLOW'",
        "question = 'log_x'",
        "case_id = NULL",
    ],
)
async def test_search_columns_changed_to_hide_an_entry_are_found(log: AccessLog, log_pool, owner, tmp_path, change: str) -> None:
    for number in range(5):
        await log.append(asked(number))
    await owner.execute("ALTER TABLE log_entry DISABLE TRIGGER USER")
    await owner.execute("ALTER TABLE log_entry DISABLE TRIGGER ALL")
    await owner.execute(f"UPDATE log_entry SET {change} WHERE idx = 3")
    assert (await export_log(log, log_pool, tmp_path / "export")).disagreeing == (3,)


def test_bodies_read_back_as_what_was_asked(exported) -> None:
    body = base64.b64decode(read(exported)[1]["body"])
    head, rest = parts(body)
    assert head["kind"] == "INTENT"
    assert rest["fields"] == ["MEMBER/covered: GA plate_masked, model"]
