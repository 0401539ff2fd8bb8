"""The embedded server: starts, keeps its data, ends with its hub however that ends, and lets nobody else in."""

from __future__ import annotations

import asyncio
import os
import pwd
import signal
import subprocess
import threading
from pathlib import Path

import asyncpg
import psutil
import pytest

from hub.postgres.binaries import Binaries, find
from hub.postgres.errors import AlreadyRunning, StartFailed
from hub.postgres.supervisor import Supervisor
from tests.hub.postgres.conftest import gone, servers_on
from tests.waiting import until

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user: needs root")

HASTY = {"fsync": "off"}  # where durability is not the question


def supervisor(directory: Path, **options) -> Supervisor:
    return Supervisor(directory, random=os.urandom, **options)


async def ask(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def write(url: str, value: int) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE IF NOT EXISTS kept (value int)")
    await connection.execute("INSERT INTO kept VALUES ($1)", value)
    await connection.close()


async def test_data_is_there_again_after_a_stop_and_a_start(fresh) -> None:
    for value in (1, 2):
        one = supervisor(fresh)
        await write(await one.start(), value)
        pid = one.pid
        await one.stop()
        assert one.pid is None
        assert gone(pid)
    two = supervisor(fresh)
    url = await two.start()
    assert await ask(url, "SELECT array_agg(value ORDER BY value) FROM kept") == [1, 2]
    assert await ask(url, "SHOW data_checksums") == "on"
    assert await ask(url, "SHOW listen_addresses") == "127.0.0.1"
    assert await ask(url, "SELECT datcollate FROM pg_database WHERE datname = 'hub'") == "C.UTF-8"
    await two.stop()
    await two.stop()
    assert servers_on(fresh) == []


async def test_only_the_password_opens_by_tcp_and_by_socket(fresh) -> None:
    one = supervisor(fresh)
    url = await one.start()
    password = (fresh / "password").read_text()
    assert len(password) == 32
    assert password in url
    port = int(url.rpartition(":")[2].partition("/")[0])
    for host in ("127.0.0.1", str(fresh / "data")):
        for wrong in ("", "hub", password[:-1]):
            with pytest.raises(asyncpg.InvalidPasswordError):
                await asyncpg.connect(host=host, port=port, user="hub", password=wrong, database="hub")
        connection = await asyncpg.connect(host=host, port=port, user="hub", password=password, database="hub")
        await connection.close()
    assert await ask(url, "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules") == "scram-sha-256"
    assert await ask(url, "SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolname = 'hub'")
    await one.stop()


async def test_nothing_of_it_can_be_read_by_others_and_no_parent_is_touched(fresh) -> None:
    before = fresh.parent.stat().st_mode
    one = supervisor(fresh, settings=HASTY)
    await one.start()
    assert fresh.parent.stat().st_mode == before
    assert fresh.stat().st_mode & 0o077 == 0
    assert (fresh / "data").stat().st_mode & 0o077 == 0
    for name in ("password", "server.log", "lock"):
        assert (fresh / name).stat().st_mode & 0o777 == 0o600
    assert (fresh / "password").read_text() not in " ".join(psutil.Process(one.pid).cmdline())
    await one.stop()


async def test_the_servers_log_holds_no_value_of_a_failing_statement(directory) -> None:
    one = supervisor(directory)
    connection = await asyncpg.connect(await one.start())
    await connection.execute("CREATE TABLE secret (number text PRIMARY KEY)")
    for _ in range(2):
        try:
            await connection.execute("INSERT INTO secret VALUES ($1)", "509901199003071234")
        except asyncpg.UniqueViolationError:
            duplicate = True
    with pytest.raises(asyncpg.DivisionByZeroError):
        await connection.execute("SELECT 1/0 AS marker_in_statement WHERE '509901199003071234' <> ''")
    await connection.close()
    await one.stop()
    log = (directory / "server.log").read_text()
    assert duplicate
    assert "duplicate key" in log
    assert "5099" not in log
    assert "marker" not in log


async def test_killed_with_its_hub_it_ends_cleanly_and_keeps_what_was_committed(directory, hub_process) -> None:
    hub = hub_process(directory)
    await write(hub.told["url"], 7)
    hub.kill()
    await until(lambda: gone(hub.told["pid"]))
    assert servers_on(directory) == []
    assert "database system is shut down" in (directory / "server.log").read_text()
    again = supervisor(directory)
    assert await ask(await again.start(), "SELECT value FROM kept") == 7
    await again.stop()


async def test_a_hub_restarted_at_once_after_kill_9_waits_for_the_old_server(directory, hub_process) -> None:
    hub = hub_process(directory)
    holding = await asyncpg.connect(hub.told["url"])  # a client in the way of a fast shutdown
    hub.kill()
    again = supervisor(directory)
    url = await again.start()
    assert await ask(url, "SELECT 1") == 1
    assert len([pid for pid in servers_on(directory) if psutil.Process(pid).ppid() == os.getpid()]) == 1
    holding.terminate()
    await again.stop()


async def test_committed_rows_survive_a_server_killed_at_once(directory, hub_process) -> None:
    """Server and hub both by kill -9, as when the machine's memory runs out: crash recovery, nothing committed is lost."""
    hub = hub_process(directory)
    for value in range(5):
        await write(hub.told["url"], value)
    os.kill(hub.told["pid"], signal.SIGKILL)
    hub.kill()
    assert (directory / "data" / "postmaster.pid").exists()
    again = supervisor(directory)
    assert await ask(await again.start(), "SELECT count(*) FROM kept") == 5
    await again.stop()


async def test_a_stale_postmaster_pid_that_names_a_stranger_is_not_believed(directory) -> None:
    one = supervisor(directory)
    await one.start()
    await one.stop()
    stranger = subprocess.Popen(["sleep", "60"])  # noqa: ASYNC220 - returns at once
    try:
        (directory / "data" / "postmaster.pid").write_text(
            f"{stranger.pid}\n{directory / 'data'}\n0\n5432\n\n127.0.0.1\n0 0\nready\n"
        )
        assert await ask(await one.start(), "SELECT 1") == 1
        assert stranger.poll() is None
        await one.stop()
    finally:
        stranger.kill()
        stranger.wait()


async def test_a_server_that_outlived_its_hub_is_stopped_before_a_new_one_starts(directory) -> None:
    one = supervisor(directory)
    await one.start()
    orphan = one.pid
    one._lock.release()  # as if the hub were gone and its server had not heard of it
    two = supervisor(directory)
    assert await ask(await two.start(), "SELECT 1") == 1
    assert two.pid != orphan
    assert gone(orphan)
    await two.stop()
    await one.stop()


async def test_a_second_hub_on_the_same_directory_is_told_who_has_it(directory, hub_process) -> None:
    hub = hub_process(directory)
    with pytest.raises(AlreadyRunning, match=f"process {hub.process.pid}"):
        await supervisor(directory).start()
    assert await ask(hub.told["url"], "SELECT 1") == 1
    other = hub_process(directory)
    assert other.told["kind"] == "AlreadyRunning"
    assert hub.finish() == 0
    assert servers_on(directory) == []


async def test_data_whose_password_is_lost_is_told_and_left_alone(directory) -> None:
    one = supervisor(directory)
    await one.start()
    await one.stop()
    (directory / "password").rename(directory / "aside")
    with pytest.raises(StartFailed, match="put the password file back"):
        await one.start()
    (directory / "aside").rename(directory / "password")
    await one.start()
    await one.stop()


async def test_an_initdb_that_failed_leaves_nothing_that_hinders_the_next_try(fresh, tmp_path) -> None:
    broken = tmp_path / "bin"
    broken.mkdir()
    real = find(os.environ)
    (broken / "postgres").symlink_to(real / "postgres")
    (broken / "initdb").write_text("#!/bin/sh\necho no space left >&2\nexit 1\n")
    (broken / "initdb").chmod(0o755)
    with pytest.raises(StartFailed, match="no space left"):
        await supervisor(fresh, binaries=Binaries(broken, real.major)).start()
    one = supervisor(fresh, settings=HASTY)
    assert await ask(await one.start(), "SELECT 1") == 1
    await one.stop()


async def test_a_server_that_will_not_start_is_told_with_its_own_words(directory) -> None:
    with pytest.raises(StartFailed, match="no_such_setting"):
        await supervisor(directory, settings={"no_such_setting": "1"}).start()
    assert servers_on(directory) == []


async def test_a_long_path_has_no_socket_and_works_by_tcp(fresh) -> None:
    deep = fresh / ("deep" * 20) / "below"
    one = supervisor(deep, settings=HASTY)
    url = await one.start()
    assert await ask(url, "SHOW unix_socket_directories") == ""
    await one.stop()


async def test_started_off_the_main_thread_it_is_refused_since_it_would_die_with_that_thread(directory) -> None:
    told: list[BaseException] = []

    def elsewhere() -> None:
        try:
            asyncio.run(supervisor(directory).start())
        except StartFailed as refused:
            told.append(refused)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    await asyncio.to_thread(thread.join)
    assert "main thread" in str(told[0])


@as_root
async def test_as_root_the_server_runs_in_a_user_namespace_and_owns_nothing_but_its_directory(directory) -> None:
    one = supervisor(directory)
    await one.start()
    assert psutil.Process(one.pid).uids().effective == 0  # seen from outside; inside it is user 1000
    assert Path(f"/proc/{one.pid}/uid_map").read_text().split() == ["1000", "0", "1"]
    await one.stop()


@as_root
async def test_where_namespaces_are_forbidden_root_falls_back_to_the_system_user(fresh, hub_process) -> None:
    user = {entry.pw_name: entry for entry in pwd.getpwall()}.get("postgres")
    hub = hub_process(fresh, "no-namespaces")
    programs = find(os.environ).directory.absolute()
    closed = [one for one in (*fresh.parents, *programs.parents, programs) if not one.stat().st_mode & 0o001]
    if user is None or closed:  # this machine has no such user, or keeps it out: then that is what is said, and nothing runs
        assert hub.told["kind"] == "NotPermitted"
        assert ("no system user" if user is None else f"may not pass {closed[0]}") in hub.told["error"]
        return
    assert psutil.Process(hub.told["pid"]).uids().effective == user.pw_uid
    assert (fresh / "password").stat().st_uid == 0
    await write(hub.told["url"], 1)
    hub.kill()
    await until(lambda: gone(hub.told["pid"]))
    again = supervisor(fresh, namespaces=False)
    assert await ask(await again.start(), "SELECT value FROM kept") == 1
    await again.stop()


@as_root
async def test_root_without_namespaces_under_a_closed_parent_is_refused_with_advice_and_the_parent_stays_closed(
    fresh, hub_process
) -> None:
    closed = fresh.parent / "closed"
    closed.mkdir(mode=0o700)
    hub = hub_process(closed / "pg", "no-namespaces")
    assert hub.told["kind"] == "NotPermitted"
    assert "HUB_DATABASE_URL" in hub.told["error"]
    assert closed.stat().st_mode & 0o777 == 0o700


@as_root
async def test_an_ordinary_user_runs_it_too_and_no_orphan_is_left(fresh, hub_process) -> None:
    home = fresh.parent / "home"
    home.mkdir()
    os.chown(home, 65534, 65534)
    # The capability lets it read an interpreter below /root; PostgreSQL looks at the user alone.
    ordinary = (
        "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all,+dac_read_search",
        "--ambient-caps=-all,+dac_read_search", "--bounding-set=-all,+dac_read_search",
    )  # fmt: skip
    hub = hub_process(home / "pg", prefix=ordinary)
    assert hub.told.get("uid") == 65534, hub.told
    assert psutil.Process(hub.told["pid"]).uids().real == 65534
    await write(hub.told["url"], 3)
    hub.kill()
    await until(lambda: gone(hub.told["pid"]))
    again = hub_process(home / "pg", prefix=ordinary)
    assert await ask(again.told["url"], "SELECT value FROM kept") == 3
    assert again.finish() == 0
    assert servers_on(home) == []
