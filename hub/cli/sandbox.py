"""`hub sandbox`: a region's departments alone, of any size, for whoever builds against the hub or connects a hub of their own.

People are made as they are needed and written down in a stream, so that a million take no more memory than ten thousand; the front-end
databases lie in an embedded PostgreSQL under the directory.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import signal
import sys
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import click

from connectors.sandbox.government import Government
from connectors.sandbox.households import MOST_PEOPLE
from connectors.sandbox.population import Population
from hub.cli.faults import reported
from hub.postgres.connection import plain_url
from hub.postgres.supervisor import Supervisor

_STEP = 0.2
"""Seconds between two looks at how far it is."""


@click.command()
@click.option("--people", default=10_000, show_default=True, type=click.IntRange(20, MOST_PEOPLE))
@click.option("--region", default="500152", show_default=True, help="6-digit region code")
@click.option("--directory", default="var/sandbox", show_default=True, type=click.Path(path_type=Path), help="made anew at each run")
@click.option("--once", is_flag=True, help="end when everything is open instead of serving on")
def sandbox(*, people: int, region: str, directory: Path, once: bool) -> None:
    """Run the sandbox departments of one region over a synthetic population."""
    with reported():
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True, mode=0o700)
        asyncio.run(_run(people, region, directory.absolute(), once=once))


async def _run(people: int, region: str, directory: Path, *, once: bool) -> None:
    async with AsyncExitStack() as stack:
        server = Supervisor(directory / "postgres", random=secrets.token_bytes)
        url = await server.start()
        stack.push_async_callback(server.stop)
        connection = await asyncpg.connect(plain_url(url))
        await connection.execute("CREATE DATABASE front_ends")
        await connection.close()
        government = Government(
            Population(region, people), directory, f"{url.rpartition('/')[0]}/front_ends", clock=lambda: datetime.now(UTC),
        )
        stack.push_async_callback(government.stop)
        await _opened(government)
        _say(government, directory)
        if not once:
            stopped = asyncio.Event()
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, stopped.set)
            await stopped.wait()


async def _opened(government: Government) -> None:
    """Start the departments; a bar says how far those are that write everybody down."""
    population, opening = government.population, asyncio.create_task(government.start())
    with click.progressbar(length=population.size * government.walks, label="people written down 已写出", file=sys.stderr) as bar:
        shown = 0
        while not opening.done():
            await asyncio.wait({opening}, timeout=_STEP)
            bar.update(population.gone_by - shown)
            shown = population.gone_by
    await opening


def _say(government: Government, directory: Path) -> None:
    ready = {
        "ready": True, "region": government.population.region, "people": government.population.size,
        "sources": str(directory / "settings.json"), "peak_mb": _peak_mb(),
    }
    click.echo(json.dumps(ready, ensure_ascii=False))
    sys.stdout.flush()


def _peak_mb() -> int:
    """The most memory this program held so far. Not getrusage's: that counts what a parent held before it became this program."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1000
