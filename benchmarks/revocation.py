"""`python -m benchmarks.revocation`: how soon what was revoked is told by no worker any more, measured from the moment of the hub's answer.

    1 under load                    letters, parts of letters, tokens, cases, systems, approvals; questions at a stated rate over all workers
    2 the notification channel cut  every listener's connection ended and no other to be had: workers ask instead, and say so
    3 the database gone             every question is refused, none told

Departments are told from memory, so that what is measured is the hub: identity, plan, recheck, log. A missed target is exit code 1.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections import Counter as Counts
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from benchmarks.processes import GATEWAY, REST, Child, free_port, sandbox
from benchmarks.relay import Relay
from benchmarks.stopping import Load, Seen
from benchmarks.withdrawals import KINDS, Counter, Target, counter
from hub.authorizations.watch import NAME, STOP_TIME
from hub.keys import KeyRing
from hub.migrate import migrate
from hub.postgres.connection import plain_url
from hub.postgres.supervisor import Supervisor


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is revoked under load and with the channel cut, how often, and the questions a second beside it."""

    revoked: int
    cut: int
    every: float
    rate: float
    workers: int


@dataclass(frozen=True, slots=True)
class Scene:
    """Workers of one hub that serve, and its database's server."""

    counter: Counter
    database: str
    server: Supervisor
    channel: Relay


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.revocation", description=__doc__)
    parser.add_argument("--revoked", type=int, default=150, help="under load")
    parser.add_argument("--cut", type=int, default=40, help="with the channel cut")
    parser.add_argument("--every", type=float, default=0.06, help="seconds between two revocations")
    parser.add_argument("--rate", type=float, default=60, help="questions a second beside those about what is revoked")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--output", type=Path, default=Path("var/bench-revocation.json"))
    options = parser.parse_args(argv)
    begun = time.monotonic()
    found = asyncio.run(_measured(Effort(options.revoked, options.cut, options.every, options.rate, options.workers)))
    found |= {"seconds": time.monotonic() - begun, "at": datetime.now(UTC).isoformat(timespec="seconds"), "workers": options.workers}
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(found, indent=1), encoding="utf-8")
    print("\n".join(lines(found)))
    return 0 if held(found) else 1


async def _measured(effort: Effort) -> dict[str, Any]:
    async with _scene(effort.workers) as scene:
        kinds = [KINDS[number % len(KINDS)] for number in range(effort.revoked + effort.cut)]
        _say(f"{len(kinds)} cases")
        targets = await scene.counter.targets([*kinds, *["TOKEN"] * 8])
        first, second, spared = targets[: effort.revoked], targets[effort.revoked : len(kinds)], targets[len(kinds) :]
        _say("under load")
        found = {"load": _figures(await Load(scene.counter, [*first, *spared], effort.rate).run(first, effort.every))}
        _say("the notification channel cut")
        found["cut"] = await _cut(scene, second, spared, effort)
        _say("the database gone")
        found["gone"] = await _gone(scene, spared, effort)
        return found


async def _cut(scene: Scene, revoked: Sequence[Target], spared: Sequence[Target], effort: Effort) -> dict[str, Any]:
    """Every listener's connection is ended; where the workers look for another nobody answers until the part is over."""
    admin = await asyncpg.connect(plain_url(scene.database))
    await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", NAME)
    await admin.close()
    await asyncio.sleep(0.1)
    during = asyncio.create_task(_said(scene, 0.5))
    found = _figures(await Load(scene.counter, [*revoked, *spared], effort.rate).run(revoked, effort.every))
    during.cancel()
    await scene.channel.start()
    await asyncio.sleep(2.5)
    return found | {"said": dict(await during), "said_after": dict(await _said(scene))}


async def _said(scene: Scene, every: float = 0.0) -> Counts[str]:
    """What each worker's /readyz says of the channel: once, or every so many seconds until cancelled."""
    said: Counts[str] = Counts()
    with suppress(asyncio.CancelledError):
        while True:
            for worker in scene.counter.workers:
                async with scene.counter.session.get(f"{worker}/readyz") as reply:
                    said[(await reply.json())["revocations"]] += 1
            if not every:
                break
            await asyncio.sleep(every)
    return said


async def _gone(scene: Scene, spared: Sequence[Target], effort: Effort) -> dict[str, Any]:
    load = Load(scene.counter, spared, effort.rate)
    load.start()
    await asyncio.sleep(0.5)
    before = load.seen.told
    await scene.server.stop()
    gone, told = time.perf_counter(), load.seen.told
    load.seen.answers.clear()
    await asyncio.sleep(2.5)
    await load.stop()
    return {
        "told_before": before, "told_after": load.seen.told - told, "statuses": dict(sorted(load.seen.answers.items())),
        "seconds": time.perf_counter() - gone,
    }


@asynccontextmanager
async def _scene(workers: int) -> AsyncIterator[Scene]:
    os.sched_setaffinity(0, {REST})
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hub-bench-", ignore_cleanup_errors=True)))
        server, registry = [Supervisor(directory / name, random=os.urandom) for name in ("log", "registry")]
        database, elsewhere = await server.start(), await registry.start()
        for one in (server, registry):
            stack.push_async_callback(one.stop)
        await migrate(database)
        KeyRing.create(directory / "hub" / "keys", random=os.urandom, at=datetime.now(UTC))
        ports, channel = [free_port() for _ in range(workers)], Relay(plain_url(database), free_port())
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        open_counter = await stack.enter_async_context(counter(database, urls[0], urls))
        government = sandbox(directory / "government", elsewhere, journal=False)
        stack.callback(government.stop)
        government.wait()
        arguments = ["--directory", str(directory), "--database", database, "--issuer", urls[0], "--memory", "--gather", "--channel", channel.url]
        children = [Child("benchmarks.hub_server", *arguments, "--port", str(port), core=(GATEWAY, REST)[n % 2]) for n, port in enumerate(ports)]
        for child in children:
            stack.callback(child.stop)
        stack.push_async_callback(channel.cut)
        for child in children:
            child.wait()
        yield Scene(open_counter, database, server, channel)


def _figures(seen: Seen) -> dict[str, Any]:
    ordered = seen.all()
    return {
        "samples": len(ordered), **{name: _quantile(ordered, share) for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))},
        "kinds": {kind: {"samples": len(several), "max": max(several)} for kind, several in sorted(seen.seconds.items())},
        "late": seen.late, "told": seen.told, "rate": sum(seen.answers.values()) / seen.took, "statuses": dict(sorted(seen.answers.items())),
    }


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


def held(found: dict[str, Any]) -> bool:
    """Whether every promise was kept."""
    stopped = all(found[part]["p99"] <= STOP_TIME and found[part]["late"] == 0 for part in ("load", "cut"))
    said = set(found["cut"]["said"]) == {"ASKING"} and set(found["cut"]["said_after"]) == {"NOTICES"}
    return stopped and said and found["gone"]["told_after"] == 0 and 503 in (statuses := {int(status) for status in found["gone"]["statuses"]}) and statuses <= {0, 503}


def lines(found: dict[str, Any]) -> list[str]:
    """The table, for people."""
    told = [f"revocation to the last telling by any of {found['workers']} workers; published time {STOP_TIME:g} s; {found['seconds']:.0f} s in all"]
    for part, title in (("load", "under load"), ("cut", "the notification channel cut")):
        one = found[part]
        verdict = "reached" if one["p99"] <= STOP_TIME and not one["late"] else "MISSED"
        told += [
            f"{title}: {one['samples']} revocations beside {one['rate']:.0f} questions a second",
            "  " + "  ".join(f"{name} {one[name] * 1000:.1f} ms" for name in ("p50", "p95", "p99", "max")) + f"   p99 {verdict}",
            "  " + "  ".join(f"{kind} {of['samples']}: max {of['max'] * 1000:.1f} ms" for kind, of in one["kinds"].items()),
            f"  answers that told: {one['told']}, of them after the published time: {one['late']}; by status {one['statuses']}",
        ]
    told.append(f"  /readyz said of the channel: {found['cut']['said']}; once it could be had again: {found['cut']['said_after']}")
    gone = found["gone"]
    told.append(f"the database gone: told before {gone['told_before']}, after {gone['told_after']}; by status {gone['statuses']} in {gone['seconds']:.1f} s")
    return told


def _say(what: str) -> None:
    print(f"bench: {what} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
