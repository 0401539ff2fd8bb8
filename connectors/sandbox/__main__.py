"""`python -m connectors.sandbox`: the sandbox government of one region as a process; prints one JSON line when ready."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from connectors.sandbox.government import Government
from connectors.sandbox.population import Population
from connectors.sandbox.setting import TODAY


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m connectors.sandbox", description=__doc__)
    parser.add_argument("--region", default="500152", help="6-digit region code")
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--today", type=date.fromisoformat, default=TODAY, help="the day the records are of")
    parser.add_argument("--dir", type=Path, required=True, help="for settings.json and the CSV drops")
    parser.add_argument("--gz-url", required=True, help="an empty PostgreSQL database the real-estate registry may own")
    parser.add_argument("--no-journal", action="store_true", help="the database does not report each question")
    return parser.parse_args(argv)


async def serve(options: argparse.Namespace) -> None:
    """Start, say where, wait for SIGTERM or SIGINT, stop."""
    population = Population(options.region, options.people, options.seed, today=options.today)
    government = Government(
        population, options.dir, options.gz_url, clock=lambda: datetime.now(UTC), journal=not options.no_journal,
    )
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    settings = await government.start()
    sys.stdout.write(json.dumps({"ready": True, **settings}, ensure_ascii=False) + "\n")
    sys.stdout.flush()
    await stopped.wait()
    await government.stop()


if __name__ == "__main__":
    asyncio.run(serve(arguments()))
