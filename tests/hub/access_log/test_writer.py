"""Many producers and processes share one tree; a log that cannot write says so in time, and recovers."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import asyncpg
import pytest

from hub.access_log.entry import Entry, Kind
from hub.access_log.merkle import Leaves, leaf_hash
from hub.access_log.note import Checkpoint
from hub.access_log.receipt import verify_receipt
from hub.access_log.soundness import LogUnsound
from hub.access_log.writer import AccessLog
from hub.errors import RecordingFailed
from tests.hub.access_log.conftest import MORNING, OpenLog, asked
from tests.waiting import PATIENCE, held_up, until

ROOT = Path(__file__).resolve().parents[3]


async def whole_tree(owner: asyncpg.Connection) -> Leaves:
    """The tree re-derived from the stored bytes, once table and head agree with it."""
    rows = await owner.fetch("SELECT idx, leaf_hash, body FROM log_entry ORDER BY idx")
    assert [row["idx"] for row in rows] == list(range(len(rows)))
    hashes = [leaf_hash(bytes(row["body"]).partition(b"\n")[0]) for row in rows]
    assert hashes == [bytes(row["leaf_hash"]) for row in rows]
    tree = Leaves(hashes)
    head = await owner.fetchrow("SELECT size, root FROM log_head")
    assert (head["size"], bytes(head["root"])) == (len(rows), tree.head.root)
    return tree


async def assert_checkpoints_hold(owner: asyncpg.Connection, tree: Leaves, log: AccessLog) -> int:
    rows = await owner.fetch("SELECT size, note FROM log_checkpoint")
    for row in rows:
        signed = Checkpoint.open(row["note"], log.verifiers)
        assert (signed.size, signed.root) == (row["size"], tree.root(row["size"]))
    return len(rows)


async def test_many_producers_make_one_tree_and_every_receipt_proves_its_entry(log: AccessLog, owner) -> None:
    async def produce(name: int) -> list[tuple[int, str]]:
        made = []
        for number in range(20):
            appended = await log.append(asked(number, organisation=f"org-{name}"))
            head = verify_receipt(log.receipt(appended).as_json(), log.verifiers)
            assert (head["organisation"], head["id"]) == (f"org-{name}", appended.id)
            made.append((appended.index, appended.id))
        return made

    made = [pair for pairs in await asyncio.gather(*map(produce, range(40))) for pair in pairs]
    assert sorted(index for index, _ in made) == list(range(800))
    stored = {row["idx"]: row["id"] for row in await owner.fetch("SELECT idx, id FROM log_entry")}
    assert stored == dict(made)
    await log.stop()
    tree = await whole_tree(owner)
    assert 800 / 64 <= await assert_checkpoints_hold(owner, tree, log) <= 801


async def test_three_processes_append_under_load_to_one_tree(open_log: OpenLog, database_url, keys, owner, tmp_path) -> None:
    log = await open_log(wait=20)
    arguments = ["-m", "tests.hub.access_log.appending", database_url, str(tmp_path / "checkpoint"), str(keys.directory), "20", "well"]
    processes = [await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT) for _ in range(2)]
    ours = 0
    while any(process.returncode is None for process in processes):
        await asyncio.gather(*(log.append(asked(number)) for number in range(8)))
        ours += 8
    assert [await process.wait() for process in processes] == [0, 0]
    await log.stop()
    tree = await whole_tree(owner)
    assert tree.head.size == ours + 2 * 32 * 20
    writers = await owner.fetch("SELECT organisation, count(*) FROM log_entry GROUP BY 1")
    assert sorted(row["count"] for row in writers if row["organisation"].startswith("process-")) == [640, 640]
    assert await assert_checkpoints_hold(owner, tree, log) > 3
    kept = Checkpoint.open((tmp_path / "checkpoint").read_text(), log.verifiers)
    assert kept.size == tree.head.size


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log_entry SET organisation = 'other'",
        "DELETE FROM log_entry",
        "TRUNCATE log_entry",
        "UPDATE log_checkpoint SET note = ''",
        "DELETE FROM log_checkpoint",
        "TRUNCATE log_checkpoint",
    ],
)
async def test_the_database_refuses_to_change_what_is_logged(log: AccessLog, owner, log_pool, statement: str) -> None:
    await log.append(asked())
    await log.stop()
    for connection in (owner, log_pool):
        with pytest.raises(asyncpg.PostgresError):
            await connection.execute(statement)
    assert (await whole_tree(owner)).head.size == 1


async def test_a_log_that_may_not_write_says_so_at_once_and_recovers(open_log: OpenLog, owner) -> None:
    log = await open_log(wait=2 * PATIENCE)
    await log.append(asked())
    await owner.execute("REVOKE INSERT ON log_entry FROM hub_log")
    async with asyncio.timeout(PATIENCE):
        for _ in range(3):
            with pytest.raises(RecordingFailed):
                await log.append(asked())
    await owner.execute("GRANT INSERT ON log_entry TO hub_log")
    assert (await log.append(asked())).index == 1
    await whole_tree(owner)


async def test_a_locked_head_fails_every_waiter_within_the_bound_and_later_appends_stand(open_log: OpenLog, owner) -> None:
    log = await open_log()
    await log.append(asked())
    async with owner.transaction():
        await owner.fetchrow("SELECT * FROM log_head FOR UPDATE")
        log._wait = 0.5
        async with asyncio.timeout(PATIENCE):  # the lock is held all the while
            results = await asyncio.gather(*(log.append(asked()) for _ in range(100)), return_exceptions=True)
        assert all(isinstance(result, RecordingFailed) for result in results)
        log._wait = PATIENCE
    appended = await log.append(asked())
    verify_receipt(log.receipt(appended), log.verifiers)
    # What waited for the lock may stand or not: nobody was told either way, and the tree is one.
    assert (await whole_tree(owner)).head.size == appended.index + 1


async def test_a_connection_cut_in_the_middle_is_replaced(open_log: OpenLog, owner) -> None:
    log = await open_log()
    good = failed = 0
    for number in range(30):
        if number % 7 == 3:
            await owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()")
        results = await asyncio.gather(*(log.append(asked(number)) for _ in range(5)), return_exceptions=True)
        good += sum(not isinstance(result, BaseException) for result in results)
        failed += sum(isinstance(result, RecordingFailed) for result in results)
    assert good + failed == 150
    assert failed
    assert (await log.append(asked())).index == (await whole_tree(owner)).head.size - 1 >= good


async def test_an_entry_given_up_while_it_queued_is_not_written(open_log: OpenLog, owner) -> None:
    log = await open_log()
    await log.append(asked())
    async with owner.transaction():
        await owner.fetchrow("SELECT * FROM log_head FOR UPDATE")
        first = asyncio.create_task(log.append(asked(organisation="in-flight")))
        await until(lambda: held_up(owner))
        queued = asyncio.create_task(log.append(asked(organisation="queued")))
        await until(lambda: log._queue)
        queued.cancel()
    await first
    await log.append(asked(organisation="after"))
    stored = {row["organisation"] for row in await owner.fetch("SELECT organisation FROM log_entry")}
    assert "queued" not in stored
    assert "after" in stored


async def test_an_entry_that_cannot_be_written_fails_alone(log: AccessLog) -> None:
    bad = Entry(kind=Kind.INTENT, at=MORNING, organisation="a\0b")
    results = await asyncio.gather(log.append(asked()), log.append(bad), log.append(asked()), return_exceptions=True)
    assert [type(result).__name__ for result in results] == ["Appended", "RecordingFailed", "Appended"]


async def test_stopping_writes_what_is_queued_and_then_refuses(log: AccessLog, owner, tmp_path) -> None:
    waiting = [asyncio.create_task(log.append(asked(number))) for number in range(200)]
    await asyncio.sleep(0)
    await log.stop()
    assert sorted([(await task).index for task in waiting]) == list(range(200))
    with pytest.raises(RecordingFailed):
        await log.append(asked())
    kept = Checkpoint.open((tmp_path / "checkpoint").read_text(), log.verifiers)
    assert (kept.size, kept.root) == (200, (await whole_tree(owner)).head.root)


async def test_killed_between_commit_and_checkpoint_the_next_start_goes_on(open_log: OpenLog, database_url, keys, owner, tmp_path) -> None:
    arguments = ["-m", "tests.hub.access_log.appending", database_url, str(tmp_path / "checkpoint"), str(keys.directory), "1", "kill"]
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    assert process.returncode == -9
    assert said == b"1\n"
    assert await owner.fetchval("SELECT count(*) FROM log_checkpoint WHERE size = 1") == 0
    log = await open_log()
    assert Checkpoint.open(await log.checkpoint(), log.verifiers).size == 1
    assert (await log.append(asked())).index == 1
    await whole_tree(owner)


async def test_a_tree_behind_the_kept_checkpoint_is_not_continued(open_log: OpenLog, database_url, log_pool, owner) -> None:
    log = await open_log()
    for number in range(3):
        await log.append(asked(number))
    await log.stop()
    await owner.execute("ALTER TABLE log_entry DISABLE TRIGGER USER; ALTER TABLE log_checkpoint DISABLE TRIGGER USER")
    await owner.execute("DELETE FROM log_entry; DELETE FROM log_checkpoint; UPDATE log_head SET size = 0, frontier = '', root = sha256('')")
    with pytest.raises(LogUnsound, match="the tree is behind: it holds 0 entries, the checkpoint kept outside the database says 3"):
        await open_log()


async def test_a_tree_beside_the_kept_checkpoint_is_not_continued(open_log: OpenLog, owner, tmp_path) -> None:
    log = await open_log(path=tmp_path / "elsewhere")
    for number in range(5):
        await log.append(asked(number))
    await log.stop()
    other = Checkpoint("hub.test/log", 4, bytes(32)).sign(log._signer)
    (tmp_path / "checkpoint").write_text(other)
    with pytest.raises(LogUnsound, match="the first 4 entries are not those the checkpoint kept outside the database signed"):
        await open_log()
    (tmp_path / "checkpoint").write_text(other.replace("\n4\n", "\n3\n"))
    with pytest.raises(LogUnsound, match="cannot be trusted"):
        await open_log()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ("DELETE FROM log_entry WHERE idx = 2", "the table holds 4"),
        ("DELETE FROM log_entry WHERE idx = 4", "the table holds 4"),
        ("UPDATE log_entry SET leaf_hash = sha256('') WHERE idx = 2", "are not those"),
        ("UPDATE log_head SET root = sha256('')", "do not belong together"),
        ("UPDATE log_head SET size = 4", "do not belong together"),
        ("DELETE FROM log_head", "no head row"),
        ("INSERT INTO log_entry SELECT 5, leaf_hash, body, 'x', kind FROM log_entry WHERE idx = 0", "the table holds 6"),
    ],
)
async def test_a_tree_changed_behind_the_hub_s_back_is_not_continued(open_log: OpenLog, owner, change: str, text: str) -> None:
    log = await open_log()
    for number in range(5):
        await log.append(asked(number))
    await log.stop()
    await owner.execute("ALTER TABLE log_entry DISABLE TRIGGER USER; ALTER TABLE log_entry ALTER at DROP NOT NULL, ALTER subjects DROP NOT NULL")
    await owner.execute(change)
    with pytest.raises(LogUnsound, match=text):
        await open_log()
