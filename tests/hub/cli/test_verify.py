"""An exported log and a receipt are checked without hub, database or settings; what was changed is named."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from hub.access_log.receipt import salted_digest
from hub.access_log.writer import AccessLog
from hub.postgres.connection import LOG_ROLE, pool
from tests.hub.access_log.conftest import asked, told
from tests.hub.cli.conftest import ORIGIN, Desk

DATA = b'{"person":{"id":"per_1"}}'
SALT = bytes(range(16))
ROOT = Path(__file__).parents[3]


@pytest.fixture
def written(desk, clock, random) -> dict:
    """Six questions in the log; the receipt of the last answer."""

    async def write() -> dict:
        async with await pool(desk.url, role=LOG_ROLE) as connections:
            log = AccessLog(connections, keys=desk.keys, clock=clock, random=random, origin=ORIGIN, checkpoint_path=desk.directory / "checkpoint")
            await log.start()
            for number in range(6):
                intent = await log.append(asked(number))
                outcome = await log.append(told(intent.id, number, answer=salted_digest(SALT, DATA)))
            receipt = log.receipt(outcome, salt=SALT).as_json()
            await log.stop()
            return orjson.loads(orjson.dumps(receipt))

    return desk.await_(write)


def offline(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process without a single setting of the hub, in a network of nobody's where the kernel lets us."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    return subprocess.run([sys.executable, "-m", "hub", *arguments], cwd=ROOT, env=bare, capture_output=True, text=True, check=False)


def test_an_export_is_verified_offline(desk: Desk, written) -> None:
    file = desk.directory.parent / "log.jsonl"
    assert "12 entries" in desk.run("log", "export", str(file))
    assert file.stat().st_mode & 0o077 == 0
    key = desk.run("log", "key").strip()
    done = offline("verify-log", str(file), "--key", key, "--checkpoint", str(desk.directory / "checkpoint"))
    assert done.returncode == 0, done.stderr
    assert "12 entries" in done.stdout
    assert "holds together" in done.stdout
    done = offline("verify-log", str(file), "--key", desk.file("keys.txt", key + "\n"))
    assert done.returncode == 0
    assert "cut off" in done.stdout


def test_what_was_done_to_an_export_is_named(desk: Desk, written) -> None:
    file = desk.directory.parent / "log.jsonl"
    desk.run("log", "export", str(file))
    key = desk.run("log", "key").strip()
    lines = file.read_text().splitlines()
    dropped = desk.file("dropped.jsonl", "\n".join(lines[:4] + lines[5:]))
    said = desk.run("verify-log", dropped, "--key", key, code=1)
    assert "MISSING: entry 3 was dropped" in said
    assert "does not hold together" in said
    moved = desk.file("moved.jsonl", "\n".join([*lines[:3], lines[4], lines[3], *lines[5:]]))
    assert "MOVED" in desk.run("verify-log", moved, "--key", key, code=1)


def test_another_key_and_no_key_prove_nothing(desk: Desk, written) -> None:
    file = desk.directory.parent / "log.jsonl"
    desk.run("log", "export", str(file))
    other = desk.run("log", "key", env={"HUB_ISSUER": "https://elsewhere.test"}).strip()
    desk.run("verify-log", str(file), "--key", other, code=1)
    assert "not a verifier key" in desk.run("verify-log", str(file), "--key", "nonsense", code=1)
    desk.run("verify-log", str(file), code=2)


def test_an_export_never_replaces_a_file_and_leaves_none_when_it_fails(desk: Desk, written) -> None:
    there = desk.file("there.jsonl", "mine")
    assert "exists" in desk.run("log", "export", there, code=1)
    assert Path(there).read_text() == "mine"
    fresh = desk.directory.parent / "fresh.jsonl"
    desk.run("log", "export", str(fresh), code=1, env={"HUB_DATABASE_URL": "postgresql://x:y@127.0.0.1:9/none"})
    assert not fresh.exists()


def test_a_receipt_proves_its_entry_and_its_answer_offline(desk: Desk, written) -> None:
    key = desk.run("log", "key").strip()
    receipt, data = desk.file("receipt.json", written), desk.file("data.json", DATA.decode())
    done = offline("verify-receipt", receipt, "--key", key, "--answer", data)
    assert done.returncode == 0, done.stderr
    assert "entry 11 of the log" in done.stdout
    assert "this very answer" in done.stdout


def test_a_receipt_is_written_as_a_tlog_proof_for_other_tools(desk: Desk, written) -> None:
    key = desk.run("log", "key").strip()
    response, proof = desk.file("response.json", {"data": 1, "extensions": {"receipt": written}}), desk.directory.parent / "receipt.tlog-proof"
    desk.run("verify-receipt", response, "--key", key, "--tlog-proof", str(proof))
    text = proof.read_text("utf-8")
    assert text.startswith(f"c2sp.org/tlog-proof@v1\nextra {base64.b64encode(written['entry'].encode()).decode()}\nindex 11\n")
    assert text.endswith("\n\n" + written["checkpoint"])
    broken = desk.file("broken.json", written | {"index": 3})
    proof.unlink()
    desk.run("verify-receipt", broken, "--key", key, "--tlog-proof", str(proof), code=1)
    assert not proof.exists()


def test_a_whole_response_serves_as_receipt_and_as_answer(desk: Desk, written) -> None:
    key = desk.run("log", "key").strip()
    response = desk.file("response.json", {"data": json.loads(DATA), "extensions": {"receipt": written}})
    assert "this very answer" in desk.run("verify-receipt", response, "--key", key, "--answer", response)


def test_a_receipt_of_another_answer_or_log_is_refused(desk: Desk, written) -> None:
    key = desk.run("log", "key").strip()
    receipt, other = desk.file("receipt.json", written), desk.file("data.json", DATA.decode().replace("per_1", "per_2"))
    assert "another answer" in desk.run("verify-receipt", receipt, "--key", key, "--answer", other, code=1)
    changed = desk.file("changed.json", written | {"index": 3})
    assert "not in the tree" in desk.run("verify-receipt", changed, "--key", key, code=1)
    for wrong in ("[]", "{", '{"extensions": 3}', '{"extensions": {"receipt": 3}}', "{}"):
        said = desk.run("verify-receipt", desk.file("wrong.json", wrong), "--key", key, code=1)
        assert "Traceback" not in said
