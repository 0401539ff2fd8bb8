"""`hub serve` as a real process: it starts its own PostgreSQL, survives kill -9 with its data, leaves nobody behind, ends gracefully."""

from __future__ import annotations

import base64
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from hub.keys import KeyRing
from hub.postgres.directory import free_port
from tests.hub.cli.conftest import named_departments, write_private
from tests.hub.postgres.conftest import servers_on

ROOT = Path(__file__).parents[3]
PATIENCE = 120
"""Seconds until ready: a start takes 3 on an idle machine."""

pytestmark = pytest.mark.timeout(300)


class Serving:
    """One hub's place on the disk, and the processes that serve it one after another."""

    def __init__(self, parent: Path, **settings: str) -> None:
        self.directory, self.port = parent / "hub", free_port()
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HUB_")}, "PYTHONDONTWRITEBYTECODE": "1",
            "HUB_REGION": "500152000000", "HUB_ISSUER": f"http://127.0.0.1:{self.port}", "HUB_DIRECTORY": str(self.directory),
            "HUB_SOURCES": str(write_private(parent / "sources.json", named_departments(parent))), "HUB_PORT": str(self.port), **settings,
        }
        self.output = parent / "output"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: bool = True) -> None:
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(self._command("serve"), cwd=ROOT, env=self.environment, stdout=output, stderr=output)
        if wait:
            self.until_ready()

    def run(self, *arguments: str, code: int = 0) -> str:
        done = subprocess.run(self._command(*arguments), cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.output.read_text()
            try:
                if self.get("/readyz")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        pytest.fail(self.output.read_text())

    def closed(self) -> bool:
        """Whether nobody new is let in."""
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=10).close()
        except ConnectionError:
            return True
        return False

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)

    def logged(self) -> int:
        """Entries the log had by the checkpoint kept outside the database."""
        return int((self.directory / "checkpoint").read_text().split("\n")[1])

    def workers(self) -> list[psutil.Process]:
        """Worker processes: children that are neither PostgreSQL nor Python's own bookkeeping."""
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if "spawn_main" in " ".join(child.cmdline())]

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "hub", *arguments]


def until(check, seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if check():
            return True
        time.sleep(0.05)
    return bool(check())


@pytest.fixture
def parent() -> Iterator[Path]:
    """Short, for Unix sockets."""
    made = Path(tempfile.mkdtemp(prefix="hub-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def serving(parent) -> Iterator[Serving]:
    made = Serving(parent)
    yield made
    _leave_nobody(made)


@pytest.fixture
def two_workers(parent) -> Iterator[Serving]:
    made = Serving(parent, HUB_WORKERS="2")
    yield made
    _leave_nobody(made)


def _leave_nobody(serving: Serving) -> None:
    if serving.process is not None and serving.process.poll() is None:
        serving.process.kill()
        serving.process.wait()
    until(lambda: not servers_on(serving.directory))


def test_it_starts_its_own_database_makes_keys_and_ends_with_0_on_sigterm(serving: Serving) -> None:
    serving.start()
    assert serving.get("/healthz") == (200, "ok")
    assert json.loads(serving.get("/readyz")[1])["ready"] is True
    assert "hub_answers_total" in serving.get("/metrics")[1]
    KeyRing.load(serving.directory / "keys")
    assert len(servers_on(serving.directory)) > 0
    assert serving.end() == 0
    assert servers_on(serving.directory) == []
    said = serving.output.read_text()
    assert "Traceback" not in said
    assert (serving.directory / "postgres" / "password").read_text().strip() not in said


@pytest.mark.slow
def test_kill_9_loses_nothing_and_leaves_no_server_behind(serving: Serving) -> None:
    serving.start()
    serving.run("organisation", "add", "O", "--name", "核对中心", "--department", "MZ-HD", "--region", "500152", "--role", "CHECK_OPERATOR")
    kept = serving.logged()
    serving.process.kill()
    serving.process.wait()
    assert until(lambda: not servers_on(serving.directory))
    serving.start()
    assert "核对中心" in serving.run("organisation", "list")
    # The state change reaches the log, before or after, and the log continues what was kept.
    assert until(lambda: serving.logged() >= max(kept, 1))
    assert serving.end() == 0
    exported = serving.directory.parent / "log.jsonl"
    serving.run("log", "export", str(exported))
    bodies = [base64.b64decode(line["body"]) for line in map(json.loads, exported.read_text().splitlines()) if "body" in line]
    assert any(b"ORGANISATION_ENROLLED" in body for body in bodies)
    key, witness = serving.run("log", "key").strip(), str(serving.directory / "checkpoint")
    assert "holds together" in serving.run("verify-log", str(exported), "--key", key, "--checkpoint", witness)


@pytest.mark.slow
def test_commands_join_the_running_server_and_a_second_hub_does_not(serving: Serving) -> None:
    serving.start()
    said = serving.run("doctor", code=1)  # its departments are away
    assert "ok    access log" in said
    assert "stop every hub" in serving.run("keys", "rotate", "vault", code=1)
    assert "in use by another hub" in serving.run("serve", code=1)
    assert serving.get("/readyz")[0] == 200


def test_a_request_in_flight_is_answered_before_the_end(serving: Serving) -> None:
    serving.start()
    body = b"grant_type=client_credentials"
    with socket.create_connection(("127.0.0.1", serving.port), timeout=10) as line:
        said = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\nExpect: 100-continue"
        line.sendall(f"POST /oauth/token HTTP/1.1\r\nHost: hub\r\n{said}\r\n\r\n".encode())
        assert line.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"  # the body is waited for: it is in flight
        line.sendall(body[:10])
        serving.process.send_signal(signal.SIGTERM)
        assert until(serving.closed)
        line.sendall(body[10:])
        assert line.recv(4096).startswith(b"HTTP/1.1 401")
    assert serving.process.wait(30) == 0


@pytest.mark.slow
def test_two_workers_serve_one_port_and_end_together(two_workers: Serving) -> None:
    two_workers.start()
    assert until(lambda: len(two_workers.workers()) == 2)
    assert until(lambda: len(list((two_workers.directory / "metrics").glob("gauge_livesum_*.db"))) == 2)
    pids = [worker.pid for worker in two_workers.workers()]
    assert "hub_in_flight" in two_workers.get("/metrics")[1]
    assert two_workers.end() == 0
    assert until(lambda: not any(psutil.pid_exists(pid) for pid in pids))
    assert servers_on(two_workers.directory) == []


@pytest.mark.slow
def test_workers_and_database_go_when_the_parent_is_killed_and_the_port_is_free_again(two_workers: Serving) -> None:
    two_workers.start()
    assert until(lambda: len(two_workers.workers()) == 2)
    pids = [worker.pid for worker in two_workers.workers()]
    two_workers.process.kill()
    two_workers.process.wait()
    assert until(lambda: not any(psutil.pid_exists(pid) for pid in pids))
    assert until(lambda: not servers_on(two_workers.directory))
    two_workers.start()
    assert two_workers.end() == 0


@pytest.mark.slow
def test_a_worker_that_dies_is_replaced_and_no_longer_counted(two_workers: Serving) -> None:
    two_workers.start()
    assert until(lambda: len(list((two_workers.directory / "metrics").glob("gauge_livesum_*.db"))) == 2)
    dead = two_workers.workers()[0]
    dead.kill()
    gauge = two_workers.directory / "metrics" / f"gauge_livesum_{dead.pid}.db"
    assert until(lambda: not gauge.exists() and len(two_workers.workers()) == 2, seconds=30)
    assert two_workers.end() == 0


@pytest.mark.slow
def test_with_a_given_database_it_refuses_without_keys_or_schema(serving: Serving, empty_database_url) -> None:
    serving.environment["HUB_DATABASE_URL"] = empty_database_url
    assert "no keys" in serving.run("serve", code=1)
    serving.run("keys", "create")
    assert "run `hub migrate`" in serving.run("serve", code=1)
    serving.run("migrate")
    serving.start()
    assert servers_on(serving.directory) == []
    assert serving.end(signal.SIGINT) == 0


def test_what_keeps_it_from_starting_is_said_in_a_sentence(serving: Serving) -> None:
    del serving.environment["HUB_ISSUER"]
    assert "HUB_ISSUER is not set" in serving.run("serve", code=1)
    serving.environment |= {"HUB_ISSUER": "http://127.0.0.1", "HUB_SOURCES": "/nowhere.json"}
    assert "/nowhere.json" in serving.run("serve", code=1)
    assert not (serving.directory / "postgres").exists()
