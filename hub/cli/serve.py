"""`hub serve`: the hub as a server, with its own PostgreSQL where none is given.

    serve ── embedded? ── start PostgreSQL, keys if none, migrate
      │          └─ given: refuse without keys, or at another schema
      ├── one worker: in this process
      └── several: uvicorn's parent here, workers spawned; SIGHUP replaces them one after the other
    SIGTERM, SIGINT: no new request, those in flight are answered, the log is flushed, PostgreSQL is stopped last, exit 0
    kill -9: the kernel stops PostgreSQL, workers see their parent gone
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from dataclasses import replace
from types import FrameType

import click
import uvicorn
from uvicorn.supervisors import Multiprocess

from hub import journal
from hub.cli.faults import reported
from hub.cli.premises import ensured_keys, keys_directory, read_settings, require_head, supervisor
from hub.keys import KeyRing
from hub.migrate import migrate
from hub.postgres.supervisor import Supervisor
from hub.settings import Settings

_GRACE = 10
"""Seconds requests in flight are given when the hub is told to end."""
_KEEP_ALIVE = 75
"""Seconds an idle connection is kept: longer than clients and proxies keep theirs, so that none sends into one just closed."""
_FAILED = 3  # uvicorn's exit status of a worker that could not start


@click.command()
def serve() -> None:
    """Serve the hub until told to end."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    with reported():
        settings = read_settings()
        settings.departments()  # read here, where a sentence about it is seen, and not in every worker first
        server = None if settings.database_url else supervisor(settings)
        try:
            settings = asyncio.run(_prepared(settings, server))
            if server is not None:
                os.environ["HUB_DATABASE_URL"] = settings.database_url  # for workers, which read the environment
            started = _run(settings)
        finally:
            if server is not None:
                asyncio.run(server.stop())
    if not started:
        raise click.ClickException("the hub did not start; the lines above say why, `hub doctor` may say more")
    click.echo("ended")


async def _prepared(settings: Settings, server: Supervisor | None) -> Settings:
    """Keys and a database at head. A given database is never migrated by a replica that happens to start first."""
    if server is None:
        await asyncio.to_thread(KeyRing.load, keys_directory(settings))
        await require_head(settings.database_url)
        return settings
    url = await server.start()
    if await asyncio.to_thread(ensured_keys, settings):
        click.echo(f"keys made in {keys_directory(settings)}: back them up (`hub backup`)")
    await migrate(url)
    return replace(settings, database_url=url)


def _run(settings: Settings) -> bool:
    """Serve until a signal; whether the hub came up at all."""
    _own_metrics(settings)
    journal.configure()
    config = uvicorn.Config(
        "hub.cli.worker:create" if settings.workers > 1 else "hub.app:create", factory=True,
        host=settings.host, port=settings.port, workers=settings.workers, loop="uvloop", http="httptools", ws="none",
        lifespan="on", log_config=None, access_log=False, server_header=False, proxy_headers=False,
        timeout_graceful_shutdown=_GRACE, timeout_keep_alive=_KEEP_ALIVE,
    )
    click.echo(f"枢纽 hub {settings.region} at http://{settings.host}:{settings.port} with {settings.workers} worker(s); end it with Ctrl-C")
    if settings.workers > 1:
        return _parent(config)
    # uvicorn raises the signal again once it has shut down; PostgreSQL is still to be stopped then.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    single = uvicorn.Server(config)
    try:
        single.run()
    except SystemExit:  # uvicorn's way to say that start-up failed
        return False
    return single.started


def _parent(config: uvicorn.Config) -> bool:
    try:
        sockets = [config.bind_socket()]
    except SystemExit:
        return False
    parent = Multiprocess(config, sockets)
    parent.run()
    for bound in sockets:
        bound.close()
    return all(process.exitcode != _FAILED for process in parent.processes)


def _own_metrics(settings: Settings) -> None:
    """Workers add up their metrics in files; those of an earlier run would be counted in."""
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
    if settings.workers > 1:
        directory = settings.directory / "metrics"
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(mode=0o700, exist_ok=True)  # there still where it is a mount of its own
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)


def _end(_number: int, _frame: FrameType | None) -> None:
    """Told to end while starting: unwind, and stop what was started."""
    raise SystemExit(0)
