"""Debian's PostgreSQL 15: migrations, log, consent, vault, tokens and quotas, on the oldest server the hub promises to run on."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree as ET

import asyncpg
import pytest
import pytest_asyncio

from hub.postgres.binaries import find
from hub.postgres.connection import plain_url
from hub.postgres.supervisor import Supervisor
from tests.conftest import SETTINGS

DEBIAN = "/usr/lib/postgresql/15/bin"
ROOT = Path(__file__).parents[2]
TESTED = (
    "tests/migrations",
    *(f"tests/hub/access_log/test_{name}.py" for name in ("outbox", "routes", "store", "sweep", "writer")),
    *(f"tests/hub/authorizations/test_{name}.py" for name in ("checks", "matters", "store", "watch")),
    "tests/hub/people/test_store.py", "tests/hub/oauth/test_token.py", "tests/hub/operations/test_persisted.py",
    "tests/hub/operations/test_quotas.py", "tests/hub/credit", "tests/hub/sharing", "tests/hub/deferred/test_rounds.py",
    "tests/hub/means_check/test_checks.py", "tests/hub/messages/test_inbox.py", "tests/hub/postgres/test_run_login.py",
)
PATIENCE = 480  # seconds; a minute on an idle machine

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def server(tmp_path_factory) -> AsyncIterator[str]:
    """A server of Debian's programs under our own supervisor."""
    assert Path(DEBIAN, "postgres").exists(), "there is no PostgreSQL 15 of Debian: `apt-get install postgresql-15`"
    directory = tmp_path_factory.mktemp("postgresql-15")
    supervisor = Supervisor(directory, binaries=find({"HUB_PG_BIN": DEBIAN}), random=os.urandom, settings=SETTINGS)
    yield await supervisor.start()
    await supervisor.stop()


async def asked(server: str, query: str) -> int:
    connection = await asyncpg.connect(plain_url(server))
    try:
        return int(await connection.fetchval(query))
    finally:
        await connection.close()


@pytest.mark.timeout(PATIENCE + 60)
async def test_what_stands_on_a_database_stands_on_debians_15(server: str, tmp_path: Path) -> None:
    assert await asked(server, "SELECT current_setting('server_version_num')") // 10_000 == 15
    report = tmp_path / "report.xml"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pytest", "-q", "-n", "2", "-m", "not system and not slow", f"--junitxml={report}", *TESTED,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "HUB_"))},
            "HUB_PG_BIN": DEBIAN, "HUB_TEST_DATABASE_URL": server,
        },
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, out.decode()[-6_000:]
    suite = ET.parse(report).getroot().find("testsuite")
    assert suite is not None
    counts = {name: int(suite.attrib[name]) for name in ("tests", "failures", "errors", "skipped")}
    assert counts["tests"] > 150
    assert (counts["failures"], counts["errors"], counts["skipped"]) == (0, 0, 0)
    # They ran on this server and not on another: it committed what they wrote.
    assert await asked(server, "SELECT sum(xact_commit) FROM pg_stat_database") > 1_000
