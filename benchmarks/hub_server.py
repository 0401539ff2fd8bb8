"""The road under measure: one worker of the hub on uvicorn, its log in PostgreSQL, its connectors over the departments' own protocols.

Started with `--memory` it asks each department once about each person and afterwards tells from memory: the road without
department I/O. SIGUSR1 begins a profile, SIGUSR2 writes it to `--profile`.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import hashlib
import json
import os
import signal
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import processes, question
from connectors.interface import Ask, Column, Connector, Records
from connectors.registry import flattened, open_connectors
from connectors.sandbox.people import Household as Family
from connectors.sandbox.people import Member as Relative
from connectors.sandbox.population import Population
from hub.access_log.security import SecurityLog
from hub.access_log.writer import AccessLog
from hub.answer import Answerer
from hub.authorizations.matter import Matter, Member, Person
from hub.authorizations.standing import Coverage, Standing
from hub.caller import Basis, Caller
from hub.errors import Unauthenticated
from hub.fetch import Fetcher
from hub.gathering import Gathering
from hub.graph import Graph
from hub.graphql_http import Scope, header
from hub.keys import KeyRing
from hub.operation import Documents
from hub.operations.limits import Limits
from hub.operations.persisted import PersistedOperations
from hub.operations.quotas import ClientQuota, InFlight
from hub.people.handles import Handles
from hub.plan import Planner
from hub.postgres.connection import LOG_ROLE, pool
from hub.route import Road
from hub.sources import KnownSources, Source
from policies.engine import load
from policies.verdict import BasisKind, Relation
from schema import SCHEMA
from schema.register import GROUPS

ORGANISATION = "mz-hd-500152"
REGION = "500152000000"


class Remembering:
    """A connector that asks the department once about a person and the same columns."""

    def __init__(self, asked: Connector) -> None:
        self._asked = asked
        self._told: dict[tuple[Column, ...], dict[str, Records]] = {}

    @property
    def department(self) -> str:
        return self._asked.department

    @property
    def groups(self) -> frozenset[str]:
        return self._asked.groups

    async def fetch(self, ask: Ask) -> Mapping[str, Records]:
        told = self._told.setdefault(ask.columns, {})
        try:
            return {subject.key: told[subject.id_number] for subject in ask.subjects}
        except KeyError:
            answer = await self._asked.fetch(ask)
            told.update({subject.id_number: answer[subject.key] for subject in ask.subjects})
            return answer

    async def close(self) -> None:
        await self._asked.close()


def clock() -> datetime:
    return datetime.now(UTC)


def standing(family: Family) -> Standing:
    """What the identifier would give for this family's token."""
    now = clock()
    members = tuple(_member(one) for one in family.members)
    matter = Matter(
        case=f"case_{family.index}", reference=f"TN-{family.index}", platform="CQ", assistance_type="DIBAO", stage="FIRST_REVIEW",
        region=REGION, organisations=frozenset({ORGANISATION}), opened_at=now - timedelta(days=3), closed_at=None,
        household=str(uuid.UUID(int=family.index + 1)), area=family.area, hukou_region=family.hukou_region.ljust(12, "0"),
        residence_region=family.residence_region.ljust(12, "0"), kin_of_staff=family.kin_of_staff, members=members, letters=(), version=1,
    )
    caller = Caller(
        organisation=ORGANISATION, department="MZ-HD", region=REGION, relation=Relation.LOCAL, role="CHECK_OPERATOR",
        client="check-system", officer="officer-7", purpose="DIBAO_REVIEW", basis=Basis(BasisKind.LETTER, letters=((f"let_{family.index}", "0f" * 32),)),
        case=matter.case, token=f"jti-{family.index}", expires_at=now + timedelta(hours=4),
    )
    covered = Coverage(covered=True, code="", assurance="HIGH", letters=(f"let_{family.index}",), groups=None)
    groups = set(GROUPS) - {"identity"}
    return Standing(caller, matter, {one.person.id: covered for one in members}, dict.fromkeys(groups, ""))


def _member(relative: Relative) -> Member:
    one = relative.person
    person = Person(
        id=str(uuid.UUID(int=one.index + (1 << 64))), id_number=one.id_number, name=one.name, sex=one.sex, birth_date=one.birth_date,
        log_subject=hashlib.sha256(one.id_number.encode()).hexdigest(),
    )
    return Member(person, relative.relation, relative.role, relative.capacity, ())


async def serve(options: argparse.Namespace) -> None:
    """Until SIGTERM."""
    population = Population(question.REGION, question.PEOPLE)
    chosen = question.families(population, options.families)
    standings = {f"tok-{one.index}": standing(one) for one in chosen}
    settings = flattened(json.loads((options.directory / "government" / "settings.json").read_text(encoding="utf-8")))
    departments = await open_connectors(Path("connectors/manifests"), settings, clock=clock, random=os.urandom)
    keys = KeyRing.load(options.directory / "keys")
    writing, reading = await pool(options.database, role=LOG_ROLE), await pool(options.database)
    log = AccessLog(
        writing, keys=keys, clock=clock, random=os.urandom, origin="bench.example/log",
        checkpoint_path=options.directory / "kept" / "checkpoint",
    )
    await log.start()
    known = [
        Source(group, departments.department(group), departments.region(group), departments.system(group), departments.deadline(group),
               departments.gatherable(group), Remembering(departments[group]) if options.memory else departments[group])
        for group in departments
    ]
    policy, handles, limits = load(question.REGION), Handles(keys), Limits()
    planner = Planner(groups=GROUPS, policy=policy, sources=KnownSources(known), handles=handles, region=REGION)
    documents = Documents(SCHEMA, limits)
    road = Road(
        planner=planner, fetcher=Fetcher(gathering=Gathering() if options.gather else None), answerer=Answerer(SCHEMA, planner.reach),
        log=log, policy_digest=policy.digest, clock=clock, random=os.urandom, max_response=limits.response,
    )

    async def identify(scope: Scope) -> Standing:
        found = standings.get(header(scope, b"authorization").removeprefix("Bearer "))
        if found is None:
            raise Unauthenticated("no such token")
        return found

    seconds = asyncio.get_running_loop().time
    graph = Graph(
        identify=identify, documents=documents, persisted=PersistedOperations(reading, documents, seconds=seconds), road=road,
        in_flight=InFlight(256), quota=ClientQuota(rate_per_minute=10**6, concurrency=256, seconds=seconds),
        security=SecurityLog(options.directory / "security.log", clock=clock), max_body=limits.body, numbers=os.urandom,
    )
    asks = [
        {"token": token, "household": handles.encode("hh", uuid.UUID(one.matter.household), organisation=ORGANISATION, case=one.matter.case)}
        for token, one in standings.items() if one.matter is not None
    ]
    _profiling(options.profile)
    await processes.serve(graph, {"asks": asks})
    await log.stop()
    await departments.close()


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
    parser.add_argument("--directory", type=Path, required=True, help="of the run; holds government/settings.json")
    parser.add_argument("--database", required=True, help="a migrated database")
    parser.add_argument("--families", type=int, default=64)
    parser.add_argument("--memory", action="store_true", help="ask each department once a person")
    parser.add_argument("--gather", action="store_true")
    parser.add_argument("--profile", type=Path)
    processes.run(serve(parser.parse_args(argv)))


if __name__ == "__main__":
    main()
