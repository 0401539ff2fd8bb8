"""The hub under measure: the real application of one worker, DPoP off, with no client's rate in the way.

Started with `--memory` it asks each department once about each person and afterwards tells from memory: the road without
department I/O. SIGUSR1 begins a profile, SIGUSR2 writes it to `--profile`.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import dataclasses
import json
import logging
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from starlette.applications import Starlette

from benchmarks import processes
from connectors.interface import Ask, Column, Connector, Records
from hub import journal
from hub.app import Front, graph, settle
from hub.clock import clock
from hub.doors import routes
from hub.opening import Hub, open_hub
from hub.settings import Settings

REGION = "500152000000"
FAIR_USE = str(Path(__file__).with_name("fair_use.toml"))
"""A measured load asks as often as it can."""


class Remembering:
    """A connector that asks the department once about a person and the same columns."""

    def __init__(self, asked: Connector) -> None:
        self._asked = asked
        self._told: dict[int, tuple[tuple[Column, ...], dict[str, Records]]] = {}

    @property
    def department(self) -> str:
        return self._asked.department

    @property
    def groups(self) -> frozenset[str]:
        return self._asked.groups

    async def fetch(self, ask: Ask) -> Mapping[str, Records]:
        # A planner's set of columns is one object, kept here as long as its id names it.
        _, told = self._told.setdefault(id(ask.columns), (ask.columns, {}))
        try:
            return {subject.key: told[subject.id_number] for subject in ask.subjects}
        except KeyError:
            answer = await self._asked.fetch(ask)
            told.update({subject.id_number: answer[subject.key] for subject in ask.subjects})
            return answer

    async def close(self) -> None:
        await self._asked.close()


def remember(hub: Hub) -> None:
    """Put a memory before every department of an open hub."""
    known = hub.planner._scopes._sources._own  # type: ignore[attr-defined]
    known.update({group: dataclasses.replace(source, connector=Remembering(source.connector)) for group, source in known.items()})


async def serve(options: argparse.Namespace) -> None:
    """Until SIGTERM."""
    settings = Settings(
        region=REGION, issuer=options.issuer or f"http://127.0.0.1:{options.port}", directory=options.directory / "hub", database_url=options.database,
        fair_use=FAIR_USE, require_dpop=False, gather=options.gather, console=False, rate_per_minute=10**9, concurrency=512, in_flight=512, port=options.port,
        log_wait=2.0 if options.channel else 30.0,  # a machine that stands still costs the measurement an answer; where the database is to go, it is waited for as shipped
    )
    sources = json.loads((options.directory / "government" / "settings.json").read_text(encoding="utf-8"))
    async with open_hub(settings, sources, clock=clock, random=os.urandom) as hub:
        if options.memory:
            remember(hub)
        if options.channel:  # where the watch looks for its channel once it has lost the one it has
            hub.desk.watch._url = options.channel
        front = Front(settings)
        front.graph = graph(hub)
        front._rest = Starlette(routes=routes(hub, front.graph))
        _profiling(options.profile)
        settle()
        await processes.serve(front, options.port)


def _profiling(path: Path | None) -> None:
    profile, loop = cProfile.Profile(), asyncio.get_running_loop()

    def write() -> None:
        profile.disable()
        if path is not None:
            profile.dump_stats(path)

    loop.add_signal_handler(signal.SIGUSR1, profile.enable)
    loop.add_signal_handler(signal.SIGUSR2, write)


def main(argv: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hub_server", description=__doc__)
    parser.add_argument("--directory", type=Path, required=True, help="of the run; holds hub/keys and government/settings.json")
    parser.add_argument("--database", required=True, help="migrated and enrolled")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--issuer", help="the hub's name, where several workers are one hub")
    parser.add_argument("--channel", help="the database's URL by another way, for the channel of revocations alone")
    parser.add_argument("--memory", action="store_true", help="ask each department once a person")
    parser.add_argument("--gather", action="store_true")
    parser.add_argument("--profile", type=Path)
    journal.configure(level=logging.WARNING)  # to standard error: standard output is for whoever started this
    processes.run(serve(parser.parse_args(argv)))


if __name__ == "__main__":
    main()
